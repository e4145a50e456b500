//! Calls that are made within a deadline.

use std::convert::Infallible;
use std::future::{Pending, pending};
use std::mem;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use palisade::http::ReplayBody;
use palisade::{Backoff, CircuitBreakerLayer, Elapsed, Jitter, Phase, RetryLayer, TimeoutLayer};
use tower::{Service, ServiceBuilder};

use super::*;

/// The request of one that waits for so many seconds by its header, and for so many by its extensions.
fn patient(header: u64, extension: u64) -> Request<()> {
    let mut request = with(&MILLIS, &[&(header * 1000).to_string()]);
    request.extensions_mut().insert(Deadline::after(secs(extension)));
    request
}

#[tokio::test(start_paused = true)]
async fn the_nearest_of_header_extension_and_surroundings_counts() {
    for (header, extension, around) in [(1, 2, 3), (2, 1, 3), (3, 2, 1), (1, 1, 1), (2, 3, 1)] {
        let call = in_millis().layer(see(&MILLIS)).oneshot(patient(header, extension));
        let seen = Deadline::after(secs(around)).scope(call).await.unwrap();
        assert_eq!(said::<_, Seen>(seen), Seen::all(secs(1), "1000"), "{header} {extension} {around}");
    }
    let stack = ServiceBuilder::new().layer(TimeoutLayer::new(secs(1))).layer(in_millis());
    let seen = stack.service(see(&MILLIS)).oneshot(patient(3, 2)).await.unwrap();
    assert_eq!(said::<_, Seen>(seen), Seen::all(secs(1), "1000"), "a timeout around is what is written");
}

#[tokio::test(start_paused = true)]
async fn every_poll_runs_within_the_deadline_which_runs_from_the_call() {
    let mut service = in_millis().layer(strict(|_: Request<()>| async {
        tokio::time::sleep(secs(1)).await;
        Ok::<_, Error>(saying(Deadline::current().map(Deadline::remaining)))
    }));
    let call = service.ready().await.unwrap().call(with(&MILLIS, &["4000"]));
    tokio::time::advance(secs(1)).await;
    let call = tokio::spawn(call);
    assert_eq!(said::<_, Option<Duration>>(call.await.unwrap().unwrap()), Some(secs(2)));
    assert_eq!(Deadline::current(), None);
}

/// Says with its one frame what it is polled under.
struct Asking(bool);

impl http_body::Body for Asking {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, Infallible>>> {
        let says = || http_body::Frame::data(format!("{:?}", Deadline::current().map(Deadline::remaining)).into());
        Poll::Ready((!mem::replace(&mut self.0, true)).then(|| Ok(says())))
    }
}

#[tokio::test(start_paused = true)]
async fn every_frame_of_the_response_is_made_within_the_deadline() {
    let service = in_millis().layer(strict(|_: Request<()>| ready(Ok::<_, Error>(Response::new(Asking(false))))));
    let body = service.oneshot(with(&MILLIS, &["3000"])).await.unwrap().into_body();
    tokio::time::advance(secs(1)).await;
    assert_eq!(body.collect().await.unwrap().to_bytes(), "Some(2s)");
    assert_eq!(Deadline::current(), None);
}

#[tokio::test(start_paused = true)]
async fn a_call_without_a_whole_unit_of_time_left_is_not_sent() {
    let (past, nearly) = (due_in(secs(1)), Duration::from_micros(999));
    tokio::time::advance(secs(2)).await;
    for (label, layer, request, limit) in [
        ("none by its header", in_millis(), with(&MILLIS, &["0"]), Duration::ZERO),
        ("none by its header of gRPC", DeadlineLayer::grpc(), with(&GRPC, &["0n"]), Duration::ZERO),
        ("none by its extensions", in_millis(), past, Duration::ZERO),
        ("less than a unit", in_millis(), due_in(nearly), nearly),
    ] {
        let inner = see(&MILLIS);
        let calls = inner.calls();
        let elapsed = layer.layer(inner).oneshot(request).await.unwrap_err().elapsed().unwrap();
        let seen = (elapsed.limit(), elapsed.elapsed(), elapsed.by_caller(), elapsed.was_sent(), calls.count());
        assert_eq!(seen, (limit, Duration::ZERO, true, false, 0), "{label}");
        assert_eq!(elapsed.to_string(), format!("timed out before it was sent, with {limit:?} left"), "{label}");
    }
    assert!(DeadlineLayer::grpc().layer(see(&GRPC)).oneshot(due_in(nearly)).await.is_ok());
}

type Never = Pending<Result<Response<()>, Error>>;

fn hangs() -> Strict<fn(Request<()>) -> Never, Error> {
    strict(|_| pending())
}

