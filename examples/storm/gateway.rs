//! The two gateways: the same client and the same patience with an attempt, bare and through the layers.

use std::io;
use std::time::Duration;

use axum::http::{StatusCode, Uri};
use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use palisade::{
    Backoff, Budget, BulkheadLayer, CircuitBreakerLayer, CircuitHandle, ConfigError, Error, FallbackLayer, Jitter,
    MeasureLayer, Name, Objective, Outcome, Rate, RateLimitLayer, RetryLayer, TimeoutLayer,
};
use tokio::time::timeout;
use tower::{Service, ServiceBuilder, service_fn};

/// How often a call is sent, at most, by either gateway.
pub(crate) const ATTEMPTS: u32 = 3;
/// How long an attempt may take, in either gateway.
pub(crate) const ATTEMPT_TIMEOUT: Duration = Duration::from_millis(600);
/// From when on an attempt is slow, for the circuit of the protected one, and a call for its objective.
const SLOW_AFTER: Duration = Duration::from_millis(500);
/// How long a call may take, in the protected one.
pub(crate) const TOTAL_TIMEOUT: Duration = Duration::from_secs(1);
/// How many attempts may be in flight, in the protected one.
pub(crate) const MAX_CONCURRENT: usize = 40;
/// How many calls may come in a second, and how many at once, in the protected one: more than ever come.
const MAX_RATE: u32 = 1_000;

/// What a gateway answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// What upstream said.
    Fresh(StatusCode),
    /// What was known before.
    Stale,
}

/// What is often written first: three attempts, one after the other.
pub(crate) fn unprotected() -> impl Service<Uri, Response = Answer, Error: Send, Future: Send> + Clone + Send + 'static
{
    let client = client();
    service_fn(move |uri: Uri| {
        let client = client.clone();
        async move {
            for _ in 1..ATTEMPTS {
                if let Ok(Ok(Answer::Fresh(StatusCode::OK))) = timeout(ATTEMPT_TIMEOUT, fetch(&client, &uri)).await {
                    return Ok(Answer::Fresh(StatusCode::OK));
                }
            }
            timeout(ATTEMPT_TIMEOUT, fetch(&client, &uri)).await.map_err(io::Error::from)?
        }
    })
}

/// The layers, in the recommended order, and the handle of the circuit.
pub(crate) fn protected() -> Result<
    (impl Service<Uri, Response = Answer, Error: Send, Future: Send> + Clone + Send + 'static, CircuitHandle),
    ConfigError,
> {
    let client = client();
    let objective = Objective::builder("quotes").availability(0.99).latency(0.95, SLOW_AFTER).build()?;
    let measure = MeasureLayer::builder("quotes").objective(&objective).classify(by_status).build()?;
    let rate_limit = RateLimitLayer::builder("quotes", Rate::per_second(MAX_RATE)).burst(MAX_RATE).build()?;
    let budget = Budget::builder().capacity(20).ratio(0.1).per_second(5.0).build()?;
    let retry = RetryLayer::builder("quotes")
        .max_attempts(ATTEMPTS)
        .backoff(Backoff::exponential(Duration::from_millis(20), Duration::from_millis(200)))
        .budget(budget)
        .classify(by_status)
        .build()?;
    let breaker = CircuitBreakerLayer::builder("quotes")
        .failure_rate(0.5)
        .slow_rate(0.9, SLOW_AFTER)
        .min_calls(20)
        .time_window(Duration::from_secs(2), 10)
        .open_for(Backoff::exponential(Duration::from_millis(500), Duration::from_secs(1)).jitter(Jitter::Equal))
        .classify(by_status)
        .build()?;
    let circuit = breaker.handle();
    // 40 calls are 0.4 s of work for the overloaded upstream, less than an attempt may take.
    let name = Name::new("quotes")?;
    let bulkhead = BulkheadLayer::builder(MAX_CONCURRENT).name(name).build()?;

    let service = ServiceBuilder::new()
        // Outermost, so that it sees whatever is left.
        .layer(FallbackLayer::value(Answer::Stale).classify(by_status).name(name).objective(&objective))
        // Inside the fallback, so that it shows what became of the calls, and not the answers that were made up.
        .layer(measure)
        // Keeps the caller's time, all attempts and the waits between them.
        .layer(TimeoutLayer::new(TOTAL_TIMEOUT).name(name))
        // Outside the retry, so that a call is counted once, however often it is sent.
        .layer(rate_limit)
        // Outside the breaker, so that each attempt is counted and an open circuit stops the attempts.
        .layer(retry)
        .layer(breaker)
        // Bounds what a slow upstream piles up here, and what this gateway piles up there. Without a queue, whose waits the breaker
        // would take for slowness.
        .layer(bulkhead)
        // Inside the breaker, so that slowness opens it.
        .layer(TimeoutLayer::new(ATTEMPT_TIMEOUT).name(name))
        .service(service_fn(move |uri: Uri| {
            let client = client.clone();
            async move { fetch(&client, &uri).await }
        }));
    Ok((service, circuit))
}

/// In HTTP a failure arrives as an `Ok`, so each layer that judges results must be told.
fn by_status(result: Result<&Answer, &Error>) -> Outcome {
    match result {
        Ok(Answer::Fresh(status)) if status.is_server_error() => Outcome::Transient,
        Ok(_) => Outcome::Success,
        Err(_) => Outcome::Transient,
    }
}

type HttpClient = Client<HttpConnector, Empty<Bytes>>;

fn client() -> HttpClient {
    Client::builder(TokioExecutor::new()).build_http()
}

async fn fetch(client: &HttpClient, uri: &Uri) -> io::Result<Answer> {
    let response = client.get(uri.clone()).await.map_err(io::Error::other)?;
    let status = response.status();
    response.into_body().collect().await.map_err(io::Error::other)?;
    Ok(Answer::Fresh(status))
}
