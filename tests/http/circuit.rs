//! What opens a circuit, and what does not.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
};

use http::{Request, Response};
use palisade::{
    Backoff, CircuitBreaker, CircuitBreakerBuilder, CircuitBreakerLayer, CircuitGuard, CircuitHandle, Phase,
    RejectionReason,
    http::{GuardedBody, Http, HttpClassifier},
};
use tower::{BoxError, ServiceBuilder, service_fn};

use crate::{
    client::{
        HOUR, HttpClient, Replayed, Small, Wire, call, client, eventually, get, ms, on_both, retry, secs, status, text,
    },
    server::{self, Piece, Server, empty, reply, with_header},
    support::events::Events,
};

pub(crate) type Breaker = CircuitBreakerBuilder<Http>;

/// Opens at so many failures in a row, and for an hour.
pub(crate) fn consecutive(failures: u32) -> Breaker {
    CircuitBreakerLayer::http("api").without_failure_rate().consecutive(failures).open_for(Backoff::constant(HOUR))
}

/// Opens at half of four calls, and for an hour.
fn by_rate() -> Breaker {
    CircuitBreakerLayer::http("api").failure_rate(0.5).min_calls(4).open_for(Backoff::constant(HOUR))
}

fn transitions(events: &Events) -> Vec<(String, String)> {
    let of = events.of("palisade::circuit_breaker").into_iter();
    of.filter(|event| !event.field("to").is_empty())
        .map(|event| (event.field("from").to_owned(), event.field("to").to_owned()))
        .collect()
}

#[tokio::test]
async fn a_storm_of_5xx_stops_all_calls_until_probes_find_the_service_well() {
    on_both(async |wire| {
        let events = Events::record();
        let failing = Arc::new(AtomicBool::new(true));
        let seen = Arc::clone(&failing);
        let server =
            Server::start(move |_, _| reply(server::text(if seen.load(SeqCst) { 500 } else { 200 }, "it"))).await;
        let breaker = by_rate().open_for(Backoff::constant(secs(1))).probes(2).build().unwrap();
        let circuit = breaker.handle();
        let stack = ServiceBuilder::new().layer(breaker).service(client::<Small>(wire));
        for _ in 0..4 {
            assert_eq!(status(&stack, get(server.uri("/"))).await.unwrap(), 500);
        }
        while circuit.snapshot().retry_after.is_some_and(|left| left > ms(500)) {
            let error = call(&stack, get(server.uri("/"))).await.unwrap_err();
            let rejection = error.rejection().expect("the circuit is open");
            assert_eq!(rejection.reason(), RejectionReason::CircuitOpen);
            tokio::time::sleep(ms(5)).await;
        }
        assert!(circuit.snapshot().rejected > 0);
        failing.store(false, SeqCst);
        eventually("the open time is over", || circuit.snapshot().retry_after.is_some_and(|left| left.is_zero())).await;
        assert_eq!(server.calls(), 4, "nothing is sent while the circuit is open");
        for _ in 0..2 {
            assert_eq!(status(&stack, get(server.uri("/"))).await.unwrap(), 200);
        }
        assert_eq!((server.calls(), circuit.phase()), (6, Phase::Closed));
        let expected = [("closed", "open"), ("open", "half_open"), ("half_open", "closed")];
        assert_eq!(transitions(&events), expected.map(|(from, to)| (from.to_owned(), to.to_owned())));
    })
    .await;
}

/// Makes ten calls that are answered so, and gives what became of the circuit.
async fn after_ten(breaker: Breaker, answer: fn() -> Response<Piece>) -> CircuitHandle {
    let server = Server::start(move |_, _| reply(answer())).await;
    let breaker = breaker.build().unwrap();
    let circuit = breaker.handle();
    let stack = ServiceBuilder::new().layer(breaker).service(client::<Small>(Wire::Http1));
    for _ in 0..10 {
        // Where the circuit has opened, that is what is asked.
        status(&stack, get(server.uri("/"))).await.ok();
    }
    circuit
}

#[tokio::test]
async fn each_5xx_that_tells_of_trouble_opens_the_circuit_and_a_408_too() {
    let answers: [fn() -> _; 6] =
        [|| empty(500), || empty(502), || empty(503), || empty(504), || empty(599), || empty(408)];
    for answer in answers {
        assert_eq!(after_ten(consecutive(3), answer).await.phase(), Phase::Open, "{}", answer().status());
    }
}

