//! A health service that does what a script says, and a tonic server for it.

use std::future::pending;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::once;
use futures_util::{Stream, StreamExt, stream};
use http_body::Body as HttpBody;
use tokio::time::{Instant, sleep};
use tonic::body::Body;
use tonic::service::Routes;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Response, Status};
use tonic_health::pb::health_server::{Health, HealthServer};
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};
use tower::{BoxError, Layer, Service};

use crate::sockets::listen;
use crate::support::now;

/// What a call is answered with.
pub(crate) enum Reply {
    /// One message, and `OK`.
    Served,
    /// No message; in the head alone.
    Status(Status),
    /// One message, and then this in the trailers.
    Broken(Status),
    /// No message; in the trailers after the head.
    Failing(Status),
    /// Three messages with this pause between, and `OK`.
    Paced(Duration),
    /// One message, and then nothing for ever.
    Open,
    /// Nothing for ever.
    Never,
}

type Replies = Pin<Box<dyn Stream<Item = Result<HealthCheckResponse, Status>> + Send>>;

/// A call as the service saw it.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) at: Instant,
    pub(crate) previous_attempts: Option<String>,
    pub(crate) message: String,
}

/// The calls that a service saw.
#[derive(Clone, Debug, Default)]
pub(crate) struct Calls(Arc<Mutex<Vec<Seen>>>);

impl Calls {
    pub(crate) fn count(&self) -> usize {
        self.seen().len()
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.0.lock().expect("no test panics while it holds this").clone()
    }

    /// The pauses between one call and the next.
    pub(crate) fn pauses(&self) -> Vec<Duration> {
        self.seen().windows(2).map(|pair| pair[1].at - pair[0].at).collect()
    }

    /// Adds a call, and says how many there were before.
    fn add(&self, request: Request<HealthCheckRequest>) -> usize {
        let previous = request.metadata().get("grpc-previous-rpc-attempts");
        let previous_attempts = previous.map(|value| value.to_str().expect("it is a number").to_owned());
        let message = request.into_inner().service;
        let mut seen = self.0.lock().expect("no test panics while it holds this");
        seen.push(Seen { at: now(), previous_attempts, message });
        seen.len() - 1
    }
}

/// Answers by a function of how many calls there were before.
pub(crate) struct Scripted {
    script: Box<dyn Fn(usize) -> Reply + Send + Sync>,
    calls: Calls,
}

/// A service that goes by a script, and the calls that it saw.
pub(crate) fn scripted(script: impl Fn(usize) -> Reply + Send + Sync + 'static) -> (HealthServer<Scripted>, Calls) {
    let calls = Calls::default();
    let scripted = Scripted { script: Box::new(script), calls: calls.clone() };
    (HealthServer::new(scripted), calls)
}

#[tonic::async_trait]
impl Health for Scripted {
    async fn check(&self, request: Request<HealthCheckRequest>) -> Result<Response<HealthCheckResponse>, Status> {
        match (self.script)(self.calls.add(request)) {
            Reply::Served => Ok(Response::new(HealthCheckResponse { status: 1 })),
            Reply::Status(status) => Err(status),
            Reply::Never => pending().await,
            _ => panic!("a unary call has no stream"),
        }
    }

    type WatchStream = Replies;

    async fn watch(&self, request: Request<HealthCheckRequest>) -> Result<Response<Replies>, Status> {
        let message = || Ok(HealthCheckResponse { status: 1 });
        let first = once(async move { message() });
        Ok(Response::new(match (self.script)(self.calls.add(request)) {
            Reply::Served => first.boxed(),
            Reply::Status(status) => return Err(status),
            Reply::Broken(status) => first.chain(once(async { Err(status) })).boxed(),
            Reply::Failing(status) => once(async { Err(status) }).boxed(),
            Reply::Paced(pause) => first.chain(stream::iter(0..2).then(move |_| after(pause))).boxed(),
            Reply::Open => first.chain(stream::pending()).boxed(),
            Reply::Never => pending().await,
        }))
    }
}

async fn after(pause: Duration) -> Result<HealthCheckResponse, Status> {
    sleep(pause).await;
    Ok(HealthCheckResponse { status: 1 })
}

/// Serves on a port of its own.
pub(crate) async fn serve<L, B>(mut server: Server<L>, health: HealthServer<Scripted>) -> SocketAddr
where
    L: Layer<Routes> + Clone + Send + 'static,
    L::Service: Service<http::Request<Body>, Response = http::Response<B>> + Clone + Send + 'static,
    <L::Service as Service<http::Request<Body>>>::Future: Send,
    <L::Service as Service<http::Request<Body>>>::Error: Into<BoxError> + Send,
    B: HttpBody<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    let (listener, addr) = listen().await;
    tokio::spawn(server.add_service(health).serve_with_incoming(TcpIncoming::from(listener)));
    addr
}

/// A plain server of a script.
pub(crate) async fn serve_script(script: impl Fn(usize) -> Reply + Send + Sync + 'static) -> (SocketAddr, Calls) {
    let (health, calls) = scripted(script);
    (serve(Server::builder(), health).await, calls)
}
