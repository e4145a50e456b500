//! An axum server that stays up when too much is asked of it: `cargo run --example axum_server --features axum`.
//!
//! It serves on a free port, takes more requests at once than it has places for, and one that takes too long, and ends.

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::error::Error;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use http::{HeaderName, Request, StatusCode};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use palisade::http::{AnswerLayer, DeadlineLayer};
use palisade::{BulkheadHandle, BulkheadLayer, ConfigError, Deadline, Name, TimeoutLayer};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::sleep;
use tower::ServiceBuilder;

const TIMEOUT_HEADER: HeaderName = HeaderName::from_static("x-request-timeout-ms");

/// The server, and a handle to its bulkhead.
fn app() -> Result<(Router, BulkheadHandle), ConfigError> {
    let bulkhead = BulkheadLayer::http(8).name(Name::new("orders")?).max_wait(Duration::from_millis(50)).build()?;
    let handle = bulkhead.handle();
    let stack = ServiceBuilder::new()
        // Outermost: whatever is refused or late below becomes a response, so that the router stays infallible.
        .layer(AnswerLayer::http())
        // Callers say how long they wait; nothing below works for longer.
        .layer(DeadlineLayer::header(TIMEOUT_HEADER))
        // At most 8 requests in work, until the last byte of their answers; 8 more wait up to 50 ms, the others get 503.
        .layer(bulkhead)
        // Inside the bulkhead, so that a handler which hangs gives its place back.
        .layer(TimeoutLayer::http(Duration::from_millis(500)));
    let app = Router::new()
        .route("/order", get(|| work(Duration::from_millis(30))))
        .route("/hang", get(|| work(Duration::from_secs(3600))))
        .layer(stack);
    Ok((app, handle))
}

async fn work(duration: Duration) -> String {
    let left = Deadline::current().map(Deadline::remaining);
    sleep(duration).await;
    format!("done; there were {left:?} left")
}

/// The status of one request.
async fn ask(
    client: Client<HttpConnector, Body>,
    url: String,
    patience: &str,
) -> Result<StatusCode, Box<dyn Error + Send + Sync>> {
    let request = Request::get(url).header(TIMEOUT_HEADER, patience).body(Body::empty())?;
    Ok(client.request(request).await?.status())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let (app, bulkhead) = app()?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    let server = tokio::spawn(async move { axum::serve(listener, app).await });

    let client = Client::builder(TokioExecutor::new()).build_http();
    let mut crowd = JoinSet::new();
    for _ in 0..40 {
        let (client, url) = (client.clone(), format!("{url}/order"));
        crowd.spawn(async move { ask(client, url, "2000").await });
    }
    let answers = crowd.join_all().await.into_iter().collect::<Result<Vec<_>, _>>()?;
    let good = answers.iter().filter(|status| status.is_success()).count();
    println!("of 40 at once: {good} served, {} refused with 503", answers.len() - good);

    println!("one that hangs: {}", ask(client.clone(), format!("{url}/hang"), "2000").await?);
    println!("one whose caller waits for 100 ms: {}", ask(client, format!("{url}/hang"), "100").await?);
    println!("in work now: {}", bulkhead.in_flight());
    server.abort();
    Ok(())
}
