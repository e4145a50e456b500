//! Responses that callers share, and those that are not shared.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use http_body::{Body, Frame};
use http_body_util::channel::Channel;
use http_body_util::{BodyExt, Full};
use palisade::{CoalesceHandle, CoalesceLayer, Deadline, Error};
use tokio::time::advance;
use tokio_test::{assert_ready, task};
use tower::{Layer, Service, ServiceExt, service_fn};

use crate::support::Down;
use palisade::test_util::Calls;

type Bodies = Channel<Bytes, Down>;
type Sender = http_body_util::channel::Sender<Bytes, Down>;

/// The bodies of a server's responses, as the test sends them.
#[derive(Clone)]
struct Server {
    calls: Calls,
    senders: Arc<Mutex<Vec<Sender>>>,
}

impl Server {
    fn new() -> Self {
        Self { calls: Calls::default(), senders: Arc::default() }
    }

    fn respond(&self, request: &Request<Full<Bytes>>) -> Ready<Result<Response<Bodies>, Infallible>> {
        self.calls.add();
        let (sender, body) = Channel::new(8);
        self.senders.lock().unwrap().push(sender);
        let waits = request.headers().contains_key("x-request-timeout-ms");
        let noted = request.extensions().get::<Deadline>().is_some();
        let response = Response::builder().header("has-deadline", (waits || noted).to_string()).body(body);
        ready(Ok(response.unwrap()))
    }

    fn last(&self) -> Sender {
        self.senders.lock().unwrap().pop().expect("a call was made")
    }
}

fn get(uri: &str) -> Request<Full<Bytes>> {
    Request::get(uri).body(Full::default()).unwrap()
}

/// Callers of a server who share by the URI, and of whose bodies at most 10 bytes are shared.
macro_rules! sharing {
    ($server:expr) => {{
        let server = $server.clone();
        let layer = CoalesceLayer::http("catalog", |request: &Request<Full<Bytes>>| request.uri().clone());
        let layer = layer.max_body(10).build().unwrap();
        let handle: CoalesceHandle = layer.handle();
        (layer.layer(service_fn(move |request| server.respond(&request))), handle)
    }};
}

async fn whole<B: Body<Data = Bytes, Error = Error>>(response: Response<B>) -> Result<Bytes, Error> {
    Ok(response.into_body().collect().await?.to_bytes())
}

#[tokio::test]
async fn each_caller_gets_the_whole_response() {
    let server = Server::new();
    let (mut service, _) = sharing!(server);
    let mut calls = [(); 3].map(|()| task::spawn(service.call(get("/1"))));
    assert!(calls.iter_mut().all(|call| call.poll().is_pending()));
    let mut sender = server.last();
    sender.send_data("hello".into()).await.unwrap();
    assert!(calls.iter_mut().all(|call| call.poll().is_pending()), "the head is held back");
    sender.send_data(", you".into()).await.unwrap();
    let trailers = HeaderMap::from_iter([("sum".parse().unwrap(), HeaderValue::from_static("9"))]);
    sender.send_trailers(trailers.clone()).await.unwrap();
    drop(sender);
    for call in &mut calls {
        let response = assert_ready!(call.poll()).unwrap();
        assert_eq!((response.status(), response.body().size_hint().exact()), (StatusCode::OK, Some(10)));
        let body = response.into_body().collect().await.unwrap();
        assert_eq!(body.trailers(), Some(&trailers));
        assert_eq!(body.to_bytes(), "hello, you");
    }
    assert_eq!(server.calls.count(), 1);
}

#[tokio::test]
async fn a_large_body_streams_to_one_and_the_others_call_themselves() {
    let server = Server::new();
    let (mut service, shared) = sharing!(server);
    let mut calls = [(); 3].map(|()| task::spawn(service.call(get("/1"))));
    assert!(calls.iter_mut().all(|call| call.poll().is_pending()));
    let mut sender = server.last();
    sender.send_data("0123456789".into()).await.unwrap();
    assert!(calls.iter_mut().rev().all(|call| call.poll().is_pending()));
    sender.send_data("and more".into()).await.unwrap();
    // Not the one who began the call polls it to where it is too large.
    let [first, second, third] = &mut calls;
    assert!(third.poll().is_pending() && second.poll().is_pending());
    let response = assert_ready!(first.poll()).unwrap();
    assert_eq!((server.calls.count(), shared.flights(), shared.waiting()), (3, 0, 0));
    for call in [third, second] {
        let mut own = server.senders.lock().unwrap().remove(0);
        own.send_data("of my own".into()).await.unwrap();
        drop(own);
        assert_eq!(whole(assert_ready!(call.poll()).unwrap()).await.unwrap(), "of my own");
    }
    sender.send_data(", to the end".into()).await.unwrap();
    drop(sender);
    assert_eq!(whole(response).await.unwrap(), "0123456789and more, to the end");
}

