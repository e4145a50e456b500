//! Futures that are dropped before their end.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

/// Drops a future after no poll, after one, after two, and so on, until one ends; returns the output of that one.
///
/// `make` makes the future anew each time. `check` is called after each drop, with how often the future was polled; it asserts what must
/// hold then, such as that no call is in flight, or that another call does well.
///
/// A future is polled when it is woken, so this runs on any async runtime. Where the future waits for time, pause tokio's clock: while
/// nothing else has work, a paused clock goes on to the next timer by itself. Whatever else the future waits for must come without
/// help. Put a [timeout](crate::TimeoutLayer) around a call that hangs, for what never wakes is never polled again.
///
/// To spawn it as a task, have `check` own what it uses: `async move |polls| ..`.
///
/// # Cancellation
///
/// Dropping it drops the future that it polls.
///
/// # Examples
///
/// ```
/// use std::{io, time::Duration};
/// use palisade::BulkheadLayer;
/// use palisade::test_util::{Reply, ScriptedService, drop_at_every_poll};
/// use tower::{Layer, ServiceExt};
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() {
/// let bulkhead = BulkheadLayer::new(1);
/// let late = || Some(Reply::<_, io::Error>::After(Duration::from_secs(1), Ok("paid")));
/// let service = bulkhead.layer(ScriptedService::new(std::iter::from_fn(late)));
///
/// let paid = drop_at_every_poll(
///     || service.clone().oneshot(7),
///     async |polls| assert_eq!(bulkhead.handle().in_flight(), 0, "after {polls} polls"),
/// );
/// assert_eq!(paid.await.unwrap(), "paid");
/// # }
/// ```
pub async fn drop_at_every_poll<F: Future>(
    mut make: impl FnMut() -> F,
    mut check: impl AsyncFnMut(usize),
) -> F::Output {
    let mut polls = 0;
    loop {
        if let Some(output) = drop_after(polls, make()).await {
            return output;
        }
        check(polls).await;
        polls += 1;
    }
}

/// Polls a future so often and drops it then; returns its output where it ended before.
///
/// This is one round of [`drop_at_every_poll`], for tests that set up a world of their own for each. What that says of wakes holds here.
///
/// # Examples
///
/// ```
/// use palisade::test_util::drop_after;
/// use tokio::task::yield_now;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// assert_eq!(drop_after(1, yield_now()).await, None);
/// assert_eq!(drop_after(2, yield_now()).await, Some(()));
/// # }
/// ```
pub async fn drop_after<F: Future>(polls: usize, future: F) -> Option<F::Output> {
    let (mut future, mut left) = (pin!(future), polls);
    poll_fn(|cx| {
        let Some(less) = left.checked_sub(1) else { return Poll::Ready(None) };
        left = less;
        match future.as_mut().poll(cx) {
            Poll::Pending if left == 0 => Poll::Ready(None),
            polled => polled.map(Some),
        }
    })
    .await
}
