//! Bodies of requests over HTTP/2 that were not read when their calls failed.

use std::convert::Infallible;
use std::future::ready;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::routing::post;
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http::{Request, Response, Version};
use http_body::{Frame, SizeHint};
use http_body_util::BodyExt;
use hyper::client::conn::http2::handshake;
use hyper_util::rt::{TokioExecutor, TokioIo};
use palisade::Error;
use palisade::http::AnswerLayer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tower::{BoxError, Layer, Service, ServiceExt, service_fn};

use crate::client::{Small, Wire, client};
use crate::errors::{failed, full};
use crate::patience::{ms, soon};
use crate::server::uri;
use crate::sockets::serve_router;
use crate::support::{Down, now};

const KIB: usize = 1024;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn uploads_that_are_shed_all_get_their_responses() {
    let shed = Router::new().route("/", post(async || "taken")).layer((AnswerLayer::http(), full()));
    let addr = serve_router(shed).await;
    let socket = TokioIo::new(TcpStream::connect(addr).await.unwrap());
    let (sender, connection) = handshake::<_, _, Small>(TokioExecutor::new(), socket).await.unwrap();
    tokio::spawn(connection);
    let calls = (0..3000).map(|_| {
        let mut sender = sender.clone();
        async move {
            let upload = Request::post(uri(addr, "/")).body(vec![b'x'; 16 * KIB].into()).unwrap();
            sender.ready().await.unwrap();
            sender.send_request(upload).await.unwrap().status().as_u16()
        }
    });
    let statuses: Vec<_> = soon(stream::iter(calls).buffer_unordered(100).collect()).await;
    assert_eq!(statuses, [503; 3000]);
}

/// A frame of HTTP/2.
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// Reads frames up to the head of this stream's response. `None` if the server goes away.
async fn response(socket: &mut TcpStream, stream: u32) -> Option<()> {
    const HEADERS: u8 = 1;
    const GOAWAY: u8 = 7;
    loop {
        let mut head = [0; 9];
        socket.read_exact(&mut head).await.ok()?;
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        socket.read_exact(&mut vec![0; length as usize]).await.ok()?;
        match head[3] {
            GOAWAY => return None,
            HEADERS if head[5..] == stream.to_be_bytes() => return Some(()),
            _ => {}
        }
    }
}

/// The client sends its body when the call has failed, and before it sees that.
#[tokio::test]
async fn uploads_that_cross_their_responses_leave_the_connection_alone() {
    const HEADERS: u8 = 1;
    const DATA: u8 = 0;
    const SETTINGS: u8 = 4;
    const END_STREAM: u8 = 1;
    const END_HEADERS: u8 = 4;
    // `POST`, `http`, `/` and the authority `h`, in HPACK.
    const HEAD: [u8; 6] = [0x83, 0x86, 0x84, 0x41, 1, b'h'];
    let failed = Arc::new(Semaphore::new(0));
    let fails = Arc::clone(&failed);
    let inner = service_fn(move |request: Request<Body>| {
        drop(request);
        fails.add_permits(1);
        ready(Err::<Response<Body>, _>(Down(1)))
    });
    let addr = serve_router(Router::new().route_service("/", AnswerLayer::http().layer(inner))).await;
    let mut socket = TcpStream::connect(addr).await.unwrap();
    socket.set_nodelay(true).unwrap();
    socket.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.unwrap();
    socket.write_all(&frame(SETTINGS, 0, 0, &[])).await.unwrap();
    for nth in 0..3000 {
        let stream = 2 * nth + 1;
        socket.write_all(&frame(HEADERS, END_HEADERS, stream, &HEAD)).await.unwrap();
        soon(failed.acquire()).await.unwrap().forget();
        socket.write_all(&frame(DATA, END_STREAM, stream, &[0; 100])).await.unwrap();
        assert!(soon(response(&mut socket, stream)).await.is_some(), "gone after {nth} calls");
    }
}

/// A body of so many pieces of a KiB, which pends for ever after them if it is endless. It counts how many were read.
struct Upload {
    pieces: usize,
    is_endless: bool,
    stated: Option<u64>,
    read: Arc<AtomicUsize>,
}

impl http_body::Body for Upload {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let Some(left) = self.pieces.checked_sub(1) else {
            return if self.is_endless { Poll::Pending } else { Poll::Ready(None) };
        };
        self.pieces = left;
        self.read.fetch_add(1, SeqCst);
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(&[0; KIB])))))
    }

    fn size_hint(&self) -> SizeHint {
        self.stated.map_or_else(SizeHint::new, SizeHint::with_exact)
    }
}

