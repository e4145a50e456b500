//! How many calls are asked, how many of them are bad, and how fast that uses up what may be bad.
//!
//! Exact in what it counts: nothing is lost, and nothing is counted twice. Approximate in time: a window is the bucket of now and the
//! whole ones before it, so it reaches back by up to one bucket less than it says, of 10 seconds up to an hour and of 5 minutes
//! beyond. A call that ends while a bucket begins belongs to it or to the one before: bounded by the model
//! `no_call_is_lost_while_a_step_begins`.

mod alert;
mod asked;
mod calls;
mod edges;
mod ledger;
#[cfg(any(feature = "serde", test))]
mod saved;
mod seen;
mod target;
mod window;

pub use self::alert::Severity;
pub(crate) use self::alert::{ALERTS, Alert};
pub use self::asked::Indicator;
pub(crate) use self::asked::{Asked, Call};
pub(crate) use self::calls::Calls;
pub(crate) use self::ledger::{Change, Ledger, Rules};
#[cfg(any(feature = "serde", test))]
pub(crate) use self::saved::Saved;
pub(crate) use self::seen::Seen;
pub(crate) use self::target::Target;
pub use self::window::BurnWindow;
use crate::time::Nanos;

/// The shortest bucket.
pub(crate) const STEP: Nanos = Nanos(10_000_000_000);

/// How many steps the longer buckets have.
pub(crate) const STEPS_PER_BUCKET: u64 = 30;

/// How many steps a day has.
pub(crate) const STEPS_PER_DAY: u64 = 8_640;
