//! The callers.

use std::net::SocketAddr;
use std::ops::AddAssign;
use std::time::Duration;

use http::{StatusCode, Uri};
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use tokio::time::{Instant, sleep, timeout};
use tower::ServiceExt;

use crate::gateway::{Answer, DEGRADED, Stack};
use crate::upstream::body_of;
use crate::{ms, now};

/// What became of calls.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) sent: u64,
    pub(crate) answered: u64,
    pub(crate) degraded: u64,
    /// Dropped half way, on purpose.
    pub(crate) dropped: u64,
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.sent += other.sent;
        self.answered += other.answered;
        self.degraded += other.degraded;
        self.dropped += other.dropped;
    }
}

/// Sends one call after another.
pub(crate) struct Caller {
    number: u64,
    stack: Stack,
    proxy: SocketAddr,
    rng: SmallRng,
    pub(crate) tally: Tally,
}

impl Caller {
    pub(crate) fn new(number: u64, stack: Stack, proxy: SocketAddr) -> Self {
        Self { number, stack, proxy, rng: SmallRng::seed_from_u64(number), tally: Tally::default() }
    }

    pub(crate) async fn call_until(mut self, end: Instant) -> Tally {
        while now() < end {
            let patience = self.patience();
            self.call(patience).await;
            let pause = ms(self.rng.random_range(0..50));
            sleep(pause).await;
        }
        self.tally
    }

    /// One call in six is dropped soon, most of these very soon.
    fn patience(&mut self) -> Duration {
        if self.rng.random_ratio(1, 6) { ms(self.rng.random_range(0..10_u64).pow(2)) } else { Duration::MAX }
    }

    /// Sends a call, and drops it when it takes longer than that.
    pub(crate) async fn call(&mut self, patience: Duration) {
        let path = format!("/{}/{}", self.number, self.tally.sent);
        let uri: Uri = format!("http://{}{path}", self.proxy).parse().unwrap();
        self.tally.sent += 1;
        match timeout(patience, self.stack.clone().oneshot(uri)).await {
            Ok(answer) => self.count(&answer.expect("the fallback answers for all"), &path),
            Err(_) => self.tally.dropped += 1,
        }
    }

    fn count(&mut self, answer: &Answer, path: &str) {
        if answer.body() == DEGRADED {
            self.tally.degraded += 1;
        } else {
            assert_eq!((answer.status(), &answer.body()[..]), (StatusCode::OK, body_of(path).as_bytes()));
            self.tally.answered += 1;
        }
    }
}