#[tokio::test(start_paused = true)]
async fn who_waited_past_its_deadline_makes_no_call_of_its_own() {
    let server = Server::new();
    let (service, _) = sharing!(server);
    let mut first = task::spawn(service.clone().oneshot(get("/1")));
    let late = Deadline::after(Duration::from_secs(1)).scope(service.clone().oneshot(get("/1")));
    let mut late = task::spawn(late);
    assert!(first.poll().is_pending() && late.poll().is_pending());
    advance(Duration::from_secs(1)).await;
    server.last().send_data("more than ten bytes".into()).await.unwrap();
    assert!(first.poll().is_ready());
    let error = assert_ready!(late.poll()).unwrap_err();
    assert!(error.elapsed().is_some_and(|elapsed| !elapsed.was_sent()), "{error:?}");
    assert_eq!(server.calls.count(), 1);
}

#[tokio::test]
async fn of_a_body_that_is_known_to_be_large_nothing_is_read() {
    let body = || Full::<Bytes>::from(vec![7; 100 << 20]);
    let calls = Calls::default();
    let counted = calls.clone();
    let layer = CoalesceLayer::http("catalog", |request: &Request<()>| request.uri().clone()).build().unwrap();
    let mut service = layer.layer(service_fn(move |_: Request<()>| {
        counted.add();
        let body = body();
        async { Ok::<_, Infallible>(Response::new(body)) }
    }));
    let mut calls_of = [(); 2].map(|()| task::spawn(service.call(Request::get("/").body(()).unwrap())));
    for call in &mut calls_of {
        let response = assert_ready!(call.poll()).unwrap();
        assert_eq!(response.body().size_hint().exact(), Some(100 << 20));
    }
    assert_eq!(calls.count(), 2);
}

#[tokio::test]
async fn a_body_that_breaks_is_the_same_error_for_each() {
    let server = Server::new();
    let (mut service, _) = sharing!(server);
    let mut calls = [(); 2].map(|()| task::spawn(service.call(get("/1"))));
    assert!(calls.iter_mut().all(|call| call.poll().is_pending()));
    let mut sender = server.last();
    sender.send_data("half".into()).await.unwrap();
    sender.abort(Down(3));
    for call in &mut calls {
        assert_eq!(assert_ready!(call.poll()).unwrap_err().downcast_ref(), Some(&Down(3)));
    }
}

#[tokio::test]
async fn only_gets_of_whole_resources_are_shared() {
    let with = |name, value: &str| {
        let mut request = get("/1");
        request.headers_mut().insert(name, value.parse().unwrap());
        request
    };
    let method = |method| {
        let mut request = get("/1");
        *request.method_mut() = method;
        request
    };
    let alone = [
        method(Method::POST),
        method(Method::PUT),
        method(Method::DELETE),
        method(Method::HEAD),
        method(Method::OPTIONS),
        with("range", "bytes=0-1"),
        with("if-none-match", "\"1\""),
        with("if-modified-since", "now"),
        with("upgrade", "websocket"),
    ];
    let server = Server::new();
    let (mut service, shared) = sharing!(server);
    for (number, request) in alone.into_iter().enumerate() {
        let mut calls = [request.clone(), request].map(|request| task::spawn(service.call(request)));
        // The head is there at once, however long the body is.
        assert!(calls.iter_mut().all(|call| assert_ready!(call.poll()).is_ok()), "request {number}");
        assert_eq!(server.calls.count(), 2 * (number + 1));
    }
    assert_eq!((shared.shared(), shared.flights()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_shared_carries_no_deadline_in_its_request() {
    let deadline = |mut request: Request<Full<Bytes>>| {
        request.headers_mut().insert("x-request-timeout-ms", HeaderValue::from_static("9"));
        request.extensions_mut().insert(Deadline::after(Duration::from_secs(1)));
        request
    };
    let server = Server::new();
    let (service, _) = sharing!(server);
    let mut call = task::spawn(service.clone().oneshot(deadline(get("/1"))));
    assert!(call.poll().is_pending());
    drop(server.last());
    assert_eq!(assert_ready!(call.poll()).unwrap().headers()["has-deadline"], "false");
    let mut put = deadline(get("/1"));
    *put.method_mut() = Method::PUT;
    assert_eq!(service.oneshot(put).await.unwrap().headers()["has-deadline"], "true");
}

#[tokio::test]
async fn empty_frames_without_end_are_not_read_without_end() {
    struct Endless;

    impl Body for Endless {
        type Data = Bytes;
        type Error = Down;

        fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Down>>> {
            Poll::Ready(Some(Ok(Frame::data(Bytes::new()))))
        }
    }

    let layer = CoalesceLayer::http("catalog", |_: &Request<()>| ()).max_body(10).build().unwrap();
    let service = layer.layer(service_fn(async |_: Request<()>| Ok::<_, Infallible>(Response::new(Endless))));
    assert!(service.oneshot(Request::new(())).await.is_ok());
}
