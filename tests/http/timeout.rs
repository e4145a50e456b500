//! A limit that bounds the body too.

use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use http::{Request, Response};
use http_body_util::{BodyExt, StreamBody};
use hyper::body::{Frame, Incoming};
use palisade::{
    BulkheadGuard, BulkheadHandle, BulkheadLayer, CircuitGuard, CircuitHandle, Deadline, Elapsed, Error, Phase,
    TimeoutLayer,
    http::{GuardedBody, HttpClassifier, TimedBody},
};
use tokio::time::{Instant, sleep};
use tower::{Layer, Service, ServiceBuilder, ServiceExt, limit::ConcurrencyLimit, service_fn};

use crate::{
    circuit::consecutive,
    client::{HOUR, Small, Wire, call, client, eventually, get, ms, on_both, secs, soon, text},
    server::{self, Piece, Server, endless, hang, reply, silence, stream},
};

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
    let (bulkhead, breaker) = (BulkheadLayer::http(1).build().unwrap(), consecutive(1).build().unwrap());
    let (places, circuit) = (bulkhead.handle(), breaker.handle());
    let layers = ServiceBuilder::new().layer(TimeoutLayer::http(limit)).layer(bulkhead).layer(breaker);
    (layers.service(client(wire)), places, circuit)
}

