//! The traffic: calls that arrive on a schedule, whatever becomes of those before.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::http::{StatusCode, Uri};
use parking_lot::Mutex;
use tokio::task::{JoinError, JoinSet};
use tokio::time::{Instant, sleep_until};
use tower::{Service, ServiceExt};

use crate::gateway::Answer;
use crate::upstream;

/// How many calls arrive at each gateway in a second.
pub(crate) const CALLS_A_SECOND: u32 = 150;

/// When each call arrives, since the start. Both gateways get the same.
pub(crate) fn schedule() -> impl Iterator<Item = Duration> {
    let second = |second| (0..CALLS_A_SECOND).map(move |n| Duration::from_secs(second) + every() * n);
    (0..upstream::seconds()).flat_map(second)
}

fn every() -> Duration {
    Duration::from_secs(1) / CALLS_A_SECOND
}

/// What became of a call, as its caller sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Good,
    Degraded,
    Failed,
}

impl Verdict {
    fn of<E>(result: &Result<Answer, E>) -> Self {
        match result {
            Ok(Answer::Fresh(StatusCode::OK)) => Self::Good,
            Ok(Answer::Stale) => Self::Degraded,
            Ok(Answer::Fresh(_)) | Err(_) => Self::Failed,
        }
    }
}

/// A call that has ended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ended {
    /// When it was to be sent, since the start.
    pub(crate) arrival: Duration,
    /// From then to its end, so that a late sender does not flatter the figures.
    pub(crate) latency: Duration,
    pub(crate) verdict: Verdict,
}

/// What happened at one gateway so far.
#[derive(Default)]
pub(crate) struct Log {
    pub(crate) sent: AtomicU64,
    pub(crate) ended: Mutex<Vec<Ended>>,
}

/// Sends all calls of the schedule, and waits until the last has ended.
pub(crate) async fn send<S>(service: S, uri: Uri, start: Instant, log: Arc<Log>) -> Result<(), JoinError>
where
    S: Service<Uri, Response = Answer, Error: Send, Future: Send> + Clone + Send + 'static,
{
    let mut calls = JoinSet::new();
    for arrival in schedule() {
        sleep_until(start + arrival).await;
        let (call, log) = (service.clone().oneshot(uri.clone()), Arc::clone(&log));
        log.sent.fetch_add(1, Ordering::Relaxed);
        calls.spawn(async move {
            let verdict = Verdict::of(&call.await);
            let latency = (start + arrival).elapsed();
            log.ended.lock().push(Ended { arrival, latency, verdict });
        });
    }
    while let Some(ended) = calls.join_next().await {
        ended?;
    }
    Ok(())
}
