//! The layers as methods of tower's `ServiceBuilder`.

use tower::{ServiceBuilder, layer::util::Stack};

#[cfg(feature = "http")]
use crate::http::{AnswerLayer, DeadlineLayer};
use crate::{
    bulkhead::BulkheadHandle,
    call::{AdmissionLayer, Handled},
    circuit_breaker::CircuitHandle,
    fallback::FallbackLayer,
    keyed::PerKeyHandle,
    retry::RetryLayer,
    timeout::TimeoutLayer,
};

/// Adds the layers as methods to tower's [`ServiceBuilder`].
///
/// Their names begin with `with_`, so that none is hidden by a method of the builder's own.
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
    /// Answers something useful when the call failed.
    fn with_fallback<F, T>(self, layer: FallbackLayer<F, T>) -> ServiceBuilder<Stack<FallbackLayer<F, T>, L>>;

    /// Ends calls that take too long.
    fn with_timeout<D, R>(self, layer: TimeoutLayer<D, R>) -> ServiceBuilder<Stack<TimeoutLayer<D, R>, L>>;

    /// Sends calls again that failed for a reason that may pass.
    fn with_retry<P>(self, layer: RetryLayer<P>) -> ServiceBuilder<Stack<RetryLayer<P>, L>>;

    /// Rejects calls to a service that keeps failing.
    fn with_circuit_breaker<A, E>(self, layer: AdmissionLayer<A, E>) -> ServiceBuilder<Stack<AdmissionLayer<A, E>, L>>
    where
        A: Handled<Handle = CircuitHandle>;

    /// Limits how many calls are in flight at once.
    fn with_bulkhead<A, E, W>(
        self,
        layer: AdmissionLayer<A, E, W>,
    ) -> ServiceBuilder<Stack<AdmissionLayer<A, E, W>, L>>
    where
        A: Handled<Handle = BulkheadHandle>;

    /// Has a circuit or a bulkhead for each key.
    fn with_per_key<A, K, H, E, W>(
        self,
        layer: AdmissionLayer<A, E, W>,
    ) -> ServiceBuilder<Stack<AdmissionLayer<A, E, W>, L>>
    where
        A: Handled<Handle = PerKeyHandle<K, H>>;

    /// Answers what is refused or late with a response.
    #[cfg(feature = "http")]
    fn with_answers<A>(self, layer: AnswerLayer<A>) -> ServiceBuilder<Stack<AnswerLayer<A>, L>>;

    /// Carries deadlines from hop to hop.
    #[cfg(feature = "http")]
    fn with_deadline(self, layer: DeadlineLayer) -> ServiceBuilder<Stack<DeadlineLayer, L>>;
}

impl<L> ServiceBuilderExt<L> for ServiceBuilder<L> {
    fn with_fallback<F, T>(self, layer: FallbackLayer<F, T>) -> ServiceBuilder<Stack<FallbackLayer<F, T>, L>> {
        self.layer(layer)
    }

    fn with_timeout<D, R>(self, layer: TimeoutLayer<D, R>) -> ServiceBuilder<Stack<TimeoutLayer<D, R>, L>> {
        self.layer(layer)
    }

    fn with_retry<P>(self, layer: RetryLayer<P>) -> ServiceBuilder<Stack<RetryLayer<P>, L>> {
        self.layer(layer)
    }

    fn with_circuit_breaker<A, E>(self, layer: AdmissionLayer<A, E>) -> ServiceBuilder<Stack<AdmissionLayer<A, E>, L>>
    where
        A: Handled<Handle = CircuitHandle>,
    {
        self.layer(layer)
    }

    fn with_bulkhead<A, E, W>(self, layer: AdmissionLayer<A, E, W>) -> ServiceBuilder<Stack<AdmissionLayer<A, E, W>, L>>
    where
        A: Handled<Handle = BulkheadHandle>,
    {
        self.layer(layer)
    }

    fn with_per_key<A, K, H, E, W>(
        self,
        layer: AdmissionLayer<A, E, W>,
    ) -> ServiceBuilder<Stack<AdmissionLayer<A, E, W>, L>>
    where
        A: Handled<Handle = PerKeyHandle<K, H>>,
    {
        self.layer(layer)
    }

    #[cfg(feature = "http")]
    fn with_answers<A>(self, layer: AnswerLayer<A>) -> ServiceBuilder<Stack<AnswerLayer<A>, L>> {
        self.layer(layer)
    }

    #[cfg(feature = "http")]
    fn with_deadline(self, layer: DeadlineLayer) -> ServiceBuilder<Stack<DeadlineLayer, L>> {
        self.layer(layer)
    }
}
