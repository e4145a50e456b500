//! A server of HTTP/1.1 and HTTP/2 that answers by a script, and remembers what it saw.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::{io, mem};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body::{Body, Frame};
use http_body_util::channel::Channel;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Empty, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use tokio::net::TcpListener;
use tokio::task::yield_now;

use crate::sockets::{accept, listen};

/// A request that arrived whole.
#[derive(Clone, Debug)]
pub(crate) struct Arrived {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

type Script = Box<dyn Fn(usize, &Arrived) -> Reply + Send + Sync>;

struct Log {
    script: Script,
    arrived: Mutex<Vec<Arrived>>,
    connections: AtomicUsize,
    /// Held by each body that the server still has.
    streaming: Arc<()>,
}

pub(crate) struct Server {
    pub(crate) addr: SocketAddr,
    log: Arc<Log>,
}

impl Server {
    /// Answers by the number of the request, from 1, and by the request itself.
    pub(crate) async fn start(script: impl Fn(usize, &Arrived) -> Reply + Send + Sync + 'static) -> Self {
        Self::start_on(listen().await.0, script)
    }

    /// Answers the first request so, and the others with nothing.
    pub(crate) async fn once(first: Response<Piece>) -> Self {
        let first = Mutex::new(Some(first));
        Self::start(move |_, _| reply(first.lock().unwrap().take().unwrap_or_else(|| empty(200)))).await
    }

    pub(crate) fn start_on(
        listener: TcpListener,
        script: impl Fn(usize, &Arrived) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let addr = listener.local_addr().unwrap();
        let (arrived, connections, streaming) = Default::default();
        let log = Arc::new(Log { script: Box::new(script), arrived, connections, streaming });
        let shared = Arc::clone(&log);
        tokio::spawn(accept(listener, move |stream| {
            shared.connections.fetch_add(1, SeqCst);
            let log = Arc::clone(&shared);
            let service = service_fn(move |request| answer(Arc::clone(&log), request));
            // A connection that breaks is none of the server's business.
            async move { Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).await.is_ok() }
        }));
        Self { addr, log }
    }

    pub(crate) fn uri(&self, path: &str) -> String {
        uri(self.addr, path)
    }

    /// How many requests arrived.
    pub(crate) fn calls(&self) -> usize {
        self.log.arrived.lock().unwrap().len()
    }

    pub(crate) fn arrived(&self) -> Vec<Arrived> {
        self.log.arrived.lock().unwrap().clone()
    }

    /// How many connections were ever accepted.
    pub(crate) fn connections(&self) -> usize {
        self.log.connections.load(SeqCst)
    }

    /// How many bodies of its responses it still has.
    pub(crate) fn streaming(&self) -> usize {
        Arc::strong_count(&self.log.streaming) - 1
    }
}

pub(crate) fn uri(addr: SocketAddr, path: &str) -> String {
    format!("http://{addr}{path}")
}

async fn answer(
    log: Arc<Log>,
    request: Request<Incoming>,
) -> io::Result<Response<impl Body<Data = Bytes, Error = io::Error>>> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
    let arrived = Arrived { method: head.method, path: head.uri.path().into(), headers: head.headers, body };
    let nth = {
        let mut all = log.arrived.lock().unwrap();
        all.push(arrived.clone());
        all.len()
    };
    let mut response = (log.script)(nth, &arrived).await?;
    if arrived.method == Method::HEAD {
        response = head_of(&response);
    }
    let kept = Arc::clone(&log.streaming);
    Ok(response.map(|body| {
        body.map_err(move |error| {
            let _ = &kept;
            error
        })
    }))
}

/// The response to a HEAD request. The library sends the body, over HTTP/2.
fn head_of(response: &Response<Piece>) -> Response<Piece> {
    let mut head = empty(response.status().as_u16());
    head.headers_mut().clone_from(response.headers());
    if let Some(length) = response.body().size_hint().exact() {
        head.headers_mut().insert("content-length", length.into());
    }
    head
}

pub(crate) type Piece = UnsyncBoxBody<Bytes, io::Error>;
pub(crate) type Sender = http_body_util::channel::Sender<Bytes, io::Error>;
/// An error aborts the response: the connection of HTTP/1.1, the stream of HTTP/2.
pub(crate) type Reply = BoxFuture<'static, io::Result<Response<Piece>>>;

/// Answers at once.
pub(crate) fn reply(response: Response<Piece>) -> Reply {
    Box::pin(async { Ok(response) })
}

/// Never answers.
pub(crate) fn hang() -> Reply {
    Box::pin(std::future::pending())
}

/// Goes away with no response.
pub(crate) fn abort() -> Reply {
    Box::pin(async { Err(io::Error::other("aborted")) })
}

/// A response without a body.
pub(crate) fn empty(status: u16) -> Response<Piece> {
    with_body(status, Empty::new().map_err(|never| match never {}))
}

pub(crate) fn text(status: u16, text: impl Into<Bytes>) -> Response<Piece> {
    with_body(status, Full::new(text.into()).map_err(|never| match never {}))
}

pub(crate) fn with_header(mut response: Response<Piece>, name: &'static str, value: &str) -> Response<Piece> {
    response.headers_mut().insert(name, value.parse().unwrap());
    response
}

fn with_body(status: u16, body: impl Body<Data = Bytes, Error = io::Error> + Send + 'static) -> Response<Piece> {
    let mut response = Response::new(UnsyncBoxBody::new(body));
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    response
}

/// A response that begins with these pieces, and then waits for what its sender does: nothing, once that is forgotten.
pub(crate) fn stream(status: u16, pieces: &[&'static str]) -> (Sender, Response<Piece>) {
    let (mut sender, body) = Channel::new(64);
    for piece in pieces {
        sender.try_send(Frame::data(Bytes::from_static(piece.as_bytes()))).unwrap();
    }
    (sender, with_body(status, body))
}

/// A response that begins, and goes on for ever without a word.
pub(crate) fn silence(status: u16) -> Response<Piece> {
    let (sender, response) = stream(status, &["begun"]);
    mem::forget(sender);
    response
}

/// A response that begins, and breaks after that has been sent.
pub(crate) fn broken(status: u16) -> Response<Piece> {
    let (mut sender, response) = stream(status, &[]);
    tokio::spawn(async move {
        sender.send_data(Bytes::from_static(b"begun")).await.ok();
        // The connection takes what was sent before it learns of the error.
        while sender.capacity() < sender.max_capacity() {
            yield_now().await;
        }
        yield_now().await;
        sender.abort(io::Error::other("broken"));
    });
    response
}

/// A response that never ends, as fast as it is read.
pub(crate) fn endless(status: u16) -> Response<Piece> {
    with_body(status, Endless)
}

pub(crate) struct Endless;

impl Body for Endless {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(&[b'.'; 4096])))))
    }
}
