//! A hedge of HTTP requests: which it sends a second time.

mod bodies;
mod responses;

use std::future::pending;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream;
use http::{Method, Request, Response, StatusCode};
use http_body::Frame;
use http_body_util::channel::Channel;
use http_body_util::{BodyExt, Full, StreamBody};
use palisade::http::{Attempt, ReplayBody};
use palisade::test_util::{assert_at_rest, drop_at_every_poll};
use palisade::{Backoff, BulkheadLayer, Error, HedgeLayer, Registry, RetryLayer};
use tokio::time::{advance, sleep};
use tokio_test::{assert_pending, task};
use tower::{BoxError, Layer, ServiceExt, service_fn};

use crate::support::now;

const MILLI: Duration = Duration::from_millis(1);

type Whole = Full<Bytes>;
type Seen = Arc<Mutex<Vec<(Attempt, Bytes)>>>;

fn layer<B>() -> HedgeLayer<
    palisade::hedge::Rules<palisade::http::HttpClassifier, palisade::http::Resend<B, ()>, palisade::http::Idempotent>,
> {
    HedgeLayer::http("search").after(10 * MILLI).build().unwrap()
}

/// Sends a request to a service whose first attempt never ends: the attempts that the service saw, with their bodies.
async fn seen(request: Request<Whole>) -> Vec<(Attempt, Bytes)> {
    let seen = Seen::default();
    let service = service_fn(|request: Request<ReplayBody<Whole>>| {
        let seen = Arc::clone(&seen);
        async move {
            let attempt = Attempt::of(&request);
            let body = request.into_body().collect().await?.to_bytes();
            seen.lock().unwrap().push((attempt, body));
            if attempt == Attempt(1) {
                sleep(50 * MILLI).await;
            }
            Ok::<_, BoxError>(Response::new(Whole::default()))
        }
    });
    layer().layer(service).oneshot(request).await.unwrap();
    Arc::into_inner(seen).unwrap().into_inner().unwrap()
}

#[tokio::test(start_paused = true)]
async fn only_requests_that_may_arrive_twice_are_hedged() {
    for (method, is_hedged) in [
        (Method::GET, true),
        (Method::HEAD, true),
        (Method::PUT, true),
        (Method::DELETE, true),
        (Method::OPTIONS, true),
        (Method::POST, false),
        (Method::PATCH, false),
    ] {
        let request = || Request::builder().method(&method).body(Whole::from("data")).unwrap();
        assert_eq!(seen(request()).await.len(), 1 + usize::from(is_hedged), "{method}");
        let mut keyed = request();
        keyed.headers_mut().insert("idempotency-key", "7".parse().unwrap());
        assert_eq!(seen(keyed).await.len(), 2, "{method} with a key");
    }
}

#[tokio::test(start_paused = true)]
async fn inside_a_retry_only_a_hedge_has_a_number_of_its_own() {
    let numbers = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&numbers);
    let service = service_fn(move |request: Request<ReplayBody<ReplayBody<Whole>>>| {
        let Attempt(number) = Attempt::of(&request);
        let sent = noted.lock().unwrap().len();
        noted.lock().unwrap().push(number);
        async move {
            // Both attempts of the first call fail, and the first of the second is slow.
            match sent {
                0 | 1 => Ok::<_, BoxError>(Response::builder().status(503).body(Whole::default())?),
                2 => pending().await,
                _ => Ok(Response::new(Whole::default())),
            }
        }
    });
    let retry = RetryLayer::http::<ReplayBody<Whole>>("search").backoff(Backoff::none()).build().unwrap();
    let response = (retry, layer()).layer(service).oneshot(Request::new(Whole::default())).await.unwrap();
    assert_eq!((response.status(), &*numbers.lock().unwrap()), (StatusCode::OK, &vec![1, 2, 2, 2]));
}

#[tokio::test(start_paused = true)]
async fn a_standard_stack_hedges_by_the_rules_of_http() {
    for (method, attempts) in [(Method::GET, 2), (Method::POST, 1)] {
        let sent = AtomicUsize::new(0);
        let service = service_fn(|_: Request<ReplayBody<ReplayBody<Whole>>>| {
            let nth = sent.fetch_add(1, Ordering::SeqCst);
            async move {
                sleep(if nth == 0 { 50 * MILLI } else { 5 * MILLI }).await;
                Ok::<_, BoxError>(Response::new(Whole::default()))
            }
        });
        let stack = palisade::http::standard::<ReplayBody<Whole>>("search").unwrap().hedge(layer());
        let request = Request::builder().method(&method).body(Whole::default()).unwrap();
        stack.layer(service).oneshot(request).await.unwrap();
        assert_eq!(sent.load(Ordering::SeqCst), attempts, "{method}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_deadline_of_the_request_holds_for_hedges() {
    let sent = AtomicUsize::new(0);
    let service = service_fn(|_: Request<ReplayBody<Whole>>| {
        sent.fetch_add(1, Ordering::SeqCst);
        async { Ok::<_, BoxError>(pending::<Response<Whole>>().await) }
    });
    let mut request = Request::new(Whole::default());
    request.extensions_mut().insert(palisade::Deadline::after(10 * MILLI));
    let mut call = task::spawn(layer().layer(service).oneshot(request));
    assert_pending!(call.poll());
    advance(10 * MILLI).await;
    assert_pending!(call.poll());
    assert_eq!(sent.load(Ordering::SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn each_attempt_has_the_whole_head_of_the_request() {
    #[derive(Clone, Debug, PartialEq)]
    struct Marker(u32);
    let heads = Mutex::new(Vec::new());
    let service = service_fn(|request: Request<ReplayBody<Whole>>| {
        let (head, _) = request.into_parts();
        heads.lock().unwrap().push((head.method, head.uri, head.version, head.headers, head.extensions.get().cloned()));
        let is_first = heads.lock().unwrap().len() == 1;
        async move {
            if is_first {
                pending::<()>().await;
            }
            Ok::<_, BoxError>(Response::builder().status(101).extension(Marker(8)).body(Whole::default())?)
        }
    });
    let request = Request::get("/chat?room=7").version(http::Version::HTTP_11).extension(Marker(7));
    let request = request.header("upgrade", "websocket").header("expect", "100-continue").body(Whole::default());
    let response = layer().layer(service).oneshot(request.unwrap()).await.unwrap();
    assert_eq!((response.status().as_u16(), response.extensions().get()), (101, Some(&Marker(8))));
    let heads = heads.into_inner().unwrap();
    assert_eq!((heads.len(), &heads[0], &heads[0].4), (2, &heads[1], &Some(Marker(7))));
}
