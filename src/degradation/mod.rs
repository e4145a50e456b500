//! Switches features off while a service is in trouble.

mod builder;
mod feature;
mod handle;
mod listed;
mod mode;
mod shared;

pub use self::builder::DegradationBuilder;
pub use self::feature::{Feature, FeatureLayer, Switch};
pub use self::handle::{Degradation, DegradationSnapshot, SignalSnapshot};
pub use self::mode::Mode;
