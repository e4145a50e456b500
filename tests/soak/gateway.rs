//! The client, and the five layers around it.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::{Response, Uri};
use http_body_util::{BodyExt, Empty};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use palisade::{
    Backoff, Budget, BulkheadHandle, BulkheadLayer, CircuitBreakerLayer, CircuitHandle, Error, FallbackLayer, Outcome,
    RetryLayer, TimeoutLayer, fallback,
};
use tower::util::BoxCloneSyncService;
use tower::{BoxError, ServiceBuilder, service_fn};

use crate::ms;

pub(crate) type Answer = Response<Bytes>;
pub(crate) type Stack = BoxCloneSyncService<Uri, Answer, Error>;

/// The body of an answer that is not the server's.
pub(crate) const DEGRADED: &[u8] = b"degraded";

/// Why answers were degraded, and how many retries were due.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Seen {
    pub(crate) by_circuit: u64,
    pub(crate) by_bulkhead: u64,
    pub(crate) timed_out: u64,
    pub(crate) failed: u64,
    pub(crate) retries: u64,
}

impl Seen {
    fn count(&mut self, degraded: Result<&Answer, &Error>) {
        let reason = match degraded {
            Err(Error::Rejected(rejection)) if rejection.layer() == "bulkhead" => &mut self.by_bulkhead,
            Err(Error::Rejected(_)) => &mut self.by_circuit,
            Err(Error::TimedOut(_)) => &mut self.timed_out,
            _ => &mut self.failed,
        };
        *reason += 1;
    }
}

/// The five layers around a client, and what there is to see of them.
pub(crate) struct Gateway {
    stack: Stack,
    seen: Arc<Mutex<Seen>>,
    pub(crate) circuit: CircuitHandle,
    pub(crate) places: BulkheadHandle,
}

impl Gateway {
    pub(crate) fn new() -> Self {
        let seen = Arc::<Mutex<Seen>>::default();
        let (degrading, retrying, client) = (Arc::clone(&seen), Arc::clone(&seen), client());
        let degrade = fallback::function(move |failed: Result<&Answer, &Error>| {
            degrading.lock().unwrap().count(failed);
            Ok::<_, Infallible>(Response::new(Bytes::from_static(DEGRADED)))
        });
        let bulkhead = BulkheadLayer::builder(16).max_queue(8).max_wait(ms(50)).build().unwrap();
        let retry = RetryLayer::builder("soak")
            .backoff(Backoff::exponential(ms(10), ms(50)))
            .budget(Budget::builder().capacity(50).build().unwrap())
            .classify(by_status::<Bytes>)
            .retry_if(move |_: &Uri, _: Result<&Answer, &Error>| {
                retrying.lock().unwrap().retries += 1;
                true
            });
        // It comes and goes with the faults, and a single probe that kept its place would wedge it for good.
        let breaker = CircuitBreakerLayer::builder("soak")
            .min_calls(10)
            .time_window(ms(500), 10)
            .open_for(Backoff::exponential(ms(25), ms(100)))
            .probes(1)
            .half_open_for(Duration::MAX)
            .classify(by_status::<Bytes>)
            .build()
            .unwrap();
        let (circuit, places) = (breaker.handle(), bulkhead.handle());
        let stack = ServiceBuilder::new()
            .layer(FallbackLayer::new(degrade).classify(by_status::<Bytes>))
            .layer(TimeoutLayer::new(ms(300)))
            .layer(bulkhead)
            .layer(retry.build().unwrap())
            .layer(breaker)
            .layer(TimeoutLayer::new(ms(100)))
            .service(service_fn(move |uri| fetch(client.clone(), uri)));
        Self { stack: BoxCloneSyncService::new(stack), seen, circuit, places }
    }

    pub(crate) fn service(&self) -> Stack {
        self.stack.clone()
    }

    pub(crate) fn seen(&self) -> Seen {
        *self.seen.lock().unwrap()
    }
}

pub(crate) fn by_status<B>(result: Result<&Response<B>, &Error>) -> Outcome {
    match result {
        Ok(response) if response.status().is_server_error() => Outcome::Transient,
        Ok(_) => Outcome::Success,
        Err(_) => Outcome::Transient,
    }
}

pub(crate) type HttpClient = Client<HttpConnector, Empty<Bytes>>;

/// Lets idle connections go soon, so that it comes to rest.
pub(crate) fn client() -> HttpClient {
    let mut client = Client::builder(TokioExecutor::new());
    client.pool_timer(TokioTimer::new()).pool_idle_timeout(ms(200)).build_http()
}

/// Reads the response to its end, so that the layers see whether it came whole.
pub(crate) async fn fetch(client: HttpClient, uri: Uri) -> Result<Answer, Error> {
    let (head, body) = client.get(uri).await.map_err(BoxError::from)?.into_parts();
    let body = body.collect().await.map_err(BoxError::from)?.to_bytes();
    Ok(Response::from_parts(head, body))
}
