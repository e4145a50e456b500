//! The setters of replicas.

use std::borrow::Cow;
use std::fmt;
use std::hash::Hash;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tower::BoxError;
use tower::discover::Discover;

use super::discover::{Found, found};
use super::passing::{ByKey, Passing};
use super::replica::Replica;
use super::seat::{JudgeOf, Takeover};
use super::service::Replicas;
use super::set::Sets;
use super::settings::Settings;
use crate::backoff::Backoff;
use crate::call::Protocol;
use crate::call::copies::AsIs;
use crate::error::{ConfigError, Error};
use crate::judge::Judge;
use crate::name::Name;
use crate::registry::Registry;
use crate::source::Kind;
use crate::state::replicas::Policy;

/// Builds [`Replicas`].
#[must_use]
pub struct ReplicasBuilder<S, R = Passing> {
    name: Cow<'static, str>,
    replicas: Vec<Replica<S>>,
    /// In a lock only so that the builder can be shared.
    found: Mutex<Option<Found<S>>>,
    settings: Settings,
    pub(crate) passing: R,
}

impl<S> Replicas<S> {
    /// Starts to build one service of several. Errors and events show its name, of 1 to 64 bytes.
    pub fn builder(name: impl Into<Cow<'static, str>>) -> ReplicasBuilder<S> {
        let (replicas, settings, passing) = (Vec::new(), Settings::default(), Passing::default());
        ReplicasBuilder { name: name.into(), replicas, found: Mutex::new(None), settings, passing }
    }

    /// Starts to build one service of those that are [found](ReplicasBuilder::discover) while it runs.
    pub fn from_discover<D>(name: impl Into<Cow<'static, str>>, discover: D) -> ReplicasBuilder<S>
    where
        D: Discover<Service = S> + Send + 'static,
        D::Key: fmt::Display,
        D::Error: Into<BoxError> + 'static,
    {
        Self::builder(name).discover(discover)
    }
}

impl<S, R> ReplicasBuilder<S, R> {
    /// Sets what errors and events call it.
    ///
    /// Defaults to the name that [`builder`](Replicas::builder) was given.
    pub fn name(self, name: Name) -> Self {
        Self { name: name.as_str().into(), ..self }
    }

    /// Sets the registry that lists it. Defaults to [`Registry::global`].
    pub fn registry(self, registry: &Registry) -> Self {
        self.set(|settings| settings.registry = registry.clone())
    }

    /// Adds a replica of this name: 1 to 256 bytes, and no other replica's.
    ///
    /// Add as many as 1,000. Without any, calls are rejected until one is [added](Replicas::add) or found. Defaults to none.
    pub fn add(self, name: impl Into<Arc<str>>, service: S) -> Self {
        self.replica(Replica::new(name, service))
    }

    /// Adds a replica whose service is made before its first call, see [`Replica::lazy`]. Defaults to none.
    pub fn lazy<F, Fut, E>(self, name: impl Into<Arc<str>>, make: F) -> Self
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<S, E>> + Send + 'static,
        E: Into<BoxError> + 'static,
        S: Send + Sync + 'static,
    {
        self.replica(Replica::lazy(name, make))
    }

    /// Adds the replicas that are found while the service runs, beside those that are [added](Self::add).
    ///
    /// Whoever polls a clone of the service ready lets it see what was found; tower's `ready` and `oneshot` do. An error, or the end
    /// of what finds them, leaves the replicas as they are, and is told by an event. A service that is found under a name that is
    /// there takes its place, as a new replica. Defaults to finding none.
    pub fn discover<D>(self, discover: D) -> Self
    where
        D: Discover<Service = S> + Send + 'static,
        D::Key: fmt::Display,
        D::Error: Into<BoxError> + 'static,
    {
        Self { found: Mutex::new(Some(found(discover))), ..self }
    }

