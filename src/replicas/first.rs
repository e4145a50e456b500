//! What is awaited before calls go to a replica: its service is made, or it takes over.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering}; // no model checks it
use std::task::{Context, Poll, Waker};
use std::{fmt, mem};

use parking_lot::Mutex;

use super::callers::{Caller, Callers};
use super::gate::Gate;
use crate::error::Error;

/// What has begun, boxed, because it is rare.
pub(super) type Begun = Pin<Box<dyn Future<Output = Result<(), Error>> + Send>>;

/// What begins it.
pub(super) type Step = Arc<dyn Fn() -> Begun + Send + Sync>;

/// What is awaited before calls go to a replica, by all of them together.
pub(super) struct First {
    steps: Vec<Step>,
    /// The number of the last takeover of all replicas, where it is awaited again after another replica took over.
    last: Option<Arc<AtomicU64>>,
    /// The number of its own last one; zero before it was done.
    done: AtomicU64,
    progress: Mutex<Progress>,
    callers: Arc<Callers>,
    gate: Arc<Gate>,
}

/// How far it is.
enum Progress {
    Idle,
    Begun(Begun),
    /// A call polls it. Another one may want to be polled for, too.
    Polled {
        is_wanted: bool,
    },
}

impl First {
    pub(super) fn new(steps: Vec<Step>, last: Option<Arc<AtomicU64>>, gate: Arc<Gate>) -> Self {
        let (done, progress) = (AtomicU64::new(0), Mutex::new(Progress::Idle));
        Self { steps, last, done, progress, callers: Arc::default(), gate }
    }

    /// Whether calls may go to the replica.
    #[inline]
    pub(super) fn is_done(&self) -> bool {
        // Acquire pairs with Release in `finish`: the service is there.
        let done = self.done.load(Ordering::Acquire);
        done > 0 && self.last.as_ref().is_none_or(|last| last.load(Ordering::Relaxed) == done)
    }

    fn finish(&self) {
        let number = self.last.as_ref().map_or(1, |last| last.fetch_add(1, Ordering::Relaxed) + 1);
        self.done.store(number, Ordering::Release);
        self.gate.open();
    }

    /// Waits until calls may go to the replica. Fails with the error for the call that was there, and without one for the others.
    ///
    /// Whichever call is polled first polls for all, so none waits for one that is not polled.
    pub(super) async fn wait(self: Arc<Self>) -> Result<(), Option<Error>> {
        let caller = Caller::of(&self.callers);
        poll_fn(|cx| self.poll(&caller, cx)).await
    }

    fn poll(&self, caller: &Caller<'_>, cx: &Context<'_>) -> Poll<Result<(), Option<Error>>> {
        // Before the look, so that no wake is missed.
        caller.waits(cx.waker());
        let mut progress = self.progress.lock();
        if self.is_done() {
            return Poll::Ready(Ok(()));
        }
        if self.gate.is_shut() {
            return Poll::Ready(Err(None));
        }
        let begun = match mem::replace(&mut *progress, Progress::Polled { is_wanted: false }) {
            Progress::Idle => self.begin(),
            Progress::Begun(begun) => begun,
            Progress::Polled { .. } => {
                *progress = Progress::Polled { is_wanted: true };
                return Poll::Pending;
            }
        };
        drop(progress);
        Turn { first: self, begun: None }.poll(begun)
    }

    fn begin(&self) -> Begun {
        let steps = self.steps.clone();
        // Boxed, because it outlives the call that began it. It is awaited before the first call of a replica, and not by each.
        Box::pin(async move {
            for step in steps {
                step().await?;
            }
            Ok(())
        })
    }
}

impl fmt::Debug for First {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("First").field("done", &self.done).finish_non_exhaustive()
    }
}

/// The turn of the call that polls for all.
struct Turn<'a> {
    first: &'a First,
    /// `None` while it is polled, so that what panics is begun anew.
    begun: Option<Begun>,
}

impl Turn<'_> {
    fn poll(mut self, mut begun: Begun) -> Poll<Result<(), Option<Error>>> {
        let waker = Waker::from(Arc::clone(&self.first.callers));
        match begun.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(Ok(())) => self.first.finish(),
            Poll::Ready(Err(error)) => {
                self.first.gate.shut(&error);
                return Poll::Ready(Err(Some(error)));
            }
            Poll::Pending => {
                self.begun = Some(begun);
                return Poll::Pending;
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let next = self.begun.take().map_or(Progress::Idle, Progress::Begun);
        let is_over = matches!(next, Progress::Idle);
        let before = mem::replace(&mut *self.first.progress.lock(), next);
        if is_over || matches!(before, Progress::Polled { is_wanted: true }) {
            self.first.callers.wake_all();
        }
    }
}
