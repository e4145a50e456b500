//! A server that limits its clients.

use std::convert::Infallible;
use std::sync::Mutex;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use palisade::http::ReplayBody;
use tokio::time::Instant;

use super::*;

/// A bucket of 100 tokens that gains 100 a second.
#[derive(Clone)]
struct Bucket(Arc<Mutex<(f64, Instant)>>);

impl Bucket {
    fn full() -> Self {
        Self(Arc::new(Mutex::new((100.0, now()))))
    }

    fn takes(&self) -> bool {
        let mut bucket = self.0.lock().expect("nobody panics");
        let now = now();
        let tokens = (bucket.0 + 100.0 * (now - bucket.1).as_secs_f64()).min(100.0);
        let takes = tokens >= 1.0;
        *bucket = (tokens - f64::from(u8::from(takes)), now);
        takes
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_limits_its_clients_is_used_to_its_limit() {
    for rate in [250.0, 400.0] {
        let mut results = Vec::new();
        for seed in SEEDS {
            let (breaker, bucket) = (CircuitBreakerLayer::http("service").seed(seed).build().unwrap(), Bucket::full());
            let circuit = breaker.handle();
            let stack = ServiceBuilder::new()
                .layer(TimeoutLayer::http(Duration::from_secs(3)))
                .layer(RetryLayer::http("service").seed(seed).build().unwrap())
                .layer(breaker)
                .layer(BulkheadLayer::http(64).build().unwrap())
                .layer(TimeoutLayer::http(Duration::from_secs(1)))
                .service(service_fn(move |_: Request<ReplayBody<Full<Bytes>>>| {
                    let response = Response::builder();
                    let response =
                        if bucket.takes() { response } else { response.status(429).header("retry-after", "1") };
                    async move { Ok::<_, Infallible>(response.body(Full::<Bytes>::default()).expect("it is legal")) }
                }));
            let ask = service_fn(move |_: u64| {
                let stack = stack.clone();
                async move {
                    let response = stack.oneshot(Request::new(Full::<Bytes>::default())).await?;
                    let served = response.status() == 200;
                    response.into_body().collect().await?;
                    if served { Ok(()) } else { Err(Error::Service(Down(429).into())) }
                }
            });
            let served = play(rate, 60.0, seed, PATIENT, (ask, circuit)).await.answered as f64 / 60.0;
            assert!(served >= 95.0, "{served} a second");
            results.push(format!("{served:.0}"));
        }
        row(&format!("a server of 100/s that answers 429 to the rest, asked {rate}/s: served a second"), &results);
    }
}