    /// Adds a replica with settings. Defaults to none.
    pub fn replica(mut self, replica: Replica<S>) -> Self {
        self.replicas.push(replica);
        self
    }

    /// Sets how a replica is chosen for a call. Defaults to [`Policy::LeastLoaded`].
    #[doc(alias = "load_balancing_policy")]
    pub fn policy(self, policy: Policy) -> Self {
        self.set(|settings| settings.rules.policy = policy)
    }

    /// Asks at most this many replicas for a call, as long as nothing was sent.
    ///
    /// At least 1, which goes on to no other. Set it to 1 where only one replica may act at a time. Defaults to all.
    pub fn max_tries(self, replicas: usize) -> Self {
        self.set(|settings| settings.reach.max_tries = replicas)
    }

    /// Waits this long for a replica that is not ready, before the call goes on to another.
    ///
    /// Zero looks once. Set it where a replica is often not ready for a moment; [`Duration::MAX`] waits for as long as it takes.
    /// Defaults to zero.
    pub fn ready_within(self, limit: Duration) -> Self {
        self.set(|settings| settings.reach.ready_within = limit)
    }

    /// Ejects a replica after this many failures in a row.
    ///
    /// At least 1. Lower it where calls are few. Defaults to 5.
    #[doc(alias = "consecutive_5xx")]
    pub fn consecutive(self, failures: u32) -> Self {
        self.set(|settings| settings.rules.consecutive = Some(failures))
    }

    /// Ejects no replica for failures in a row. Defaults to [5](Self::consecutive).
    pub fn without_consecutive(self) -> Self {
        self.set(|settings| settings.rules.consecutive = None)
    }

    /// Ejects a replica only if its success rate is lower than the mean of all by at least this much.
    ///
    /// 0 to 1. It keeps a replica that fails once in a thousand times in service where all others never fail. Defaults to 0.05.
    pub fn min_gap(self, rate: f64) -> Self {
        self.set(|settings| settings.rules.min_gap = rate)
    }

    /// Ejects a replica for this long, times how often it was ejected; at most for 5 minutes, and up to a tenth longer by chance.
    ///
    /// Each such time in service takes one ejection off. Zero begins the trial at once. Defaults to 30 seconds.
    #[doc(alias = "base_ejection_time")]
    pub fn base(self, duration: Duration) -> Self {
        self.set(|settings| settings.rules.base = duration.into())
    }

    /// Keeps at most this share of the replicas ejected. One always stays.
    ///
    /// 0 to 1; 0 ejects none. A replica that is on trial is not counted. Defaults to 0.5.
    #[doc(alias = "max_ejection_percent")]
    pub fn max_ejected(self, share: f64) -> Self {
        self.set(|settings| settings.rules.max_ejected = share)
    }

    /// Ignores health while a smaller share of the replicas than this is healthy.
    ///
    /// 0 to 1; 0 never ignores it. Then the rest, which cannot serve everybody, is not overrun. It concerns
    /// [`LeastLoaded`](Policy::LeastLoaded) and [`RoundRobin`](Policy::RoundRobin) only. Defaults to 0.5.
    #[doc(alias = "healthy_panic_threshold")]
    pub fn panic_below(self, share: f64) -> Self {
        self.set(|settings| settings.rules.panic_below = share)
    }

    /// Lets the share of a replica that comes later or returns grow from a tenth to all of it over this time.
    ///
    /// Set it for services that are slow at first, such as those with caches to fill. It concerns no
    /// [`FailOver`](Policy::FailOver). Defaults to zero, which is off.
    pub fn slow_start(self, duration: Duration) -> Self {
        self.set(|settings| settings.rules.slow_start = duration.into())
    }

    /// Lets calls fail back to an earlier replica only after it was healthy for this long.
    ///
    /// It keeps calls from moving to and fro. With [`Duration::MAX`] they move back by
    /// [`promote`](super::ReplicasHandle::promote) only. Defaults to 30 seconds.
    #[doc(alias = "fail_back")]
    pub fn healthy_for(self, duration: Duration) -> Self {
        self.set(|settings| settings.rules.healthy_for = duration.into())
    }

