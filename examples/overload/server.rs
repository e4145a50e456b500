//! The three servers: the same work by as many workers, behind other layers.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use http::HeaderName;
use palisade::http::AnswerLayer;
use palisade::{Adaptive, BulkheadLayer, ConfigError, Criticality, CriticalityLayer, Name};
use parking_lot::Mutex;
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio::time::sleep;
use tower::{BoxError, ServiceBuilder};

/// How many calls are worked on at once.
pub(crate) const WORKERS: usize = 8;
/// How long a call is worked on, in the mean.
const WORK: Duration = Duration::from_millis(20);
/// How many calls the fixed bulkhead takes: it was set when the service was faster.
const FIXED: usize = 100;

/// Says how much a call matters.
pub(crate) const CRITICALITY: HeaderName = HeaderName::from_static("x-criticality");

/// What stands before the workers.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    Bare,
    Fixed,
    Adaptive,
}

impl Kind {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Bare => "bare",
            Self::Fixed => "fixed",
            Self::Adaptive => "adaptive",
        }
    }

    fn app(self) -> Result<Router, ConfigError> {
        let workers = Workers::new();
        let app = Router::new().route("/", get(move || workers.clone().work()));
        let name = Name::new("work")?;
        Ok(match self {
            Self::Bare => app,
            Self::Fixed => app.layer(
                ServiceBuilder::new().layer(AnswerLayer::http()).layer(BulkheadLayer::http(FIXED).name(name).build()?),
            ),
            Self::Adaptive => app.layer(
                ServiceBuilder::new()
                    // Outermost, so that what is rejected below becomes a response.
                    .layer(AnswerLayer::http())
                    // These callers are believed: they are our own.
                    .layer(CriticalityLayer::header(CRITICALITY))
                    // Finds how many calls the workers can take. Half of that is for the calls that matter.
                    .layer(
                        BulkheadLayer::http(20)
                            .name(name)
                            .adaptive(Adaptive::gradient())
                            .share(Criticality::Sheddable, 0.5)
                            .build()?,
                    ),
            ),
        })
    }
}

/// A server that runs until it is dropped.
pub(crate) struct Server {
    pub(crate) url: String,
    serving: JoinHandle<()>,
}

impl Server {
    pub(crate) async fn start(kind: Kind) -> Result<Self, BoxError> {
        let app = kind.app()?;
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let serving = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, app).await {
                eprintln!("the server ended: {error}");
            }
        });
        Ok(Self { url, serving })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// Workers, and the queue before them, which has no end.
#[derive(Clone)]
struct Workers {
    free: Arc<Semaphore>,
    random: Arc<Mutex<SmallRng>>,
}

impl Workers {
    fn new() -> Self {
        let random = Arc::new(Mutex::new(SmallRng::seed_from_u64(8)));
        Self { free: Arc::new(Semaphore::new(WORKERS)), random }
    }

    /// Waits for a worker and its work. Like most servers, it works on for callers who have given up.
    async fn work(self) -> &'static str {
        let work = tokio::spawn(async move {
            if let Ok(_worker) = self.free.acquire().await {
                let share: f64 = self.random.lock().random();
                // Times vary as those of most services do: many are short, and some are long.
                sleep(WORK.mul_f64(-(1.0 - share).ln())).await;
            }
        });
        match work.await {
            Ok(()) => "done\n",
            Err(_) => "broken\n",
        }
    }
}
