//! What the builders of all limits have.

use std::borrow::Cow;

use super::{AdmissionLayer, Plain, Protocol};
use crate::error::ConfigError;
use crate::event::Kind;
use crate::name::Name;
use crate::registry::{Listing, Registry};

/// Builds the layer of a limit. Each limit adds the setters of its own settings.
#[derive(Clone, Debug)]
#[must_use]
pub struct Builder<T, E = Plain> {
    name: Cow<'static, str>,
    pub(crate) settings: T,
    end: E,
    registry: Registry,
}

/// The settings of a limit.
pub trait Settings {
    /// The kind of the layer.
    const KIND: Kind;

    /// The limit.
    type Limit;

    /// Whether calls may wait: [`AtOnce`](super::AtOnce) or [`InTurn`](super::InTurn).
    type Entry;

    /// Says which setting is not legal. By default every setting is legal.
    ///
    /// # Errors
    ///
    /// When a setting is not legal.
    fn check(&self) -> Result<(), ConfigError> {
        Ok(())
    }

    /// Makes the limit, and with it its state, and lists it. The settings were checked.
    fn limit(self, listing: Listing) -> Self::Limit;
}

impl<T> Builder<T> {
    pub(crate) const fn new(name: Cow<'static, str>, settings: T) -> Self {
        let end = Plain::new(crate::outcome::DefaultClassifier);
        Self { name, settings, end, registry: Registry::global() }
    }
}

impl<T, E> Builder<T, E> {
    /// Sets what errors and events call it.
    pub fn name(self, name: Name) -> Self {
        Self { name: Cow::Borrowed(name.as_str()), ..self }
    }

    /// Sets the registry that lists it. Defaults to [`Registry::global`].
    pub fn registry(self, registry: &Registry) -> Self {
        Self { registry: registry.clone(), ..self }
    }

    /// Sets the protocol that ends calls. It replaces a classifier that was set before.
    ///
    /// Most often it is set by the constructors `http` and `grpc` of the layer. Defaults to [`Plain`].
    pub fn end<F>(self, end: F) -> Builder<T, F> {
        self.map_end(|_| end)
    }

    /// Replaces how calls end.
    pub(crate) fn map_end<F>(self, map: impl FnOnce(E) -> F) -> Builder<T, F> {
        Builder { name: self.name, settings: self.settings, end: map(self.end), registry: self.registry }
    }

    /// Replaces the settings.
    pub(crate) fn map<U>(self, map: impl FnOnce(T) -> U) -> Builder<U, E> {
        Builder { name: self.name, settings: map(self.settings), end: self.end, registry: self.registry }
    }

    /// Changes a setting.
    pub(crate) fn set(mut self, set: impl FnOnce(&mut T)) -> Self {
        set(&mut self.settings);
        self
    }
}

impl<T, E: Protocol> Builder<T, E> {
    /// Says by a [`Classify`](crate::Classify) what a result means, most often a closure.
    ///
    /// Needed wherever a failure arrives as an `Ok` response that the protocol does not know. A limit that counts no outcomes, such
    /// as a bulkhead that is not adaptive, ignores it. Defaults to the protocol's own:
    /// [`DefaultClassifier`](crate::DefaultClassifier), or that of HTTP or gRPC.
    #[doc(alias = "should_handle")]
    #[doc(alias = "record_exceptions")]
    pub fn classify<C>(self, classifier: C) -> Builder<T, E::With<C>> {
        self.map_end(|end| end.with(classifier))
    }
}

impl<T: Settings, E> Builder<T, E> {
    /// Builds the layer, and with it the state that all its services share.
    ///
    /// # Errors
    ///
    /// When a setting is not legal; the error says which, and what would be.
    pub fn build(self) -> Result<AdmissionLayer<T::Limit, E, T::Entry>, ConfigError> {
        let (listing, settings, end) = self.checked()?;
        Ok(AdmissionLayer::made(settings.limit(listing), end))
    }

    /// What a layer is built of, once its name and its settings were checked.
    pub(crate) fn checked(self) -> Result<(Listing, T, E), ConfigError> {
        let Self { name, settings, end, registry } = self;
        let checked = Name::new(name).and_then(|name| {
            settings.check().map_err(|error| error.named(name.as_str()))?;
            Ok(name)
        });
        let name = checked.map_err(|error| error.of(T::KIND.as_str()))?;
        Ok((registry.listing(T::KIND, name), settings, end))
    }
}
