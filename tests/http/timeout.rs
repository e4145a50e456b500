//! A limit that bounds the body too.

use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use http::{Request, Response};
use http_body_util::{BodyExt, StreamBody};
use hyper::body::{Body as HttpBody, Frame, Incoming};
use palisade::http::{AnswerLayer, GuardedBody, HttpClassifier, TimedBody};
use palisade::{
    BulkheadGuard, BulkheadHandle, BulkheadLayer, CircuitGuard, CircuitHandle, Deadline, Elapsed, Error, Phase,
    TimeoutLayer,
};
use tokio::time::sleep;
use tower::limit::ConcurrencyLimit;
use tower::{Layer, Service, ServiceBuilder, ServiceExt, service_fn};

use crate::circuit::{built, consecutive, counted};
use crate::client::{Small, Wire, call, client, get, on_both, text};
use crate::patience::{HOUR, eventually, ms, secs, soon};
use crate::server::{self, Piece, Server, endless, hang, reply, silence, stream, uri};
use crate::sockets::serve_router;
use crate::support::now;

type Body = TimedBody<GuardedBody<GuardedBody<Incoming, CircuitGuard, HttpClassifier>, BulkheadGuard, HttpClassifier>>;

/// A limit over a bulkhead over a circuit that opens at a failure.
fn stack(
    wire: Wire,
    limit: Duration,
) -> (
    impl Service<Request<Small>, Response = Response<Body>, Error = Error, Future: Send> + Clone,
    BulkheadHandle,
    CircuitHandle,
) {
    let (bulkhead, (breaker, circuit)) = (BulkheadLayer::http(1).build().unwrap(), built(consecutive(1)));
    let places = bulkhead.handle();
    let layers = ServiceBuilder::new().layer(TimeoutLayer::http(limit)).layer(bulkhead).layer(breaker);
    (layers.service(client(wire)), places, circuit)
}

fn elapsed<T>(result: Result<T, Error>) -> Elapsed {
    result.map(drop).unwrap_err().elapsed().expect("it timed out")
}

/// Drips for as long as somebody listens.
fn drips() -> Response<Piece> {
    let (mut sender, response) = stream(200, &["drip"]);
    tokio::spawn(async move {
        while sender.send_data(Bytes::from_static(b"drip")).await.is_ok() {
            sleep(ms(5)).await;
        }
    });
    response
}

/// Reads a body to its error.
async fn error_of<B: HttpBody<Error = Error> + Unpin>(body: &mut B) -> Error {
    loop {
        if let Err(error) = body.frame().await.expect("it does not just end") {
            return error;
        }
    }
}

