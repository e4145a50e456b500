//! What would a policy have done? Plays a trace of calls against a model of an upstream service, through the real layers, in virtual
//! time.

mod played;

fn main() {}
