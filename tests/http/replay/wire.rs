//! Clients of a scripted server, over sockets or within the process.

use std::{
    future::ready,
    io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use http::{Method, Request, Response, Uri};
use hyper::body::Incoming;
use hyper_util::{
    client::legacy::{
        Client,
        connect::{Connect, Connected, Connection, HttpConnector},
    },
    rt::{TokioExecutor, TokioIo},
};
use palisade::{
    Backoff, Error, RetryBuilder, RetryLayer,
    http::{DrainedBody, HttpClassifier, Idempotent, ReplayBody, Resend},
    retry::Rules,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf, duplex},
    net::TcpListener,
};
use tower::{Layer, Service, ServiceExt, service_fn};

use crate::replay::{
    drip::{Drip, Gate},
    server::{Act, Server},
};

pub(crate) type Sent = ReplayBody<Drip>;
pub(crate) type Retrying = RetryBuilder<Rules<HttpClassifier, Resend<Sent>, Idempotent>>;
pub(crate) type Answer = Response<DrainedBody<Incoming>>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Version {
    Http1,
    Http2,
}

pub(crate) const BOTH: [Version; 2] = [Version::Http1, Version::Http2];

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
    pub(crate) async fn over_tcp(version: Version, script: &[Act]) -> Self {
        let (server, listener) = (Server::new(script), TcpListener::bind("127.0.0.1:0").await.unwrap());
        let at = uri(&listener);
        let accepting = server.clone();
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                socket.set_nodelay(true).unwrap();
                accepting.serve(socket);
            }
        });
        Self { server, client: client(version, connector()), at }
    }
}

/// Sends what there is at once: these bodies come in small frames.
pub(crate) fn connector() -> HttpConnector {
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    connector
}

pub(crate) fn uri(listener: &TcpListener) -> Uri {
    format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap()
}

/// A world within the process, whose clock can be paused.
pub(crate) fn in_process(version: Version, script: &[Act]) -> World<impl Connect + Clone + Send + Sync + 'static> {
    let server = Server::new(script);
    let accepting = server.clone();
    let connector = service_fn(move |_: Uri| {
        let (near, far) = duplex(16 * 1024);
        accepting.serve(far);
        ready(Ok::<_, io::Error>(TokioIo::new(Link(near))))
    });
    World { server, client: client(version, connector), at: Uri::from_static("http://within/") }
}

pub(crate) fn client<C: Connect + Clone>(version: Version, connector: C) -> Client<C, Sent> {
    Client::builder(TokioExecutor::new()).http2_only(version == Version::Http2).build(connector)
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

/// What takes longer has hung.
pub(crate) async fn in_time<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), work).await.expect("it has hung")
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
