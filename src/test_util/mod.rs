//! Testing your stack: services to put layers around, and what to assert of the layers.

mod proxy;

pub use self::proxy::{Fault, FaultProxy};