    /// Says how many healthy replicas are needed.
    ///
    /// 1 to 1,000. Where fewer are healthy, the [verdict](super::ReplicasHandle::verdict) is `Unhealthy`. Defaults to none.
    pub fn needed(self, replicas: usize) -> Self {
        self.set(|settings| settings.needed = Some(replicas))
    }

    /// Says how many healthy replicas there should be beside the [needed](Self::needed) ones.
    ///
    /// At most 1,000. Where some are missing, an event says so, and the [verdict](super::ReplicasHandle::verdict) is `Degraded`.
    /// Defaults to 0.
    pub fn spares(self, replicas: usize) -> Self {
        self.set(|settings| settings.rules.spares = replicas)
    }

    /// Lets a judge for each replica, which this function finds by its name, say whether it is healthy, too.
    ///
    /// It is asked once for each replica that comes. Set it where replicas are found while the service runs. Defaults to the
    /// judges that each [replica](Replica::judge) brings.
    pub fn judge_each<J: Judge>(self, judge_of: impl Fn(&str) -> J + Send + Sync + 'static) -> Self {
        let judge_of: JudgeOf = Arc::new(move |name| Arc::new(judge_of(name)));
        self.set(|settings| settings.judges.push(judge_of))
    }

    /// Awaits this function before calls go to a replica: before the first one, and with [`Policy::FailOver`] again where another
    /// replica took over since.
    ///
    /// Set it where a standby must be promoted before it may act, such as a database. The calls that come meanwhile wait together,
    /// and what they wait for goes on where one of them leaves. Where it fails, they go on to the next replica, and this one is
    /// unhealthy for a [`backoff`](Self::backoff). It has no limit of its own: a call whose [timeout](crate::timeout) ends while it
    /// waits is a failure of the replica, and so is a panic.
    ///
    /// With `FailOver`, calls then leave the replica in use for two reasons only. It is not healthy any more, or it rejects a call,
    /// which goes on to the next one: prevent that with [`max_tries(1)`](Self::max_tries). A retry around asks the same replica
    /// again, and there are no trials: a replica whose time out is over stands by, and so does one whose circuit may be probed.
    /// Defaults to nothing.
    pub fn on_takeover<F, Fut, E>(self, take_over: F) -> Self
    where
        F: Fn(Arc<str>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), E>> + Send + 'static,
        E: Into<BoxError> + 'static,
    {
        let take_over: Takeover = Arc::new(move |name| {
            let taking = take_over(name);
            // Boxed, because the functions of all replicas are of one type. A call pays nothing: they run where one takes over.
            Box::pin(async move { taking.await.map_err(Error::lift) })
        });
        self.set(|settings| settings.takeover = Some(take_over))
    }

    /// Keeps calls from a replica for this long, each time that it could not be [made](Replica::lazy) or could not
    /// [take over](Self::on_takeover).
    ///
    /// Defaults to 1 second doubling to 1 minute, with [`Jitter::Equal`](crate::Jitter::Equal).
    pub fn backoff(self, backoff: Backoff) -> Self {
        self.set(|settings| settings.backoff = backoff)
    }

    /// Seeds what is drawn by chance, so that a run can be repeated. Defaults to the system's randomness.
    pub fn seed(self, seed: u64) -> Self {
        self.set(|settings| settings.seed = Some(seed))
    }

    fn set(mut self, set: impl FnOnce(&mut Settings)) -> Self {
        set(&mut self.settings);
        self
    }

    /// Replaces how calls pass.
    pub(crate) fn passing<Q>(self, map: impl FnOnce(R) -> Q) -> ReplicasBuilder<S, Q> {
        let Self { name, replicas, found, settings, passing } = self;
        ReplicasBuilder { name, replicas, found, settings, passing: map(passing) }
    }

