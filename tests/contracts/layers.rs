//! The layers, as the laws have them.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use palisade::bulkhead::{AdaptiveLayer, AdaptiveQueueLayer};
use palisade::criticality::By;
use palisade::fallback::Function;
use palisade::replicas::Replicas;
use palisade::{
    Adaptive, Backoff, Budget, BulkheadLayer, CircuitBreakerLayer, CoalesceLayer, Criticality, CriticalityLayer,
    DeadLetter, DeadLetterLayer, Degradation, Error, FallbackLayer, FeatureLayer, HedgeLayer, MeasureLayer, Name,
    PacingLayer, QueueLayer, Rate, RateLimitLayer, RetryLayer, ThrottleLayer, TimeoutLayer, fallback,
};

use tower::{Layer, Service};

use crate::support::Down;

/// The response of every fallback.
pub(crate) const STALE: u32 = 404;

/// The places of every bulkhead.
pub(crate) const PLACES: usize = 2;

/// The probes of every circuit.
pub(crate) const PROBES: usize = 2;

/// The tokens of every budget; none are gained.
pub(crate) const TOKENS: u64 = 10;

/// The pause before each retry.
pub(crate) const PAUSE: Duration = Duration::from_millis(10);

/// Gives a macro a row for each layer that admits calls or rejects them. A row here is all that such a layer needs.
macro_rules! each_admission {
    ($law:ident! $($others:tt)*) => {
        $law! {
            circuit_breaker: $crate::layers::breaker();
            bulkhead: $crate::layers::places();
            adaptive: $crate::layers::adaptive();
            rate_limit: $crate::layers::rate();
            throttle: $crate::layers::throttle();
            measure: $crate::layers::measure();
            feature: $crate::layers::feature();
            own_limit: $crate::own_limit::layer::<palisade::call::Plain>();
            $($others)*
        }
    };
}

/// Gives a macro a row for each layer that passes errors on.
macro_rules! each_passing_layer {
    ($law:ident! $($others:tt)*) => {
        $crate::layers::each_admission! { $law!
            bulkhead_with_queue: $crate::layers::queue();
            adaptive_with_queue: $crate::layers::adaptive_queue();
            rate_limit_with_waits: $crate::layers::pace();
            criticality: $crate::layers::sheddable();
            retrying: $crate::layers::retry();
            hedging: $crate::layers::hedge();
            timeout: $crate::layers::limit();
            timeout_of_readiness: $crate::layers::limit().cover_readiness();
            coalesce: $crate::layers::coalesce();
            dead_letter: $crate::layers::dead_letter();
            $($others)*
        }
    };
}

/// Gives a macro a row for each layer.
macro_rules! each_layer {
    ($law:ident! $($others:tt)*) => {
        $crate::layers::each_passing_layer! { $law! fallback: $crate::layers::falling_back(); $($others)* }
    };
}

pub(crate) use each_admission;
pub(crate) use each_layer;
pub(crate) use each_passing_layer;

/// It remembers every result of a test.
pub(crate) fn breaker() -> CircuitBreakerLayer {
    let breaker = CircuitBreakerLayer::builder("circuit").probes(2).open_for(Backoff::none());
    breaker.time_window(Duration::from_secs(3600), 10).build().unwrap()
}

pub(crate) fn budget() -> Budget {
    Budget::builder().capacity(10).ratio(0.0).per_second(0.0).build().unwrap()
}

pub(crate) fn retry() -> RetryLayer {
    RetryLayer::builder("retry").backoff(Backoff::constant(PAUSE)).budget(budget()).build().unwrap()
}

/// It starts a second attempt after the pause of a retry.
pub(crate) fn hedge() -> HedgeLayer {
    HedgeLayer::builder("hedge").after(PAUSE).budget(budget()).build().unwrap()
}

pub(crate) fn queue() -> QueueLayer {
    BulkheadLayer::builder(PLACES).name(Name::new("queue").unwrap()).max_wait(Duration::from_secs(5)).build().unwrap()
}

pub(crate) fn places() -> BulkheadLayer {
    BulkheadLayer::new(PLACES)
}

/// It is on.
pub(crate) fn feature() -> FeatureLayer {
    let degradation = Degradation::builder("degradation").mode("degraded").feature("feature", "degraded");
    FeatureLayer::new(&degradation.build().unwrap(), "feature")
}

