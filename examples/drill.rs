//! A drill: something is broken on purpose, and the stack must not let anybody notice.
//!
//! `cargo run --release --example drill --features axum,chaos,hyper-util` runs two experiments against three servers on real sockets,
//! and prints their reports. In the first, two of the servers cannot be reached. In the second, some calls hang and others are slow.
//! With `-- --check` it also fails unless both hypotheses held and calls met faults.

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::env;
use std::future::IntoFuture;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::process::ExitCode;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use palisade::chaos::{Experiment, Outcome, Report};
use palisade::http::{Http, ReplayBody, ToAuthority};
use palisade::{
    Backoff, ChaosBuilder, ChaosLayer, ConfigError, Error, MeasureHandle, MeasureLayer, Replicas, RetryLayer,
    TimeoutLayer,
};
use tokio::net::TcpListener;
use tokio::time::sleep;
use tower::{BoxError, Service, ServiceBuilder, ServiceExt};

/// How bodies are sent: a copy is kept by the retry, and by the replicas.
type Sent = ReplayBody<ReplayBody<Full<Bytes>>>;

/// The names of the servers.
const NAMES: [&str; 3] = ["a", "b", "c"];
/// How long a server takes for an answer.
const WORK: Duration = Duration::from_millis(10);
/// How long an attempt may take.
const ATTEMPT: Duration = Duration::from_millis(200);
/// How long something is broken.
const LASTS: Duration = Duration::from_secs(5);

#[tokio::main]
async fn main() -> Result<ExitCode, BoxError> {
    let mut servers = Vec::new();
    for name in NAMES {
        servers.push((name, serve().await?));
    }
    let reports = [lose_two_servers(&servers).await?, hang_and_be_slow(&servers).await?];
    for report in &reports {
        println!("{report}\n");
    }
    println!("{}", reports[0].markdown());

    let met = |report: &Report| report.faults.iter().map(|(_, calls)| calls).sum::<u64>();
    let has_held = |report: &Report| report.outcome == Outcome::Held && met(report) > 0;
    if env::args().any(|arg| arg == "--check") && !reports.iter().all(has_held) {
        eprintln!("check failed, must hold: both hypotheses, while calls meet faults");
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}

/// Two of the three servers cannot be reached.
async fn lose_two_servers(servers: &[(&'static str, SocketAddr)]) -> Result<Report, BoxError> {
    let refused = |_: &Request<Sent>| io::Error::from(io::ErrorKind::ConnectionRefused);
    let faults = faults("unreachable").fail(1.0, refused).max_share(1.0).build()?;
    let (ask, orders) = stack(servers, &faults)?;
    faults.handle().only_replicas(["a", "b"])?;
    Ok(experiment("one server of three is enough", &orders, ask)?.during(faults.handle()).run().await)
}

/// Of the calls of two servers, a tenth hang and a fifth are slow.
async fn hang_and_be_slow(servers: &[(&'static str, SocketAddr)]) -> Result<Report, BoxError> {
    let slow = Duration::from_millis(20)..Duration::from_millis(80);
    let faults = faults("slow").hang(0.1).delay(0.2, slow).max_share(0.3).seed(7).build()?;
    let (ask, orders) = stack(servers, &faults)?;
    faults.handle().only_replicas(["a", "b"])?;
    Ok(experiment("a call that hangs is sent again", &orders, ask)?.during(faults.handle()).run().await)
}

/// The faults of a drill: off until the experiment starts them, and over long before somebody forgets them.
fn faults(name: &'static str) -> ChaosBuilder<Request<Sent>, Response<Incoming>, Http> {
    ChaosLayer::http(name).expires(4 * LASTS)
}

/// What every drill has: an order is answered before, during and after, and the slowest of a hundred is measured.
fn experiment<Fut>(
    name: &'static str,
    orders: &MeasureHandle,
    ask: impl Fn() -> Fut + Send + Sync + 'static,
) -> Result<Experiment, ConfigError>
where
    Fut: Future<Output = Result<(), BoxError>> + Send + 'static,
{
    let orders = orders.clone();
    let p99 = move || orders.all().quantile(0.99).unwrap_or_default().as_secs_f64();
    Ok(Experiment::new(name)?.steady(ask).measure("p99 of an order, in seconds", p99).for_(LASTS))
}

/// The layers around the servers, each with the faults just outside its client: makes an order, and has measured all of them.
fn stack(
    servers: &[(&'static str, SocketAddr)],
    faults: &ChaosLayer<Request<Sent>, Response<Incoming>, Http>,
) -> Result<(impl Fn() -> Asking + Send + Sync + use<>, MeasureHandle), BoxError> {
    let client = Client::builder(TokioExecutor::new()).build_http::<Sent>();
    let mut replicas = Replicas::http::<Sent>("orders");
    for (name, addr) in servers {
        let server = ServiceBuilder::new()
            .layer(TimeoutLayer::http(ATTEMPT))
            // Innermost: a fault looks like one of the server.
            .layer(faults.replica(name))
            .service(ToAuthority::new(client.clone(), &format!("http://{addr}"))?);
        replicas = replicas.add(*name, server);
    }
    let measure = MeasureLayer::http("orders").build()?;
    let orders = measure.handle();
    let stack = ServiceBuilder::new()
        .layer(measure)
        .layer(TimeoutLayer::http(Duration::from_secs(2)))
        .layer(RetryLayer::http("orders").max_attempts(4).backoff(Backoff::constant(WORK)).build()?)
        .service(replicas.build()?);
    Ok((move || -> Asking { Box::pin(ask(stack.clone())) }, orders))
}

/// Boxed, so that the type of the stack need not be named.
type Asking = Pin<Box<dyn Future<Output = Result<(), BoxError>> + Send>>;

/// Makes one order, and reads the whole response.
async fn ask<S, B>(stack: S) -> Result<(), BoxError>
where
    S: Service<Request<Full<Bytes>>, Response = Response<B>, Error = Error>,
    B: Body<Error = Error>,
{
    let response = stack.oneshot(Request::builder().uri("/").body(Full::default())?).await?;
    let status = response.status();
    response.into_body().collect().await?;
    if status.is_success() { Ok(()) } else { Err(status.as_str().into()) }
}

/// Serves orders at an address of its own.
async fn serve() -> Result<SocketAddr, BoxError> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let addr = listener.local_addr()?;
    let order = async || {
        sleep(WORK).await;
        "done\n"
    };
    tokio::spawn(axum::serve(listener, Router::new().route("/", get(order))).into_future());
    Ok(addr)
}