/// How many pieces of an upload are read in all, by the service or later, and how long its response takes.
async fn seen<S>(
    version: Version,
    (pieces, is_endless, stated): (usize, bool, Option<u64>),
    inner: S,
) -> (u16, usize, Duration)
where
    S: Service<Request<Body>, Response = Response<Body>, Error: Into<BoxError> + 'static>,
{
    let read = Arc::default();
    let upload = Upload { pieces, is_endless, stated, read: Arc::clone(&read) };
    let request = Request::builder().version(version).body(Body::new(upload)).unwrap();
    let began = now();
    let Ok(response) = AnswerLayer::http().layer(inner).oneshot(request).await;
    (response.status().as_u16(), read.load(SeqCst), now() - began)
}

/// Reads so many frames, and fails.
fn fails_after(frames: usize) -> impl Service<Request<Body>, Response = Response<Body>, Error = Down> {
    service_fn(move |request: Request<Body>| async move {
        let mut body = request.into_body();
        for _ in 0..frames {
            body.frame().await;
        }
        Err(Down(1))
    })
}

#[tokio::test(start_paused = true)]
async fn what_is_left_of_a_small_upload_is_read() {
    let small = (64, false, None);
    let at_once = Duration::ZERO;
    assert_eq!(seen(Version::HTTP_2, small, fails_after(0)).await, (500, 64, at_once), "unread");
    assert_eq!(seen(Version::HTTP_2, small, fails_after(3)).await, (500, 64, at_once), "read in part");
    assert_eq!(seen(Version::HTTP_2, small, fails_after(65)).await, (500, 64, at_once), "read whole");
    assert_eq!(seen(Version::HTTP_11, small, fails_after(0)).await, (500, 0, at_once), "over HTTP/1");
}

#[tokio::test(start_paused = true)]
async fn more_than_64_kib_of_an_upload_is_not_read() {
    let stated = Some(64 * KIB as u64 + 1);
    for (upload, read) in [((100, false, None), 65), ((100, false, stated), 0), ((100, true, stated), 0)] {
        assert_eq!(seen(Version::HTTP_2, upload, fails_after(0)).await, (500, read, Duration::ZERO), "{upload:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_upload_that_goes_on_is_waited_for_50_ms() {
    let (status, read, took) = seen(Version::HTTP_2, (5, true, None), fails_after(0)).await;
    assert_eq!((status, read), (500, 5));
    // The timer's unit is a millisecond.
    assert!((ms(50)..=ms(51)).contains(&took), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn an_upload_that_another_task_drops_is_read_then() {
    let inner = service_fn(async |request: Request<Body>| {
        tokio::spawn(async move {
            tokio::time::sleep(ms(20)).await;
            drop(request);
        });
        Err::<Response<Body>, _>(Down(1))
    });
    let (status, read, took) = seen(Version::HTTP_2, (7, false, None), inner).await;
    assert_eq!((status, read), (500, 7));
    assert!((ms(20)..ms(50)).contains(&took), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn a_response_of_the_services_own_waits_for_no_upload() {
    let inner = service_fn(|_: Request<Body>| ready(Ok::<_, Error>(Response::new(Body::empty()))));
    assert_eq!(seen(Version::HTTP_2, (7, true, None), inner).await, (200, 0, Duration::ZERO));
}

#[tokio::test]
async fn an_upload_that_is_read_arrives_whole() {
    let echo = async |request: Request<Body>| {
        let body = to_bytes(request.into_body(), usize::MAX).await.unwrap();
        if body.len() == 1 { Err(failed(Down(1))) } else { Ok::<_, Error>(Response::new(Body::from(body))) }
    };
    let router = Router::new().route_service("/", AnswerLayer::http().layer(service_fn(echo)));
    let addr = serve_router(router).await;
    for (length, status) in [(300 * KIB, 200), (0, 200), (1, 500)] {
        let sent = (0..=250).cycle().take(length).collect::<Bytes>();
        let upload = Request::post(uri(addr, "/")).body(sent.clone().into()).unwrap();
        let response = soon(client::<Small>(Wire::Http2).request(upload)).await.unwrap();
        assert_eq!(response.status(), status);
        let back = response.into_body().collect().await.unwrap().to_bytes();
        assert!(back == if status == 200 { sent } else { Bytes::new() }, "{length}");
    }
}
