//! Requests that stream, while their responses do, and after.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use futures_util::stream::unfold;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use http_body::{Body as _, Frame};
use http_body_util::{BodyExt, Collected, Empty, StreamBody};
use hyper::body::Incoming;
use palisade::http::ReplayBody;
use palisade::{BulkheadLayer, TimeoutLayer};
use tokio::sync::mpsc;
use tonic::body::Body;
use tower::{BoxError, Layer, ServiceBuilder, ServiceExt};

use crate::client::{at_once, channel, counted, counting};
use crate::patience::{eventually, secs, soon};
use crate::raw::serve_fn;

fn code(code: &'static str) -> HeaderMap {
    HeaderMap::from_iter([(HeaderName::from_static("grpc-status"), HeaderValue::from_static(code))])
}

/// Sends back what comes, while it comes, and then `OK`.
async fn echo(request: Request<Incoming>) -> Result<Response<Body>, Infallible> {
    Ok(Response::new(Body::new(request.into_body().with_trailers(async { Some(Ok(code("0"))) }))))
}

/// A request whose frames are sent by hand.
fn by_hand() -> (mpsc::Sender<Bytes>, Request<Body>) {
    let (sender, receiver) = mpsc::channel(1);
    let frames = unfold(receiver, async |mut receiver: mpsc::Receiver<Bytes>| {
        let data = receiver.recv().await?;
        Some((Ok::<_, BoxError>(Frame::data(data)), receiver))
    });
    let request = Request::post("/echo").body(Body::new(StreamBody::new(Box::pin(frames))));
    (sender, request.expect("it is legal"))
}

#[tokio::test]
async fn messages_go_both_ways_in_turn_through_all_layers() {
    let (circuit, places) = (counting().build().unwrap(), BulkheadLayer::grpc(1).build().unwrap());
    let stack = ServiceBuilder::new()
        .layer(TimeoutLayer::grpc(secs(30)))
        .layer(at_once().build().unwrap())
        .layer(circuit.clone())
        .layer(places.clone())
        .service(channel(serve_fn(echo).await));
    let (sender, request) = by_hand();
    let mut body = soon(stack.oneshot(request)).await.unwrap().into_body();
    // In all more than is kept of a request.
    for turn in 0..40_u8 {
        let sent = Bytes::from(vec![turn; 10_000]);
        sender.send(sent.clone()).await.unwrap();
        let mut came = Vec::new();
        while came.len() < sent.len() {
            let frame = soon(body.frame()).await.unwrap().unwrap();
            came.extend_from_slice(&frame.into_data().unwrap());
        }
        assert!(came == sent, "turn {turn}");
        assert_eq!((places.handle().in_flight(), counted(&circuit.handle())), (1, (0, 0)));
    }
    drop(sender);
    let last = soon(body.frame()).await.unwrap().unwrap();
    assert_eq!(last.trailers_ref().unwrap().get("grpc-status").unwrap(), "0");
    assert!(body.is_end_stream());
    assert_eq!((places.handle().in_flight(), counted(&circuit.handle())), (0, (1, 0)));
}

#[tokio::test]
async fn an_attempt_still_sending_is_cut_off_by_the_next() {
    let (came, mut bodies) = mpsc::unbounded_channel();
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    // The first call is refused at once, and read on nevertheless.
    let addr = serve_fn(move |request: Request<Incoming>| {
        let (call, came) = (counted.fetch_add(1, Ordering::SeqCst), came.clone());
        let read = tokio::spawn(async move {
            let whole = request.into_body().collect().await.map(Collected::to_bytes).ok();
            came.send((call, whole)).unwrap();
        });
        async move {
            let mut answer = Response::new(Empty::<Bytes>::new());
            if call > 0 {
                read.await.unwrap();
            }
            answer.headers_mut().extend(code(if call > 0 { "0" } else { "14" }));
            Ok::<_, Infallible>(answer)
        }
    })
    .await;
    let (sender, request) = by_hand();
    let stack = at_once().build().unwrap().layer(channel(addr));
    sender.send(Bytes::from_static(b"a")).await.unwrap();
    let answer = tokio::spawn(stack.oneshot(request));
    eventually("the second attempt has begun", || calls.load(Ordering::SeqCst) == 2).await;
    for data in [&b"b"[..], b"c"] {
        soon(sender.send(Bytes::from_static(data))).await.unwrap();
    }
    drop(sender);
    assert_eq!(soon(answer).await.unwrap().unwrap().headers()["grpc-status"], "0");
    let mut bodies = [soon(bodies.recv()).await.unwrap(), soon(bodies.recv()).await.unwrap()];
    bodies.sort_by_key(|(call, _)| *call);
    assert_eq!(bodies, [(0, None), (1, Some(Bytes::from_static(b"abc")))]);
}

#[tokio::test]
async fn a_request_that_is_kept_is_a_body_of_tonic() {
    let (sender, request) = by_hand();
    let kept = request.into_body();
    sender.send(Bytes::from_static(b"hello")).await.unwrap();
    drop(sender);
    let body = Body::from(ReplayBody::new(kept, 5));
    assert_eq!(body.collect().await.unwrap().to_bytes(), "hello");
}
