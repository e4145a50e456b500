//! Sends letters to a receiver in the process.

use std::fmt;

use tokio::sync::mpsc::Sender;
use tokio::sync::mpsc::error::TrySendError;

use super::letter::DeadLetter;
use super::lost::Lost;
use super::sink::{Sink, Storing, WhenFull};

/// Sends letters to the receiver of a bounded channel. If that is full, they are lost, unless it is set otherwise.
pub const fn channel<Request>(sender: Sender<DeadLetter<Request>>) -> Channel<Request> {
    Channel { sender, when_full: WhenFull::Lose }
}

/// Made by [`channel`].
#[must_use]
pub struct Channel<Request> {
    sender: Sender<DeadLetter<Request>>,
    when_full: WhenFull,
}

impl<Request> Channel<Request> {
    /// Waits while the channel is full. Defaults to losing letters then.
    pub fn or_wait(self) -> Self {
        Self { when_full: WhenFull::Wait, ..self }
    }

    /// Fails calls with [`LetterLost`](super::LetterLost) while the channel is full, or once it is closed. Defaults to losing letters then.
    pub fn or_fail(self) -> Self {
        Self { when_full: WhenFull::Fail, ..self }
    }
}

impl<Request: Send + 'static> Sink<Request> for Channel<Request> {
    type Future = Storing;

    fn store(&self, letter: DeadLetter<Request>) -> Storing {
        let Self { sender, when_full } = self.clone();
        Box::pin(async move {
            match when_full {
                WhenFull::Wait => sender.send(letter).await.map_err(|_| Lost::Closed),
                _ => sender.try_send(letter).map_err(|error| match error {
                    TrySendError::Full(_) => Lost::Full,
                    TrySendError::Closed(_) => Lost::Closed,
                }),
            }
        })
    }

    fn fails_calls(&self) -> bool {
        self.when_full == WhenFull::Fail
    }
}

impl<Request> Clone for Channel<Request> {
    fn clone(&self) -> Self {
        Self { sender: self.sender.clone(), ..*self }
    }
}

impl<Request> fmt::Debug for Channel<Request> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let capacity = self.sender.capacity();
        f.debug_struct("Channel").field("capacity", &capacity).field("when_full", &self.when_full).finish()
    }
}
