//! Over HTTP: servers of axum, and one client of hyper-util's for all of them.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use bytes::Bytes;
use http::{Method, Request, Response};
use http_body::Body;
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client as HyperClient;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use palisade::http::{ReplayBody, ToAuthority};
use palisade::{Backoff, CircuitBreakerLayer, Error, Policy, Replica, Replicas, RetryLayer, TimeoutLayer};
use tokio::net::{TcpListener, TcpStream};
use tokio::select;
use tokio::task::JoinSet;
use tokio::time::sleep;
use tower::{BoxError, Service, ServiceBuilder, ServiceExt};

use crate::script::Server;
use crate::traffic::{Call, Client};
use crate::{ATTEMPT, NAMES, TOTAL, WORK};

/// How bodies are sent: a copy is kept by the retry, and by the replicas.
type Sent = ReplayBody<ReplayBody<Full<Bytes>>>;

/// The layers around the client, and what there is to see of them.
pub(crate) fn client(servers: [String; 3]) -> Result<Client, BoxError> {
    let http: HyperClient<HttpConnector, Sent> = HyperClient::builder(TokioExecutor::new()).build_http();
    let sent = <[Arc<AtomicU64>; 3]>::default();
    // Two of three may be ejected, each at first for a second, so that those who watch need not wait.
    let second = Duration::from_secs(1);
    let mut replicas = Replicas::http::<Sent>("orders").policy(Policy::FailOver).max_ejected(0.7).base(second);
    for ((name, server), sent) in NAMES.into_iter().zip(servers).zip(sent.clone()) {
        let circuit = CircuitBreakerLayer::http(name).open_for(Backoff::constant(second)).build()?;
        let judge = circuit.handle();
        let service = ServiceBuilder::new()
            // Each replica has a circuit of its own.
            .layer(circuit)
            // Inside the circuit, so that slowness opens it.
            .layer(TimeoutLayer::http(ATTEMPT))
            .map_request(move |request: Request<Sent>| {
                sent.fetch_add(1, Relaxed);
                request
            })
            // The one client, for this server.
            .service(ToAuthority::new(http.clone(), &server)?);
        replicas = replicas.replica(Replica::new(name, service).judge(judge));
    }
    let replicas = replicas.build()?;
    let handle = replicas.handle();
    let stack = ServiceBuilder::new()
        // All attempts, and the waits between them.
        .layer(TimeoutLayer::http(TOTAL))
        // Around the replicas: a read that failed is sent to another one.
        .layer(RetryLayer::http("orders").backoff(Backoff::constant(Duration::from_millis(20))).build()?)
        .service(replicas);
    let call = |method: Method| -> Call {
        let stack = stack.clone();
        Arc::new(move || Box::pin(ask(stack.clone(), method.clone())))
    };
    Ok(Client { read: call(Method::GET), write: Some(call(Method::POST)), handle, sent })
}

async fn ask<S, B>(stack: S, method: Method) -> Result<(), BoxError>
where
    S: Service<Request<Full<Bytes>>, Response = Response<B>, Error = Error>,
    B: Body<Error = Error>,
{
    let request = Request::builder().method(method).uri("/").body(Full::default())?;
    let response = stack.oneshot(request).await?;
    let status = response.status();
    response.into_body().collect().await?;
    if status.is_success() { Ok(()) } else { Err(status.as_str().into()) }
}

/// A server that runs until it is killed or dropped.
pub(crate) struct AxumServer {
    addr: SocketAddr,
    app: Router,
    slow: Arc<AtomicBool>,
    running: JoinSet<()>,
}

impl AxumServer {
    pub(crate) async fn start() -> Result<Self, BoxError> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let (addr, slow) = (listener.local_addr()?, Arc::<AtomicBool>::default());
        let slowness = Arc::clone(&slow);
        let answer = async move || {
            sleep(if slowness.load(Relaxed) { WORK * 10 } else { WORK }).await;
            "done\n"
        };
        let app = Router::new().route("/", get(answer.clone()).post(answer));
        let mut server = Self { addr, app, slow, running: JoinSet::new() };
        server.serve(listener);
        Ok(server)
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    fn serve(&mut self, listener: TcpListener) {
        self.running.spawn(accept(listener, self.app.clone()));
    }
}

impl Server for AxumServer {
    async fn kill(&mut self) -> Result<(), BoxError> {
        self.running.shutdown().await;
        Ok(())
    }

    async fn restart(&mut self) -> Result<(), BoxError> {
        self.serve(TcpListener::bind(self.addr).await?);
        Ok(())
    }

    async fn be_slow(&mut self, slow: bool) -> Result<(), BoxError> {
        self.slow.store(slow, Relaxed);
        Ok(())
    }
}

/// Serves each connection, until it is dropped, which breaks them; `axum::serve` would let them go on.
async fn accept(listener: TcpListener, app: Router) {
    let mut connections = JoinSet::new();
    loop {
        select! {
            accepted = listener.accept() => if let Ok((stream, _)) = accepted {
                connections.spawn(serve(stream, app.clone()));
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn serve(stream: TcpStream, app: Router) {
    let service = TowerToHyperService::new(app);
    // A connection that breaks is none of the server's business.
    Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).await.ok();
}
