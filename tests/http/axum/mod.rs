//! Layers behind a real `axum::serve`, over real sockets.

mod calls;
mod gone;
mod head;
mod unread;
mod ways;

use std::future::{Ready, ready};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use axum::Router;
use axum::error_handling::HandleErrorLayer;
use axum::extract::State;
use axum::http::{Method, StatusCode, Uri};
use axum::response::Response;
use bytes::Bytes;
use http_body_util::BodyExt;
use palisade::call::Plain;
use palisade::{Backoff, BulkheadLayer, CircuitBreakerBuilder, CircuitBreakerLayer, Error, Outcome, Rejection};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

use crate::client::{HttpClient, Small, Wire, client, request};
use crate::server::uri;
use crate::sockets::serve_router;

type ByStatus = fn(Result<&Response, &Error>) -> Outcome;
type Breaker = CircuitBreakerLayer<Plain<ByStatus>>;
type Refuse = HandleErrorLayer<fn(Error) -> Ready<(StatusCode, String)>, ()>;
/// A breaker over a bulkhead, as tower's tuples stack them.
type Stack = (Refuse, Breaker, BulkheadLayer);

fn by_status(result: Result<&Response, &Error>) -> Outcome {
    match result {
        Ok(response) if !response.status().is_server_error() => Outcome::Success,
        _ => Outcome::Transient,
    }
}

#[expect(clippy::needless_pass_by_value, reason = "axum hands errors over by value")]
fn refuse(error: Error) -> Ready<(StatusCode, String)> {
    let reason = error.rejection().map(Rejection::reason).map_or("none", |reason| reason.as_str());
    ready((StatusCode::SERVICE_UNAVAILABLE, reason.to_owned()))
}

fn refusals() -> Refuse {
    HandleErrorLayer::new(refuse)
}

/// Opens at two failures in a row, and for good.
fn breaker() -> CircuitBreakerBuilder<Plain<ByStatus>> {
    CircuitBreakerLayer::builder("axum")
        .without_failure_rate()
        .consecutive(2)
        .open_for(Backoff::constant(Duration::MAX))
        .classify(by_status as ByStatus)
}

/// What the handler does, and what it saw; the query of a request says what is asked of it.
#[derive(Clone)]
struct Upstream {
    calls: Arc<AtomicUsize>,
    entered: Arc<Semaphore>,
    gate: Arc<Semaphore>,
}

impl Default for Upstream {
    fn default() -> Self {
        let closed = || Arc::new(Semaphore::new(0));
        Self { calls: Arc::default(), entered: closed(), gate: closed() }
    }
}

impl Upstream {
    /// Waits until a request is held in the handler.
    async fn entered(&self) {
        self.entered.acquire().await.unwrap().forget();
    }

    /// Lets one request that is held go on.
    fn release(&self) {
        self.gate.add_permits(1);
    }

    fn calls(&self) -> usize {
        self.calls.load(SeqCst)
    }
}

async fn answer(State(upstream): State<Upstream>, uri: Uri) -> StatusCode {
    upstream.calls.fetch_add(1, SeqCst);
    match uri.query() {
        Some("fail") => StatusCode::INTERNAL_SERVER_ERROR,
        Some("hold") => {
            upstream.entered.add_permits(1);
            upstream.gate.acquire().await.unwrap().forget();
            StatusCode::OK
        }
        Some("panic") => panic!("as it was asked to"),
        _ => StatusCode::OK,
    }
}

/// Two guarded paths of an app.
type App = ([&'static str; 2], Router<Upstream>);

/// A server on a port of its own, and what stands behind it.
struct Server {
    addr: SocketAddr,
    paths: [&'static str; 2],
    upstream: Upstream,
}

impl Server {
    async fn start((paths, router): App) -> Self {
        let upstream = Upstream::default();
        let addr = serve_router(router.with_state(upstream.clone())).await;
        Self { addr, paths, upstream }
    }

    /// A client that has no connection yet. Over HTTP/2, it sends all requests at once over one.
    fn client(&self, wire: Wire) -> Client {
        Client { client: client(wire), addr: self.addr }
    }

    /// Asks for one of the guarded paths, over a connection of its own.
    async fn get(&self, path: usize, query: &str) -> Reply {
        self.client(Wire::Http1).get(self.paths[path], query).await.unwrap()
    }

    /// Sends a request, over a connection of its own.
    fn send(&self, path: usize, query: &'static str) -> JoinHandle<Option<Reply>> {
        let (client, path) = (self.client(Wire::Http1), self.paths[path]);
        tokio::spawn(async move { client.get(path, query).await })
    }

    /// The same, of one that will be held, and waits until it is.
    async fn hold(&self, path: usize) -> JoinHandle<Option<Reply>> {
        let held = self.send(path, "hold");
        self.upstream.entered().await;
        held
    }
}

#[derive(Clone)]
struct Client {
    client: HttpClient<Small>,
    addr: SocketAddr,
}

/// A status, and the text of the body.
type Reply = (u16, Bytes);

fn said(status: u16) -> Reply {
    (status, Bytes::new())
}

fn refused(reason: &'static str) -> Reply {
    (503, Bytes::from_static(reason.as_bytes()))
}

impl Client {
    /// `None` when the server hung up.
    async fn get(&self, path: &str, query: &str) -> Option<Reply> {
        self.ask(Method::GET, path, query).await
    }

    async fn ask(&self, method: Method, path: &str, query: &str) -> Option<Reply> {
        let request = request(method, format!("{}?{query}", uri(self.addr, path)), "");
        let response = self.client.request(request).await.ok()?;
        Some((response.status().as_u16(), response.into_body().collect().await.ok()?.to_bytes()))
    }
}

/// Lets the server go on until this is so.
async fn until(mut is_so: impl FnMut() -> bool) {
    while !is_so() {
        tokio::task::yield_now().await;
    }
}
