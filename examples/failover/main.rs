//! One service of three servers: one is killed, one turns slow, one comes back, and the first is promoted again.
//!
//! `cargo run --release --example failover --features hyper-util` shows what happens to calls over HTTP; with `-- --check` it also
//! fails unless each read was answered, and dead servers were left alone. With the feature `tonic` and `-- --grpc` the servers are
//! written in Python, and need an interpreter with `grpcio`: `PALISADE_PYTHON` says where, `target/python/bin/python` if it does not.
//! With the feature `prometheus-client` and `-- --metrics 127.0.0.1:9465` it serves `/metrics` there, until it is stopped.
//!
//! Read `over_http.rs` for the layers, `watch.rs` for checks and heartbeats, `script.rs` for what happens to the servers.

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

#[cfg(feature = "prometheus-client")]
mod metrics;
#[cfg(feature = "tonic")]
mod over_grpc;
mod over_http;
mod report;
mod script;
mod server;
mod traffic;
mod watch;

use std::env;
use std::future::pending;
use std::process::ExitCode;
use std::time::Duration;

use palisade::Health;
use tokio::time::{Instant, sleep_until};
use tower::BoxError;

use crate::report::Table;
use crate::script::{SCRIPT, SECONDS, Server};
use crate::server::AxumServer;
use crate::traffic::{Client, Log};

/// The names of the replicas, in the order in which calls fail over.
const NAMES: [&str; 3] = ["a", "b", "c"];
/// How long a server takes for an answer.
const WORK: Duration = Duration::from_millis(20);
/// How long it takes while it is slow.
const SLOW: Duration = Duration::from_millis(400);
/// How long an attempt may take: far more than an answer does, because all run on one machine, which may be busy for a moment.
const ATTEMPT: Duration = Duration::from_millis(200);
/// How long a call may take, with all its attempts.
const TOTAL: Duration = Duration::from_secs(2);

#[tokio::main]
async fn main() -> Result<ExitCode, BoxError> {
    let asked = Asked::from_args()?;
    let broken = if asked.over_grpc { play_over_grpc(&asked).await? } else { play_over_http(&asked).await? };

    let broken = if asked.to_check { broken } else { Vec::new() };
    for condition in &broken {
        eprintln!("check failed, must hold: {condition}");
    }
    Ok(if broken.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What the arguments ask for.
#[derive(Default)]
struct Asked {
    to_check: bool,
    over_grpc: bool,
    /// Where to serve metrics.
    metrics: Option<String>,
}

impl Asked {
    fn from_args() -> Result<Self, BoxError> {
        let (mut asked, mut args) = (Self::default(), env::args().skip(1));
        while let Some(arg) = args.next() {
            match arg.as_str() {
                "--check" => asked.to_check = true,
                "--grpc" => asked.over_grpc = true,
                "--metrics" => asked.metrics = Some(args.next().ok_or("`--metrics` needs an address")?),
                _ => return Err(format!("`{arg}` is unknown; there are `--check`, `--grpc` and `--metrics`").into()),
            }
        }
        Ok(asked)
    }

    #[cfg(feature = "prometheus-client")]
    async fn show_metrics(&self, health: &Health) -> Result<(), BoxError> {
        if let Some(addr) = &self.metrics {
            metrics::serve(addr, health).await?;
        }
        Ok(())
    }

    #[cfg(not(feature = "prometheus-client"))]
    #[expect(clippy::unused_async, reason = "with the feature it serves")]
    async fn show_metrics(&self, _: &Health) -> Result<(), BoxError> {
        self.metrics.as_ref().map_or(Ok(()), |_| Err("`--metrics` needs the feature `prometheus-client`".into()))
    }
}

async fn play_over_http(asked: &Asked) -> Result<Vec<String>, BoxError> {
    let (heartbeats, beats) = watch::listen().await?;
    let [a, b, c] = NAMES.map(|name| AxumServer::start(name, &beats));
    let servers = [a.await?, b.await?, c.await?];
    let client = over_http::client(servers.each_ref().map(AxumServer::url), &heartbeats)?;
    play(servers, client, asked).await
}

#[cfg(feature = "tonic")]
async fn play_over_grpc(asked: &Asked) -> Result<Vec<String>, BoxError> {
    use crate::over_grpc::PythonServer;
    let servers = [PythonServer::start().await?, PythonServer::start().await?, PythonServer::start().await?];
    let client = over_grpc::client(servers.each_ref().map(PythonServer::url))?;
    play(servers, client, asked).await
}

#[cfg(not(feature = "tonic"))]
#[expect(clippy::unused_async, reason = "with the feature it plays")]
async fn play_over_grpc(_: &Asked) -> Result<Vec<String>, BoxError> {
    Err("`--grpc` needs the feature `tonic`".into())
}

/// Plays the script to its end, under traffic, and tells the conditions that were not met.
async fn play<S: Server>(mut servers: [S; 3], client: Client, asked: &Asked) -> Result<Vec<String>, BoxError> {
    asked.show_metrics(&client.health).await?;
    let (log, start) = (Log::default(), now());
    let mut table = Table::new(&client, &log);
    let traffic = tokio::spawn(traffic::send(client.clone(), start, log));
    report::print_head();
    for second in 0..SECONDS {
        let mut story = "";
        for event in SCRIPT.iter().filter(|event| event.at == second) {
            story = event.story;
            event.happens_to(&mut servers, &client.handle).await?;
        }
        sleep_until(start + Duration::from_secs(second + 1)).await;
        table.print_row(second, story);
    }
    traffic.await??;
    let broken = table.finish();
    if asked.metrics.is_some() {
        return pending().await;
    }
    Ok(broken)
}

#[expect(clippy::disallowed_methods, reason = "servers are real, and so is their time")]
fn now() -> Instant {
    Instant::now()
}
