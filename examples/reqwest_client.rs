//! reqwest in a stack: `cargo run --example reqwest_client --features reqwest`.
//!
//! Starts an upstream that says when to come back, calls it with reqwest's own requests, and ends.

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::error::Error;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::response::IntoResponse;
use axum::routing::put;
use palisade::ConfigError;
use palisade::reqwest::{ReqwestClient, ReqwestLayer};
use reqwest::{Client, Request, Response};
use tokio::net::TcpListener;
use tower::{Service, ServiceBuilder, ServiceExt};

/// A stack that can be cloned, and called from tasks of their own.
fn stack(
    client: Client,
) -> Result<impl Service<Request, Response = Response, Error = palisade::Error, Future: Send> + Clone, ConfigError> {
    Ok(ServiceBuilder::new()
        // Outermost: takes and gives reqwest's own types.
        .layer(ReqwestLayer)
        // Sends again what may be sent twice, body and all, and not before the server wants it.
        .layer(palisade::http::standard("stock")?.total_timeout(Duration::from_secs(5)))
        .service(ReqwestClient::new(client)))
}

static CALLS: AtomicU32 = AtomicU32::new(0);

/// Is busy at the first call, and says for how long.
async fn stock(body: String) -> impl IntoResponse {
    match CALLS.fetch_add(1, Relaxed) {
        0 => (StatusCode::TOO_MANY_REQUESTS, [(RETRY_AFTER, "1")]).into_response(),
        _ => format!("stored {body:?}").into_response(),
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/stock/7", listener.local_addr()?);
    let server = Router::new().route("/stock/{id}", put(stock));
    tokio::spawn(async move { axum::serve(listener, server).await });

    let client = Client::new();
    let mut stack = stack(client.clone())?;

    let request = client.put(url).body("two left").build()?;
    let response = stack.ready().await?.call(request).await?;
    println!("{} from {}", response.status(), response.url().path());
    println!("{}", response.text().await?);
    println!("it was asked to come back after a second, and called {} times", CALLS.load(Relaxed));

    // Nobody listens there any more. So not even a POST was sent, and it is tried again.
    let gone = TcpListener::bind("127.0.0.1:0").await?.local_addr()?;
    let request = client.post(format!("http://{gone}/")).body("three left").build()?;
    if let Err(error) = stack.ready().await?.call(request).await {
        let refused = error.downcast_ref().is_some_and(reqwest::Error::is_connect);
        println!("{error}; could not connect: {refused}");
    }
    Ok(())
}