#[tokio::test]
async fn a_body_that_never_ends_is_over_at_the_limit_and_lets_all_go() {
    on_both(async |wire| {
        for answer in [drips, || silence(200), || endless(200)] {
            let server = Server::start(move |_, _| reply(answer())).await;
            let (stack, places, circuit) = stack(wire, ms(400));
            let answer = call(&stack, get(server.uri("/"))).await.unwrap();
            assert_eq!((places.in_flight(), circuit.phase()), (1, Phase::Closed));
            let mut body = answer.into_body();
            let elapsed = elapsed(Err::<(), _>(soon(error_of(&mut body)).await));
            assert!(!elapsed.by_caller() && elapsed.elapsed() >= ms(400) && elapsed.limit() == ms(400), "{elapsed:?}");
            assert!(soon(body.frame()).await.is_none(), "it is over once");
            assert_eq!(places.in_flight(), 0);
            eventually("the server notices", || server.streaming() == 0).await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_body_that_was_waited_for_at_the_limit_is_a_failure() {
    on_both(async |wire| {
        let server = Server::start(|_, _| reply(silence(200))).await;
        let (stack, places, circuit) = stack(wire, ms(400));
        let answer = call(&stack, get(server.uri("/"))).await.unwrap();
        assert!(!elapsed(text(answer).await).by_caller());
        assert_eq!((places.in_flight(), circuit.phase()), (0, Phase::Open));
    })
    .await;
}

#[tokio::test]
async fn a_head_that_does_not_come_is_over_with_the_limit() {
    on_both(async |wire| {
        let server = Server::start(|_, _| hang()).await;
        let (stack, places, circuit) = stack(wire, ms(200));
        assert!(!elapsed(call(&stack, get(server.uri("/"))).await).by_caller());
        assert_eq!((places.in_flight(), circuit.phase()), (0, Phase::Open));
    })
    .await;
}

#[tokio::test]
async fn a_callers_deadline_bounds_the_body_and_opens_no_circuit() {
    on_both(async |wire| {
        let server = Server::start(|_, _| reply(drips())).await;
        let (stack, places, circuit) = stack(wire, HOUR);
        let answer = Deadline::after(ms(400)).scope(call(&stack, get(server.uri("/")))).await.unwrap();
        // Where the body is read, the deadline is around no more.
        assert!(elapsed(text(answer).await).by_caller());
        assert_eq!((places.in_flight(), circuit.phase(), counted(&circuit)), (0, Phase::Closed, (0, 0)));
        eventually("the server notices", || server.streaming() == 0).await;
    })
    .await;
}

#[tokio::test]
async fn a_server_that_times_out_in_the_body_breaks_the_response_off() {
    on_both(async |wire| {
        let bulkhead = BulkheadLayer::http(1).build().unwrap();
        let places = bulkhead.handle();
        let layers = (AnswerLayer::http(), TimeoutLayer::http(ms(400)), bulkhead);
        let handler = axum::routing::get(async || silence(200).map(axum::body::Body::new));
        let addr = serve_router(axum::Router::new().route("/", handler).layer(layers)).await;
        let answer = soon(client::<Small>(wire).request(get(uri(addr, "/")))).await.unwrap();
        assert_eq!(answer.status(), 200);
        assert!(soon(answer.into_body().collect()).await.is_err(), "a client is not told that this was all");
        assert_eq!(places.in_flight(), 0);
    })
    .await;
}

#[tokio::test]
async fn a_body_that_always_has_more_is_over_with_the_limit() {
    for (limit, deadline, by_caller) in [(ms(50), HOUR, false), (HOUR, ms(50), true)] {
        let service = service_fn(|_: Request<Small>| async { Ok::<_, Error>(Response::new(server::Endless)) });
        let call = TimeoutLayer::http(limit).layer(service).oneshot(get("/"));
        let mut body = Deadline::after(deadline).scope(call).await.unwrap().into_body();
        // It never lets the runtime run, so no timer can end this test: a number of frames does.
        let mut error = None;
        for _ in 0..50_000_000_u64 {
            error = body.frame().await.expect("it does not just end").err();
            if error.is_some() {
                break;
            }
        }
        assert_eq!(elapsed(Err::<(), _>(error.expect("it went on"))).by_caller(), by_caller);
    }
}

#[tokio::test(start_paused = true)]
async fn a_reader_who_takes_too_long_gets_at_most_15_frames_more() {
    for read in 1..100 {
        let service = service_fn(|_: Request<Small>| async { Ok::<_, Error>(Response::new(server::Endless)) });
        let call = TimeoutLayer::http(secs(1)).layer(service).oneshot(get("/"));
        let mut body = call.await.unwrap().into_body();
        for _ in 0..read {
            body.frame().await.unwrap().unwrap();
        }
        sleep(secs(1)).await;
        let mut late = 0;
        while body.frame().await.unwrap().is_ok() {
            late += 1;
        }
        assert!(late <= 15, "{late} frames after {read}");
    }
}

/// A response whose head takes three seconds, and whose pieces take one each, within five seconds.
async fn slow(pieces: usize) -> Result<String, Error> {
    let service = service_fn(move |_: Request<Small>| async move {
        sleep(secs(3)).await;
        let pieces = futures_util::stream::iter(0..pieces).then(|_| async {
            sleep(secs(1)).await;
            Ok::<_, Error>(Frame::data(Bytes::from_static(b".")))
        });
        Ok::<_, Error>(Response::new(StreamBody::new(Box::pin(pieces))))
    });
    let timed = ServiceBuilder::new().layer(TimeoutLayer::http(secs(5))).service(service);
    text(timed.oneshot(get("/")).await?).await
}

#[tokio::test(start_paused = true)]
async fn the_limit_runs_from_the_call_and_not_from_the_head() {
    assert_eq!(slow(1).await.unwrap(), ".");
    let start = now();
    assert_eq!(elapsed(slow(100).await).limit(), secs(5));
    assert!((secs(5)..secs(5) + ms(5)).contains(&start.elapsed()), "{:?}", start.elapsed());
}

/// How a response ends that never does, and when.
async fn cut<S, B>(timed: S) -> (Duration, Duration)
where
    S: Service<Request<Small>, Response = Response<B>, Error = Error>,
    B: HttpBody<Error = Error>,
{
    let start = now();
    let result = match timed.oneshot(get("/")).await {
        Ok(answer) => text(answer).await,
        Err(error) => Err(error),
    };
    (elapsed(result).limit(), start.elapsed())
}

#[tokio::test(start_paused = true)]
async fn readiness_and_the_body_may_be_covered_in_either_order() {
    let drips = service_fn(|_: Request<Small>| async { Ok::<_, Error>(drips()) });
    let unready = ConcurrencyLimit::new(drips, 0);
    let one = TimeoutLayer::new(ms(400)).cover_readiness().cover_body();
    let other = TimeoutLayer::new(ms(400)).cover_body().cover_readiness();
    for (label, (limit, took)) in [
        ("a body, one way", cut(one.layer(drips)).await),
        ("a body, the other way", cut(other.layer(drips)).await),
        ("readiness, one way", cut(one.layer(unready.clone())).await),
        ("readiness, the other way", cut(other.layer(unready)).await),
    ] {
        assert!(limit == ms(400) && (ms(400)..ms(405)).contains(&took), "{label}: {limit:?} {took:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_limit_of_zero_leaves_alone_what_is_there_at_once() {
    let service = service_fn(|_: Request<Small>| async { Ok::<_, Error>(server::text(200, "here")) });
    let timed = TimeoutLayer::http(Duration::ZERO).layer(service);
    assert_eq!(text(timed.oneshot(get("/")).await.unwrap()).await.unwrap(), "here");
}
