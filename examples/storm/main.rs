//! The same storm over two gateways: one that calls upstream bare, and one that calls it through the layers.
//!
//! `cargo run --release --example storm` shows what happens; with `-- --check` it also fails unless the layers helped. With the
//! feature `prometheus-client` and `-- --metrics 127.0.0.1:9464` it serves `/metrics` there, until it is stopped. With the feature
//! `page` and `-- --page` it serves a live page and says where, until it is stopped or, with `--for 60`, for 60 more seconds after
//! the storm.
//!
//! Read `gateway.rs` for the layers, `upstream.rs` for the script of the storm.

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

mod gateway;
#[cfg(feature = "prometheus-client")]
mod metrics;
#[cfg_attr(not(feature = "page"), path = "no_page.rs")]
mod page;
mod report;
mod traffic;
mod upstream;

use std::env;
use std::future::pending;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use tokio::signal::ctrl_c;
use tokio::time::{Instant, sleep, sleep_until};
use tower::BoxError;

use crate::page::Shown;
use crate::report::{Side, Table};
use crate::traffic::Log;
use crate::upstream::{Phase, Upstream};

#[tokio::main]
async fn main() -> Result<ExitCode, BoxError> {
    let asked = Asked::from_args()?;
    asked.show_metrics().await?;
    let page = if asked.page { Some(Shown::serve().await?) } else { None };
    let (protected, circuit) = gateway::protected()?;
    // The layers are there for as long as somebody looks at them.
    let _kept = protected.clone();
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
    let mut broken = if asked.to_check { verdict } else { Vec::new() };
    if let Some(page) = page {
        broken.extend(page.compare(&table).await?);
    }

    if asked.metrics.is_some() {
        return pending().await;
    }
    asked.stay().await?;
    for condition in &broken {
        eprintln!("check failed, must hold: {condition}");
    }
    Ok(if broken.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What the arguments ask for.
#[derive(Default)]
struct Asked {
    to_check: bool,
    /// Where to serve metrics.
    metrics: Option<String>,
    /// Whether to serve the page, and for how long after the storm, if not until the end.
    page: bool,
    stay: Option<Duration>,
}

impl Asked {
    fn from_args() -> Result<Self, BoxError> {
        let args: Vec<_> = env::args().skip(1).collect();
        match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
            [] => Ok(Self::default()),
            ["--check"] => Ok(Self { to_check: true, ..Self::default() }),
            ["--metrics", addr] => Ok(Self { metrics: Some(addr.to_owned()), ..Self::default() }),
            ["--page"] => Ok(Self { page: true, ..Self::default() }),
            ["--page", "--for", seconds] => {
                Ok(Self { page: true, stay: Some(Duration::from_secs(seconds.parse()?)), ..Self::default() })
            }
            _ => Err(format!(
                "{args:?} is unknown; there are `--check`, `--metrics <address>` and `--page [--for <seconds>]`"
            )
            .into()),
        }
    }

    /// Stays for those who look at the page.
    async fn stay(&self) -> Result<(), BoxError> {
        match (self.page, self.stay) {
            (false, _) => {}
            (true, Some(seconds)) => sleep(seconds).await,
            (true, None) => {
                println!("The page stays until you press ctrl-c.");
                ctrl_c().await?;
            }
        }
        Ok(())
    }

    #[cfg(feature = "prometheus-client")]
    async fn show_metrics(&self) -> Result<(), BoxError> {
        if let Some(addr) = &self.metrics {
            metrics::serve(addr).await?;
            tokio::spawn(metrics::come_and_go());
        }
        Ok(())
    }

    #[cfg(not(feature = "prometheus-client"))]
    #[expect(clippy::unused_async, reason = "with the feature it serves")]
    async fn show_metrics(&self) -> Result<(), BoxError> {
        self.metrics.as_ref().map_or(Ok(()), |_| Err("`--metrics` needs the feature `prometheus-client`".into()))
    }
}

/// When the storm begins: late enough for both servers to be up.
#[expect(clippy::disallowed_methods, reason = "the storm runs on real time")]
fn soon() -> Instant {
    Instant::now() + Duration::from_millis(200)
}