/// More calls than any law makes.
pub(crate) fn rate() -> RateLimitLayer {
    RateLimitLayer::builder("rate", Rate::per_second(1000)).burst(1000).build().unwrap()
}

/// It rejects no call of any law: the probability is too small.
pub(crate) fn throttle() -> ThrottleLayer {
    ThrottleLayer::builder("throttle").max_rejection(f64::MIN_POSITIVE).build().unwrap()
}

pub(crate) fn pace() -> PacingLayer {
    let pace = RateLimitLayer::builder("pace", Rate::per_second(1000)).burst(1000);
    pace.heed_throttling().max_wait(Duration::from_secs(5)).build().unwrap()
}

/// Its limit may grow, but does not shrink.
pub(crate) fn adaptive() -> AdaptiveLayer {
    BulkheadLayer::builder(PLACES).adaptive(Adaptive::gradient().min(PLACES)).build().unwrap()
}

pub(crate) fn adaptive_queue() -> AdaptiveQueueLayer {
    let queue = BulkheadLayer::builder(PLACES).max_wait(Duration::from_secs(5));
    queue.adaptive(Adaptive::vegas().min(PLACES)).build().unwrap()
}

pub(crate) fn measure() -> MeasureLayer {
    MeasureLayer::new("measure").unwrap()
}

pub(crate) fn limit() -> TimeoutLayer {
    TimeoutLayer::new(Duration::from_secs(10))
}

type Rank<T> = fn(&T) -> Criticality;

pub(crate) fn sheddable<T>() -> CriticalityLayer<By<Rank<T>>> {
    CriticalityLayer::by(|_| Criticality::Sheddable)
}

/// A key of its own for each call: what callers share is claimed elsewhere.
pub(crate) fn own_key<T>(_: &T) -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

#[cfg(feature = "moka")]
type OwnKey<T> = palisade::cache::ByKey<fn(&T) -> u64, u64>;

/// Keeps each response for a key of its own: what is given again is claimed elsewhere.
#[cfg(feature = "moka")]
pub(crate) fn cache<T, C>() -> palisade::CacheLayer<OwnKey<T>, C>
where
    C: palisade::cache::Call<Key = u64>,
{
    let key: fn(&T) -> u64 = own_key;
    palisade::CacheLayer::builder("cache", key).build().unwrap()
}

/// Faults that are off, or let each call go on after this time, by a clone of the inner service.
#[cfg(feature = "chaos")]
pub(crate) fn chaos<T>(delay: Option<Duration>) -> palisade::ChaosLayer<T, T> {
    let faults = palisade::ChaosLayer::builder("chaos").delay(1.0, delay.unwrap_or_default()).max_share(1.0);
    let layer = faults.expires(Duration::from_secs(24 * 60 * 60)).build().unwrap();
    if delay.is_some() {
        layer.handle().start();
    }
    layer
}

pub(crate) fn coalesce<S, T>() -> CoalesceLayer<S, T, fn(&T) -> u64>
where
    S: Service<T, Response: Clone>,
{
    CoalesceLayer::by(own_key)
}

/// Its letters go nowhere: what becomes of them is claimed elsewhere.
pub(crate) fn dead_letter<T>() -> DeadLetterLayer<fn(DeadLetter<T>)> {
    DeadLetterLayer::new(|_| ())
}

pub(crate) fn total() -> TimeoutLayer {
    TimeoutLayer::new(Duration::from_secs(20))
}

type Step<T> = fn(Result<&T, &Error>) -> Result<T, Down>;

pub(crate) fn falling_back<T: Stale>() -> FallbackLayer<Function<Step<T>>> {
    FallbackLayer::new(fallback::function(|_| Ok(T::stale())))
}

/// Two replicas of the inner service, with a state for each service that it makes: replicas are no layer.
#[derive(Clone, Debug)]
pub(crate) struct Replicated;

impl<S: Clone> Layer<S> for Replicated {
    type Service = Replicas<S>;

    fn layer(&self, inner: S) -> Replicas<S> {
        let replicas = Replicas::builder("replicas").add("a", inner.clone()).add("b", inner);
        replicas.ready_within(Duration::MAX).without_consecutive().build().unwrap()
    }
}

/// What a fallback may respond with.
pub(crate) trait Stale {
    fn stale() -> Self;
}

impl Stale for u32 {
    fn stale() -> Self {
        STALE
    }
}
