//! A client of hyper-util's that outlives its upstream: `cargo run --example http_client --features hyper-util`.
//!
//! The upstream fails every third call, then each one, then recovers. The client retries, stops asking, comes back, and ends.

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::Empty;
use hyper_util::client::legacy;
use hyper_util::rt::TokioExecutor;
use palisade::http::ReplayBody;
use palisade::{Backoff, CircuitHandle, ConfigError, Phase};
use tokio::net::TcpListener;
use tower::{Service, ServiceBuilder, ServiceExt};

type Get = Request<Empty<Bytes>>;

/// A stack, and a handle to its circuit.
struct Client<S> {
    stack: S,
    circuit: CircuitHandle,
}

fn client() -> Result<Client<impl Service<Get, Response = Response<()>, Error = palisade::Error>>, ConfigError> {
    let open_for = Backoff::constant(Duration::from_millis(200));
    let standard = palisade::http::standard("orders")?
        .total_timeout(Duration::from_secs(2))
        .retry(|retry| retry.backoff(Backoff::constant(Duration::from_millis(5))))?
        .circuit_breaker(|circuit| circuit.min_calls(10).open_for(open_for).probes(1))?
        .bulkhead(32)
        .attempt_timeout(Duration::from_millis(500));
    let circuit = standard.handles().circuit;
    let stack = ServiceBuilder::new()
        // This program looks at heads alone: dropped here, no body keeps its call in flight.
        .map_response(|response: Response<_>| response.map(drop))
        .layer(standard)
        .service(legacy::Client::builder(TokioExecutor::new()).build_http::<ReplayBody<Empty<Bytes>>>());
    Ok(Client { stack, circuit })
}

/// An upstream that fails every `failing`-th call, and how many calls it saw.
async fn upstream(failing: Arc<AtomicU32>) -> Result<(String, Arc<AtomicU32>), std::io::Error> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/orders", listener.local_addr()?);
    let calls = Arc::new(AtomicU32::new(0));
    let seen = Arc::clone(&calls);
    let answer = move || {
        let call = seen.fetch_add(1, Relaxed) + 1;
        let fails = call % failing.load(Relaxed) == 0;
        async move { if fails { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK } }
    };
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/orders", get(answer))).await });
    Ok((url, calls))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let failing = Arc::new(AtomicU32::new(3));
    let (url, calls) = upstream(Arc::clone(&failing)).await?;
    let Client { mut stack, circuit } = client()?;
    for (story, every) in [("fails every third call", 3), ("is down", 1), ("is back", u32::MAX)] {
        failing.store(every, Relaxed);
        if circuit.phase() == Phase::Open {
            tokio::time::sleep(circuit.snapshot().retry_after.unwrap_or_default()).await;
        }
        let before = calls.load(Relaxed);
        let (mut good, mut bad, mut refused) = (0, 0, 0);
        for _ in 0..60 {
            let request = Request::get(&url).body(Empty::new())?;
            match stack.ready().await?.call(request).await {
                Ok(response) if response.status().is_success() => good += 1,
                Err(palisade::Error::Rejected(_)) => refused += 1,
                _ => bad += 1,
            }
        }
        let seen = calls.load(Relaxed) - before;
        println!(
            "upstream {story}: of 60 calls {good} good, {bad} failed, {refused} refused; it saw {seen}; {:?}",
            circuit.phase()
        );
    }
    Ok(())
}
