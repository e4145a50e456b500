//! The calls, and what became of them.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Request, StatusCode};
use http_body_util::{BodyExt, Empty};
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use parking_lot::Mutex;
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use tokio::task::{JoinError, JoinSet};
use tokio::time::{Instant, sleep_until, timeout};
use tower::BoxError;

use crate::server::{CRITICALITY, Server};

/// How long a caller waits.
const PATIENCE: Duration = Duration::from_millis(500);

/// How much calls matter: one in four is critical.
const CLASSES: [&str; 4] = ["critical", "sheddable", "sheddable", "sheddable"];

/// A call that has ended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ended {
    /// From the moment when it was to be sent to its end, so that a late sender does not flatter the figures.
    pub(crate) latency: Duration,
    pub(crate) is_critical: bool,
    pub(crate) is_good: bool,
}

/// The calls that have ended so far.
pub(crate) type Log = Arc<Mutex<Vec<Ended>>>;

/// Sends calls to one server.
#[derive(Clone)]
pub(crate) struct Client {
    http: legacy::Client<HttpConnector, Empty<Bytes>>,
    url: Arc<str>,
    log: Log,
}

impl Client {
    pub(crate) fn new(server: &Server, log: &Log) -> Self {
        let http = legacy::Client::builder(TokioExecutor::new()).build_http();
        Self { http, url: server.url.as_str().into(), log: Arc::clone(log) }
    }

    /// Sends a call whenever one of so many callers has its answer.
    pub(crate) async fn one_after_the_other(self, callers: usize, seconds: u32) -> Result<(), JoinError> {
        let end = now() + Duration::from_secs(seconds.into());
        let mut tasks = JoinSet::new();
        for _ in 0..callers {
            let client = self.clone();
            tasks.spawn(async move {
                while now() < end {
                    client.call(now(), CLASSES[0]).await;
                }
            });
        }
        joined(tasks).await
    }

    /// Sends so many calls a second, at times that are drawn, whatever becomes of those before.
    pub(crate) async fn overload(self, calls_a_second: f64, seconds: u32) -> Result<(), JoinError> {
        let mut random = SmallRng::seed_from_u64(1);
        let (mut arrival, end) = (now(), now() + Duration::from_secs(seconds.into()));
        let mut calls = JoinSet::new();
        for class in CLASSES.into_iter().cycle() {
            arrival += Duration::from_secs_f64(-(1.0 - random.random::<f64>()).ln() / calls_a_second);
            if arrival >= end {
                break;
            }
            sleep_until(arrival).await;
            let client = self.clone();
            calls.spawn(async move { client.call(arrival, class).await });
        }
        joined(calls).await
    }

    async fn call(&self, arrival: Instant, class: &'static str) {
        let status = timeout(PATIENCE, self.ask(class)).await;
        self.log.lock().push(Ended {
            latency: arrival.elapsed(),
            is_critical: class == CLASSES[0],
            is_good: matches!(status, Ok(Ok(StatusCode::OK))),
        });
    }

    async fn ask(&self, class: &'static str) -> Result<StatusCode, BoxError> {
        let request = Request::get(&*self.url).header(CRITICALITY, HeaderValue::from_static(class));
        let response = self.http.request(request.body(Empty::new())?).await?;
        let status = response.status();
        response.into_body().collect().await?;
        Ok(status)
    }
}

async fn joined(mut tasks: JoinSet<()>) -> Result<(), JoinError> {
    while let Some(task) = tasks.join_next().await {
        task?;
    }
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "the load runs on real time")]
fn now() -> Instant {
    Instant::now()
}
