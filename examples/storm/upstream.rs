//! The upstream: an HTTP server with a few workers and one queue, whose behaviour follows a script.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::uri::InvalidUri;
use axum::http::{StatusCode, Uri};
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

/// What upstream is like for a few seconds.
pub(crate) struct Phase {
    pub(crate) name: &'static str,
    seconds: u64,
    /// How many answers it works on at once; the others queue.
    workers: usize,
    /// How long a worker needs for one.
    work: Duration,
    /// One answer in so many is a 503.
    fails_one_in: u64,
}

const fn phase(name: &'static str, seconds: u64, workers: usize, work: u64, fails_one_in: u64) -> Phase {
    Phase { name, seconds, workers, work: Duration::from_millis(work), fails_one_in }
}

pub(crate) const HEALTHY: &str = "healthy";

/// The storm. Workers / time = answers a second: overloaded can give 100, recovering 200; 150 calls a second arrive.
const SCRIPT: [Phase; 6] = [
    phase(HEALTHY, 5, 32, 5, 50),
    phase("slow", 4, 32, 1000, 50),
    phase("failing", 4, 32, 5, 1),
    phase("overloaded", 6, 4, 40, 50),
    phase("recovering", 4, 8, 40, 50),
    phase(HEALTHY, 6, 32, 5, 50),
];

/// The longest queue; what finds it full is refused with a 503.
const MAX_QUEUE: usize = 10_000;

impl Phase {
    /// The phase so long after the start; the last one never ends.
    pub(crate) fn at(elapsed: Duration) -> &'static Self {
        let mut end = 0;
        let now = SCRIPT.iter().find(|phase| {
            end += phase.seconds;
            elapsed < Duration::from_secs(end)
        });
        now.unwrap_or(&SCRIPT[SCRIPT.len() - 1])
    }
}

/// How long the script is.
pub(crate) fn seconds() -> u64 {
    SCRIPT.iter().map(|phase| phase.seconds).sum()
}

/// A running server. Dropping it stops it.
pub(crate) struct Upstream {
    address: SocketAddr,
    calls: Arc<AtomicU64>,
    _tasks: JoinSet<()>,
}

impl Upstream {
    pub(crate) async fn start(start: Instant) -> io::Result<Self> {
        let (queue, jobs) = mpsc::channel(MAX_QUEUE);
        let crew = Arc::new(Crew { start, jobs: Mutex::new(jobs), answers: AtomicU64::new(0) });
        let calls = Arc::new(AtomicU64::new(0));
        let app = Router::new().route("/", get(answer)).with_state(Door { queue, calls: Arc::clone(&calls) });
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;

        let mut tasks = JoinSet::new();
        tasks.spawn(async { axum::serve(listener, app).await.unwrap_or(()) });
        for number in 0..SCRIPT.iter().map(|phase| phase.workers).max().unwrap_or(0) {
            tasks.spawn(Arc::clone(&crew).work(number));
        }
        Ok(Self { address, calls, _tasks: tasks })
    }

    pub(crate) fn uri(&self) -> Result<Uri, InvalidUri> {
        format!("http://{}/", self.address).parse()
    }

    /// Counts the calls that reached it.
    pub(crate) fn calls(&self) -> &Arc<AtomicU64> {
        &self.calls
    }
}

type Job = oneshot::Sender<StatusCode>;

/// Where calls come in.
#[derive(Clone)]
struct Door {
    queue: mpsc::Sender<Job>,
    calls: Arc<AtomicU64>,
}

async fn answer(State(door): State<Door>) -> (StatusCode, &'static str) {
    door.calls.fetch_add(1, Ordering::Relaxed);
    let (job, done) = oneshot::channel();
    let status = match door.queue.try_send(job) {
        Ok(()) => done.await.unwrap_or(StatusCode::SERVICE_UNAVAILABLE),
        Err(_) => StatusCode::SERVICE_UNAVAILABLE,
    };
    (status, "42.17\n")
}

/// The workers.
struct Crew {
    start: Instant,
    jobs: Mutex<mpsc::Receiver<Job>>,
    answers: AtomicU64,
}

impl Crew {
    async fn work(self: Arc<Self>, number: usize) {
        loop {
            while number >= self.phase().workers {
                sleep(Duration::from_millis(100)).await;
            }
            let Some(job) = self.jobs.lock().await.recv().await else { return };
            let phase = self.phase();
            sleep(phase.work).await;
            // Like most servers, it does not know that a caller has given up: the work is done all the same.
            job.send(self.next_status(phase)).ok();
        }
    }

    fn phase(&self) -> &'static Phase {
        Phase::at(self.start.elapsed())
    }

    fn next_status(&self, phase: &Phase) -> StatusCode {
        let answers = self.answers.fetch_add(1, Ordering::Relaxed) + 1;
        if answers % phase.fails_one_in == 0 { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK }
    }
}
