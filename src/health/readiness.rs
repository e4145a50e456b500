//! The health of a service: what its checks say of it together.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::check::HealthCheck;
use crate::error::ConfigError;
use crate::judge::{Judge, Judgement};
use crate::state::verdict::Level;

/// What a check says of the service that needs the thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CheckKind {
    /// Without it the service is not ready. For what this instance alone has, such as its own disk.
    Critical,
    /// Without it the service is degraded, and stays ready. For what all instances share, such as their database.
    Degrading,
    /// It is shown. For checks of a whole path through other services.
    Informing,
}

impl CheckKind {
    /// The kind as pages show it: `"critical"`, `"degrading"` or `"informing"`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::Degrading => "degrading",
            Self::Informing => "informing",
        }
    }

    /// What a check of this kind makes of the service.
    fn weigh(self, level: Level) -> Level {
        match self {
            Self::Critical => level,
            Self::Degrading => level.min(Level::Degraded),
            Self::Informing => Level::Healthy,
        }
    }
}

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

#[derive(Debug)]
struct Core {
    checks: Vec<(CheckKind, HealthCheck)>,
    is_draining: AtomicBool,
    has_started: AtomicBool,
}

impl Health {
    /// Starts to build the health of a service. Without checks it is ready.
    pub fn builder() -> HealthBuilder {
        HealthBuilder { checks: Vec::new() }
    }

    /// Whether the service can take requests: each critical check has a result and is not unhealthy, and it is not draining.
    pub fn is_ready(&self) -> bool {
        self.level() < Level::Unhealthy && !self.is_draining()
    }

    /// Whether it was ever ready when somebody asked, or would have been but for draining.
    pub fn has_started(&self) -> bool {
        self.level();
        self.core.has_started.load(Ordering::Relaxed)
    }

    /// Says from now on that it is not ready, so that no more requests are sent to it. Nothing else changes.
    ///
    /// Call it when the service is to end, and stop serving once balancers have noticed.
    pub fn drain(&self) {
        self.core.is_draining.store(true, Ordering::Relaxed);
    }

    /// Whether [`drain`](Self::drain) was called.
    pub fn is_draining(&self) -> bool {
        self.core.is_draining.load(Ordering::Relaxed)
    }

    /// The checks, in the order in which they were added.
    pub fn checks(&self) -> impl Iterator<Item = (CheckKind, &HealthCheck)> {
        self.core.checks.iter().map(|(kind, check)| (*kind, check))
    }

    /// How well the service is. A check without a result counts as unhealthy.
    pub(crate) fn level(&self) -> Level {
        let level = self.weighed(Level::Unhealthy);
        if level < Level::Unhealthy {
            self.core.has_started.store(true, Ordering::Relaxed);
        }
        level
    }

    /// The same, where a check without a result counts as this.
    fn weighed(&self, unknown: Level) -> Level {
        let levels = self.checks().map(|(kind, check)| kind.weigh(check.level().unwrap_or(unknown)));
        levels.max().unwrap_or(Level::Healthy)
    }

    /// The checks that make the service worse than healthy, with their reasons.
    fn reasons(&self) -> impl Iterator<Item = String> {
        let worse = self.checks().filter(|(kind, check)| kind.weigh(check.verdict().level()) > Level::Healthy);
        worse.map(|(_, check)| format!("{} {}", check.name(), check.verdict()))
    }
}

/// What the checks make of the service, without those that have no result yet. `Unhealthy` while it drains.
impl Judge for Health {
    fn judge(&self) -> Judgement {
        if self.is_draining() { Judgement::Unhealthy } else { self.weighed(Level::Healthy).judgement() }
    }

    fn why(&self) -> Option<String> {
        let draining = self.is_draining().then(|| "draining".to_owned());
        let reasons: Vec<_> = draining.into_iter().chain(self.reasons()).collect();
        (!reasons.is_empty()).then(|| reasons.join(", "))
    }
}

/// What a check has found, for its service.
pub(crate) fn found(check: &HealthCheck) -> Level {
    check.level().unwrap_or(Level::Unhealthy)
}

/// Builds a [`Health`].
#[derive(Clone, Debug)]
#[must_use]
pub struct HealthBuilder {
    checks: Vec<(CheckKind, HealthCheck)>,
}

impl HealthBuilder {
    /// Adds a check without which the service is not ready.
    ///
    /// For what this instance alone has. What all instances share is [degrading](Self::degrading): otherwise one slow database takes
    /// all of them out at once.
    pub fn critical(self, check: &HealthCheck) -> Self {
        self.add(CheckKind::Critical, check)
    }

    /// Adds a check without which the service is degraded, and stays ready.
    pub fn degrading(self, check: &HealthCheck) -> Self {
        self.add(CheckKind::Degrading, check)
    }

    /// Adds a check that is shown only.
    pub fn informing(self, check: &HealthCheck) -> Self {
        self.add(CheckKind::Informing, check)
    }

    fn add(mut self, kind: CheckKind, check: &HealthCheck) -> Self {
        self.checks.push((kind, check.clone()));
        self
    }

    /// Makes the health of the service.
    ///
    /// # Errors
    ///
    /// When two checks have one name.
    pub fn build(self) -> Result<Health, ConfigError> {
        let mut names = BTreeSet::new();
        for (_, check) in &self.checks {
            let is_new = names.insert(check.name());
            ConfigError::unless(
                is_new,
                "check",
                format_args!("`{}` again", check.name()),
                "of another name than the others",
            )
            .map_err(|error| error.of("health"))?;
        }
        let (is_draining, has_started) = (AtomicBool::new(false), AtomicBool::new(false));
        Ok(Health { core: Arc::new(Core { checks: self.checks, is_draining, has_started }) })
    }
}
