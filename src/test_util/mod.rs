//! Testing your stack: services to put layers around, and what to assert of the layers.

mod dropping;
mod event_log;
mod probe;
mod proxy;
mod rest;
mod scripted;
mod seed;

pub use self::dropping::drop_at_every_poll;
pub use self::event_log::{EventLog, LoggedEvent};
pub use self::probe::{Calls, ServiceProbe};
pub use self::proxy::{Fault, FaultProxy};
pub use self::rest::assert_at_rest;
pub use self::scripted::{Reply, ResponseFuture, ScriptedService};
pub use self::seed::Seed;
