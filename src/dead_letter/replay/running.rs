//! Futures that run beside each other in one task.

use std::pin::Pin;
use std::task::{Context, Poll};

/// Futures that run beside each other. They are few, so all are polled whenever one is woken.
pub(super) struct Running<F>(Vec<Pin<Box<F>>>);

impl<F: Future> Running<F> {
    pub(super) const fn new() -> Self {
        Self(Vec::new())
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn push(&mut self, future: F) {
        // Boxed so that it stays where it is while others come and go. It reads and writes a store, which takes far longer.
        self.0.push(Box::pin(future));
    }

    /// Polls them all. Is ready once some have ended, with what they gave.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Vec<F::Output>> {
        let mut ended = Vec::new();
        self.0.retain_mut(|future| match future.as_mut().poll(cx) {
            Poll::Ready(output) => {
                ended.push(output);
                false
            }
            Poll::Pending => true,
        });
        if ended.is_empty() { Poll::Pending } else { Poll::Ready(ended) }
    }
}
