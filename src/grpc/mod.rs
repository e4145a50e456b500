//! gRPC as its users know it.

mod classify;
mod code;
mod hint;
mod layers;
mod pushback;

pub use self::{classify::GrpcClassifier, code::Code, pushback::Pushback};
