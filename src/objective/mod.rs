//! Says how good calls shall be, how much may be bad, and how fast that is used up.
mod builder;
mod gate;
mod handle;
mod listed;
mod shared;
mod snapshot;

pub use self::builder::ObjectiveBuilder;
pub use self::gate::BudgetGate;
pub use self::handle::Objective;
pub(crate) use self::shared::Feed;
pub use self::snapshot::{AlertSnapshot, IndicatorSnapshot};
pub use crate::state::objective::{BurnWindow, Indicator, Severity};
