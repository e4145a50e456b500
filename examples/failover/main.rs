//! One service of three servers: one is killed, one turns slow, one comes back, and the first is promoted again.
//!
//! `cargo run --release --example failover --features hyper-util` shows what happens to calls over HTTP; with `-- --check` it also
//! fails unless each read was answered, and dead servers were left alone. With the feature `tonic` and `-- --grpc` the servers are
//! written in Python, and need an interpreter with `grpcio`: `PALISADE_PYTHON` says where, `target/python/bin/python` if it does not.
//!
//! Read `over_http.rs` for the layers, `script.rs` for what happens to the servers.

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

#[cfg(feature = "tonic")]
mod over_grpc;
mod over_http;
mod report;
mod script;
mod traffic;

use std::env;
use std::process::ExitCode;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};
use tower::BoxError;

use crate::over_http::AxumServer;
use crate::report::Table;
use crate::script::{SCRIPT, SECONDS, Server};
use crate::traffic::{Client, Log};

/// The names of the replicas, in the order in which calls fail over.
const NAMES: [&str; 3] = ["a", "b", "c"];
/// How long a server takes for an answer; ten times as long, while it is slow.
const WORK: Duration = Duration::from_millis(20);
/// How long an attempt may take.
const ATTEMPT: Duration = Duration::from_millis(100);
/// How long a call may take, with all its attempts.
const TOTAL: Duration = Duration::from_secs(2);

#[tokio::main]
async fn main() -> Result<ExitCode, BoxError> {
    let args: Vec<_> = env::args().skip(1).collect();
    if let Some(unknown) = args.iter().find(|arg| !["--check", "--grpc"].contains(&arg.as_str())) {
        return Err(format!("`{unknown}` is unknown; there are `--check` and `--grpc`").into());
    }
    let is_asked = |word: &str| args.iter().any(|arg| arg == word);

    let broken = if is_asked("--grpc") {
        play_over_grpc().await?
    } else {
        let servers = [AxumServer::start().await?, AxumServer::start().await?, AxumServer::start().await?];
        let client = over_http::client(servers.each_ref().map(AxumServer::url))?;
        play(servers, client).await?
    };

    let broken = if is_asked("--check") { broken } else { Vec::new() };
    for condition in &broken {
        eprintln!("check failed, must hold: {condition}");
    }
    Ok(if broken.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

#[cfg(feature = "tonic")]
async fn play_over_grpc() -> Result<Vec<String>, BoxError> {
    use crate::over_grpc::PythonServer;
    let servers = [PythonServer::start().await?, PythonServer::start().await?, PythonServer::start().await?];
    let client = over_grpc::client(servers.each_ref().map(PythonServer::url))?;
    play(servers, client).await
}

#[cfg(not(feature = "tonic"))]
#[expect(clippy::unused_async, reason = "with the feature it plays")]
async fn play_over_grpc() -> Result<Vec<String>, BoxError> {
    Err("`--grpc` needs the feature `tonic`".into())
}

/// Plays the script to its end, under traffic, and tells the conditions that were not met.
async fn play<S: Server>(mut servers: [S; 3], client: Client) -> Result<Vec<String>, BoxError> {
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
    Ok(table.finish())
}

#[expect(clippy::disallowed_methods, reason = "servers are real, and so is their time")]
fn now() -> Instant {
    Instant::now()
}
