//! A real server that is like the lab's upstream.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

/// What the server does with a call at this time since the start.
pub(crate) type Script = fn(Duration) -> Fate;

#[derive(Clone, Copy)]
pub(crate) enum Fate {
    /// A worker needs this long for it.
    Worked(Duration),
    /// It is refused at once with a 503.
    Refused,
}

/// A running server. Dropping it stops it.
pub(crate) struct Server {
    pub(crate) url: String,
    sent: Arc<AtomicU64>,
    _serving: JoinSet<()>,
}

#[derive(Clone)]
struct Workers {
    script: Script,
    start: Instant,
    free: Arc<Semaphore>,
    sent: Arc<AtomicU64>,
}

impl Server {
    pub(crate) async fn start(workers: usize, script: Script, start: Instant) -> Self {
        let (free, sent) = (Arc::new(Semaphore::new(workers)), Arc::<AtomicU64>::default());
        let state = Workers { script, start, free, sent: Arc::clone(&sent) };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("there is a port");
        let url = format!("http://{}/", listener.local_addr().expect("it is bound"));
        let mut serving = JoinSet::new();
        let app = Router::new().route("/", get(answer)).with_state(state);
        serving.spawn(async { axum::serve(listener, app).await.expect("it serves") });
        Self { url, sent, _serving: serving }
    }

    /// How many calls reached it.
    pub(crate) fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }
}

async fn answer(State(workers): State<Workers>) -> StatusCode {
    workers.sent.fetch_add(1, Ordering::Relaxed);
    match (workers.script)(workers.start.elapsed()) {
        Fate::Refused => StatusCode::SERVICE_UNAVAILABLE,
        Fate::Worked(work) => {
            // A worker does not know that a caller has given up: the work is done all the same.
            let done = tokio::spawn(async move {
                let _worker = workers.free.acquire().await.expect("it is never closed");
                sleep(work).await;
            });
            done.await.expect("no worker panics");
            StatusCode::OK
        }
    }
}