    /// Makes the service.
    ///
    /// # Errors
    ///
    /// When a setting is not legal, or a replica is, or two have one name. The error names the setting, its value, and what would
    /// be legal.
    pub fn build(self) -> Result<Replicas<S, R>, ConfigError> {
        let of = |error: ConfigError| error.of(Kind::Replicas.as_str());
        let Self { name, replicas, found, settings, passing } = self;
        let name = Name::new(name).map_err(of)?;
        let named = |error: ConfigError| of(error).named(name.as_str());
        settings.check().and_then(|()| replicas.iter().try_for_each(Replica::check)).map_err(named)?;
        let (core, welcome, seats) = settings.core(name, replicas).map_err(named)?;
        let all = Sets::new(core, welcome, seats, found.into_inner());
        Ok(Replicas::of(all.seen(), all, passing))
    }
}

impl<S, E, K, B> ReplicasBuilder<S, Passing<E, K, B>> {
    /// Places calls by a key that this function takes from the request: calls of one key go to one replica, while it is healthy.
    ///
    /// The policy then counts for nothing. A replica that comes or goes moves only its own keys, because they are placed by
    /// rendezvous hashing, the same in every process. Set it where a replica keeps something for a key, such as a cache, or where
    /// the failure of a few keys must not reach all replicas. Defaults to the [policy](Self::policy).
    #[doc(alias = "hash_policy")]
    pub fn by_key<Request, Q: Hash, F>(self, key: F) -> ReplicasBuilder<S, Passing<E, K, ByKey<F>>>
    where
        F: Fn(&Request) -> Q,
    {
        let builder = self.set(|settings| settings.rules.shards = settings.rules.shards.or(Some(1)));
        builder.passing(|Passing { end, keep, .. }| Passing { end, keep, key: ByKey(key) })
    }

    /// Copies requests by a function `Fn(&Request) -> Option<Request>`, for as long as they may go on to another replica.
    ///
    /// A request that it does not copy goes to one replica only, and so does one of a call that begins while there is only one. Set it for requests that are not `Clone`, or costly to clone.
    /// Defaults to [`CloneRequest`](crate::retry::CloneRequest).
    pub fn copy_request<L>(self, copy: L) -> ReplicasBuilder<S, Passing<E, AsIs<L>, B>> {
        self.passing(|Passing { end, key, .. }| Passing { end, keep: AsIs(copy), key })
    }
}

impl<S, E, K, F> ReplicasBuilder<S, Passing<E, K, ByKey<F>>> {
    /// Spreads the calls of each key over this many replicas of its own: of these, the one with the fewest calls in flight.
    ///
    /// At least 1. With more than one, two keys seldom share all their replicas, so a key that breaks its replicas breaks few of
    /// those of others (shuffle sharding). Defaults to 1.
    pub fn shards(self, replicas: usize) -> Self {
        self.set(|settings| settings.rules.shards = Some(replicas))
    }
}

impl<S, E: Protocol, K, B> ReplicasBuilder<S, Passing<E, K, B>> {
    /// Says by a [`Classify`](crate::Classify), most often a closure, what a result means for its replica.
    ///
    /// Set it wherever a failure arrives as an `Ok` response. Defaults to [`DefaultClassifier`](crate::DefaultClassifier), or to that
    /// of HTTP or gRPC.
    pub fn classify<C>(self, classifier: C) -> ReplicasBuilder<S, Passing<E::With<C>, K, B>> {
        self.passing(|Passing { end, keep, key }| Passing { end: end.with(classifier), keep, key })
    }
}

impl<S, R> fmt::Debug for ReplicasBuilder<S, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut builder = f.debug_struct("ReplicasBuilder");
        builder.field("name", &self.name).field("replicas", &self.replicas).finish_non_exhaustive()
    }
}
