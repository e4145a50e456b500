//! An axum server that says when it is ready, and drains on ctrl-c: `cargo run --example health --features axum,net`.
//!
//! With `-- --check` it probes itself, takes its database away, presses ctrl-c, and fails unless every probe said what it should.

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::error::Error;
use std::io;
use std::net::SocketAddr;
use std::process::{Command, id};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use http::{Request, StatusCode};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use palisade::{ConfigError, Health, HealthCheck};
use tokio::net::TcpListener;
use tokio::time::{sleep, timeout};

/// How long balancers take to notice that it is not ready, in this example.
const NOTICE: Duration = Duration::from_millis(500);

/// The checks of this server. Each runs in a task that ends with the last handle of the check.
fn checks(database: SocketAddr) -> Result<(Health, HealthCheck), ConfigError> {
    // This instance alone has its disk: without it others should take its requests.
    let disk = HealthCheck::new("disk", async || tokio::fs::metadata(std::env::temp_dir()).await.map(drop))?;
    // All instances share the database. If it were critical, a slow database would take all of them out at once.
    let database = HealthCheck::tcp("database", database).interval(Duration::from_millis(100)).build()?;
    // An instance that is short of memory is degraded, and stays ready.
    let memory = HealthCheck::signal("memory", memory_in_use).degraded_at(0.9).build()?;
    for check in [&disk, &database, &memory] {
        tokio::spawn(check.run());
    }
    let health = Health::builder().critical(&disk).degrading(&database).degrading(&memory).build()?;
    Ok((health, database))
}

/// The share of memory that is in use; not a number where nobody tells.
fn memory_in_use() -> f64 {
    let text = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let kilobytes = |field: &str| -> Option<f64> {
        let line = text.lines().find_map(|line| line.strip_prefix(field))?;
        line.split_whitespace().next()?.parse().ok()
    };
    let in_use = || Some(1.0 - kilobytes("MemAvailable:")? / kilobytes("MemTotal:")?);
    in_use().unwrap_or(f64::NAN)
}

/// Ends when it is time to stop serving: a while after ctrl-c, in which no new requests should come.
async fn drained(health: Health) {
    if let Err(error) = tokio::signal::ctrl_c().await {
        println!("no ctrl-c: {error}");
    }
    println!("draining");
    health.drain();
    sleep(NOTICE).await;
}

async fn serve(listener: TcpListener, health: Health) -> io::Result<()> {
    let work = async || {
        sleep(Duration::from_millis(800)).await;
        "done"
    };
    let app = Router::new().route("/work", get(work)).fallback_service(health.service());
    axum::serve(listener, app).with_graceful_shutdown(drained(health)).await
}

/// Acts on each change of a verdict, where a process could be restarted, or somebody be told.
async fn watch(check: HealthCheck) {
    let (name, mut changes) = (check.name(), check.changes());
    drop(check);
    while let Some(verdict) = changes.next().await {
        println!("{name} is {verdict}");
    }
}

async fn status(url: String) -> Result<StatusCode, Box<dyn Error + Send + Sync>> {
    let client = Client::builder(TokioExecutor::new()).build_http();
    Ok(client.request(Request::get(url).body(Body::empty())?).await?.status())
}

/// Probes a page until it responds so.
async fn expect(url: &str, page: &str, expected: StatusCode) -> Result<(), Box<dyn Error + Send + Sync>> {
    let asking = async {
        while status(format!("{url}{page}")).await? != expected {
            sleep(Duration::from_millis(10)).await;
        }
        Ok::<_, Box<dyn Error + Send + Sync>>(())
    };
    timeout(Duration::from_secs(20), asking).await??;
    println!("{page} {expected}");
    Ok(())
}

/// What a balancer would see.
async fn probe(url: &str, database: TcpListener, check: HealthCheck) -> Result<(), Box<dyn Error + Send + Sync>> {
    expect(url, "/startupz", StatusCode::OK).await?;
    expect(url, "/readyz", StatusCode::OK).await?;
    let mut changes = check.changes();
    drop((database, check));
    changes.next().await.ok_or("the check is gone")?;
    expect(url, "/readyz", StatusCode::OK).await?;
    let in_flight = tokio::spawn(status(format!("{url}/work")));
    sleep(Duration::from_millis(100)).await;
    Command::new("kill").args(["-INT", &id().to_string()]).status()?;
    expect(url, "/readyz", StatusCode::SERVICE_UNAVAILABLE).await?;
    expect(url, "/livez", StatusCode::OK).await?;
    println!("/work, which began before: {}", in_flight.await??);
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let database = TcpListener::bind("127.0.0.1:0").await?;
    let (health, check) = checks(database.local_addr()?)?;
    tokio::spawn(watch(check.clone()));

    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    println!("{url}/health says how it is");
    let serving = serve(listener, health);
    if std::env::args().any(|arg| arg == "--check") {
        let (ended, probed) = tokio::join!(serving, probe(&url, database, check));
        ended?;
        probed?;
    } else {
        serving.await?;
    }
    println!("served to the end");
    Ok(())
}
