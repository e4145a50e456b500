//! A body holds its call's place, and the circuit's verdict, until it ends.

use std::convert::Infallible;
use std::future::{pending, ready};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt;
use http::{Method, Request, Response};
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use hyper::body::Incoming;
use palisade::http::{GuardedBody, Http, HttpClassifier};
use palisade::test_util::{Fault, FaultProxy};
use palisade::{
    Adaptive, Bulkhead, BulkheadGuard, BulkheadHandle, BulkheadLayer, CircuitBreaker, CircuitGuard, CircuitHandle,
    Deadline, Error, RejectionReason,
};
use tokio::time::advance;
use tower::{Layer, Service, ServiceBuilder, service_fn};

use crate::circuit::{built, counted, counting};
use crate::client::{HttpClient, Small, Wire, call, client, ends, get, on_both, request, status, text};
use crate::patience::{eventually, secs, soon};
use crate::server::{self, Server, abort, broken, empty, reply, silence, uri, with_header};
use crate::support::reason;

type Held = GuardedBody<GuardedBody<Incoming, CircuitGuard, HttpClassifier>, BulkheadGuard, HttpClassifier>;

/// A bulkhead of one place, and a circuit that counts, over a client.
struct Guarded {
    places: BulkheadHandle,
    circuit: CircuitHandle,
    stack: Bulkhead<CircuitBreaker<HttpClient<Small>, Http>, Http>,
}

impl Guarded {
    fn over(wire: Wire) -> Self {
        let (bulkhead, (breaker, circuit)) = (BulkheadLayer::http(1).build().unwrap(), built(counting()));
        let places = bulkhead.handle();
        Self { places, circuit, stack: ServiceBuilder::new().layer(bulkhead).layer(breaker).service(client(wire)) }
    }

    async fn call(&self, request: Request<Small>) -> Result<Response<Held>, Error> {
        call(&self.stack, request).await
    }

    /// The places that are taken, the calls that were counted, and how many of them failed.
    fn state(&self) -> (usize, u64, u64) {
        let (calls, failures) = counted(&self.circuit);
        (self.places.in_flight(), calls, failures)
    }
}

#[tokio::test]
async fn a_body_that_streams_holds_on_until_it_has_ended() {
    on_both(async |wire| {
        let (mut sender, begun) = server::stream(200, &["one"]);
        let (server, guarded) = (Server::once(begun).await, Guarded::over(wire));
        let mut body = guarded.call(get(server.uri("/"))).await.unwrap().into_body();
        for piece in ["two", "three"] {
            soon(body.frame()).await.unwrap().unwrap();
            assert_eq!(guarded.state(), (1, 0, 0));
            let rejected = guarded.call(get(server.uri("/"))).await;
            assert_eq!(reason(&rejected), Some(RejectionReason::Full));
            sender.send_data(piece.into()).await.unwrap();
        }
        soon(body.frame()).await.unwrap().unwrap();
        assert_eq!((server.calls(), guarded.state()), (1, (1, 0, 0)));
        drop(sender);
        assert!(ends(&mut body).await);
        assert_eq!(guarded.state(), (0, 1, 0), "the body is still there, and holds nothing");
        assert_eq!(status(&guarded.stack, get(server.uri("/"))).await.unwrap(), 200);
        drop(body);
        assert_eq!(guarded.state(), (0, 2, 0));
    })
    .await;
}

#[tokio::test]
async fn a_body_read_to_the_length_it_told_counts() {
    on_both(async |wire| {
        let (mut sender, begun) = server::stream(200, &["abc"]);
        let server = Server::once(with_header(begun, "content-length", "6")).await;
        let guarded = Guarded::over(wire);
        let mut body = guarded.call(get(server.uri("/"))).await.unwrap().into_body();
        assert_eq!(soon(body.frame()).await.unwrap().unwrap().into_data().unwrap(), "abc");
        assert_eq!(counted(&guarded.circuit), (0, 0));
        sender.send_data("def".into()).await.unwrap();
        assert_eq!(soon(body.frame()).await.unwrap().unwrap().into_data().unwrap(), "def");
        assert_eq!(counted(&guarded.circuit), (1, 0));
        drop(body);
        assert_eq!(guarded.state(), (0, 1, 0));
    })
    .await;
}

