//! The setters of a cache.

use std::borrow::Cow;
use std::convert::Infallible;
use std::fmt;
use std::hash::Hash;
use std::marker::PhantomData;
use std::time::Duration;

use super::by_key::{Alike, ByKey};
use super::fetch::Call;
use super::layer::CacheLayer;
use super::refresh::{InBackground, InCall};
use super::settings::Settings;
use super::shared::Core;
use crate::error::ConfigError;
use crate::flight::{self, Flights};
use crate::kept::Keyed;
use crate::name::Name;
use crate::outcome::DefaultClassifier;
use crate::registry::Registry;
use crate::source::Kind;

/// Builds a [`CacheLayer`].
#[derive(Clone)]
#[must_use]
pub struct CacheBuilder<P, M = InCall> {
    name: Cow<'static, str>,
    settings: Settings,
    pub(crate) keep: P,
    refresh: M,
    registry: Registry,
}

/// Stands for the call to the service of a layer that is to be built.
impl Call for Infallible {
    type Key = ();
    type Value = ();
    type Response = ();
}

impl CacheLayer<Infallible, Infallible> {
    /// Starts to build a cache, which keeps responses by what `key` takes from their requests.
    ///
    /// The key must hold whatever the response depends on, also the user and the language: two requests of one key get one response.
    /// Errors and events show the name, of 1 to 64 bytes.
    pub fn builder<Request, K, F>(name: impl Into<Cow<'static, str>>, key: F) -> CacheBuilder<ByKey<F, K>>
    where
        F: Fn(&Request) -> K,
        K: Hash + Eq + Clone + Send + Sync + 'static,
    {
        CacheBuilder::new(
            name.into(),
            ByKey { by: key, classifier: DefaultClassifier, weigher: Alike, key: PhantomData },
        )
    }
}

impl<P> CacheBuilder<P> {
    pub(crate) fn new(name: Cow<'static, str>, keep: P) -> Self {
        Self { name, settings: Settings::default(), keep, refresh: InCall, registry: Registry::global() }
    }
}

impl<P, M> CacheBuilder<P, M> {
    /// Sets what errors and events call it. Defaults to the name that the builder was given.
    pub fn name(self, name: Name) -> Self {
        Self { name: name.as_str().into(), ..self }
    }

    /// Sets the registry that lists it. Defaults to [`Registry::global`].
    pub fn registry(self, registry: &Registry) -> Self {
        Self { registry: registry.clone(), ..self }
    }

    /// Shortens the time that each response is fresh by up to this share of it, by chance.
    ///
    /// 0 to 1. It keeps responses that came together from expiring together. Defaults to 0.1.
    pub fn ttl_jitter(self, share: f64) -> Self {
        self.set(|settings| settings.ttl_jitter = share)
    }

    /// Answers with a stale response for this long after it was fresh, if the call to the service fails.
    ///
    /// A call fails by an error, a rejection or a timeout, or as the classifier says; not at its caller's own deadline. For a second after that, calls of the key are answered at once. Set it to how old an answer may be when there is no
    /// better one. Defaults to zero.
    pub fn stale_if_error(self, duration: Duration) -> Self {
        self.set(|settings| settings.grace.if_error = duration.into())
    }

    /// Answers with a stale response for this long after it was fresh, and refreshes it in the background.
    ///
    /// So no caller waits, and one call at a time refreshes a key. It is a task of tokio's: requests, the service and its responses
    /// must be `Send + 'static`. Outside a runtime nothing is refreshed. After a refresh that failed, the key has none for a second.
    /// Defaults to zero.
    pub fn stale_while_revalidate(self, duration: Duration) -> CacheBuilder<P, InBackground> {
        let Self { name, settings, keep, registry, .. } = self.set(|settings| {
            settings.grace.while_revalidate = duration.into();
            settings.in_background = true;
        });
        CacheBuilder { name, settings, keep, refresh: InBackground, registry }
    }

    /// Keeps a response for at least this long after it was fresh, for a [fallback](crate::FallbackLayer::cached).
    ///
    /// The cache itself gives it no more. Defaults to zero.
    pub fn keep(self, duration: Duration) -> Self {
        self.set(|settings| settings.grace.keep = duration.into())
    }

    /// Refreshes a response before its time, by chance: the sooner, the longer its call took, and the more eager this is.
    ///
    /// 0 to 1,000; 0 never does, and above 1 is sooner. One call is made before all others would need it. It is made in the
    /// background with [`stale_while_revalidate`](Self::stale_while_revalidate), or else its caller waits for it. It is `XFetch`
    /// (Vattani, Chierichetti and Lowenstein, 2015), and this is its beta. Defaults to 1.
    pub fn early(self, beta: f64) -> Self {
        self.set(|settings| settings.early = beta)
    }

