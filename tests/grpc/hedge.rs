//! A hedge of gRPC calls: which it sends a second time, and what it tells the server.

use std::future::pending;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use http::{HeaderMap, Request, Response};
use http_body::Frame;
use http_body_util::{Full, StreamBody};
use palisade::HedgeLayer;
use palisade::http::ReplayBody;
use tokio::time::sleep;
use tonic::{Code, Status};
use tower::{BoxError, Layer, ServiceExt, service_fn};

use crate::support::now;

type Body = ReplayBody<Full<Bytes>>;

const GET: &str = "/shop.Catalog/Get";
const BUY: &str = "/shop.Catalog/Buy";

const PUSHBACK: &str = "grpc-retry-pushback-ms";
const MILLIS_10: Duration = Duration::from_millis(10);

/// Calls a method whose first attempt takes so long and ends with a code: how many attempts each request tells of, and the last code.
async fn call(method: &str, millis: u64, code: &'static str) -> (Vec<Option<String>>, String) {
    let told = Arc::<Mutex<Vec<Option<String>>>>::default();
    let service = service_fn(|request: Request<Body>| {
        let previous = request.headers().get("grpc-previous-rpc-attempts");
        let previous = previous.map(|previous| previous.to_str().unwrap().to_owned());
        let (is_first, told) = (previous.is_none(), Arc::clone(&told));
        told.lock().unwrap().push(previous);
        async move {
            if is_first {
                sleep(Duration::from_millis(millis)).await;
            }
            let code = if is_first { code } else { "0" };
            let head = Response::builder().header("content-type", "application/grpc").header("grpc-status", code);
            Ok::<_, BoxError>(head.body(Full::<Bytes>::default())?)
        }
    });
    let methods = |method: &str| method == GET;
    let hedge = HedgeLayer::grpc::<Body, _>("catalog", methods).after(MILLIS_10).build().unwrap();
    let request = Request::post(method).header("content-type", "application/grpc").body(Full::<Bytes>::from("data"));
    let response = hedge.layer(service).oneshot(request.unwrap()).await.unwrap();
    let code = response.headers()["grpc-status"].to_str().unwrap().to_owned();
    let told = told.lock().unwrap().clone();
    (told, code)
}

#[tokio::test(start_paused = true)]
async fn only_the_methods_that_are_named_are_hedged() {
    let hedged = [None, Some("1".to_owned())];
    for (what, method, millis, code, attempts, last) in [
        ("fast", GET, 5, "0", 1, "0"),
        ("slow", GET, 50, "0", 2, "0"),
        ("slow, and not named", BUY, 50, "0", 1, "0"),
        ("UNAVAILABLE", GET, 5, "14", 2, "0"),
        ("UNAVAILABLE, and not named", BUY, 5, "14", 1, "14"),
        ("UNIMPLEMENTED is no trouble of the service's", GET, 5, "12", 1, "12"),
    ] {
        let (told, code) = call(method, millis, code).await;
        assert_eq!((&told[..], &*code), (&hedged[..attempts], last), "{what}");
    }
}

type Frames = StreamBody<BoxStream<'static, Result<Frame<Bytes>, BoxError>>>;

/// A body of these frames.
fn frames(frames: Vec<Frame<Bytes>>) -> Frames {
    StreamBody::new(stream::iter(frames.into_iter().map(Ok)).boxed())
}

/// Where a server says how a call ended.
#[derive(Clone, Copy, Debug)]
enum Place {
    Head,
    Trailers,
    /// In the error of tonic's client.
    Error,
}

/// The end of an attempt with this code and pushback.
fn ended(place: Place, code: Code, pushback: Option<&str>) -> Result<Response<Frames>, BoxError> {
    let mut fields = HeaderMap::new();
    if let Some(pushback) = pushback {
        fields.insert(PUSHBACK, pushback.parse().unwrap());
    }
    if let Place::Error = place {
        let mut status = Status::new(code, "later");
        *status.metadata_mut() = tonic::metadata::MetadataMap::from_headers(fields);
        return Err(status.into());
    }
    fields.insert("grpc-status", (code as i32).into());
    let mut response = Response::new(frames(Vec::new()));
    match place {
        Place::Trailers => *response.body_mut() = frames(vec![Frame::trailers(fields)]),
        _ => *response.headers_mut() = fields,
    }
    response.headers_mut().insert("content-type", "application/grpc".parse().unwrap());
    Ok(response)
}

/// From the tests of hedging in grpc-java's `RetriableStreamTest`. There a pushback that can be read delays the next attempt.
#[tokio::test(start_paused = true)]
async fn after_a_pushback_no_other_attempt_starts() {
    for (what, code, pushback, attempts) in [
        ("none", Code::Unavailable, None, 2),
        ("come later", Code::Unavailable, Some("101000"), 1),
        ("come at once", Code::Unavailable, Some("0"), 1),
        ("negative", Code::Unavailable, Some("-1"), 1),
        ("unreadable", Code::Unavailable, Some("soon"), 1),
        ("exhausted", Code::ResourceExhausted, None, 1),
        ("exhausted, negative", Code::ResourceExhausted, Some("-1"), 1),
        ("a code that is final", Code::Internal, Some("0"), 1),
    ] {
        for place in [Place::Head, Place::Trailers, Place::Error] {
            let sent = AtomicUsize::new(0);
            let service = service_fn(|_: Request<Body>| {
                let is_first = sent.fetch_add(1, Ordering::SeqCst) == 0;
                async move { if is_first { ended(place, code, pushback) } else { ended(Place::Head, Code::Ok, None) } }
            });
            let hedge = HedgeLayer::grpc::<Body, _>("catalog", |_: &str| true).after(MILLIS_10).build().unwrap();
            hedge.layer(service).oneshot(Request::new(Full::default())).await.ok();
            assert_eq!(sent.load(Ordering::SeqCst), attempts, "{what}, {place:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_head_whose_trailers_are_looked_for_is_hedged_and_dropped() {
    let (alive, sent, start) = (Arc::new(()), AtomicUsize::new(0), now());
    let service = service_fn(|_: Request<Body>| {
        let is_first = sent.fetch_add(1, Ordering::SeqCst) == 0;
        let alive = Arc::clone(&alive);
        async move {
            if !is_first {
                return ended(Place::Head, Code::Ok, None);
            }
            // It holds the flag, and never ends.
            let stalls =
                stream::once(async move { drop((pending::<()>().await, alive)) }).map(|()| Err("it is over".into()));
            let head = Response::builder().header("content-type", "application/grpc");
            Ok(head.body(StreamBody::new(stalls.boxed()))?)
        }
    });
    let hedge = HedgeLayer::grpc::<Body, _>("catalog", |_: &str| true).after(MILLIS_10).build().unwrap();
    let response = hedge.layer(service).oneshot(Request::new(Full::default())).await.unwrap();
    assert_eq!((response.headers().contains_key("grpc-status"), now() - start), (true, MILLIS_10));
    assert_eq!(Arc::strong_count(&alive), 1, "the body of the attempt that lost is gone");
}
