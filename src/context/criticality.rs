//! How much the code that runs now matters.

use std::cell::Cell;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::flags::{Restore, set};
use crate::state::criticality::Criticality;

thread_local! {
    /// `None` where nothing has said it.
    static AROUND: Cell<Option<Criticality>> = const { Cell::new(None) };
}

impl Criticality {
    /// How much the code that runs now matters: as the innermost scope around it says, or [`Critical`](Self::Critical).
    #[inline]
    pub fn current() -> Self {
        Self::around().unwrap_or_default()
    }

    /// As [`current`](Self::current), where there is a scope around.
    #[inline]
    pub(crate) fn around() -> Option<Self> {
        AROUND.get()
    }

    /// Runs `future` as code that matters so much, for example in a spawned task.
    ///
    /// What it calls matters as much. It may be more than what is around the scope: the innermost scope counts.
    pub const fn scope<F>(self, future: F) -> CriticalityScope<F> {
        CriticalityScope { class: self, inner: future }
    }

    /// Enters the scope until what this returns is dropped.
    #[inline]
    pub(crate) fn enter(self) -> Restore<Option<Self>> {
        Self::enter_as(Some(self))
    }

    /// Enters what was around elsewhere, until what this returns is dropped.
    #[inline]
    pub(super) fn enter_as(around: Option<Self>) -> Restore<Option<Self>> {
        set(&AROUND, around)
    }
}

pin_project! {
    /// A future, or the body of an HTTP response, that is polled in the scope of a [`Criticality`].
    ///
    /// [`Criticality::scope`] makes one of a future.
    #[derive(Clone, Copy, Debug, Default)]
    #[must_use = "futures do nothing unless polled"]
    pub struct CriticalityScope<F> {
        pub(crate) class: Criticality,
        #[pin]
        pub(crate) inner: F,
    }
}

impl<F: Future> Future for CriticalityScope<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let _scope = this.class.enter();
        this.inner.poll(cx)
    }
}
