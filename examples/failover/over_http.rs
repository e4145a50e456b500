//! Over HTTP: one client of hyper-util's for all servers.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response};
use http_body::Body;
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client as HyperClient;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use palisade::http::{ReplayBody, ToAuthority};
use palisade::{
    Backoff, CircuitBreakerLayer, Error, Health, Heartbeats, Name, Policy, Replica, Replicas, RetryLayer, TimeoutLayer,
};
use tower::{BoxError, Service, ServiceBuilder, ServiceExt};

use crate::traffic::{Call, Client};
use crate::{ATTEMPT, NAMES, TOTAL, watch};

/// How bodies are sent: a copy is kept by the retry, and by the replicas.
type Sent = ReplayBody<ReplayBody<Full<Bytes>>>;

/// The layers around the client, and what there is to see of them.
pub(crate) fn client(servers: [String; 3], heartbeats: &Heartbeats) -> Result<Client, BoxError> {
    let http: HyperClient<HttpConnector, Sent> = HyperClient::builder(TokioExecutor::new()).build_http();
    let sent = <[Arc<AtomicU64>; 3]>::default();
    // Two of three may be ejected, each at first for a second, so that those who watch need not wait. Ten failures in a row eject: a
    // machine that is busy for a moment fails the few calls in flight.
    let second = Duration::from_secs(1);
    let mut replicas =
        Replicas::http::<Sent>("orders").policy(Policy::FailOver).max_ejected(0.7).base(second).consecutive(10);
    let mut health = Health::builder().name(Name::new("orders")?);
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
        let check = watch::check(name, server.parse()?)?;
        // One server that is down leaves two, so it takes no readiness away.
        health = health.degrading(&check);
        replicas = replicas.replica(Replica::new(name, service).judge(judge).judge(check));
    }
    let replicas = replicas.heartbeats(heartbeats).needed(1).spares(1).build()?;
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
    Ok(Client { read: call(Method::GET), write: Some(call(Method::POST)), handle, sent, health: health.build()? })
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