/// How a call ends that hangs under these layers, and whether that opens the circuit.
macro_rules! hang {
    ($request:expr; $($layer:expr),+) => {{
        let (breaker, service) = (CircuitBreakerLayer::consecutive(1), hangs());
        let (circuit, calls) = (breaker.handle(), service.calls());
        let stack = ServiceBuilder::new()$(.layer($layer))+.layer(TimeoutLayer::new(secs(5))).layer(breaker);
        let error = stack.service(service).oneshot($request).await.unwrap_err();
        assert_eq!(calls.count(), 1);
        (error.elapsed().unwrap(), circuit.phase())
    }};
}

#[tokio::test(start_paused = true)]
async fn a_header_is_the_callers_deadline_and_a_timeout_stays_ours() {
    let odd = secs(1) + Duration::from_micros(900);
    let odd_grpc = secs(1) + Duration::from_nanos(900);
    let grpc = DeadlineLayer::grpc;
    let none = || Request::new(());
    let by_header = with(&MILLIS, &["500"]);
    for (label, (elapsed, phase), limit, by_caller, expected) in [
        ("a timeout", hang!(none(); TimeoutLayer::new(secs(1)), in_millis()), secs(1), false, Phase::Open),
        ("one rounded down", hang!(none(); TimeoutLayer::new(odd), in_millis(), in_millis()), odd, false, Phase::Open),
        ("one of gRPC", hang!(none(); TimeoutLayer::new(odd_grpc), grpc(), grpc()), odd_grpc, false, Phase::Open),
        ("a header", hang!(by_header; TimeoutLayer::new(secs(1)), in_millis()), ms(500), true, Phase::Closed),
    ] {
        let elapsed: Elapsed = elapsed;
        assert_eq!((elapsed.limit(), elapsed.by_caller(), phase), (limit, by_caller, expected), "{label}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_header_that_was_changed_on_the_way_counts() {
    let shorten = |mut request: Request<()>| {
        request.headers_mut().insert(MILLIS.clone(), HeaderValue::from_static("10"));
        request
    };
    let stack = ServiceBuilder::new().layer(in_millis()).map_request(shorten).layer(in_millis());
    let seen = stack.service(see(&MILLIS)).oneshot(with(&MILLIS, &["1000"])).await.unwrap();
    assert_eq!(said::<_, Seen>(seen), Seen::all(ms(10), "10"));
}

fn unavailable() -> Response<Full<Bytes>> {
    Response::builder().status(503).body(Full::default()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_deadline_in_the_extensions_is_for_all_attempts_of_a_retry() {
    let pause = Backoff::constant(ms(200)).jitter(Jitter::None);
    let retry = RetryLayer::http("upstream").max_attempts(9).backoff(pause).without_budget().build().unwrap();
    let left = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&left);
    let stack = ServiceBuilder::new().layer(retry).service(strict(move |request: Request<ReplayBody<Full<Bytes>>>| {
        seen.lock().unwrap().push(request.extensions().get().copied().map(Deadline::remaining));
        ready(Ok::<_, Error>(unavailable()))
    }));
    let (deadline, request) = (Deadline::after(ms(500)), due_in(ms(500)).map(|()| Full::default()));
    assert_eq!(stack.oneshot(request).await.unwrap().status(), 503);
    assert_eq!(*left.lock().unwrap(), [500, 300, 100].map(|millis| Some(ms(millis))));
    assert_eq!(deadline.remaining(), ms(100), "the last answer is returned at once");
}

#[tokio::test(start_paused = true)]
async fn a_retry_ends_with_the_response_when_no_whole_unit_is_left() {
    for limit in [None, Some(TimeoutLayer::new(secs(3)))] {
        let service = strict(|_: Request<ReplayBody<Full<Bytes>>>| async {
            tokio::time::advance(Duration::from_micros(99_500)).await;
            Ok::<_, Error>(unavailable())
        });
        let calls = service.calls();
        let retry = RetryLayer::http("upstream").backoff(Backoff::none()).build().unwrap();
        let stack = ServiceBuilder::new().layer(in_millis()).option_layer(limit).layer(retry).layer(in_millis());
        let request = with(&MILLIS, &["100"]).map(|()| Full::default());
        let answer = stack.service(service).oneshot(request).await;
        assert_eq!(answer.unwrap().status(), 503);
        assert_eq!(calls.count(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_not_sent_counts_for_nothing_by_any_deadline() {
    let (breaker, service) = (CircuitBreakerLayer::consecutive(1), hangs());
    let (circuit, calls) = (breaker.handle(), service.calls());
    let unsent = breaker.layer(in_millis().layer(service));
    let own = TimeoutLayer::new(Duration::from_micros(999)).layer(unsent.clone());
    own.oneshot(Request::new(())).await.unwrap_err();
    let brought = ServiceBuilder::new().layer(DeadlineLayer::grpc()).layer(TimeoutLayer::new(secs(1))).service(unsent);
    brought.oneshot(with(&GRPC, &["999u"])).await.unwrap_err();
    assert_eq!((calls.count(), circuit.phase()), (0, Phase::Closed));
}
