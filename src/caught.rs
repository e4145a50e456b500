//! Panics of the user's that are errors here.

use std::any::Any;
use std::mem::forget;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;
use tower::BoxError;

pin_project! {
    /// A future whose panic is its error. One that has panicked is only dropped.
    pub(crate) struct Caught<F> {
        #[pin]
        pub(crate) inner: F,
    }
}

impl<F: Future<Output = Result<T, E>>, T, E: From<BoxError>> Future for Caught<F> {
    type Output = Result<T, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let inner = self.project().inner;
        Panicked::catch(|| inner.poll(cx)).unwrap_or_else(|panicked| Poll::Ready(Err(BoxError::from(panicked).into())))
    }
}

/// What was called has panicked.
#[derive(Debug, thiserror::Error)]
#[error("panicked: {0}")]
pub(crate) struct Panicked(String);

impl Panicked {
    /// Calls what is used no more where it panics.
    pub(crate) fn catch<T>(call: impl FnOnce() -> T) -> Result<T, Self> {
        catch_unwind(AssertUnwindSafe(call)).map_err(|panic| {
            let panicked = Self(message(&*panic).to_owned());
            // To drop it may panic, and then so may the next: that one is never dropped.
            catch_unwind(AssertUnwindSafe(|| drop(panic))).unwrap_or_else(forget);
            panicked
        })
    }
}

fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("without a message")
}
