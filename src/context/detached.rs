//! What is around a call that outlives the caller who began it.

use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;
use tracing::Span;
use tracing::level_filters::LevelFilter;

use super::attempt::{attempt_number, enter_attempt};
use super::tried::{Tried, enter_tried, tried};
use super::{DeadLetterId, Scope};
use crate::state::criticality::Criticality;

/// What was around the caller who began a call.
#[derive(Debug)]
struct Around {
    flags: Flags,
    span: Span,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Flags {
    class: Option<Criticality>,
    attempt: u32,
    tried: Tried,
    letter: Option<DeadLetterId>,
}

impl Flags {
    #[inline]
    fn now() -> Self {
        Self {
            class: Criticality::around(),
            attempt: attempt_number(),
            tried: tried(),
            letter: DeadLetterId::current(),
        }
    }

    /// Sets them until what this returns is dropped.
    fn enter(self) -> impl Sized {
        let letter = DeadLetterId::enter_as(self.letter);
        (Criticality::enter_as(self.class), enter_attempt(self.attempt), enter_tried(self.tried), letter)
    }
}

pin_project! {
    /// A future that several callers may poll. Whoever polls it, around it is what was around the caller who began it: how much the call
    /// matters, the number of its attempt, the letter that it replays, and its span. No deadline is, because each caller has one of its own.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub(crate) struct Detached<F> {
        // `None` where what is around the caller who polls it is around it too.
        around: Option<Around>,
        #[pin]
        inner: F,
    }
}

impl<F> Detached<F> {
    /// Detaches a future from what is around it now.
    pub(crate) fn new(inner: F) -> Self {
        // Where nobody listens, nothing has to be asked.
        let is_heard = LevelFilter::current() != LevelFilter::OFF;
        let span = if is_heard { Span::current() } else { Span::none() };
        Self { around: Some(Around { flags: Flags::now(), span }), inner }
    }

    /// A future of one caller alone, which is not detached.
    pub(crate) const fn attached(inner: F) -> Self {
        Self { around: None, inner }
    }

    /// The future.
    #[cfg(feature = "moka")]
    pub(crate) const fn get(&self) -> &F {
        &self.inner
    }

    /// The future, pinned.
    #[cfg(feature = "moka")]
    pub(crate) fn get_pin_mut(self: Pin<&mut Self>) -> Pin<&mut F> {
        self.project().inner
    }

    /// Attaches it to the caller who polls it from now on.
    pub(crate) fn attach(self: Pin<&mut Self>) {
        *self.project().around = None;
    }
}

impl<F: Future> Future for Detached<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let Some(Around { flags, span }) = this.around else { return this.inner.poll(cx) };
        let _no_deadline = Scope::open();
        // Most often the one who began the call polls it, and all is as it was.
        let _flags = (Flags::now() != *flags).then(|| flags.enter());
        let _span = span.enter();
        this.inner.poll(cx)
    }
}
