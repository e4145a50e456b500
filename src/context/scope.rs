//! The deadline around the code that runs now.

use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::{Deadline, Scope, nearest};
use crate::time::ReadOnce;

impl Deadline {
    /// The nearest deadline around the code that runs now, if there is one.
    ///
    /// A timeout whose clock has not started yet starts it now.
    pub fn current() -> Option<Self> {
        nearest(&mut ReadOnce::default()).map(|nearest| Self::at(nearest.at))
    }

    /// Runs `future` with this deadline around it, to carry it into a spawned task.
    ///
    /// The scope ends nothing by itself. It bounds the timeouts whose calls begin inside, and [`Deadline::current`] inside returns
    /// it. Of two deadlines the nearer one counts. It is treated as the caller's deadline: a call that ends at it is no failure for
    /// the circuit breakers inside.
    pub fn scope<F>(self, future: F) -> DeadlineScope<F> {
        DeadlineScope { deadline: Some(self), inner: future }
    }
}

pin_project! {
    /// A future, or the body of an HTTP response, that is polled with a [`Deadline`] around it.
    ///
    /// [`Deadline::scope`] makes one of a future.
    #[derive(Debug, Default)]
    #[must_use = "futures do nothing unless polled"]
    pub struct DeadlineScope<F> {
        pub(crate) deadline: Option<Deadline>,
        #[pin]
        pub(crate) inner: F,
    }
}

impl<F: Future> Future for DeadlineScope<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let _scope = this.deadline.map(Scope::of_deadline);
        this.inner.poll(cx)
    }
}
