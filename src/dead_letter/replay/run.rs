//! A replay that runs: begins letters as they are due, and waits for their ends.

use std::future::{pending, poll_fn};
use std::pin::pin;
use std::sync::Arc; // no model checks a queue
use std::sync::atomic::Ordering; // no model checks a queue
use std::task::Poll;

use parking_lot::Mutex; // no model checks a queue
use rand::RngExt;
use rand::rngs::SmallRng;
use tokio::time::sleep_until;
use tower::{BoxError, Service};

use super::error::ReplayError;
use super::running::Running;
use crate::backoff::{Backoff, generator};
use crate::dead_letter::queue::{Held, Shared};
use crate::outcome::Classify;
use crate::state::letters::Next;
use crate::store::StoreError;
use crate::time::Nanos;

/// The one replay of a queue.
pub(super) struct Run<Request, S, C> {
    turn: Turn<Request>,
    pub(super) service: S,
    pub(super) classifier: C,
    pub(super) backoff: Backoff,
    pub(super) generator: Mutex<SmallRng>,
}

/// The right to replay a queue, until it is dropped.
struct Turn<Request>(Arc<Shared<Request>>);

impl<Request> Drop for Turn<Request> {
    fn drop(&mut self) {
        // Pairs with the acquire of the next replay.
        self.0.is_replayed.store(false, Ordering::Release);
    }
}

impl<Request: 'static, S, C> Run<Request, S, C> {
    /// `None` where another one runs.
    pub(super) fn new(shared: Arc<Shared<Request>>, service: S, classifier: C, backoff: Backoff) -> Option<Self> {
        // Pairs with the release of the one before.
        let is_free = !shared.is_replayed.swap(true, Ordering::Acquire);
        let generator = Mutex::new(generator(None));
        is_free.then(|| Self { turn: Turn(shared), service, classifier, backoff, generator })
    }

    pub(super) fn shared(&self) -> &Shared<Request> {
        &self.turn.0
    }

    /// Replays letters, until the store fails, or none waits if that is an end.
    pub(super) async fn run(self, concurrency: usize, until_empty: bool) -> Result<(), ReplayError>
    where
        S: Service<Request, Error: Into<BoxError> + 'static> + Clone,
        C: Classify<S::Response>,
    {
        let mut running = Running::new();
        let mut failed = Ok(());
        loop {
            let mut next = Next::Nothing;
            while failed.is_ok() && running.len() < concurrency {
                next = self.shared().letters.lock().next(self.shared().clock.now());
                let Next::Letter(number) = next else { break };
                running.push(self.replay(Held::next(Arc::clone(&self.turn.0), number)));
            }
            if running.len() == 0 && (failed.is_err() || until_empty && next == Next::Nothing) {
                return failed.map_err(ReplayError::Store);
            }
            for ended in self.wait(&mut running, next).await {
                failed = failed.and(ended);
            }
        }
    }

    /// Waits until replays have ended, or there may be a letter to replay.
    async fn wait<F>(&self, running: &mut Running<F>, next: Next) -> Vec<Result<(), StoreError>>
    where
        F: Future<Output = Result<(), StoreError>>,
    {
        let mut due = pin!(self.due(next));
        let mut news = pin!(self.shared().news.notified());
        poll_fn(|cx| {
            if let Poll::Ready(ended) = running.poll(cx) {
                return Poll::Ready(ended);
            }
            let is_due = due.as_mut().poll(cx).is_ready() || news.as_mut().poll(cx).is_ready();
            if is_due { Poll::Ready(Vec::new()) } else { Poll::Pending }
        })
        .await
    }

    async fn due(&self, next: Next) {
        match next {
            Next::At(due) => sleep_until(self.shared().clock.instant(due)).await,
            Next::Letter(_) | Next::Nothing => pending().await,
        }
    }

    /// The pause after so many replays that failed before.
    pub(super) fn pause(&self, step: u32) -> Nanos {
        self.backoff.delay(step, |range| self.generator.lock().random_range(range))
    }
}
