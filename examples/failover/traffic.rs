//! The traffic: calls that arrive on a schedule, whatever becomes of those before.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use futures_util::future::BoxFuture;
use palisade::{Health, ReplicasHandle};
use parking_lot::Mutex;
use tokio::task::{JoinError, JoinSet};
use tokio::time::{Instant, sleep_until};
use tower::BoxError;

use crate::script::SECONDS;

/// How many calls arrive in a second.
pub(crate) const CALLS_A_SECOND: u32 = 200;
/// One call in so many is a write, where there are writes.
const WRITES: u32 = 10;

/// Makes one call.
pub(crate) type Call = Arc<dyn Fn() -> BoxFuture<'static, Result<(), BoxError>> + Send + Sync>;

/// What calls the servers.
#[derive(Clone)]
pub(crate) struct Client {
    /// A call that may be sent twice.
    pub(crate) read: Call,
    /// One that may not; gRPC knows no difference.
    pub(crate) write: Option<Call>,
    pub(crate) handle: ReplicasHandle,
    /// How many calls were sent to each server.
    pub(crate) sent: [Arc<AtomicU64>; 3],
    /// What active checks say of the servers; there are none over gRPC.
    pub(crate) health: Health,
}

/// A call that has ended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ended {
    /// From when it was to be sent to its end.
    pub(crate) latency: Duration,
    pub(crate) is_write: bool,
    pub(crate) is_good: bool,
}

/// The calls that have ended so far.
pub(crate) type Log = Arc<Mutex<Vec<Ended>>>;

/// Sends all calls, and waits until the last has ended.
pub(crate) async fn send(client: Client, start: Instant, log: Log) -> Result<(), JoinError> {
    let mut calls = JoinSet::new();
    for number in 0..calls_in_all() {
        let arrival = start + Duration::from_secs(1) * number / CALLS_A_SECOND;
        sleep_until(arrival).await;
        let write = client.write.as_ref().filter(|_| number % WRITES == 0);
        let (call, is_write, log) = (write.unwrap_or(&client.read)(), write.is_some(), Arc::clone(&log));
        calls.spawn(async move {
            let is_good = call.await.is_ok();
            log.lock().push(Ended { latency: arrival.elapsed(), is_write, is_good });
        });
    }
    while let Some(ended) = calls.join_next().await {
        ended?;
    }
    Ok(())
}

fn calls_in_all() -> u32 {
    CALLS_A_SECOND * u32::try_from(SECONDS).unwrap_or(u32::MAX)
}
