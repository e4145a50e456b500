//! The layers as methods of tower's `ServiceBuilder`.

use tower::ServiceBuilder;
use tower::layer::util::Stack;

use crate::bulkhead::BulkheadHandle;
use crate::call::{AdmissionLayer, Handled};
use crate::circuit_breaker::CircuitHandle;
use crate::fallback::FallbackLayer;
#[cfg(feature = "http")]
use crate::http::{AnswerLayer, DeadlineLayer};
use crate::keyed::PerKeyHandle;
use crate::retry::RetryLayer;
use crate::timeout::TimeoutLayer;

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

    /// Answers something useful when the call failed.
    fn with_fallback<F, T>(self, layer: FallbackLayer<F, T>) -> ServiceBuilder<Stack<FallbackLayer<F, T>, L>> {
        self.with_layer(layer)
    }

    /// Ends calls that take too long.
    fn with_timeout<D, E, R>(self, layer: TimeoutLayer<D, E, R>) -> ServiceBuilder<Stack<TimeoutLayer<D, E, R>, L>> {
        self.with_layer(layer)
    }

    /// Sends a call again when it failed for a reason that may pass.
    fn with_retry<R>(self, layer: RetryLayer<R>) -> ServiceBuilder<Stack<RetryLayer<R>, L>> {
        self.with_layer(layer)
    }

    /// Rejects calls to a service that keeps failing.
    fn with_circuit_breaker<A, E>(self, layer: AdmissionLayer<A, E>) -> ServiceBuilder<Stack<AdmissionLayer<A, E>, L>>
    where
        A: Handled<Handle = CircuitHandle>,
    {
        self.with_layer(layer)
    }

    /// Limits how many calls are in flight at once.
    fn with_bulkhead<A, E, W>(self, layer: AdmissionLayer<A, E, W>) -> ServiceBuilder<Stack<AdmissionLayer<A, E, W>, L>>
    where
        A: Handled<Handle = BulkheadHandle>,
    {
        self.with_layer(layer)
    }

    /// Gives each key a circuit or a bulkhead of its own.
    fn with_per_key<A, K, H, E, W>(
        self,
        layer: AdmissionLayer<A, E, W>,
    ) -> ServiceBuilder<Stack<AdmissionLayer<A, E, W>, L>>
    where
        A: Handled<Handle = PerKeyHandle<K, H>>,
    {
        self.with_layer(layer)
    }

    /// Turns calls that were rejected or timed out into responses.
    #[cfg(feature = "http")]
    fn with_answers<A>(self, layer: AnswerLayer<A>) -> ServiceBuilder<Stack<AnswerLayer<A>, L>> {
        self.with_layer(layer)
    }

    /// Carries deadlines from hop to hop.
    #[cfg(feature = "http")]
    fn with_deadline(self, layer: DeadlineLayer) -> ServiceBuilder<Stack<DeadlineLayer, L>> {
        self.with_layer(layer)
    }
}

impl<L> ServiceBuilderExt<L> for ServiceBuilder<L> {
    fn with_layer<T>(self, layer: T) -> ServiceBuilder<Stack<T, L>> {
        self.layer(layer)
    }
}
