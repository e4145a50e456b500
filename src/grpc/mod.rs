//! gRPC as its users know it.

mod classify;
mod code;
mod hint;
mod layers;
mod pushback;
#[cfg(feature = "tonic")]
mod retry_info;

pub use self::{classify::GrpcClassifier, code::Code, pushback::Pushback};
