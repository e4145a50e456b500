//! Listeners may use what they hear of.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use palisade::{
    Backoff, Budget, BulkheadHandle, BulkheadLayer, CircuitBreakerBuilder, CircuitBreakerLayer, CircuitHandle, Error,
    Outcome, Phase, RetryLayer,
};
use tower::{Layer, ServiceExt};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer;
use tracing_subscriber::prelude::*;
use tracing_subscriber::registry::Registry;

use crate::support::services::{down, up};

/// Opens at the first failure, for a second.
fn touchy() -> CircuitBreakerBuilder {
    CircuitBreakerLayer::builder("payments").min_calls(1).open_for(Backoff::constant(Duration::from_secs(1)))
}

/// Steers a circuit, and looks at it, whenever it hears of one.
struct Meddler {
    circuit: Arc<OnceLock<CircuitHandle>>,
    heard: Arc<AtomicUsize>,
}

impl<S: Subscriber> layer::Layer<S> for Meddler {
    fn on_event(&self, event: &Event<'_>, _: layer::Context<'_, S>) {
        if event.metadata().target() == "palisade::circuit_breaker" {
            let circuit = self.circuit.get().expect("the circuit is made before its first event");
            circuit.snapshot();
            circuit.force_open();
            circuit.reset();
            self.heard.fetch_add(1, Ordering::SeqCst);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_listener_may_use_the_circuit_that_it_hears_of() {
    let (circuit, heard) = (Arc::<OnceLock<_>>::default(), Arc::<AtomicUsize>::default());
    let meddler = Meddler { circuit: Arc::clone(&circuit), heard: Arc::clone(&heard) };
    // With one subscriber only, what is first told while that one listens would be taken for unheard from then on.
    let _second = tracing::Dispatch::new(Registry::default());
    let _guard = tracing::subscriber::set_default(Registry::default().with(meddler));
    let circuit = circuit.get_or_init(|| touchy().build().unwrap().handle());
    circuit.try_enter().unwrap().failure();
    circuit.metrics_only();
    circuit.force_closed();
    assert_eq!(heard.load(Ordering::SeqCst), 3);
    assert_eq!(circuit.phase(), Phase::Closed);
}

#[tokio::test(start_paused = true)]
async fn a_classifier_may_use_the_circuit_that_it_classifies_for() {
    let circuit = Arc::<OnceLock<CircuitHandle>>::default();
    let seen = Arc::clone(&circuit);
    let breaker = touchy().classify(move |_: Result<&(), &Error>| {
        let circuit = seen.get().expect("the circuit is made before its first call");
        assert_eq!(circuit.snapshot().counts.calls, 0);
        circuit.reset();
        Outcome::Failed
    });
    let breaker = breaker.build().unwrap();
    circuit.set(breaker.handle()).unwrap();
    breaker.layer(up()).oneshot(()).await.unwrap();
    assert_eq!((breaker.handle().phase(), breaker.handle().snapshot().late), (Phase::Closed, 1));
}

#[tokio::test(start_paused = true)]
async fn retry_if_may_look_at_the_budget() {
    let budget = Budget::builder().capacity(5).ratio(0.0).per_second(0.0).build().unwrap();
    let looked = budget.clone();
    let retry = RetryLayer::builder("payments").backoff(Backoff::none()).budget(budget.clone());
    let retry = retry.retry_if(move |(): &(), _: Result<&(), &Error>| looked.available() > 4);
    retry.build().unwrap().layer(down()).oneshot(()).await.unwrap_err();
    assert_eq!(budget.available(), 4);
}

/// Looks at a bulkhead when it wakes.
struct Looker {
    bulkhead: BulkheadHandle,
    woken: AtomicUsize,
}

impl Wake for Looker {
    fn wake(self: Arc<Self>) {
        let seen = self.bulkhead.queued() + self.bulkhead.in_flight();
        self.woken.fetch_add(seen, Ordering::SeqCst);
    }
}

#[tokio::test(start_paused = true)]
async fn a_waker_may_look_at_the_bulkhead_that_wakes_it() {
    let bulkhead = BulkheadLayer::builder(0).max_queue(2).build().unwrap();
    let looker = Arc::new(Looker { bulkhead: bulkhead.handle(), woken: AtomicUsize::new(0) });
    let waker = Waker::from(Arc::clone(&looker));
    let mut calls: Vec<_> = (0..2).map(|_| Box::pin(bulkhead.layer(up()).oneshot(()))).collect();
    for call in &mut calls {
        assert!(call.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    }
    bulkhead.handle().resize(1);
    assert_eq!(looker.woken.load(Ordering::SeqCst), 2);
    drop(calls.remove(0));
    assert_eq!(looker.woken.load(Ordering::SeqCst), 3);
    assert!(matches!(calls[0].as_mut().poll(&mut Context::from_waker(&waker)), Poll::Ready(Ok(()))));
}
