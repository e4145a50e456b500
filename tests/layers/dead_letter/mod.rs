//! Dead letters, line by line of what they mean.

#![expect(clippy::unwrap_used, reason = "an unwrap in vain fails the test, as it should")]

mod channels;
mod handing_over;
mod keeping;
mod opening;
mod replaying;
mod seen;
mod stores;

use std::future::{Ready, ready};
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::FutureExt;
use palisade::dead_letter::{Lost, Reason, ReplayError, WhenFull, channel};
use palisade::store::{Answer, Batch, Codec, Record, Space};
use palisade::test_util::EventLog;
use palisade::{
    Backoff, DeadLetter, DeadLetterId, DeadLetterLayer, DeadLetters, DeadLettersBuilder, Error, Name, Outcome,
    RetryLayer, Store, StoreError, TimeoutLayer,
};
use tokio::task::yield_now;
use tokio::time::{advance, sleep, timeout};
use tower::{BoxError, Layer, Service, ServiceBuilder, ServiceExt, service_fn};
use tracing::Level;

use crate::support::services::{REJECTED, TIMED_OUT, begin, call, code, coded, hung, rejected};
use crate::support::time::{MILLI, SECOND};
use crate::support::{Down, chain, paused, strict};

/// A function that keeps letters.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<DeadLetter<u32>>>>);

impl Kept {
    fn sink(&self) -> impl Fn(DeadLetter<u32>) + Clone + use<> {
        let kept = Arc::clone(&self.0);
        move |letter| kept.lock().unwrap().push(letter)
    }

    fn all(&self) -> Vec<DeadLetter<u32>> {
        self.0.lock().unwrap().clone()
    }

    fn requests(&self) -> Vec<u32> {
        self.all().iter().map(|letter| letter.request).collect()
    }
}

/// A request that has no bytes.
const NO_BYTES: u32 = 4_040;

/// Makes four bytes of a number.
#[derive(Debug)]
struct Numbers;

impl Codec<u32> for Numbers {
    fn encode(&self, number: &u32) -> Result<Vec<u8>, BoxError> {
        if *number == NO_BYTES { Err("no bytes".into()) } else { Ok(number.to_be_bytes().to_vec()) }
    }

    fn decode(&self, bytes: &[u8]) -> Result<u32, BoxError> {
        Ok(u32::from_be_bytes(bytes.try_into()?))
    }
}

/// A store in memory, each of whose answers takes a few polls, and whose writes fail from one on.
#[derive(Debug, Default)]
struct Slow {
    inner: palisade::MemoryStore,
    polls: usize,
    writes: AtomicUsize,
    /// The writes that fail, by their numbers.
    fails: Mutex<std::ops::Range<usize>>,
}

impl Slow {
    fn of_polls(polls: usize) -> Arc<Self> {
        Arc::new(Self { polls, ..Self::default() })
    }

    /// Lets the writes of these numbers fail, the next being 0.
    fn fail(&self, writes: std::ops::Range<usize>) {
        self.writes.store(0, SeqCst);
        *self.fails.lock().unwrap() = writes;
    }

    async fn pass(&self) {
        for _ in 0..self.polls {
            yield_now().await;
        }
    }
}

impl Store for Slow {
    /// Written at the first poll, as what is dropped later may be.
    fn write(&self, batch: Batch) -> Answer<'_, ()> {
        Box::pin(async move {
            let number = self.writes.fetch_add(1, SeqCst);
            let fails = self.fails.lock().unwrap().contains(&number);
            if !fails {
                self.inner.write(batch).await?;
            }
            self.pass().await;
            if fails { Err(StoreError::failed("the disk is full")) } else { Ok(()) }
        })
    }

    fn read<'a>(&'a self, space: Space, key: &'a [u8]) -> Answer<'a, Option<Vec<u8>>> {
        Box::pin(async move {
            self.pass().await;
            self.inner.read(space, key).await
        })
    }

    fn scan<'a>(&'a self, space: Space, after: Option<&'a [u8]>, limit: usize) -> Answer<'a, Vec<Record>> {
        self.inner.scan(space, after, limit)
    }
}

/// A queue in this store.
fn queue(store: &Arc<Slow>) -> DeadLettersBuilder<u32> {
    DeadLetters::builder("queue", Arc::clone(store) as Arc<dyn Store>, Numbers)
}

async fn opened(store: &Arc<Slow>) -> DeadLetters<u32> {
    queue(store).open().await.unwrap()
}

/// Makes calls of these requests fail, so that the queue has letters of them.
async fn fill(letters: &DeadLetters<u32>, requests: impl IntoIterator<Item = u32>) {
    let service = DeadLetterLayer::new(letters.clone()).layer(strict(|_| ready(Err::<u32, _>(Down(1)))));
    for request in requests {
        service.clone().oneshot(request).await.unwrap_err();
    }
}

/// The requests of all letters that can be read, in order.
async fn listed(letters: &DeadLetters<u32>) -> Vec<u32> {
    let listed = letters.list(None, 1_000).await.unwrap();
    listed.into_iter().filter_map(|listed| Some(listed.letter.ok()?.request)).collect()
}

async fn ids(letters: &DeadLetters<u32>) -> Vec<DeadLetterId> {
    letters.list(None, 1_000).await.unwrap().iter().map(|listed| listed.id).collect()
}

/// A service that keeps what it is sent, and answers by a function.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Vec<u32>>>);

impl Seen {
    fn service<F>(
        &self,
        answer: F,
    ) -> impl Service<u32, Response = u32, Error = Error, Future = Ready<Result<u32, Error>>> + Clone + use<F>
    where
        F: Fn(u32) -> Result<u32, Error> + Clone,
    {
        let seen = Arc::clone(&self.0);
        strict(move |request| {
            seen.lock().unwrap().push(request);
            ready(answer(request))
        })
    }

    fn all(&self) -> Vec<u32> {
        self.0.lock().unwrap().clone()
    }
}

fn down() -> Error {
    BoxError::from(Down(1)).into()
}

/// The reasons of the losses that were told.
fn losses(events: &EventLog) -> Vec<String> {
    let lost = events.of("palisade::dead_letter").into_iter().filter(|event| event.field("message") == "letter lost");
    lost.map(|event| event.field("reason").to_owned()).collect()
}
