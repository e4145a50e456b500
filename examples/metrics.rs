//! A server whose `/metrics` Prometheus can scrape: `cargo run --example metrics --features prometheus-client`.
//!
//! It serves on a free port, makes a few calls through a standard stack, scrapes itself, and ends. With an address, such as
//! `-- 127.0.0.1:9464`, it serves there and makes calls until it is stopped.

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::sync::Arc;
use std::time::Duration;
use std::{env, io};

use axum::Router;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::get;
use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use palisade::{ConfigError, FallbackLayer, MeasureLayer, Name, Registry};
use prometheus_client::encoding::prometheus_text;
use prometheus_client::registry as prometheus;
use tokio::net::TcpListener;
use tokio::time::sleep;
use tower::{BoxError, Service, ServiceBuilder, ServiceExt, service_fn};

/// Serves all layers of the process, and what else is in a registry of Prometheus.
fn app() -> Router {
    let mut prometheus = prometheus::Registry::default();
    prometheus.register_collector(Box::new(Registry::global()));
    let prometheus = Arc::new(prometheus);
    Router::new().route("/metrics", get(move || async move { scrape(&prometheus) }))
}

fn scrape(prometheus: &prometheus::Registry) -> Result<impl IntoResponse + use<>, StatusCode> {
    let mut scrape = String::new();
    prometheus_text::encode(&mut scrape, prometheus).map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    Ok(([(CONTENT_TYPE, prometheus_text::CONTENT_TYPE)], scrape))
}

/// A client of a service that is down in one call of three.
fn payments() -> Result<impl Service<u32, Response = &'static str, Error: Into<BoxError>> + Clone, ConfigError> {
    Ok(ServiceBuilder::new()
        .layer(FallbackLayer::value("ask later").name(Name::new("payments")?))
        // Inside the fallback, so that it shows what became of the calls, and not the answers that were made up.
        .layer(MeasureLayer::new("payments")?)
        .layer(palisade::standard("payments")?.bulkhead(8))
        .service(service_fn(|order: u32| async move {
            if order % 3 == 0 { Err(io::Error::other("down")) } else { Ok("paid") }
        })))
}

/// Pays these orders, one after another.
async fn pay<S>(client: &S, orders: impl Iterator<Item = u32>) -> Result<(), BoxError>
where
    S: Service<u32, Error: Into<BoxError>> + Clone,
{
    for order in orders {
        client.clone().oneshot(order).await.map_err(Into::into)?;
        sleep(Duration::from_millis(10)).await;
    }
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let addr = env::args().nth(1);
    let listener = TcpListener::bind(addr.as_deref().unwrap_or("127.0.0.1:0")).await?;
    let url = format!("http://{}/metrics", listener.local_addr()?);
    let server = tokio::spawn(async move { axum::serve(listener, app()).await });
    println!("curl {url}");

    let payments = payments()?;
    if addr.is_some() {
        return pay(&payments, 0..).await;
    }
    pay(&payments, 0..20).await?;
    let client = Client::builder(TokioExecutor::new()).build_http::<Empty<Bytes>>();
    let scrape = client.get(url.parse()?).await?.into_body().collect().await?.to_bytes();
    println!("{}", String::from_utf8_lossy(&scrape));
    server.abort();
    Ok(())
}
