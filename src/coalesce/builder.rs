//! The settings of a layer that shares calls.

use std::borrow::Cow;
use std::fmt;
use std::hash::Hash;
use std::marker::PhantomData;

use tower::Service;

use super::layer::CoalesceLayer;
use super::share::{Cloned, Share};
use super::to_key::ToKey;
use crate::error::ConfigError;
use crate::flight::{Core, Flights};
use crate::name::Name;
use crate::registry::Registry;
use crate::setting::Setting;
use crate::source::Kind;
use crate::sync::weak;

/// Builds a [`CoalesceLayer`].
#[must_use]
pub struct CoalesceBuilder<S, Request, B, E = Cloned> {
    name: Cow<'static, str>,
    by: B,
    pub(crate) share: E,
    max_waiters: Option<usize>,
    registry: Registry,
    of: PhantomData<fn(S, Request)>,
}

impl<S, Request, F, K> CoalesceLayer<S, Request, F>
where
    S: Service<Request>,
    S::Response: Clone,
    F: Fn(&Request) -> K,
    K: Hash + Eq,
{
    /// Shares calls of the same key, which `key` takes from the request.
    ///
    /// The key must hold whatever the response depends on: also the user, and the language.
    pub fn by(key: F) -> Self {
        CoalesceBuilder::of("coalesce".into(), key, Cloned).assemble()
    }

    /// Starts to build a layer that shares calls of the same key. Errors and events show its name, of 1 to 64 bytes.
    ///
    /// The key must hold whatever the response depends on: also the user, and the language.
    pub fn builder(name: impl Into<Cow<'static, str>>, key: F) -> CoalesceBuilder<S, Request, F> {
        CoalesceBuilder::of(name.into(), key, Cloned)
    }
}

impl<S, Request, B, E> CoalesceBuilder<S, Request, B, E> {
    pub(crate) const fn of(name: Cow<'static, str>, by: B, share: E) -> Self {
        Self { name, by, share, max_waiters: None, registry: Registry::global(), of: PhantomData }
    }

    /// Sets what errors and events call it.
    pub fn name(self, name: Name) -> Self {
        Self { name: Cow::Borrowed(name.as_str()), ..self }
    }

    /// Sets the registry that lists it. Defaults to [`Registry::global`].
    pub fn registry(self, registry: &Registry) -> Self {
        Self { registry: registry.clone(), ..self }
    }

    /// Rejects a call where this many already wait for the same, beside the one who began it.
    ///
    /// 0 rejects all that would share a call. A waiter costs its future, and a waker while it sleeps. Set it where so many callers of
    /// one key would be too much to hold. Defaults to no limit.
    pub fn max_waiters(self, callers: usize) -> Self {
        Self { max_waiters: Some(callers), ..self }
    }
}

impl<S, Request, B, E> CoalesceBuilder<S, Request, B, E>
where
    S: Service<Request>,
    B: ToKey<Request>,
    E: Share<S::Response>,
{
    /// Builds the layer, and with it the state that all its services share.
    ///
    /// # Errors
    ///
    /// When the name is not legal; the error says what would be.
    pub fn build(self) -> Result<CoalesceLayer<S, Request, B, E>, ConfigError> {
        let name = Name::new(self.name.clone()).map_err(|error| error.of(Kind::Coalesce.as_str()))?;
        Ok(self.assemble_as(name))
    }

    fn assemble_as(self, name: Name) -> CoalesceLayer<S, Request, B, E> {
        let listing = self.registry.listing(Kind::Coalesce, name);
        let settings = vec![Setting::new("max_waiters", self.max_waiters)];
        let core = Core::new(listing.row(), self.max_waiters.unwrap_or(usize::MAX), settings);
        listing.list(weak(core.shared()));
        CoalesceLayer::new(self.by, self.share, Flights::new(core))
    }
}

impl<S, Request, B> CoalesceBuilder<S, Request, B>
where
    S: Service<Request>,
    S::Response: Clone,
    B: ToKey<Request>,
{
    /// Builds the layer under a name that is legal.
    pub(super) fn assemble(self) -> CoalesceLayer<S, Request, B> {
        self.assemble_as(Name::of("coalesce"))
    }
}

impl<S, Request, B, E: fmt::Debug> fmt::Debug for CoalesceBuilder<S, Request, B, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut builder = f.debug_struct("CoalesceBuilder");
        builder.field("name", &self.name).field("share", &self.share).field("max_waiters", &self.max_waiters);
        builder.finish_non_exhaustive()
    }
}
