//! A service that watches how it is used.

use std::fmt;
use std::mem::take;
use std::sync::Arc; // no model checks it
use std::sync::atomic::{AtomicUsize, Ordering}; // no model checks it
use std::task::{Context, Poll, Waker};

use parking_lot::Mutex; // no model checks it
use tower::Service;

/// Watches how the service in it is used, and scripts its readiness.
///
/// It panics when it is called without having been polled ready. A clone starts not ready, and so does a service that was called.
/// All clones share their counts and their readiness, so keep what [`calls`](Self::calls) returns, or a clone, and give the probe
/// to a layer.
///
/// It is ready when the inner service is, unless [`readiness`](Self::readiness) or [`stalled`](Self::stalled) says otherwise.
///
/// # Examples
///
/// A retry sends a call again, and each time asks first whether the service is ready:
///
/// ```
/// use std::io;
/// use palisade::RetryLayer;
/// use palisade::test_util::{ScriptedService, ServiceProbe};
/// use tower::{Layer, ServiceExt};
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let probe = ServiceProbe::new(ScriptedService::new([Err(io::Error::other("down")), Ok("paid")]));
/// let (calls, polls) = (probe.calls(), probe.polls());
///
/// let service = RetryLayer::builder("payments").max_attempts(2).build()?.layer(probe);
/// assert_eq!(service.oneshot(7).await?, "paid");
/// assert_eq!((calls.count(), polls.count()), (2, 2));
/// # Ok(())
/// # }
/// ```
///
/// A service that does not ask is told:
///
/// ```should_panic
/// use palisade::test_util::{ScriptedService, ServiceProbe};
/// use tower::Service;
///
/// let mut service = ServiceProbe::new(ScriptedService::new([Ok::<_, std::io::Error>("paid")]));
/// drop(service.call(7));
/// ```
#[must_use = "a service does nothing unless it is called"]
pub struct ServiceProbe<S, E> {
    inner: S,
    is_ready: bool,
    calls: Calls,
    polls: Calls,
    readiness: Arc<Readiness<E>>,
}

impl<S, E> ServiceProbe<S, E> {
    /// Puts a probe around a service. `E` is the error of that service.
    pub fn new(inner: S) -> Self {
        let (calls, polls, readiness) = (Calls::default(), Calls::default(), Arc::default());
        Self { inner, is_ready: false, calls, polls, readiness }
    }

    /// What the next polls for readiness return, of all clones together.
    ///
    /// A poll that is `Pending` wakes its task at once, so that it asks again and gets the next entry. After a `Ready(Ok(()))` the inner
    /// service is asked, too. After the last entry it is the inner service alone that is asked. An endless iterator, such as
    /// [`std::iter::repeat_with`], holds for ever.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::{io, task::Poll};
    /// use palisade::test_util::{ScriptedService, ServiceProbe};
    /// use tower::ServiceExt;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let down = Poll::Ready(Err(io::Error::other("down")));
    /// let mut probe = ServiceProbe::new(ScriptedService::new([Ok("paid")])).readiness([Poll::Pending, down]);
    /// assert!(ServiceExt::<u32>::ready(&mut probe).await.is_err());
    /// assert_eq!(probe.polls().count(), 2);
    /// assert_eq!(probe.oneshot(7).await.unwrap(), "paid");
    /// # }
    /// ```
    pub fn readiness<I>(self, script: I) -> Self
    where
        I: IntoIterator<Item = Poll<Result<(), E>>, IntoIter: Send + 'static>,
    {
        *self.readiness.script.lock() = Some(Box::new(script.into_iter()));
        self
    }

    /// After its script it is not ready until [`release`](Self::release) is called.
    ///
    /// # Examples
    ///
    /// ```
    /// use palisade::test_util::{ScriptedService, ServiceProbe};
    /// use tower::ServiceExt;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let probe = ServiceProbe::new(ScriptedService::new([Ok::<_, std::io::Error>("paid")])).stalled();
    /// let call = tokio::spawn(probe.clone().oneshot(7));
    /// tokio::task::yield_now().await;
    /// assert_eq!((probe.polls().count(), probe.calls().count()), (1, 0));
    ///
    /// probe.release();
    /// assert_eq!(call.await.unwrap().unwrap(), "paid");
    /// # }
    /// ```
    pub fn stalled(self) -> Self {
        self.readiness.stall.lock().is_on = true;
        self
    }

