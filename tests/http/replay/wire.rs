//! Clients of a scripted server, over sockets or within the process.

use std::future::ready;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use http::{Method, Request, Response, Uri};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::{Connect, Connected, Connection, HttpConnector};
use hyper_util::rt::{TokioExecutor, TokioIo};
use palisade::http::{DrainedBody, ReplayBody};
use palisade::{Backoff, Error, RetryLayer};
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf, duplex};
use tower::{Layer, Service, ServiceExt, service_fn};

use crate::client::{HttpRetry, Wire};
use crate::patience::soon;
use crate::replay::drip::{Drip, Gate};
use crate::replay::server::{Act, Arrival, End, Server};
use crate::server::uri;
use crate::sockets::serve_each;

pub(crate) type Sent = ReplayBody<Drip>;
pub(crate) type Retrying = HttpRetry<Sent>;
pub(crate) type Answer = Response<DrainedBody<Incoming>>;

pub(crate) fn retry() -> Retrying {
    RetryLayer::http("upload").backoff(Backoff::none())
}

/// A server, and a client of it.
#[derive(Debug)]
pub(crate) struct World<C> {
    pub(crate) server: Server,
    pub(crate) client: Client<C, Sent>,
    pub(crate) at: Uri,
}

impl World<HttpConnector> {
    /// Over sockets.
    pub(crate) async fn over_tcp(wire: Wire, script: &[Act]) -> Self {
        let server = Server::new(script);
        let accepting = server.clone();
        let addr = serve_each(move |socket| {
            socket.set_nodelay(true).unwrap();
            accepting.clone().serve(socket)
        })
        .await;
        Self { server, client: client(wire, connector()), at: uri(addr, "/").parse().unwrap() }
    }
}

/// The status of a put over sockets, and what has arrived when nobody reads any more.
pub(crate) async fn put(wire: Wire, script: &[Act], retry: Retrying, body: Drip) -> (Option<u16>, Vec<Arrival>) {
    let world = World::over_tcp(wire, script).await;
    let status = soon(world.put(retry, body)).await.ok();
    soon(world.server.until(|arrivals| arrivals.iter().all(|one| one.end != End::Reading))).await;
    (status, world.server.arrivals())
}

/// Sends what there is at once: these bodies come in small frames.
pub(crate) fn connector() -> HttpConnector {
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    connector
}

/// A world within the process, whose clock can be paused.
pub(crate) fn in_process(wire: Wire, script: &[Act]) -> World<impl Connect + Clone + Send + Sync + 'static> {
    let server = Server::new(script);
    let accepting = server.clone();
    let connector = service_fn(move |_: Uri| {
        let (near, far) = duplex(16 * 1024);
        tokio::spawn(accepting.clone().serve(far));
        ready(Ok::<_, io::Error>(TokioIo::new(Link(near))))
    });
    World { server, client: client(wire, connector), at: Uri::from_static("http://within/") }
}

pub(crate) fn client<C: Connect + Clone>(wire: Wire, connector: C) -> Client<C, Sent> {
    Client::builder(TokioExecutor::new()).http2_only(wire == Wire::Http2).build(connector)
}

impl<C: Connect + Clone + Send + Sync + 'static> World<C> {
    /// Puts a body, with retries; says the status.
    pub(crate) async fn put(&self, retry: Retrying, body: Drip) -> Result<u16, Error> {
        self.send(retry, self.request(Method::PUT, body)).await.map(|answer| answer.status().as_u16())
    }

    pub(crate) async fn send(&self, retry: Retrying, request: Request<Drip>) -> Result<Answer, Error> {
        send(self.client.clone(), retry, request).await
    }

    /// Opens a gate once so many calls have come.
    pub(crate) async fn open_at(&self, calls: usize, gate: &Gate) {
        self.server.until(|arrivals| arrivals.len() == calls).await;
        gate.open();
    }

    pub(crate) fn request(&self, method: Method, body: Drip) -> Request<Drip> {
        Request::builder().method(method).uri(self.at.clone()).body(body).unwrap()
    }
}

/// Calls a service with retries.
pub(crate) async fn send<S, B>(
    service: S,
    retry: Retrying,
    request: Request<Drip>,
) -> Result<Response<DrainedBody<B>>, Error>
where
    S: Service<Request<Sent>, Response = Response<B>> + Clone,
    S::Error: Into<tower::BoxError> + 'static,
    B: http_body::Body + Unpin,
    B::Error: Into<tower::BoxError> + 'static,
{
    retry.build().unwrap().layer(service).oneshot(request).await
}

/// One end of a connection within the process.
#[derive(Debug)]
struct Link(DuplexStream);

impl Connection for Link {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

impl AsyncRead for Link {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

impl AsyncWrite for Link {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}
