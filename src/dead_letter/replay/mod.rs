//! Sends the letters of a queue to a service.

mod error;
mod letter;
mod run;
mod running;

use std::convert::Infallible;
use std::fmt;
use std::time::Duration;

use tower::{BoxError, Service};

pub use self::error::ReplayError;
use self::run::Run;
use super::queue::DeadLetters;
use crate::backoff::Backoff;
use crate::context::Detached;
use crate::error::ConfigError;
use crate::outcome::{Classify, DefaultClassifier};
use crate::source::Kind;

/// Sends the letters of a queue to a service.
///
/// Each letter is replayed at least once, and removed after a replay that succeeded. Made by [`DeadLetters::replay`].
#[derive(Clone)]
#[must_use = "nothing is replayed until it runs"]
pub struct Replay<Request, S, C = DefaultClassifier> {
    letters: DeadLetters<Request>,
    service: S,
    classifier: C,
    concurrency: usize,
    backoff: Backoff,
}

impl<Request: 'static> DeadLetters<Request> {
    /// Starts to replay the letters through a service, most often the one whose calls they are of.
    ///
    /// What paces calls of the service paces the replay: behind a [`PacingLayer`](crate::PacingLayer) letters wait for their turn, and
    /// while a circuit breaker rejects them they wait for as long as it says. A letter that fails is not handed to this queue again, if the
    /// service has its [`DeadLetterLayer`](super::DeadLetterLayer) inside.
    pub fn replay<S>(&self, service: S) -> Replay<Request, S> {
        let backoff = Backoff::exponential(Duration::from_secs(1), Duration::from_secs(300));
        Replay { letters: self.clone(), service, classifier: DefaultClassifier, concurrency: 4, backoff }
    }
}

impl<Request: 'static, S, C> Replay<Request, S, C> {
    /// Replays at most this many letters at once.
    ///
    /// 1 to 1,000. Letters of one [key](super::DeadLettersBuilder::key) are replayed one after another. Each letter waits for a write of the store
    /// once it is done, and letters that are done together share one. Defaults to 4.
    pub fn concurrency(self, letters: usize) -> Self {
        Self { concurrency: letters, ..self }
    }

    /// Waits by this backoff before a letter is replayed again, or longer where the service asks for it.
    ///
    /// Defaults to 1 second doubling to 5 minutes, with [`Jitter::Full`](crate::Jitter::Full). A letter waits from its beginning where
    /// the queue is opened again.
    pub fn backoff(self, backoff: Backoff) -> Self {
        Self { backoff, ..self }
    }

    /// Decides by a [`Classify`], most often a closure, whether a replay has failed.
    ///
    /// Defaults to [`DefaultClassifier`].
    pub fn classify<D>(self, classifier: D) -> Replay<Request, S, D> {
        self.map(|service, _| (service, classifier))
    }

    pub(crate) fn map<T, D>(self, map: impl FnOnce(S, C) -> (T, D)) -> Replay<Request, T, D> {
        let Self { letters, service, classifier, concurrency, backoff } = self;
        let (service, classifier) = map(service, classifier);
        Replay { letters, service, classifier, concurrency, backoff }
    }

    /// Replays letters as they come, until it is dropped.
    ///
    /// # Errors
    ///
    /// When a setting is not legal, the queue is being replayed already, or the store fails.
    ///
    /// # Cancellation
    ///
    /// Dropped at any time, it stops at once. Letters whose replays were under way are replayed again by the next one.
    pub async fn run(self) -> Result<Infallible, ReplayError>
    where
        S: Service<Request, Error: Into<BoxError> + 'static> + Clone,
        C: Classify<S::Response>,
    {
        self.begin(false).await?;
        unreachable!("it runs until it is dropped or fails")
    }

    /// Replays letters until none waits: each has been replayed, or is parked.
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run).
    ///
    /// # Cancellation
    ///
    /// As [`run`](Self::run).
    pub async fn until_empty(self) -> Result<(), ReplayError>
    where
        S: Service<Request, Error: Into<BoxError> + 'static> + Clone,
        C: Classify<S::Response>,
    {
        self.begin(true).await
    }

    async fn begin(self, until_empty: bool) -> Result<(), ReplayError>
    where
        S: Service<Request, Error: Into<BoxError> + 'static> + Clone,
        C: Classify<S::Response>,
    {
        let Self { letters, service, classifier, concurrency, backoff } = self;
        ConfigError::unless((1..=1_000).contains(&concurrency), "concurrency", concurrency, "1 to 1,000")
            .and_then(|()| backoff.check("backoff"))
            .map_err(|error| error.named(letters.name().as_str()).of(Kind::DeadLetter.as_str()))?;
        let run = Run::new(letters.shared, service, classifier, backoff).ok_or(ReplayError::Running)?;
        // Whoever polls it, no deadline of theirs is around.
        Detached::new(run.run(concurrency, until_empty)).await
    }
}

impl<Request, S, C> fmt::Debug for Replay<Request, S, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Replay")
            .field("letters", &self.letters)
            .field("concurrency", &self.concurrency)
            .field("backoff", &self.backoff)
            .finish_non_exhaustive()
    }
}
