//! The settings of a degradation.

use std::borrow::Cow;
use std::sync::Arc;

use super::handle::Degradation;
use super::mode::{Mode, name_of};
use super::rung::Rung;
use super::shared::{Core, NORMAL_NAME};
use crate::error::ConfigError;
use crate::name::Name;
use crate::registry::Registry;
use crate::source::Kind;

/// Builds a [`Degradation`].
#[derive(Debug)]
#[must_use]
pub struct DegradationBuilder {
    name: Cow<'static, str>,
    modes: Vec<Mode>,
    features: Vec<(Cow<'static, str>, Cow<'static, str>)>,
    registry: Registry,
}

impl Degradation {
    /// Starts to build a degradation with a name of 1 to 64 bytes, which events and the registry show.
    pub fn builder(name: impl Into<Cow<'static, str>>) -> DegradationBuilder {
        DegradationBuilder { name: name.into(), modes: Vec::new(), features: Vec::new(), registry: Registry::global() }
    }
}

impl DegradationBuilder {
    /// Adds a mode above all that were added before: so the mildest comes first, and the worst last.
    ///
    /// Its name is not `normal`, and no other mode has it. Defaults to no mode but `normal`.
    pub fn mode(mut self, mode: impl Into<Mode>) -> Self {
        self.modes.push(mode.into());
        self
    }

    /// Adds a feature, which is off in this mode and in those above it.
    ///
    /// Its name has 1 to 64 bytes, and no other feature has it. Defaults to no feature.
    pub fn feature(mut self, name: impl Into<Cow<'static, str>>, mode: impl Into<Cow<'static, str>>) -> Self {
        self.features.push((name.into(), mode.into()));
        self
    }

    /// Sets the registry that lists it. Defaults to [`Registry::global`].
    pub fn registry(self, registry: &Registry) -> Self {
        Self { registry: registry.clone(), ..self }
    }

    /// Makes the degradation, in the mode `normal`.
    ///
    /// # Errors
    ///
    /// When a setting is not legal, as its method says, or when there is no such mode as a feature names.
    pub fn build(self) -> Result<Degradation, ConfigError> {
        let Self { name, modes, features, registry } = self;
        let of = |error: ConfigError| error.of(Kind::Degradation.as_str());
        let name = Name::new(name).map_err(of)?;
        let checked = rungs_of(modes).and_then(|rungs| Ok((features_of(features, &rungs)?, rungs)));
        let (features, rungs) = checked.map_err(|error| of(error).named(name.as_str()))?;
        let listing = registry.listing(Kind::Degradation, name);
        let core = Arc::new(Core::new(listing.row(), registry, rungs, features));
        listing.list(Arc::downgrade(&core));
        Ok(Degradation { core })
    }
}

fn rungs_of(modes: Vec<Mode>) -> Result<Vec<Rung>, ConfigError> {
    let mut rungs: Vec<Rung> = Vec::new();
    for mode in modes {
        let rung = mode.checked()?;
        let is_new = rung.name.as_str() != NORMAL_NAME && rungs.iter().all(|other| other.name != rung.name);
        let legal = "of another name than the others and `normal`";
        ConfigError::unless(is_new, "mode", format_args!("`{}` again", rung.name), legal)?;
        rungs.push(rung);
    }
    Ok(rungs)
}

/// The features, each with the number of the mode from which on it is off.
fn features_of(
    features: Vec<(Cow<'static, str>, Cow<'static, str>)>,
    rungs: &[Rung],
) -> Result<Vec<(Name, usize)>, ConfigError> {
    let mut known: Vec<(Name, usize)> = Vec::new();
    for (text, mode) in features {
        let name = name_of("feature", text)?;
        let is_new = known.iter().all(|(other, _)| *other != name);
        ConfigError::unless(is_new, "feature", format_args!("`{name}` again"), "of another name than the others")?;
        let off_from = rungs.iter().position(|rung| rung.name.as_str() == mode).ok_or_else(|| {
            let names: Vec<_> = rungs.iter().map(|rung| rung.name.as_str()).collect();
            ConfigError::new("feature", format_args!("`{name}` off from {mode:?}"), one_of(&names))
        })?;
        known.push((name, off_from + 1));
    }
    Ok(known)
}

/// What would be a legal mode of a feature.
fn one_of(names: &[&str]) -> String {
    if names.is_empty() { "added with a mode".to_owned() } else { format!("off from one of: {}", names.join(", ")) }
}
