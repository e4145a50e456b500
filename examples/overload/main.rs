//! Twice as many calls as a server can answer: bare, with a fixed bulkhead, and with an adaptive one that knows criticality.
//!
//! `cargo run --release --example overload --features axum` shows what happens; with `-- --check` it also fails unless
//! the last server kept its critical calls fast and its workers busy, and the bare one collapsed.
//!
//! Read `server.rs` for the layers, `load.rs` for the calls.

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

mod load;
mod report;
mod server;

use std::env;
use std::process::ExitCode;

use tokio::task::JoinError;
use tower::BoxError;

use crate::load::{Client, Log};
use crate::report::Report;
use crate::server::{Kind, Server, WORKERS};

/// How long each server is overloaded.
const SECONDS: u32 = 10;
/// How long it is measured what the workers can do.
const WARM_UP: u32 = 4;

#[tokio::main]
async fn main() -> Result<ExitCode, BoxError> {
    let check = asked_to_check()?;

    // What the workers can do: how fast they answer while half of them are idle, and how much while none is.
    let server = Server::start(Kind::Bare).await?;
    let idle = measured("idle", &server, |client| client.one_after_the_other(WORKERS / 2, WARM_UP)).await?;
    let busy = measured("busy", &server, |client| client.one_after_the_other(WORKERS * 2, WARM_UP)).await?;
    let capacity = f64::from(busy.good) / f64::from(WARM_UP);

    let overloaded = async |kind: Kind| {
        let server = Server::start(kind).await?;
        let report = measured(kind.name(), &server, |client| client.overload(2.0 * capacity, SECONDS)).await?;
        Ok::<_, BoxError>(report)
    };
    let reports = [overloaded(Kind::Bare).await?, overloaded(Kind::Fixed).await?, overloaded(Kind::Adaptive).await?];
    println!(
        "\nan idle server has a p99 of {} ms; all workers answer {capacity:.0} calls a second",
        idle.p99.as_millis()
    );
    for report in &reports {
        println!("{report}");
    }

    let broken = if check { report::broken(&idle, capacity * f64::from(SECONDS), &reports) } else { Vec::new() };
    for condition in &broken {
        eprintln!("check failed, must hold: {condition}");
    }
    Ok(if broken.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Sends a load to a server, and prints a row each second.
async fn measured<F>(name: &'static str, server: &Server, load: impl FnOnce(Client) -> F) -> Result<Report, JoinError>
where
    F: Future<Output = Result<(), JoinError>>,
{
    let log = Log::default();
    tokio::select! {
        sent = load(Client::new(server, &log)) => sent?,
        () = report::print_rows(name, &log) => {}
    }
    Ok(Report::of(name, &log.lock()))
}

fn asked_to_check() -> Result<bool, BoxError> {
    match env::args().nth(1).as_deref() {
        None => Ok(false),
        Some("--check") => Ok(true),
        Some(other) => Err(format!("`{other}` is unknown; there is only `--check`").into()),
    }
}
