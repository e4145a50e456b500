//! A rehearsal: the steps run beside a call, to see whether they would answer.

use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::fallback_if::FallbackIf;
use super::shared::Core;
use super::step::Step;
use crate::call::POLLED_AGAIN;
use crate::caught::Panicked;
use crate::error::{Error, Rejection};
use crate::registry::Row;
use crate::state::rehearsals::Rehearsed;

/// A rehearsal beside a call, if there is one that has not ended. Whatever becomes of it, the call does not notice.
///
/// It is boxed, because few calls have one, and the futures of all the others would be larger by the future of the steps.
pub(super) struct Rehearsal<Request, Response, F: Step<Request, Response>>(
    Option<Pin<Box<Stage<F, F::Kept, F::Future>>>>,
);

pin_project! {
    struct Stage<F, K, Fut> {
        fallback: Option<(F, K)>,
        // `None` before the first poll.
        #[pin]
        step: Option<Fut>,
        row: &'static Row,
    }
}

impl<Request, Response, F: Step<Request, Response>> Rehearsal<Request, Response, F> {
    /// One for the call of this request, if it is drawn.
    #[inline(always)]
    pub(super) fn draw(core: &Core, step: &F, request: &Request) -> Self
    where
        F: Clone,
    {
        if core.rehearses() { Self::of(core.row, step, request) } else { Self::none() }
    }

    pub(super) const fn none() -> Self {
        Self(None)
    }

    #[cold]
    fn of(row: &'static Row, step: &F, request: &Request) -> Self
    where
        F: Clone,
    {
        let fallback = Panicked::catch(|| (step.clone(), step.keep(request)));
        if fallback.is_err() {
            row.count(Rehearsed::Failed.word());
        }
        Self(fallback.ok().map(|fallback| Box::pin(Stage { fallback: Some(fallback), step: None, row })))
    }

    /// Goes on, if there is one.
    #[inline(always)]
    pub(super) fn poll(&mut self, condition: &impl FallbackIf<Response>, cx: &mut Context<'_>) {
        if self.0.is_some() {
            self.go_on(condition, cx);
        }
    }

    #[cold]
    fn go_on(&mut self, condition: &impl FallbackIf<Response>, cx: &mut Context<'_>) {
        let Some(stage) = &mut self.0 else { return };
        let answers = Panicked::catch(|| {
            let polled = stage.as_mut().poll::<Request, Response>(cx);
            polled.map(|result| result.is_ok_and(|response| !condition.allows(Ok(&response))))
        });
        match answers {
            Ok(Poll::Pending) => {}
            Ok(Poll::Ready(true)) => self.end(Rehearsed::Answered),
            Ok(Poll::Ready(false)) | Err(_) => self.end(Rehearsed::Failed),
        }
    }

    /// Ends it, if it has not ended.
    #[inline(always)]
    pub(super) fn end(&mut self, ended: Rehearsed) {
        if let Some(stage) = self.0.take() {
            stage.row.count(ended.word());
            // What a step holds may panic, too.
            Panicked::catch(|| drop(stage)).ok();
        }
    }
}

impl<F, K, Fut> Stage<F, K, Fut> {
    /// The steps see what they see where the fallback is to answer always.
    fn poll<Request, Response>(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<Response, F::Error>>
    where
        F: Step<Request, Response, Kept = K, Future = Fut>,
        Fut: Future<Output = Result<Response, F::Error>>,
    {
        let mut this = self.project();
        if let Some((fallback, kept)) = this.fallback.take() {
            let rejected = Error::from(Rejection::of_fallback(this.row.name()));
            this.step.set(Some(fallback.answer(kept, Err(&rejected), false)));
        }
        this.step.as_pin_mut().expect(POLLED_AGAIN).poll(cx)
    }
}

/// Its call has ended, or was dropped.
impl<Request, Response, F: Step<Request, Response>> Drop for Rehearsal<Request, Response, F> {
    #[inline(always)]
    fn drop(&mut self) {
        self.end(Rehearsed::Unfinished);
    }
}
