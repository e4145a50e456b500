//! What travels with a call to every layer below: the time that it has left, how much it matters, the number of its attempt,
//! to whom the attempts before it were sent, and the letter that it replays. How many attempts a call took travels upward.
//!
//! A thread-local frame says what the timeouts around the code that runs now allow. A [`Scope`] narrows it around each `call` and
//! `poll`, and restores it on the way out, also after a panic.

mod attempt;
mod criticality;
mod deadline;
mod detached;
mod flags;
mod frame;
mod letter;
mod scope;
mod tried;

pub(crate) use self::attempt::{attempt, attempt_number, attempts_of, is_repeat, keep_notes, note_attempts};
pub use self::criticality::CriticalityScope;
pub use self::deadline::Deadline;
pub(crate) use self::detached::Detached;
pub(crate) use self::flags::{cut, expire, expired_limit};
#[cfg(feature = "http")]
pub(crate) use self::flags::{is_cut, set};
pub(crate) use self::frame::{Began, Scope, nearest, within};
pub use self::letter::{DeadLetterId, DeadLetterScope};
pub use self::scope::DeadlineScope;
pub(crate) use self::tried::Tried;
pub(crate) use self::tried::{note_all, tried, try_on};
