//! The same storm over two gateways: one that calls upstream bare, and one that calls it through the five layers.
//!
//! `cargo run --release --example storm` shows what happens; with `-- --check` it also fails unless the layers helped.
//!
//! Read `gateway.rs` for the layers, `upstream.rs` for the script of the storm.

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

mod gateway;
mod report;
mod traffic;
mod upstream;

use std::env;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};
use tower::BoxError;

use crate::report::{Side, Table};
use crate::traffic::Log;
use crate::upstream::{Phase, Upstream};

#[tokio::main]
async fn main() -> Result<ExitCode, BoxError> {
    let check = asked_to_check()?;
    let (protected, circuit) = gateway::protected()?;
    let start = soon();
    // Each gateway has an upstream of its own with the same script, so that neither suffers from the other.
    let upstreams = [Upstream::start(start).await?, Upstream::start(start).await?];
    let logs = [Arc::new(Log::default()), Arc::new(Log::default())];
    let traffic = [
        tokio::spawn(traffic::send(gateway::unprotected(), upstreams[0].uri()?, start, Arc::clone(&logs[0]))),
        tokio::spawn(traffic::send(protected, upstreams[1].uri()?, start, Arc::clone(&logs[1]))),
    ];

    let mut table = Table::new([Side::new(&logs[0], &upstreams[0]), Side::new(&logs[1], &upstreams[1])], circuit);
    report::print_head();
    for second in 1..=upstream::seconds() {
        sleep_until(start + Duration::from_secs(second)).await;
        table.print_row(&second.to_string(), Phase::at(Duration::from_secs(second - 1)).name);
    }
    for sent in traffic {
        sent.await??;
    }
    table.print_row("end", "(drained)");
    let verdict = table.finish();

    let broken = if check { verdict } else { Vec::new() };
    for condition in &broken {
        eprintln!("check failed, must hold: {condition}");
    }
    Ok(if broken.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn asked_to_check() -> Result<bool, BoxError> {
    match env::args().nth(1).as_deref() {
        None => Ok(false),
        Some("--check") => Ok(true),
        Some(other) => Err(format!("`{other}` is unknown; there is only `--check`").into()),
    }
}

/// When the storm begins: late enough for both servers to be up.
#[expect(clippy::disallowed_methods, reason = "the storm runs on real time")]
fn soon() -> Instant {
    Instant::now() + Duration::from_millis(200)
}
