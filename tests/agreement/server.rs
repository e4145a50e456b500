//! A real server that does what the lab's upstream service is set to do.

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

use crate::upstream::work::Work;
use crate::upstream::{Trouble, Upstream};

/// A running server. Dropping it stops it.
pub(crate) struct Server {
    pub(crate) url: String,
    sent: Arc<AtomicU64>,
    _serving: JoinSet<()>,
}

/// Its workers.
#[derive(Clone)]
struct Crew {
    model: Upstream,
    start: Instant,
    free: Arc<Semaphore>,
    sent: Arc<AtomicU64>,
}

impl Server {
    pub(crate) async fn start(model: &Upstream, start: Instant) -> Self {
        let sent = Arc::<AtomicU64>::default();
        let free = Arc::new(Semaphore::new(model.workers.expect("they are set")));
        let crew = Crew { model: model.clone(), start, free, sent: Arc::clone(&sent) };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("there is a port");
        let url = format!("http://{}/", listener.local_addr().expect("it is bound"));
        let mut serving = JoinSet::new();
        let app = Router::new().route("/", get(answer)).with_state(crew);
        serving.spawn(async { axum::serve(listener, app).await.expect("it serves") });
        Self { url, sent, _serving: serving }
    }

    /// How many calls reached it.
    pub(crate) fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }
}

async fn answer(State(crew): State<Crew>) -> StatusCode {
    crew.sent.fetch_add(1, Ordering::Relaxed);
    let Some(work) = crew.work() else { return StatusCode::SERVICE_UNAVAILABLE };
    // A worker does not know that a caller has given up: the work is done all the same.
    let done = tokio::spawn(async move {
        let _worker = crew.free.acquire().await.expect("it is never closed");
        sleep(work).await;
    });
    done.await.expect("no worker panics");
    StatusCode::OK
}

impl Crew {
    /// How long a worker needs for a call that comes now; `None` while calls are refused.
    fn work(&self) -> Option<Duration> {
        let now = self.start.elapsed();
        let lasts = |from: Duration, to: Duration| (from..to).contains(&now);
        let spell = self.model.spells.iter().find(|spell| lasts(spell.from.0, spell.to.expect("it ends").0));
        match spell.map(|spell| &spell.it) {
            None => Some(constant(&self.model.work)),
            Some(Trouble::Refuses) => None,
            Some(Trouble::Works(work)) => Some(constant(work)),
            Some(other) => panic!("this server does not know {other:?}"),
        }
    }
}

fn constant(work: &Work) -> Duration {
    match work {
        Work::Constant(span) => span.0,
        drawn => panic!("both would draw for themselves: {drawn:?}"),
    }
}
