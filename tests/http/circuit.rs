//! What a circuit makes of responses, and of calls that end without one.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::SeqCst;

use http::{Request, Response};
use palisade::http::Http;
use palisade::test_util::EventLog;
use palisade::{
    Backoff, CircuitBreakerBuilder, CircuitBreakerLayer, CircuitHandle, CircuitSnapshot, Phase, RejectionReason,
};
use tower::{BoxError, ServiceBuilder};

use crate::client::{Replayed, Small, Wire, call, client, get, on_both, retry, status};
use crate::patience::{HOUR, eventually, secs};
use crate::server::{self, Piece, Server, empty, reply, with_header};
use crate::support::{reason, strict};

pub(crate) type Breaker = CircuitBreakerBuilder<Http>;

/// Opens at so many failures in a row, and for an hour.
pub(crate) fn consecutive(failures: u32) -> Breaker {
    CircuitBreakerLayer::http("api").without_failure_rate().consecutive(failures).open_for(Backoff::constant(HOUR))
}

/// Opens at half of four calls, and for an hour.
fn by_rate() -> Breaker {
    CircuitBreakerLayer::http("api").failure_rate(0.5).min_calls(4).open_for(Backoff::constant(HOUR))
}

/// Counts, and opens at nothing that a test does.
pub(crate) fn counting() -> Breaker {
    consecutive(1000).failure_rate(1.0).min_calls(1000)
}

pub(crate) fn built(breaker: Breaker) -> (CircuitBreakerLayer<Http>, CircuitHandle) {
    let layer = breaker.build().unwrap();
    let handle = layer.handle();
    (layer, handle)
}

/// How many calls were counted, and how many of them failed.
pub(crate) fn counted(circuit: &CircuitHandle) -> (u64, u64) {
    let counts = circuit.snapshot().counts;
    (counts.calls, counts.failures)
}

/// Waits until an open circuit would let a probe pass.
pub(crate) async fn open_time(circuit: &CircuitHandle) {
    eventually("the open time is over", || circuit.snapshot().retry_after.is_some_and(|left| left.is_zero())).await;
}

#[tokio::test]
async fn a_storm_of_5xx_stops_all_calls_until_probes_succeed() {
    on_both(async |wire| {
        let (events, failing) = (EventLog::of_thread(), Arc::new(AtomicBool::new(true)));
        let seen = Arc::clone(&failing);
        let server =
            Server::start(move |_, _| reply(server::text(if seen.load(SeqCst) { 500 } else { 200 }, "it"))).await;
        let (breaker, circuit) = built(by_rate().open_for(Backoff::constant(secs(1))).probes(2));
        let stack = ServiceBuilder::new().layer(breaker).service(client::<Small>(wire));
        for _ in 0..4 {
            assert_eq!(status(&stack, get(server.uri("/"))).await.unwrap(), 500);
        }
        let rejected = call(&stack, get(server.uri("/"))).await;
        assert_eq!(reason(&rejected), Some(RejectionReason::CircuitOpen));
        failing.store(false, SeqCst);
        open_time(&circuit).await;
        assert_eq!(server.calls(), 4, "nothing is sent while the circuit is open");
        for _ in 0..2 {
            assert_eq!(status(&stack, get(server.uri("/"))).await.unwrap(), 200);
        }
        assert_eq!((server.calls(), circuit.phase()), (6, Phase::Closed));
        let told = events.of("palisade::circuit_breaker");
        let told: Vec<_> = told.iter().map(|event| event.field("to")).filter(|to| !to.is_empty()).collect();
        assert_eq!(told, ["open", "half_open", "closed"]);
    })
    .await;
}

/// What a circuit is after ten calls that are answered so.
async fn after_ten(breaker: Breaker, answer: fn() -> Response<Piece>) -> CircuitSnapshot {
    let server = Server::start(move |_, _| reply(answer())).await;
    let (breaker, circuit) = built(breaker);
    let stack = ServiceBuilder::new().layer(breaker).service(client::<Small>(Wire::Http1));
    for _ in 0..10 {
        // Where the circuit has opened, that is what is asked.
        status(&stack, get(server.uri("/"))).await.ok();
    }
    circuit.snapshot()
}

fn throttles(asked: &'static str) -> Response<Piece> {
    with_header(empty(429), "retry-after", asked)
}

type Row = (&'static str, Breaker, fn() -> Response<Piece>, fn(&CircuitSnapshot) -> bool);

#[tokio::test]
async fn a_circuit_takes_each_response_for_what_it_means() {
    let sure = || consecutive(1).failure_rate(0.01).min_calls(1);
    let for_a_second = || by_rate().open_for(Backoff::constant(secs(1)));
    let rows: [Row; 10] = [
        ("a 500", consecutive(3), || empty(500), |it| it.phase == Phase::Open),
        ("a 503", consecutive(3), || empty(503), |it| it.phase == Phase::Open),
        ("a 408", consecutive(3), || empty(408), |it| it.phase == Phase::Open),
        ("a 501", sure(), || empty(501), |it| (it.phase, it.counts.calls) == (Phase::Closed, 0)),
        ("a 404", sure(), || empty(404), |it| (it.phase, it.counts.calls) == (Phase::Closed, 10)),
        ("a 429 in a row", consecutive(3), || empty(429), |it| it.phase == Phase::Closed),
        ("a 429 in the rate", by_rate(), || empty(429), |it| it.phase == Phase::Open),
        ("a hint in a row", consecutive(3), || throttles("1"), |it| it.phase == Phase::Closed),
        (
            "a hint that may be heeded",
            for_a_second().max_retry_after(HOUR),
            || throttles("1800"),
            |it| it.retry_after.is_some_and(|left| left > secs(1700)),
        ),
        (
            "a hint that may not",
            for_a_second().max_retry_after(secs(0)),
            || throttles("1800"),
            |it| it.retry_after.is_none_or(|left| left <= secs(1)),
        ),
    ];
    for (label, breaker, answer, is_so) in rows {
        let snapshot = after_ten(breaker, answer).await;
        assert!(is_so(&snapshot), "{label}: {snapshot:?}");
    }
}

#[tokio::test]
async fn a_rejection_within_the_service_is_no_failure_and_not_retried() {
    let guard = CircuitBreakerLayer::builder("guard").build().unwrap().handle();
    guard.force_open();
    let service = strict(move |_: Request<Replayed>| {
        let entered = guard.try_enter();
        async { entered.map(|_| Response::new(Small::default())).map_err(BoxError::from) }
    });
    let ((breaker, circuit), calls) = (built(consecutive(1)), service.calls());
    let stack = ServiceBuilder::new().layer(retry().build().unwrap()).layer(breaker).service(service);
    let error = call(&stack, get("/")).await.unwrap_err();
    assert_eq!(error.rejection().unwrap().name().as_str(), "guard");
    assert_eq!((calls.count(), circuit.phase()), (1, Phase::Closed));
}
