//! Those who call the gateway, and what became of their requests.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::SeqCst;

use bytes::Bytes;
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt, Collected, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::time::sleep;

use super::server::body_of;
use crate::ms;

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// With the response of nginx.
    Whole,
    /// With a good head, and a body that failed.
    Broken,
    /// With 500 or 502.
    Failed,
    /// With 503, from nginx or from the gateway.
    Refused,
    /// With 504.
    Late,
}

/// How many requests were sent, and how many ended in which way.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    sent: AtomicU64,
    ends: [AtomicU64; 5],
}

impl Tally {
    pub(crate) fn sent(&self) -> u64 {
        self.sent.load(SeqCst)
    }

    pub(crate) fn of(&self, end: End) -> u64 {
        self.ends[end as usize].load(SeqCst)
    }

    pub(crate) fn all(&self) -> [u64; 5] {
        [End::Whole, End::Broken, End::Failed, End::Refused, End::Late].map(|end| self.of(end))
    }

    pub(crate) fn ended(&self) -> u64 {
        self.all().iter().sum()
    }
}

/// Sends one request after another, each of its own path, and each third a POST.
pub(crate) struct Caller {
    gateway: SocketAddr,
    client: Client<HttpConnector, Full<Bytes>>,
    tally: Arc<Tally>,
}

impl Caller {
    pub(crate) fn new(gateway: SocketAddr, tally: &Arc<Tally>) -> Self {
        let mut client = Client::builder(TokioExecutor::new());
        let client = client.pool_timer(TokioTimer::new()).pool_idle_timeout(ms(200)).build_http();
        Self { gateway, client, tally: Arc::clone(tally) }
    }

    /// Pauses after what did not end well.
    pub(crate) async fn call_while(self, goes_on: impl Fn() -> bool) {
        while goes_on() {
            let number = self.tally.sent.fetch_add(1, SeqCst);
            let end = self.call(number).await;
            self.tally.ends[end as usize].fetch_add(1, SeqCst);
            if end != End::Whole {
                sleep(ms(10)).await;
            }
        }
    }

    async fn call(&self, number: u64) -> End {
        let path = format!("/{number}");
        let (method, body) = if number % 3 == 0 { (Method::POST, "an order") } else { (Method::GET, "") };
        let request = Request::builder().method(method).uri(format!("http://{}{path}", self.gateway));
        let response = self.client.request(request.body(Full::from(body)).unwrap()).await;
        let (head, body) = response.expect("the gateway responds to all").into_parts();
        match (head.status, body.collect().await.map(Collected::to_bytes)) {
            (StatusCode::OK, Ok(body)) => {
                assert_eq!(body, body_of(&path), "each response is that of its request");
                End::Whole
            }
            (StatusCode::OK, Err(_)) => End::Broken,
            (StatusCode::INTERNAL_SERVER_ERROR | StatusCode::BAD_GATEWAY, _) => End::Failed,
            (StatusCode::SERVICE_UNAVAILABLE, _) => End::Refused,
            (StatusCode::GATEWAY_TIMEOUT, _) => End::Late,
            (status, _) => panic!("nobody responds with {status}"),
        }
    }
}
