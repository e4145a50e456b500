//! gRPC as its users know it.

mod answer;
mod body;
mod classify;
mod code;
mod hint;
mod layers;
mod pushback;
#[cfg(feature = "tonic")]
mod retry_info;
#[cfg(feature = "tonic")]
pub(crate) mod status;
mod timeout;

pub use self::{answer::GrpcAnswers, body::AnswerBody, classify::GrpcClassifier, code::Code, pushback::Pushback};