/// Claims that a response which begins well and then breaks is a failure, and lets go of its place.
async fn claim_failure(wire: Wire, uri: String, break_off: impl FnOnce()) {
    let guarded = Guarded::over(wire);
    let mut answer = guarded.call(get(uri)).await.unwrap();
    soon(answer.body_mut().frame()).await.unwrap().unwrap();
    assert_eq!((answer.status().as_u16(), guarded.state()), (200, (1, 0, 0)));
    break_off();
    let mut body = answer.into_body();
    while let Ok(frame) = soon(body.frame()).await.expect("it breaks before it ends") {
        drop(frame);
    }
    assert_eq!(guarded.state(), (0, 1, 1), "though the body is still there");
}

#[tokio::test]
async fn a_body_that_breaks_is_a_failure() {
    on_both(async |wire| {
        let server = Server::start(|_, _| reply(broken(200))).await;
        claim_failure(wire, server.uri("/"), || ()).await;
    })
    .await;
}

#[tokio::test]
async fn a_body_whose_connection_is_cut_is_a_failure() {
    on_both(async |wire| {
        let server = Server::start(|_, _| reply(silence(200))).await;
        let proxy = FaultProxy::start(server.addr).await.unwrap();
        claim_failure(wire, uri(proxy.addr(), "/"), || proxy.set(Fault::Reset)).await;
    })
    .await;
}

#[tokio::test]
async fn a_body_shorter_than_its_length_tells_is_a_failure() {
    let server = Server::start(|_, _| reply(server::text(200, "x".repeat(10_000)))).await;
    let proxy = FaultProxy::start(server.addr).await.unwrap();
    proxy.set_responses(Fault::CutAfter(5000));
    claim_failure(Wire::Http1, uri(proxy.addr(), "/"), || ()).await;
}

#[tokio::test]
async fn a_call_without_a_response_is_a_failure_and_frees_its_place() {
    on_both(async |wire| {
        let (server, guarded) = (Server::start(|_, _| abort()).await, Guarded::over(wire));
        assert!(matches!(guarded.call(get(server.uri("/"))).await, Err(Error::Service(_))));
        assert_eq!((server.calls(), guarded.state()), (1, (0, 1, 1)));
    })
    .await;
}

#[tokio::test]
async fn a_body_dropped_half_way_frees_its_place_and_is_a_success() {
    on_both(async |wire| {
        let (server, guarded) = (Server::start(|_, _| reply(silence(200))).await, Guarded::over(wire));
        for (frames, polls, calls) in [(0, false, 1), (1, false, 2), (1, true, 3), (0, false, 4)] {
            let before = guarded.state().1;
            let mut answer = guarded.call(get(server.uri("/"))).await.unwrap();
            for _ in 0..frames {
                soon(answer.body_mut().frame()).await.unwrap().unwrap();
            }
            assert!(!polls || answer.body_mut().frame().now_or_never().is_none(), "there is no more");
            assert_eq!(guarded.state(), (1, before, 0));
            drop(answer);
            assert_eq!(guarded.state(), (0, calls, 0));
        }
        eventually("the server notices", || server.streaming() == 0).await;
    })
    .await;
}

