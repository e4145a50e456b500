use std::cell::RefCell;
use std::future::{pending, ready};
use std::iter::{once, repeat};
use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::Relaxed;

use futures_util::FutureExt;
use palisade::call::{Guard, Hold};
use palisade::{CircuitGuard, Outcome};
use tower::service_fn;

use super::*;
use crate::support::services::{FAILS, READY, panics};

/// What became of a call: its code, the attempts that reached the service, and the circuit's counts, phase and rejections.
type End = (u32, usize, (u64, u64), Phase, u64);

async fn end<L>(layers: L, circuit: &CircuitHandle, codes: &'static [u32]) -> End
where
    L: Layer<Coded, Service: Service<u32, Response = u32, Error = Error>>,
{
    let service = coded(codes);
    let calls = service.calls();
    let result = layers.layer(service).oneshot(0).await;
    (code(&result), calls.count(), counted(circuit), circuit.phase(), circuit.snapshot().rejected)
}

#[tokio::test(start_paused = true)]
async fn attempts_outside_the_breaker_stop_when_it_opens() {
    for (claim, attempts, trips_at, codes, expected) in [
        ("three failures, which are one vote", 3, 10, &[1, 2, 3][..], (3, 3, (1, 1), Phase::Closed, 0)),
        ("a success after a failure", 3, 2, &[1, 200], (200, 2, (2, 1), Phase::Closed, 0)),
        ("as many as open the circuit", 3, 3, &[1, 2, 3], (3, 3, (0, 0), Phase::Open, 0)),
        ("more than open the circuit", 7, 3, &[1, 2, 3, 4], (3, 3, (0, 0), Phase::Open, 1)),
        ("timeouts that open the circuit", 7, 3, &[TIMED_OUT], (TIMED_OUT, 3, (0, 0), Phase::Open, 1)),
    ] {
        let breaker = consecutive(trips_at).build().unwrap();
        let circuit = breaker.handle();
        let end = end((retry(attempts).build().unwrap(), breaker), &circuit, codes).await;
        assert_eq!(end, expected, "{claim}");
    }
}

#[tokio::test(start_paused = true)]
async fn attempts_inside_the_breaker_count_once() {
    for (attempts, trips_at) in [(3, 10), (7, 3)] {
        let breaker = consecutive(trips_at).build().unwrap();
        let circuit = breaker.handle();
        let end = end((breaker, retry(attempts).build().unwrap()), &circuit, &[1]).await;
        assert_eq!(end, (1, attempts as usize, (1, 1), Phase::Closed, 0));
        assert_eq!(circuit.snapshot().counts.consecutive, 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_retry_meets_a_circuit_that_was_open_before() {
    for (claim, pause, codes, expected) in [
        ("it is rejected once", Duration::ZERO, &[200][..], (REJECTED, 0, (0, 0), Phase::Open, 1)),
        ("it is one probe, which fails", 5 * SECOND, &[1, 200], (1, 1, (0, 0), Phase::Open, 1)),
        ("it is one probe, which succeeds", 5 * SECOND, &[200], (200, 1, (0, 0), Phase::Closed, 0)),
    ] {
        let breaker = consecutive(1).build().unwrap();
        let circuit = breaker.handle();
        circuit.try_enter().unwrap().failure();
        advance(pause).await;
        assert_eq!(end((retry(7).build().unwrap(), breaker), &circuit, codes).await, expected, "{claim}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_retry_of_rejections_waits_until_a_probe_may_pass() {
    for (attempts, codes, expected, took) in [
        (3, &[1, 200][..], (200, 2, (0, 0), Phase::Closed, 1), 5 * SECOND),
        (2, &[1], (1, 1, (0, 0), Phase::Open, 1), Duration::ZERO),
    ] {
        let breaker = consecutive(1).build().unwrap();
        let (circuit, started) = (breaker.handle(), now());
        let retry = retry(attempts).retry_rejected().build().unwrap();
        assert_eq!(end((retry, breaker), &circuit, codes).await, expected, "{attempts} attempts");
        assert_eq!(started.elapsed(), took, "{attempts} attempts");
    }
}

#[tokio::test(start_paused = true)]
async fn a_circuit_forced_open_between_attempts_stops_the_next() {
    let breaker = consecutive(10).build().unwrap();
    let circuit = breaker.handle();
    let retry = retry(3).backoff(Backoff::constant(SECOND)).build().unwrap();
    let mut call = begin(&mut (retry, breaker).layer(coded(&[1, 200])), 0);
    circuit.force_open();
    advance(SECOND).await;
    let Poll::Ready(result) = call.poll() else { panic!("it is rejected") };
    assert_eq!(code(&result), 1);
}

/// The votes of a call whose attempts all fail, through these layers around the breaker.
async fn votes<L>(layers: impl FnOnce(CircuitBreakerLayer) -> L) -> (u64, u64)
where
    L: Layer<Coded, Service: Service<u32, Response = u32, Error = Error>>,
{
    let breaker = consecutive(1000).build().unwrap();
    let circuit = breaker.handle();
    let result = layers(breaker).layer(coded(&[1])).oneshot(0).await;
    assert_eq!(code(&result), 1);
    counted(&circuit)
}

#[tokio::test(start_paused = true)]
async fn a_call_that_fails_has_one_vote_however_often_it_is_sent() {
    let seven = || retry(7).build().unwrap();
    assert_eq!(votes(|breaker| breaker).await, (1, 1));
    assert_eq!(votes(|breaker| (seven(), breaker)).await, (1, 1));
    assert_eq!(votes(|breaker| (seven(), seven(), breaker)).await, (1, 1));
    assert_eq!(votes(|breaker| (seven(), breaker, seven())).await, (1, 1));
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_is_cut_keeps_its_number() {
    let breaker = consecutive(1000).build().unwrap();
    let circuit = breaker.handle();
    let attempts = Arc::new(AtomicU32::new(0));
    // The second attempt hangs until the total limit drops all of it, and its retry has no part in that.
    let service = service_fn(move |_: u32| {
        let is_first = attempts.fetch_add(1, Relaxed) == 0;
        async move { if is_first { Err::<u32, _>(Down(1)) } else { pending().await } }
    });
    let stack = (TimeoutLayer::new(3 * SECOND), retry(7).build().unwrap(), breaker);
    stack.layer(service).oneshot(0).await.unwrap_err();
    assert_eq!((counted(&circuit), circuit.snapshot().counts.consecutive), ((1, 1), 2));
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_panics_keeps_its_number() {
    let breaker = consecutive(1000).build().unwrap();
    let circuit = breaker.handle();
    let attempts = AtomicU32::new(0);
    let service = strict(|_: u32| {
        assert_eq!(attempts.fetch_add(1, Relaxed), 0, "in call");
        ready(Err::<u32, _>(Down(1)))
    });
    let call = (retry(7).build().unwrap(), breaker).layer(service).oneshot(0);
    assert!(panics(|| call.now_or_never()));
    assert_eq!((counted(&circuit), circuit.snapshot().counts.consecutive), ((1, 1), 2));
}

/// The future is dropped after the panic, as a task's is: outside the attempt.
#[tokio::test(start_paused = true)]
async fn an_attempt_that_panics_when_it_is_polled_keeps_its_number() {
    let breaker = consecutive(1000).build().unwrap();
    let circuit = breaker.handle();
    let attempts = AtomicU32::new(0);
    let service = strict(|_: u32| {
        let nth = attempts.fetch_add(1, Relaxed);
        async move {
            assert_eq!(nth, 0, "in poll");
            Err::<u32, _>(Down(1))
        }
    });
    let mut call = Box::pin((retry(7).build().unwrap(), breaker).layer(service).oneshot(0));
    assert!(panics(|| call.as_mut().now_or_never()));
    drop(call);
    assert_eq!((counted(&circuit), circuit.snapshot().counts.consecutive), ((1, 1), 2));
}

#[tokio::test(start_paused = true)]
async fn an_attempt_whose_service_fails_to_be_ready_keeps_its_number() {
    let breaker = consecutive(1000).build().unwrap();
    let circuit = breaker.handle();
    let service = down::<u32>().readiness(once(READY).chain(repeat(FAILS)));
    (retry(7).build().unwrap(), breaker).layer(service).oneshot(0).await.unwrap_err();
    assert_eq!((counted(&circuit), circuit.snapshot().counts.consecutive), ((1, 1), 7));
}

/// The guard of an attempt that was begun, and whose response streams if it is a repeat.
fn guarded(circuit: &CircuitHandle, is_repeat: bool) -> CircuitGuard {
    let mut guard = circuit.try_enter().unwrap();
    if is_repeat {
        assert_eq!(guard.head(Outcome::Success, false), Hold::ToTheEnd);
    } else {
        guard.polls();
        guard.polled(true);
    }
    guard
}

#[tokio::test(start_paused = true)]
async fn an_attempt_keeps_its_number_wherever_it_ends() {
    let circuit = consecutive(1000).build().unwrap().handle();
    let [first, repeat] = [(); 2].map(|()| RefCell::new(None::<CircuitGuard>));
    let service = strict(|_: u32| {
        if let Some(first) = first.take() {
            first.failure();
            repeat.replace(Some(guarded(&circuit, true)));
        } else {
            first.replace(Some(guarded(&circuit, false)));
        }
        ready(Err::<u32, _>(Down(1)))
    });
    retry(2).build().unwrap().layer(service).oneshot(0).await.unwrap_err();
    assert_eq!(counted(&circuit), (1, 1), "a first attempt, in its repeat");
    repeat.take().unwrap().failure();
    assert_eq!((counted(&circuit), circuit.snapshot().counts.consecutive), ((1, 1), 2), "a repeat, after its retry");
}

#[tokio::test(start_paused = true)]
async fn a_tenant_that_always_fails_opens_no_circuit_of_the_others() {
    let breaker = CircuitBreakerLayer::builder("circuit").build().unwrap();
    let circuit = breaker.handle();
    let stack = (retry(3).build().unwrap(), breaker);
    for call in 0..1000 {
        let codes: &[u32] = if call % 10 < 6 { &[200] } else { &[1] };
        stack.layer(coded(codes)).oneshot(0).await.ok();
        advance(10 * MILLI).await;
        assert_eq!(circuit.phase(), Phase::Closed, "after {call} calls");
    }
    assert_eq!(circuit.snapshot().failure_rate, Some(0.4));
}
