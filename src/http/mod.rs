//! HTTP as its users know it.

mod ahead;
mod classify;
mod held;
mod idempotent;
mod kept;
mod layers;
mod not_sent;
mod replay;
mod resend;
mod retry_after;
mod source;
mod timed;

#[cfg(feature = "tonic")]
pub(crate) use self::not_sent::causes;
pub(crate) use self::retry_after::digits;
pub use self::{
    classify::{ByTable, ClassifyEnd, HttpClassifier, Overrides},
    held::{HeldBody, Hold, InCircuit, Place},
    idempotent::Idempotent,
    kept::KeptBody,
    not_sent::not_sent,
    replay::ReplayBody,
    resend::{Attempt, Resend},
    timed::{TimedBody, WholeAnswer},
};