    /// Keeps at most this many responses, or as many as weigh this much together.
    ///
    /// At least 1. There may be a few more for a moment, until they are evicted. Responses that are asked for often stay. Defaults to
    /// 10,000; for HTTP it is in bytes, and defaults to 64 MiB.
    #[doc(alias = "max_capacity")]
    pub fn capacity(self, weight: u64) -> Self {
        self.set(|settings| settings.capacity = weight)
    }

    /// Seeds what is left to chance, so that a run can be repeated. Defaults to the system's randomness.
    pub fn seed(self, seed: u64) -> Self {
        self.set(|settings| settings.seed = Some(seed))
    }

    pub(super) fn set(mut self, set: impl FnOnce(&mut Settings)) -> Self {
        set(&mut self.settings);
        self
    }

    pub(crate) fn map<Q>(self, map: impl FnOnce(P) -> Q) -> CacheBuilder<Q, M> {
        let Self { name, settings, keep, refresh, registry } = self;
        CacheBuilder { name, settings, keep: map(keep), refresh, registry }
    }
}

impl<P> CacheBuilder<P, InBackground> {
    /// Runs at most this many refreshes at once.
    ///
    /// 1 to 1,000,000. With none free, a stale response is given and nothing is refreshed. Defaults to 100.
    pub fn max_refreshes(self, refreshes: usize) -> Self {
        self.set(|settings| settings.max_refreshes = refreshes)
    }

    /// Ends a refresh that takes longer than this.
    ///
    /// No caller waits for a refresh, so no deadline of theirs ends it. Defaults to 10 seconds.
    pub fn refresh_timeout(self, limit: Duration) -> Self {
        self.set(|settings| settings.refresh_timeout = limit)
    }
}

impl<F, K, C, W, M> CacheBuilder<ByKey<F, K, C, W>, M> {
    /// Keeps a response fresh for this long.
    ///
    /// Zero keeps none fresh, and [`Duration::MAX`] all of them for ever. Set it to how old an answer may be. Defaults to 1 minute.
    #[doc(alias = "time_to_live")]
    #[doc(alias = "expire_after_write")]
    pub fn ttl(self, duration: Duration) -> Self {
        self.set(|settings| settings.ttl = duration.into())
    }

    /// Says by a [`Classify`](crate::Classify) what a result means, most often a closure.
    ///
    /// A `Success` is kept, and a failure may be answered by a stale response. Defaults to
    /// [`DefaultClassifier`](crate::DefaultClassifier).
    pub fn classify<D>(self, classifier: D) -> CacheBuilder<ByKey<F, K, D, W>, M> {
        self.map(|ByKey { by, weigher, key, .. }| ByKey { by, classifier, weigher, key })
    }

    /// Says by a function `Fn(&Response) -> u32` how much of the [capacity](Self::capacity) a response takes.
    ///
    /// A response of no weight counts as 1. Set it where responses differ in size. Defaults to 1 for each.
    pub fn weigher<U>(self, weigher: U) -> CacheBuilder<ByKey<F, K, C, U>, M> {
        self.map(|ByKey { by, classifier, key, .. }| ByKey { by, classifier, weigher, key })
    }
}

impl<P: Keyed, M> CacheBuilder<P, M> {
    /// Builds the layer, and with it what its services share.
    ///
    /// # Errors
    ///
    /// When a setting is not legal; the error says which, and what would be.
    pub fn build<C: Call<Key = P::Key>>(self) -> Result<CacheLayer<P, C, M>, ConfigError> {
        let Self { name, settings, keep, refresh, registry } = self;
        let checked = Name::new(name).and_then(|name| {
            settings.check().map_err(|error| error.named(name.as_str()))?;
            Ok(name)
        });
        let name = checked.map_err(|error| error.of(Kind::Cache.as_str()))?;
        let listing = registry.listing(Kind::Cache, name);
        let calls = flight::Core::new(listing.row(), usize::MAX, Vec::new());
        Ok(CacheLayer {
            keep,
            core: Core::new(settings, &listing, calls.clone()),
            flights: Flights::new(calls),
            refresh,
        })
    }
}

impl<P, M> fmt::Debug for CacheBuilder<P, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CacheBuilder")
            .field("name", &self.name)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}
