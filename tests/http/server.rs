//! A server that answers by a script, and remembers what it saw.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response};
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto::Builder,
};
use tokio::{net::TcpListener, select, task::JoinSet};

pub(crate) use crate::replies::{
    Endless, Piece, Reply, Sender, abort, broken, empty, endless, hang, reply, silence, stream, text, with_header,
};

type Script = Box<dyn Fn(usize, &Arrived) -> Reply + Send + Sync>;

/// A request that arrived whole.
#[derive(Clone, Debug)]
pub(crate) struct Arrived {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

struct Log {
    script: Script,
    arrived: Mutex<Vec<Arrived>>,
    connections: AtomicUsize,
    /// Answers whose bodies the server still has.
    streaming: AtomicUsize,
}

/// A running server. Dropping it stops it, and cuts its connections.
pub(crate) struct Server {
    addr: SocketAddr,
    log: Arc<Log>,
    _tasks: JoinSet<()>,
}

impl Server {
    /// Answers by the number of the request, from 1, and by the request itself.
    pub(crate) async fn start<F>(script: F) -> Self
    where
        F: Fn(usize, &Arrived) -> Reply + Send + Sync + 'static,
    {
        Self::start_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap(), script)
    }

    pub(crate) fn start_on<F>(listener: TcpListener, script: F) -> Self
    where
        F: Fn(usize, &Arrived) -> Reply + Send + Sync + 'static,
    {
        let addr = listener.local_addr().unwrap();
        let log = Arc::new(Log {
            script: Box::new(script),
            arrived: Mutex::default(),
            connections: AtomicUsize::new(0),
            streaming: AtomicUsize::new(0),
        });
        let mut tasks = JoinSet::new();
        tasks.spawn(accept(listener, Arc::clone(&log)));
        Self { addr, log, _tasks: tasks }
    }

    pub(crate) fn addr(&self) -> SocketAddr {
        self.addr
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

    pub(crate) fn streaming(&self) -> usize {
        self.log.streaming.load(SeqCst)
    }
}

pub(crate) fn uri(addr: SocketAddr, path: &str) -> String {
    format!("http://{addr}{path}")
}

async fn accept(listener: TcpListener, log: Arc<Log>) {
    let mut connections = JoinSet::new();
    loop {
        select! {
            accepted = listener.accept() => if let Ok((stream, _)) = accepted {
                log.connections.fetch_add(1, SeqCst);
                let log = Arc::clone(&log);
                connections.spawn(async move {
                    let service = service_fn(move |request| answer(Arc::clone(&log), request));
                    // A connection that breaks is none of the server's business.
                    Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).await.ok();
                });
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn answer(log: Arc<Log>, request: Request<Incoming>) -> io::Result<Response<Watched>> {
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
    log.streaming.fetch_add(1, SeqCst);
    Ok(response.map(|body| Watched { body, log }))
}

/// The answer to a HEAD request. The library sends the body, over HTTP/2.
fn head_of(response: &Response<Piece>) -> Response<Piece> {
    let mut head = empty(response.status().as_u16());
    head.headers_mut().clone_from(response.headers());
    if let Some(length) = response.body().size_hint().exact() {
        head.headers_mut().insert("content-length", length.into());
    }
    head
}

/// A body that the server knows it has.
struct Watched {
    body: Piece,
    log: Arc<Log>,
}

impl Body for Watched {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.log.streaming.fetch_sub(1, SeqCst);
    }
}
