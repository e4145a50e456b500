//! A service that does what a script says.

use std::cell::RefCell;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc; // no model checks it
use std::task::{Context, Poll, ready};
use std::time::Duration;

use parking_lot::ReentrantMutex; // no model checks it
use pin_project_lite::pin_project;
use tokio::time::{Sleep, sleep_until};
use tower::Service;

use crate::time;

/// Ends each call as its script says, whatever the request is.
///
/// A script is an iterator of [`Reply`]s, or of `Result`s, which are given at once. Each call takes the next, of all clones together.
/// `T` is the response, and `E` any error: that of the client that the service stands for, such as [`std::io::Error`].
///
/// So a list is a script, and so is a function, by [`std::iter::repeat_with`] or `(0..).map(..)`. A script that shall go on ends with
/// [`std::iter::repeat`] or `cycle()`; with `repeat_with` where replies cannot be cloned, such as those with an `io::Error`. Where the
/// response depends on the request, take [`tower::service_fn`] instead.
///
/// Times are on tokio's clock, which tests can pause, and run from the call. It is always ready, and lets itself be called before it
/// was asked: a [`ServiceProbe`](super::ServiceProbe) around it does not.
///
/// # Panics
///
/// A call panics when the script is over: more calls came than the test expects. So does one that the script itself makes. A call
/// that takes time panics outside of a tokio runtime.
///
/// # Examples
///
/// ```
/// use std::{io, time::Duration};
/// use palisade::TimeoutLayer;
/// use palisade::test_util::{Reply, ScriptedService};
/// use tower::{Layer, ServiceExt};
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() {
/// let second = Duration::from_secs(1);
/// let script = [Reply::After(second, Ok("paid")), Reply::After(3 * second, Ok("late")), Reply::Never];
/// let orders = TimeoutLayer::new(2 * second).layer(ScriptedService::<_, io::Error>::new(script));
///
/// assert_eq!(orders.clone().oneshot(1).await.unwrap(), "paid");
/// assert!(orders.clone().oneshot(2).await.is_err());
/// assert!(orders.clone().oneshot(3).await.is_err());
///
/// // Each third call fails, for ever.
/// let by_thirds = (1..).map(|call| if call % 3 == 0 { Err(io::Error::other("down")) } else { Ok(call) });
/// let service = ScriptedService::new(by_thirds);
/// assert_eq!(service.clone().oneshot(()).await.unwrap(), 1);
/// assert_eq!(service.clone().oneshot(()).await.unwrap(), 2);
/// assert!(service.clone().oneshot(()).await.is_err());
/// # }
/// ```
#[must_use = "a service does nothing unless it is called"]
pub struct ScriptedService<T, E> {
    script: Arc<Script<T, E>>,
}

/// A script that calls its own service panics at the cell, where a plain lock would hang.
type Script<T, E> = ReentrantMutex<RefCell<dyn Iterator<Item = Reply<T, E>> + Send>>;

impl<T: 'static, E: 'static> ScriptedService<T, E> {
    /// Makes a service of a script.
    pub fn new<I>(script: I) -> Self
    where
        I: IntoIterator<Item: Into<Reply<T, E>> + 'static, IntoIter: Send + 'static>,
    {
        Self { script: Arc::new(ReentrantMutex::new(RefCell::new(script.into_iter().map(Into::into)))) }
    }
}

impl<T, E> Clone for ScriptedService<T, E> {
    fn clone(&self) -> Self {
        Self { script: Arc::clone(&self.script) }
    }
}

impl<T, E> fmt::Debug for ScriptedService<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScriptedService").finish_non_exhaustive()
    }
}

impl<Request, T, E> Service<Request> for ScriptedService<T, E> {
    type Response = T;
    type Error = E;
    type Future = ResponseFuture<T, E>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), E>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request) -> ResponseFuture<T, E> {
        let script = self.script.lock();
        let mut script = script.try_borrow_mut().expect("a script must not call its own service");
        ResponseFuture::of(script.next().expect("the script is over: more calls came than it has replies"))
    }
}

/// How a [`ScriptedService`] ends one call.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use palisade::test_util::Reply;
///
/// let late: Reply<&str, ()> = Reply::After(Duration::from_secs(1), Ok("paid"));
/// let at_once: Reply<&str, ()> = Ok("paid").into();
/// assert_eq!(at_once, Reply::After(Duration::ZERO, Ok("paid")));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
#[non_exhaustive]
pub enum Reply<T, E> {
    /// Returns the result so long after the call. Zero never touches a timer.
    After(Duration, Result<T, E>),
    /// Hangs: the call never ends.
    Never,
}

/// The result is returned at once.
impl<T, E> From<Result<T, E>> for Reply<T, E> {
    fn from(result: Result<T, E>) -> Self {
        Self::After(Duration::ZERO, result)
    }
}

pin_project! {
    /// The future of a call of a [`ScriptedService`].
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<T, E> {
        #[pin]
        sleep: Option<Sleep>,
        result: Option<Result<T, E>>,
    }
}

impl<T, E> ResponseFuture<T, E> {
    fn of(reply: Reply<T, E>) -> Self {
        match reply {
            Reply::After(Duration::ZERO, result) => Self { sleep: None, result: Some(result) },
            Reply::After(delay, result) => {
                Self { sleep: Some(sleep_until(time::after(time::now(), delay))), result: Some(result) }
            }
            Reply::Never => Self { sleep: None, result: None },
        }
    }
}

impl<T, E> Future for ResponseFuture<T, E> {
    type Output = Result<T, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        if let Some(sleep) = this.sleep.as_pin_mut() {
            ready!(sleep.poll(cx));
        }
        this.result.take().map_or(Poll::Pending, Poll::Ready)
    }
}

impl<T, E> fmt::Debug for ResponseFuture<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
