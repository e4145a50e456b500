//! Serves the health of a service, checks others over HTTP, and carries beats.

mod beater;
mod beats;
mod check;
mod json;
mod pages;

pub use self::beater::{Beater, BeaterBuilder};
pub use self::beats::BeatService;
pub use self::check::HttpCheck;
#[cfg(all(test, not(loom)))]
pub(super) use self::json::Time;
pub use self::pages::HealthService;