#[tokio::test]
async fn what_a_service_cannot_do_counts_nothing() {
    for answer in [|| empty(501), || empty(505)] {
        let circuit = after_ten(consecutive(1).failure_rate(0.01).min_calls(1), answer).await;
        assert_eq!((circuit.phase(), circuit.snapshot().counts.calls), (Phase::Closed, 0));
    }
}

#[tokio::test]
async fn a_clients_own_mistakes_are_successes() {
    for answer in [|| empty(400), || empty(401), || empty(404), || empty(409), || empty(422)] {
        let circuit = after_ten(consecutive(1).failure_rate(0.01).min_calls(1), answer).await;
        let counts = circuit.snapshot().counts;
        assert_eq!((circuit.phase(), counts.calls, counts.failures), (Phase::Closed, 10, 0));
    }
}

const THROTTLING: [fn() -> Response<Piece>; 3] =
    [|| empty(429), || with_header(empty(429), "retry-after", "1"), || with_header(empty(503), "retry-after", "1")];

#[tokio::test]
async fn throttling_is_no_consecutive_failure() {
    for answer in THROTTLING {
        assert_eq!(after_ten(consecutive(3), answer).await.phase(), Phase::Closed);
    }
}

#[tokio::test]
async fn throttling_is_a_failure_in_the_rate() {
    for answer in THROTTLING {
        assert_eq!(after_ten(by_rate(), answer).await.phase(), Phase::Open);
    }
}

#[tokio::test]
async fn a_circuit_that_throttling_opens_stays_open_for_as_long_as_was_asked_if_it_may() {
    let asks = || with_header(empty(429), "retry-after", "1800");
    let breaker = || by_rate().open_for(Backoff::constant(secs(1)));
    let heeding = after_ten(breaker().max_retry_after(HOUR), asks).await.snapshot();
    assert!(heeding.retry_after.unwrap() > secs(1700), "{heeding:?}");
    let deaf = after_ten(breaker(), asks).await.snapshot();
    assert!(deaf.retry_after.is_none_or(|left| left <= secs(1)), "{deaf:?}");
}

pub(crate) type Streaming = Response<GuardedBody<hyper::body::Incoming, CircuitGuard, HttpClassifier>>;

/// A circuit over a client, for tests of bodies.
pub(crate) struct Guarded {
    pub(crate) circuit: CircuitHandle,
    stack: CircuitBreaker<HttpClient<Small>, Http>,
}

impl Guarded {
    /// Opens at the first failure.
    pub(crate) fn over(wire: Wire) -> Self {
        let breaker = consecutive(1).failure_rate(1.0).min_calls(1).build().unwrap();
        Self { circuit: breaker.handle(), stack: ServiceBuilder::new().layer(breaker).service(client(wire)) }
    }

    pub(crate) async fn call(&self, request: Request<Small>) -> Streaming {
        call(&self.stack, request).await.unwrap()
    }

    /// How many calls were counted, and how many of them failed.
    pub(crate) fn counted(&self) -> (u64, u64) {
        let counts = self.circuit.snapshot().counts;
        (counts.calls, counts.failures)
    }
}

#[tokio::test]
async fn a_connection_that_is_refused_is_a_failure() {
    let nobody = tokio::net::TcpSocket::new_v4().unwrap();
    nobody.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let breaker = consecutive(1).build().unwrap();
    let circuit = breaker.handle();
    let stack = ServiceBuilder::new().layer(breaker).service(client::<Small>(Wire::Http1));
    let response = call(&stack, get(server::uri(nobody.local_addr().unwrap(), "/"))).await;
    assert!(matches!(response.map(text), Err(palisade::Error::Service(_))));
    assert_eq!(circuit.phase(), Phase::Open);
}

#[tokio::test]
async fn a_call_that_a_guard_within_the_service_rejects_is_no_failure_and_is_not_sent_again() {
    let guard = CircuitBreakerLayer::builder("guard").build().unwrap().handle();
    guard.force_open();
    let calls = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&calls);
    let service = service_fn(move |_: Request<Replayed>| {
        seen.fetch_add(1, SeqCst);
        let entered = guard.try_enter();
        async { entered.map(|_| Response::new(Small::default())).map_err(BoxError::from) }
    });
    let breaker = consecutive(1).build().unwrap();
    let circuit = breaker.handle();
    let stack = ServiceBuilder::new().layer(retry().build().unwrap()).layer(breaker).service(service);
    let error = call(&stack, get("/")).await.unwrap_err();
    assert_eq!(error.rejection().unwrap().name().as_str(), "guard");
    assert_eq!((calls.load(SeqCst), circuit.phase()), (1, Phase::Closed));
}