    /// Ends what [`stalled`](Self::stalled) began, and wakes those who wait for that.
    pub fn release(&self) {
        // Not under the lock: a waker may run its task at once.
        let Stall { waiting, .. } = take(&mut *self.readiness.stall.lock());
        waiting.into_iter().for_each(Waker::wake);
    }

    /// How many calls it was sent.
    pub fn calls(&self) -> Calls {
        self.calls.clone()
    }

    /// How often it was polled for readiness.
    pub fn polls(&self) -> Calls {
        self.polls.clone()
    }
}

/// A clone starts not ready.
impl<S: Clone, E> Clone for ServiceProbe<S, E> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            is_ready: false,
            calls: self.calls(),
            polls: self.polls(),
            readiness: Arc::clone(&self.readiness),
        }
    }
}

impl<S, E> fmt::Debug for ServiceProbe<S, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServiceProbe")
            .field("is_ready", &self.is_ready)
            .field("calls", &self.calls.count())
            .field("polls", &self.polls.count())
            .finish_non_exhaustive()
    }
}

impl<Request, S: Service<Request>> Service<Request> for ServiceProbe<S, S::Error> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.polls.add();
        self.is_ready = false;
        let scripted = self.readiness.next(cx);
        let polled = match scripted {
            Some(Poll::Pending) => {
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            Some(Poll::Ready(Err(error))) => Poll::Ready(Err(error)),
            Some(Poll::Ready(Ok(()))) => self.inner.poll_ready(cx),
            None => Poll::Pending,
        };
        self.is_ready = matches!(polled, Poll::Ready(Ok(())));
        polled
    }

    /// # Panics
    ///
    /// Panics when it was not polled ready since it was made, cloned or called.
    fn call(&mut self, request: Request) -> S::Future {
        assert!(take(&mut self.is_ready), "called without having been polled ready");
        self.calls.add();
        self.inner.call(request)
    }
}

type Script<E> = dyn Iterator<Item = Poll<Result<(), E>>> + Send;

/// The readiness of a probe and its clones. Each part has its own lock, so that a script may end the stall.
struct Readiness<E> {
    script: Mutex<Option<Box<Script<E>>>>,
    stall: Mutex<Stall>,
}

/// Whether it is not ready after its script, and who waits for the end of that.
#[derive(Default)]
struct Stall {
    is_on: bool,
    waiting: Vec<Waker>,
}

impl<E> Readiness<E> {
    /// The next entry. After the last, `None` while it is stalled; then the task is woken when that ends.
    fn next(&self, cx: &Context<'_>) -> Option<Poll<Result<(), E>>> {
        let scripted = self.script.lock().as_mut().and_then(Iterator::next);
        scripted.or_else(|| self.stall.lock().passes(cx).then_some(Poll::Ready(Ok(()))))
    }
}

impl Stall {
    fn passes(&mut self, cx: &Context<'_>) -> bool {
        if self.is_on && !self.waiting.iter().any(|waker| waker.will_wake(cx.waker())) {
            self.waiting.push(cx.waker().clone());
        }
        !self.is_on
    }
}

impl<E> Default for Readiness<E> {
    fn default() -> Self {
        Self { script: Mutex::default(), stall: Mutex::default() }
    }
}

/// Counts calls, all clones together.
///
/// # Examples
///
/// ```
/// use palisade::test_util::Calls;
///
/// let calls = Calls::default();
/// let counted = calls.clone();
/// let charge = move || counted.add();
/// charge();
/// assert_eq!(calls.count(), 1);
/// ```
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct Calls(Arc<AtomicUsize>);

impl Calls {
    /// How many there were.
    pub fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }

    /// Counts a call that no [`ServiceProbe`] sees.
    pub fn add(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}
