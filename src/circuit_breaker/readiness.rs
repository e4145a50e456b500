//! Makes an open circuit not ready.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::time::{Sleep, sleep_until};
use tower::{Layer, Service};

use super::CircuitHandle;
use super::waiting::Seat;
use crate::time::Nanos;

/// Wraps services in a [`Readiness`], for a balancer that passes over services that are not ready.
///
/// A circuit breaker is always ready while it is open, so that it rejects calls at once. A balancer then sends it more calls than
/// any other, because no other is as fast. With this layer around it, the balancer sends it none.
///
/// # Examples
///
/// ```
/// use palisade::CircuitBreakerLayer;
/// use palisade::circuit_breaker::ReadinessLayer;
/// use tower::{ServiceBuilder, ServiceExt, service_fn};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let breaker = CircuitBreakerLayer::builder("10.0.0.7").build()?;
/// let circuit = breaker.handle();
/// let mut endpoint = ServiceBuilder::new()
///     .layer(ReadinessLayer::new(circuit.clone()))
///     .layer(breaker)
///     .service(service_fn(|()| async { Ok::<_, palisade::Error>(()) }));
///
/// circuit.force_open();
/// assert!(futures_util::poll!(endpoint.ready()).is_pending());
/// circuit.reset();
/// endpoint.ready().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct ReadinessLayer {
    circuit: CircuitHandle,
}

impl ReadinessLayer {
    /// Goes by this circuit, most often that of the circuit breaker just inside.
    pub const fn new(circuit: CircuitHandle) -> Self {
        Self { circuit }
    }
}

impl<S> Layer<S> for ReadinessLayer {
    type Service = Readiness<S>;

    fn layer(&self, inner: S) -> Readiness<S> {
        Readiness::new(inner, &self.circuit)
    }
}

/// Is not ready while its circuit would reject a call.
///
/// It is woken when that may have changed: the open time is over, the circuit was set by hand, or a probe ended. Several callers may
/// then find it ready, and the circuit still rejects those for whom it has no place. Made by a [`ReadinessLayer`].
///
/// # Panics
///
/// When it has to wait for a time outside a tokio runtime with a timer.
#[derive(Debug)]
pub struct Readiness<S> {
    inner: S,
    circuit: CircuitHandle,
    seat: Seat,
    /// Boxed, because a service is polled ready unpinned. Made when it first waits for a time.
    sleep: Option<Pin<Box<Sleep>>>,
}

impl<S> Readiness<S> {
    fn new(inner: S, circuit: &CircuitHandle) -> Self {
        Self { inner, circuit: circuit.clone(), seat: Seat::at(circuit.core.address()), sleep: None }
    }

    /// Until when a call would be rejected if only time passed. Until then it waits to be woken by all else.
    fn refuses_until(&mut self, cx: &Context<'_>) -> Option<Nanos> {
        self.circuit.core.refuses_until()?;
        self.seat.take(cx.waker());
        self.circuit.core.refuses_until()
    }

    /// Waits for a time at which the circuit may let a call pass.
    fn poll_until(&mut self, until: Nanos, cx: &mut Context<'_>) -> Poll<()> {
        if until == Nanos::MAX {
            return Poll::Pending;
        }
        let until = self.circuit.core.clock.instant(until);
        let sleep = self.sleep.get_or_insert_with(|| Box::pin(sleep_until(until)));
        if sleep.deadline() != until {
            sleep.as_mut().reset(until);
        }
        sleep.as_mut().poll(cx)
    }
}

impl<S: Service<Request>, Request> Service<Request> for Readiness<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        while let Some(until) = self.refuses_until(cx) {
            ready!(self.poll_until(until, cx));
        }
        self.seat.leave();
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> S::Future {
        self.inner.call(request)
    }
}

/// A clone waits by itself.
impl<S: Clone> Clone for Readiness<S> {
    fn clone(&self) -> Self {
        Self::new(self.inner.clone(), &self.circuit)
    }
}
