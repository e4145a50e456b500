//! Says how well things are.

mod builder;
mod check;
mod heartbeats;
mod probe;
mod readiness;
mod run;
mod shared;
#[cfg(feature = "net")]
mod tcp;

pub use self::builder::HealthCheckBuilder;
pub use self::check::{Changes, CheckSnapshot, HealthCheck};
pub use self::heartbeats::{Heartbeats, HeartbeatsBuilder, NodeSnapshot};
pub use self::probe::{Check, Signal};
#[cfg(feature = "http")]
pub(crate) use self::readiness::found;
pub use self::readiness::{CheckKind, Health, HealthBuilder};
#[cfg(feature = "net")]
pub use self::tcp::Tcp;
pub use crate::state::verdict::{Degraded, Verdict};