#[tokio::test]
async fn a_response_without_a_body_counts_at_once_and_holds_no_place() {
    on_both(async |wire| {
        for (method, answer, failures) in [
            (Method::GET, empty(200), 0),
            (Method::GET, empty(204), 0),
            (Method::GET, empty(304), 0),
            (Method::GET, empty(404), 0),
            (Method::GET, empty(503), 1),
            (Method::HEAD, server::text(200, "never sent"), 0),
        ] {
            let (server, guarded) = (Server::once(answer).await, Guarded::over(wire));
            let answer = guarded.call(request(method.clone(), server.uri("/"), "")).await.unwrap();
            assert_eq!(guarded.state(), (0, 1, failures), "{method} {answer:?}");
            assert_eq!(method == Method::HEAD, answer.headers().get("content-length").is_some_and(|it| it == "10"));
            assert_eq!(text(answer).await.unwrap(), "");
            assert_eq!(guarded.state(), (0, 1, failures), "{method}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_head_that_is_a_failure_counts_before_its_body_is_read() {
    on_both(async |wire| {
        let (server, guarded) = (Server::start(|_, _| reply(silence(500))).await, Guarded::over(wire));
        let answer = guarded.call(get(server.uri("/"))).await;
        assert_eq!(guarded.state(), (1, 1, 1));
        drop(answer);
        assert_eq!((guarded.state(), guarded.circuit.snapshot().late), ((0, 1, 1), 0), "it was settled once");
    })
    .await;
}

#[tokio::test]
async fn a_waiting_call_gets_the_place_when_the_one_before_it_ends() {
    let server = Server::once(silence(200)).await;
    let bulkhead = BulkheadLayer::http(1).max_wait(secs(20)).build().unwrap();
    let places = bulkhead.handle();
    let stack = ServiceBuilder::new().layer(bulkhead).service(client::<Small>(Wire::Http1));
    let first = call(&stack, get(server.uri("/"))).await.unwrap();
    let end = async {
        eventually("the second waits", || places.queued() == 1).await;
        assert_eq!(server.calls(), 1);
        drop(first);
    };
    let (second, ()) = tokio::join!(status(&stack, get(server.uri("/"))), end);
    assert_eq!((second.unwrap(), server.calls()), (200, 2));
}

/// Notes how many places are taken when it is dropped.
struct Looks(BulkheadHandle, Arc<Mutex<Vec<usize>>>);

impl Drop for Looks {
    fn drop(&mut self) {
        self.1.lock().unwrap().push(self.0.in_flight());
    }
}

#[tokio::test]
async fn a_place_comes_free_only_when_the_body_is_gone() {
    let bulkhead = BulkheadLayer::http(1).build().unwrap();
    let (places, seen) = (bulkhead.handle(), Arc::<Mutex<Vec<usize>>>::default());
    let (looks_at, notes) = (places.clone(), Arc::clone(&seen));
    let stack = ServiceBuilder::new().layer(bulkhead).service(service_fn(move |_: Request<Small>| {
        let looks = Looks(looks_at.clone(), Arc::clone(&notes));
        let body = Small::from("piece").map_err(move |never| {
            let _ = &looks;
            never
        });
        ready(Ok::<_, Infallible>(Response::new(body)))
    }));
    for reads in [0, 1, 2] {
        let mut body = call(&stack, get("/")).await.unwrap().into_body();
        for _ in 0..reads {
            body.frame().await.transpose().unwrap();
        }
        drop(body);
        assert_eq!(places.in_flight(), 0);
    }
    assert_eq!(*seen.lock().unwrap(), [1, 1, 1]);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_nobody_reads_holds_its_place_until_the_deadline() {
    for reads in [false, true] {
        let bulkhead = BulkheadLayer::http(1).build().unwrap();
        let places = bulkhead.handle();
        let endless = service_fn(|_: Request<Small>| {
            let body = StreamBody::new(pending::<Result<Frame<Bytes>, Infallible>>().into_stream());
            ready(Ok::<_, Infallible>(Response::new(body)))
        });
        let mut stack = ServiceBuilder::new().layer(bulkhead).service(endless);
        let deadline = Deadline::after(secs(1));
        let mut body = deadline.scope(stack.call(get("/"))).await.unwrap().into_body();
        if reads {
            assert!(deadline.scope(body.frame()).now_or_never().is_none());
        }
        advance(Duration::from_millis(999)).await;
        assert_eq!(reason(&stack.call(get("/")).await), Some(RejectionReason::Full));
        advance(Duration::from_millis(1)).await;
        assert_eq!(places.in_flight(), 0);
        let next = stack.call(get("/")).await.unwrap();
        drop(body);
        assert_eq!(places.in_flight(), 1);
        drop(next);
        assert_eq!(places.in_flight(), 0);
    }
}

/// A round ends with ten heads, while all the bodies go on.
#[tokio::test]
async fn an_adaptive_limit_counts_a_call_at_its_head_while_its_body_holds_the_place() {
    on_both(async |wire| {
        let adaptive = Adaptive::gradient().round(Duration::ZERO);
        let layer = BulkheadLayer::http(20).adaptive(adaptive).build().unwrap();
        let (places, stack) = (layer.handle(), layer.layer(client(wire)));
        let server = Server::start(|nth, _| reply(if nth == 11 { empty(503) } else { silence(200) })).await;
        let mut bodies = Vec::new();
        for nth in 1..=10 {
            assert_eq!(places.last_round(), None);
            bodies.push(call(&stack, get(server.uri("/"))).await.unwrap().into_body());
            assert_eq!(places.in_flight(), nth);
        }
        let round = places.last_round().unwrap();
        assert_eq!((round.samples, round.drops, round.max_in_flight), (10, 0, 10));
        assert_eq!(status(&stack, get(server.uri("/"))).await.unwrap(), 503);
        let dropped = places.last_round().unwrap();
        assert_eq!((dropped.samples, dropped.drops, dropped.max_in_flight), (0, 1, 11));
        drop(bodies);
        assert_eq!((places.in_flight(), places.last_round()), (0, Some(dropped)), "the bodies say nothing");
    })
    .await;
}
