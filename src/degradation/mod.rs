//! Switches features off while a service is in trouble.

mod builder;
mod feature;
mod handle;
mod listed;
mod mode;
mod rung;
mod shared;
mod snapshot;

pub use self::builder::DegradationBuilder;
pub use self::feature::{Feature, FeatureLayer, Switch};
pub use self::handle::Degradation;
pub use self::mode::Mode;
pub use self::snapshot::{DegradationSnapshot, SignalSnapshot};
