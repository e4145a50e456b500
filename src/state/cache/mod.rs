//! Whether what is kept of a service may be its answer still, and who asks the service again.
//!
//! Exact. Ages are differences of one clock, and each limit holds while the age is less. Two things are drawn by chance, and the
//! numbers for them are given: how much shorter an entry lives than it was to, and who refreshes it early.

pub(crate) mod counted;
#[cfg(feature = "moka")]
mod life;
#[cfg(any(feature = "moka", all(loom, test)))]
mod marks;
#[cfg(feature = "moka")]
mod plan;
#[cfg(feature = "moka")]
mod turn;

#[cfg(feature = "moka")]
pub(crate) use self::life::{Grace, Life, Phase};
#[cfg(any(feature = "moka", all(loom, test)))]
pub(crate) use self::marks::{Mark, Marks};
#[cfg(feature = "moka")]
pub(crate) use self::plan::Plan;
#[cfg(feature = "moka")]
pub(crate) use self::turn::Turn;