fn elapsed(result: Result<String, Error>) -> Elapsed {
    *result.unwrap_err().elapsed().expect("it timed out")
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

#[tokio::test]
async fn a_body_that_never_ends_is_over_with_the_limit_and_lets_everything_go() {
    on_both(async |wire| {
        for answer in [drips, || silence(200), || endless(200)] {
            let server = Server::start(move |_, _| reply(answer())).await;
            let (stack, places, circuit) = stack(wire, ms(400));
            let answer = call(&stack, get(server.uri("/"))).await.unwrap();
            assert_eq!((places.in_flight(), circuit.phase()), (1, Phase::Closed));
            let mut body = answer.into_body();
            let error = soon(async {
                loop {
                    if let Err(error) = body.frame().await.expect("it does not just end") {
                        return error;
                    }
                }
            })
            .await;
            let elapsed = elapsed(Err(error));
            assert!(!elapsed.by_caller() && elapsed.elapsed() >= ms(400) && elapsed.limit() == ms(400), "{elapsed:?}");
            assert!(soon(body.frame()).await.is_none(), "it is over once");
            assert_eq!((places.in_flight(), circuit.phase()), (0, Phase::Open));
            eventually("the server notices", || server.streaming() == 0).await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_head_that_does_not_come_is_over_with_the_limit() {
    on_both(async |wire| {
        let server = Server::start(|_, _| hang()).await;
        let (stack, places, circuit) = stack(wire, ms(200));
        let error = call(&stack, get(server.uri("/"))).await.map(drop).unwrap_err();
        assert!(!elapsed(Err(error)).by_caller());
        assert_eq!((places.in_flight(), circuit.phase()), (0, Phase::Open));
    })
    .await;
}

#[tokio::test]
async fn a_callers_own_deadline_bounds_the_body_and_counts_in_no_circuit() {
    on_both(async |wire| {
        let server = Server::start(|_, _| reply(drips())).await;
        let (stack, places, circuit) = stack(wire, HOUR);
        let answer = Deadline::after(ms(400)).scope(call(&stack, get(server.uri("/")))).await.unwrap();
        // Where the body is read, the deadline is around no more.
        assert!(elapsed(text(answer).await).by_caller());
        assert_eq!((places.in_flight(), circuit.phase()), (0, Phase::Closed));
        let snapshot = circuit.snapshot();
        assert_eq!((snapshot.counts.calls, snapshot.counts.consecutive), (0, 0));
        eventually("the server notices", || server.streaming() == 0).await;
    })
    .await;
}

#[tokio::test]
async fn a_body_that_always_has_more_is_over_with_the_limit() {
    let service = service_fn(|_: Request<Small>| async { Ok::<_, Error>(Response::new(server::Endless)) });
    let timed = ServiceBuilder::new().layer(TimeoutLayer::http(ms(50))).service(service);
    let mut body = timed.oneshot(get("/")).await.unwrap().into_body();
    // It never lets the runtime run, so no timer can end this test: a number of frames does.
    for _ in 0..50_000_000_u64 {
        if let Err(error) = body.frame().await.expect("it does not just end") {
            assert!(error.is_timeout());
            return;
        }
    }
    panic!("it went on");
}

#[expect(clippy::disallowed_methods, reason = "tests measure")]
fn now() -> Instant {
    Instant::now()
}

/// An answer whose head takes three seconds, and whose pieces take one each.
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
async fn the_limit_runs_from_the_call_and_not_from_the_head_or_the_last_piece() {
    let start = now();
    let elapsed = elapsed(slow(100).await);
    assert!((secs(5)..secs(5) + ms(5)).contains(&start.elapsed()), "{:?}", start.elapsed());
    assert_eq!(elapsed.limit(), secs(5));
}

#[tokio::test(start_paused = true)]
async fn a_body_that_ends_in_time_passes_as_it_is() {
    assert_eq!(slow(1).await.unwrap(), ".");
}

#[tokio::test]
async fn a_place_in_the_way_of_a_second_call_is_free_once_the_body_of_the_first_timed_out() {
    on_both(async |wire| {
        let server =
            Server::start(|nth, _| reply(if nth == 1 { silence(200) } else { server::text(200, "well") })).await;
        let bulkhead = BulkheadLayer::http(1).max_wait(secs(20)).build().unwrap();
        let layers = ServiceBuilder::new().layer(bulkhead).layer(TimeoutLayer::http(secs(1)));
        let stack = layers.service(client::<Small>(wire));
        let first = call(&stack, get(server.uri("/"))).await.unwrap();
        let second = async { text(call(&stack, get(server.uri("/"))).await?).await };
        let (first, second) = tokio::join!(text(first), second);
        assert!(first.unwrap_err().is_timeout());
        assert_eq!(second.unwrap(), "well");
    })
    .await;
}

/// What an answer that never ends counts, failures after calls, in a circuit around an attempt's limit.
async fn counted(wire: Wire, limit: Duration, deadline: Deadline) -> (u64, u64) {
    let server = Server::start(|_, _| reply(drips())).await;
    let breaker = consecutive(10).failure_rate(1.0).min_calls(10).build().unwrap();
    let circuit = breaker.handle();
    let stack = ServiceBuilder::new().layer(breaker).layer(TimeoutLayer::http(limit)).service(client::<Small>(wire));
    let answer = deadline.scope(call(&stack, get(server.uri("/")))).await.unwrap();
    assert!(text(answer).await.unwrap_err().is_timeout());
    let counts = circuit.snapshot().counts;
    (counts.calls, counts.failures)
}

#[tokio::test]
async fn a_body_that_an_attempts_limit_ended_is_a_failure_and_one_that_the_caller_ended_is_nothing() {
    on_both(async |wire| {
        assert_eq!(counted(wire, ms(300), Deadline::after(HOUR)).await, (1, 1));
        assert_eq!(counted(wire, HOUR, Deadline::after(ms(300))).await, (0, 0));
    })
    .await;
}

/// How an answer ends that never does, and when.
async fn cut<S, B>(timed: S) -> (Duration, Duration)
where
    S: Service<Request<Small>, Response = Response<B>, Error = Error>,
    B: hyper::body::Body<Error = Error>,
{
    let start = now();
    let result = match timed.oneshot(get("/")).await {
        Ok(answer) => text(answer).await,
        Err(error) => Err(error),
    };
    (elapsed(result).limit(), start.elapsed())
}

#[tokio::test(start_paused = true)]
async fn readiness_and_the_body_are_covered_in_whichever_order_that_is_said() {
    let drips = service_fn(|_: Request<Small>| async { Ok::<_, Error>(drips()) });
    let unready = ConcurrencyLimit::new(drips, 0);
    let (one, other) = (
        TimeoutLayer::new(ms(400)).cover_readiness().cover_body(),
        TimeoutLayer::new(ms(400)).cover_body().cover_readiness(),
    );
    let ends = [
        cut(one.layer(drips)).await,
        cut(other.layer(drips)).await,
        cut(one.layer(unready.clone())).await,
        cut(other.layer(unready)).await,
    ];
    for (nth, (limit, took)) in ends.into_iter().enumerate() {
        assert!(limit == ms(400) && (ms(400)..ms(405)).contains(&took), "{nth} {limit:?} {took:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_limit_of_zero_leaves_an_answer_alone_that_is_there_at_once() {
    let service = service_fn(|_: Request<Small>| async { Ok::<_, Error>(server::text(200, "here")) });
    let timed = TimeoutLayer::http(Duration::ZERO).layer(service);
    assert_eq!(text(timed.oneshot(get("/")).await.unwrap()).await.unwrap(), "here");
}
