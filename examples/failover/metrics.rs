//! The metrics of the replicas, for a Prometheus, and their health.

use std::io;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use palisade::{Health, Registry};
use prometheus_client::encoding::prometheus_text;
use prometheus_client::registry as prometheus;
use tokio::net::TcpListener;

/// Serves `/metrics` and `/health` at this address, for as long as the process lives.
pub(crate) async fn serve(addr: &str, health: &Health) -> io::Result<()> {
    let listener = TcpListener::bind(addr).await?;
    let app = Router::new().route("/metrics", get(|| async { scrape() })).fallback_service(health.service());
    tokio::spawn(async { axum::serve(listener, app).await });
    Ok(())
}

fn scrape() -> Result<String, StatusCode> {
    let (mut prometheus, mut scrape) = (prometheus::Registry::default(), String::new());
    prometheus.register_collector(Box::new(Registry::global()));
    prometheus_text::encode(&mut scrape, &prometheus).map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    Ok(scrape)
}
