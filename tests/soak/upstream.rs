//! The server.

use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::atomic::{AtomicBool, AtomicUsize};

use http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use tokio::net::{TcpListener, TcpStream};
use tokio::select;
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::ms;

/// How the server is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Health {
    Well,
    /// It answers 503.
    Failing,
    Stopped,
}

/// What answers, whichever server runs.
#[derive(Default)]
pub(crate) struct Upstream {
    failing: AtomicBool,
    busy: AtomicUsize,
}

impl Upstream {
    pub(crate) fn fail(&self, failing: bool) {
        self.failing.store(failing, SeqCst);
    }

    /// How many requests it works on.
    pub(crate) fn busy(&self) -> usize {
        self.busy.load(SeqCst)
    }

    async fn answer(self: Arc<Self>, request: Request<Incoming>) -> Result<Response<String>, Infallible> {
        let _busy = Busy::enter(&self.busy);
        sleep(ms(2)).await;
        let mut response = Response::new(body_of(request.uri().path()));
        if self.failing.load(SeqCst) {
            *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
        }
        Ok(response)
    }
}

/// A kilobyte that names the request it is for.
pub(crate) fn body_of(path: &str) -> String {
    format!("{path:1024}")
}

struct Busy<'a>(&'a AtomicUsize);

impl<'a> Busy<'a> {
    fn enter(busy: &'a AtomicUsize) -> Self {
        busy.fetch_add(1, SeqCst);
        Self(busy)
    }
}

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, SeqCst);
    }
}

/// A running server. Dropping it stops it, and cuts its connections.
pub(crate) struct Server {
    addr: SocketAddr,
    _tasks: JoinSet<()>,
}

impl Server {
    /// Starts at an address of its own: nobody can take it between two of them.
    pub(crate) async fn start(upstream: &Arc<Upstream>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let addr = listener.local_addr().unwrap();
        let mut tasks = JoinSet::new();
        tasks.spawn(accept(listener, Arc::clone(upstream)));
        Self { addr, _tasks: tasks }
    }

    pub(crate) fn addr(&self) -> SocketAddr {
        self.addr
    }
}

async fn accept(listener: TcpListener, upstream: Arc<Upstream>) {
    let mut connections = JoinSet::new();
    loop {
        select! {
            accepted = listener.accept() => if let Ok((stream, _)) = accepted {
                connections.spawn(serve(stream, Arc::clone(&upstream)));
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

/// A connection that breaks is none of the server's business.
async fn serve(stream: TcpStream, upstream: Arc<Upstream>) {
    let service = service_fn(move |request| Arc::clone(&upstream).answer(request));
    Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).await.ok();
}
