//! A call that was made, or could not be.

use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use crate::call::POLLED_AGAIN;

pin_project! {
    /// A call that was made, or why it was not.
    #[derive(Debug)]
    #[project = MadeProj]
    pub(crate) enum Made<Fut, E> {
        Call { #[pin] inner: Fut },
        Failed { error: Option<E> },
    }
}

impl<Fut, E> From<Result<Fut, E>> for Made<Fut, E> {
    fn from(made: Result<Fut, E>) -> Self {
        match made {
            Ok(inner) => Self::Call { inner },
            Err(error) => Self::Failed { error: Some(error) },
        }
    }
}

impl<Fut: Future, E> Future for Made<Fut, E> {
    type Output = Result<Fut::Output, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project() {
            MadeProj::Call { inner } => inner.poll(cx).map(Ok),
            MadeProj::Failed { error } => Poll::Ready(Err(error.take().expect(POLLED_AGAIN))),
        }
    }
}
