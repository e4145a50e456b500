//! Which steps of a saga run next, which are compensated, and when a saga is stuck.
//!
//! Exact. A saga goes forward until a step fails, and from then on back, for ever. A step that may have been done is never taken for one
//! that was not: what a process leaves behind is done again or compensated, and a rejection says that nothing was sent only where
//! nothing was sent before either. [`Mark::after`] is the state diagram of a step, and [`Standing::next`] that of a saga.

pub(crate) mod counted;
mod mark;
mod open;
mod patience;
mod plan;
mod standing;

pub(crate) use self::mark::Mark;
pub use self::open::SagaState;
pub(crate) use self::patience::left;
pub(crate) use self::plan::Plan;
pub(crate) use self::standing::{Course, End, Failure, Next, Standing, Unknown};
