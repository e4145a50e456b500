//! The health of a service: what its checks say of it together.

mod builder;
mod kind;
mod shared;

use std::sync::Arc;

pub use self::builder::HealthBuilder;
pub use self::kind::CheckKind;
use self::shared::Core;
use super::check::HealthCheck;
use crate::judge::{Judge, Judgement};
use crate::name::Name;
use crate::state::verdict::Level;

/// The health of a service, by checks of what it needs.
///
/// Cheap to clone; all clones are one. With the feature `http`, `service` serves it to those who probe.
///
/// # Examples
///
/// ```
/// use palisade::health::{Health, HealthCheck};
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let disk = HealthCheck::new("disk", async || Ok::<_, std::io::Error>(()))?;
/// let health = Health::builder().critical(&disk).build()?;
///
/// assert!(!health.is_ready());
/// tokio::spawn(disk.run());
/// tokio::task::yield_now().await;
/// assert!(health.is_ready());
///
/// health.drain();
/// assert!(!health.is_ready());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Health {
    core: Arc<Core>,
}

impl Health {
    /// The name of the instance.
    pub fn name(&self) -> Name {
        self.core.name()
    }

    /// Whether the service can take requests: each critical check has a result and is not unhealthy, and it is not draining.
    pub fn is_ready(&self) -> bool {
        self.core.is_ready()
    }

    /// Whether it was ever ready when somebody asked, or would have been but for draining.
    pub fn has_started(&self) -> bool {
        self.core.has_started()
    }

    /// Says from now on that it is not ready, so that no more requests are sent to it. Nothing else changes.
    ///
    /// Call it when the service is to end, and stop serving once balancers have noticed.
    pub fn drain(&self) {
        self.core.set_draining(true);
    }

    /// Takes [`drain`](Self::drain) back: it is ready again if its checks are.
    pub fn undrain(&self) {
        self.core.set_draining(false);
    }

    /// Whether it drains.
    pub fn is_draining(&self) -> bool {
        self.core.is_draining()
    }

    /// A signal for a [`Mode`](crate::Mode): 0 while it is healthy, 0.5 while it is degraded, and 1 while it is unhealthy or drains.
    ///
    /// A check without a result is left out.
    pub fn signal(&self) -> impl Fn() -> f64 + Send + Sync + use<> {
        let health = self.clone();
        move || health.judge().signal()
    }

    /// The checks, in the order in which they were added.
    pub fn checks(&self) -> impl Iterator<Item = (CheckKind, &HealthCheck)> {
        self.core.checks.iter().map(|(kind, check)| (*kind, check))
    }

    /// How well the service is. A check without a result counts as unhealthy.
    #[cfg(feature = "http")]
    pub(crate) fn level(&self) -> Level {
        self.core.level()
    }
}

/// What a check has found, for its service.
#[cfg(feature = "http")]
pub(crate) fn found(check: &HealthCheck) -> Level {
    check.level().unwrap_or(Level::Unhealthy)
}

/// What the checks make of the service, without those that have no result yet. `Unhealthy` while it drains.
impl Judge for Health {
    fn judge(&self) -> Judgement {
        if self.is_draining() { Judgement::Unhealthy } else { self.core.weighed(Level::Healthy).judgement() }
    }

    fn why(&self) -> Option<String> {
        let reasons = self.core.reasons();
        (!reasons.is_empty()).then(|| reasons.join(", "))
    }
}
