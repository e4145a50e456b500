//! What travels with a call to every layer below: the time that it has left, how much it matters, and the number of its attempt.
//!
//! A thread-local frame says what the timeouts around the code that runs now allow. A [`Scope`] narrows it around each `call` and
//! `poll`, and restores it on the way out, also after a panic.

mod criticality;
mod deadline;
mod flags;
mod frame;
mod scope;

pub use self::criticality::CriticalityScope;
pub use self::deadline::Deadline;
pub(crate) use self::flags::{attempt, attempt_number, cut, expire, expired_limit, is_repeat};
#[cfg(feature = "http")]
pub(crate) use self::flags::{is_cut, set};
pub(crate) use self::frame::{Began, Scope, nearest, within};
pub use self::scope::DeadlineScope;
