//! The layers as methods of tower's `ServiceBuilder`.

use tower::layer::util::Stack;
use tower::{Service, ServiceBuilder};

use crate::bulkhead::BulkheadHandle;
#[cfg(feature = "moka")]
use crate::cache::{CacheLayer, Call};
use crate::call::{AdmissionLayer, Handled};
#[cfg(feature = "chaos")]
use crate::chaos::ChaosLayer;
use crate::circuit_breaker::CircuitHandle;
use crate::coalesce::{CoalesceLayer, Share, ToKey};
use crate::criticality::CriticalityLayer;
use crate::dead_letter::DeadLetterLayer;
use crate::degradation::FeatureLayer;
use crate::fallback::FallbackLayer;
use crate::hedge::HedgeLayer;
#[cfg(feature = "http")]
use crate::http::{AnswerLayer, DeadlineLayer};
use crate::keyed::PerKeyHandle;
use crate::measure::MeasureHandle;
use crate::rate_limit::RateLimitHandle;
use crate::retry::RetryLayer;
use crate::throttle::ThrottleHandle;
use crate::timeout::TimeoutLayer;

/// A method a row: its parameters, and the layer that it adds.
macro_rules! methods {
    ($($(#[$meta:meta])* $method:ident[$($of:ident $(: $bound:path)?),*]: $layer:ty;)+) => {
        $(
            $(#[$meta])*
            fn $method<$($of $(: $bound)?),*>(self, layer: $layer) -> ServiceBuilder<Stack<$layer, L>> {
                self.with_layer(layer)
            }
        )+
    };
}

/// Adds the layers as methods to tower's [`ServiceBuilder`].
///
/// Their names begin with `with_`, so that no method of the builder itself hides one.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use palisade::{BulkheadLayer, RetryLayer, ServiceBuilderExt, TimeoutLayer};
/// use tower::{ServiceBuilder, ServiceExt, service_fn};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let service = ServiceBuilder::new()
///     .with_timeout(TimeoutLayer::new(Duration::from_secs(3)))
///     .with_retry(RetryLayer::builder("payments").build()?)
///     .with_bulkhead(BulkheadLayer::new(64))
///     .service(service_fn(|n: u32| async move { Ok::<_, palisade::Error>(n + 1) }));
///
/// assert_eq!(service.oneshot(1).await?, 2);
/// # Ok(())
/// # }
/// ```
pub trait ServiceBuilderExt<L>: Sized {
    /// Adds a layer, as [`ServiceBuilder::layer`] does.
    fn with_layer<T>(self, layer: T) -> ServiceBuilder<Stack<T, L>>;

    methods! {
        /// Answers something useful when the call failed.
        with_fallback[F, T, M]: FallbackLayer<F, T, M>;
        /// Rejects the calls of a feature while it is off.
        with_feature[]: FeatureLayer;
        /// Ends calls that take too long.
        with_timeout[D, E, R]: TimeoutLayer<D, E, R>;
        /// Sends a call again when it failed for a reason that may pass.
        with_retry[R, B]: RetryLayer<R, B>;
        /// Sends a call a second time when the first attempt takes too long.
        with_hedge[R]: HedgeLayer<R>;
        /// Rejects calls to a service that keeps failing.
        with_circuit_breaker[A: Handled<Handle = CircuitHandle>, E]: AdmissionLayer<A, E>;
        /// Limits how many calls are in flight at once.
        with_bulkhead[A: Handled<Handle = BulkheadHandle>, E, W]: AdmissionLayer<A, E, W>;
        /// Limits how many calls pass in which time.
        with_rate_limit[A: Handled<Handle = RateLimitHandle>, E, W]: AdmissionLayer<A, E, W>;
        /// Rejects calls that an overloaded service would not take.
        with_throttle[A: Handled<Handle = ThrottleHandle>, E]: AdmissionLayer<A, E>;
        /// Answers calls with what was answered before.
        #[cfg(feature = "moka")]
        with_cache[P, C: Call, M]: CacheLayer<P, C, M>;
        /// Keeps the calls that finally failed.
        with_dead_letter[Q, R]: DeadLetterLayer<Q, R>;
        /// Lets calls that are the same share one.
        with_coalesce[S: Service<Request>, Request, B: ToKey<Request>, E: Share<S::Response>]: CoalesceLayer<S, Request, B, E>;
        /// Lets calls meet faults, on purpose.
        #[cfg(feature = "chaos")]
        with_chaos[Request, Response, E]: ChaosLayer<Request, Response, E>;
        /// Says how much each call matters.
        with_criticality[R]: CriticalityLayer<R>;
        /// Measures how long calls take and how they end.
        with_measure[A: Handled<Handle = MeasureHandle>, E]: AdmissionLayer<A, E>;
        /// Gives each key a circuit, a bulkhead, a rate limit, a throttle or a measure of its own.
        with_per_key[A: Handled<Handle = PerKeyHandle<K, H>>, K, H, E, W]: AdmissionLayer<A, E, W>;
        /// Turns calls that were rejected or timed out into responses.
        #[cfg(feature = "http")]
        with_answers[A]: AnswerLayer<A>;
        /// Carries deadlines from hop to hop.
        #[cfg(feature = "http")]
        with_deadline[]: DeadlineLayer;
    }
}

impl<L> ServiceBuilderExt<L> for ServiceBuilder<L> {
    fn with_layer<T>(self, layer: T) -> ServiceBuilder<Stack<T, L>> {
        self.layer(layer)
    }
}
