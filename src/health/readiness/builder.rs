//! The settings of a service's health.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::shared::Core;
use super::{CheckKind, Health};
use crate::error::ConfigError;
use crate::health::check::HealthCheck;
use crate::name::Name;
use crate::registry::Registry;
use crate::source::Kind;

/// Builds a [`Health`].
#[derive(Clone, Debug)]
#[must_use]
pub struct HealthBuilder {
    name: Name,
    checks: Vec<(CheckKind, HealthCheck)>,
    registry: Registry,
}

impl Health {
    /// Starts to build the health of a service. Without checks it is ready.
    pub fn builder() -> HealthBuilder {
        HealthBuilder { name: Name::of("health"), checks: Vec::new(), registry: Registry::global() }
    }
}

impl HealthBuilder {
    /// Sets what events and the registry call it. Defaults to `health`.
    pub fn name(self, name: Name) -> Self {
        Self { name, ..self }
    }

    /// Sets the registry that lists it. Defaults to [`Registry::global`].
    pub fn registry(self, registry: &Registry) -> Self {
        Self { registry: registry.clone(), ..self }
    }

    /// Adds a check without which the service is not ready.
    ///
    /// For what this instance alone has. What all instances share is [degrading](Self::degrading): otherwise one slow database takes
    /// all of them out at once. Defaults to no check.
    pub fn critical(self, check: &HealthCheck) -> Self {
        self.add(CheckKind::Critical, check)
    }

    /// Adds a check without which the service is degraded, and stays ready. Defaults to no check.
    pub fn degrading(self, check: &HealthCheck) -> Self {
        self.add(CheckKind::Degrading, check)
    }

    /// Adds a check that is shown only. Defaults to no check.
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
        let listing = self.registry.listing(Kind::Health, self.name);
        let core = Arc::new(Core::new(listing.row(), self.checks));
        listing.list(Arc::downgrade(&core));
        Ok(Health { core })
    }
}
