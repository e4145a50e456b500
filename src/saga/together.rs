//! Futures that run at the same time in one task.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};

/// Futures that run at the same time. All are polled whenever one of them is woken, because they are few.
pub(super) struct Together<F> {
    futures: Vec<(usize, F)>,
    /// The one that is polled next, so that all have their turn.
    turn: usize,
}

impl<T, F: Future<Output = T> + Unpin> Together<F> {
    /// Each with its number.
    pub(super) const fn new(futures: Vec<(usize, F)>) -> Self {
        Self { futures, turn: 0 }
    }

    /// The next that ends; `None` where all have.
    pub(super) async fn next(&mut self) -> Option<(usize, T)> {
        poll_fn(|cx| self.poll_next(cx)).await
    }

    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<(usize, T)>> {
        if self.futures.is_empty() {
            return Poll::Ready(None);
        }
        for _ in 0..self.futures.len() {
            self.turn %= self.futures.len();
            let (number, future) = &mut self.futures[self.turn];
            if let Poll::Ready(output) = Pin::new(future).poll(cx) {
                let number = *number;
                drop(self.futures.swap_remove(self.turn));
                return Poll::Ready(Some((number, output)));
            }
            self.turn += 1;
        }
        Poll::Pending
    }
}
