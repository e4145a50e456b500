//! A rehearsal: the steps run beside a call, to see whether they would answer.

use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::fallback_if::FallbackIf;
use super::step::Step;
use crate::call::POLLED_AGAIN;
use crate::caught::Panicked;
use crate::context;
use crate::error::{Error, Rejection};
use crate::registry::Row;
use crate::state::criticality::Criticality;
use crate::state::rehearsals::Rehearsed;

/// The rehearsal beside a call, if there is one that has not ended.
///
/// It is boxed, because few calls have one, and the futures of all the others would be larger by the future of the steps.
pub(super) type Beside<F, Kept, Fut> = Option<Pin<Box<Rehearsal<F, Kept, Fut>>>>;

pin_project! {
    /// Whatever the steps do, their call does not notice.
    pub(super) struct Rehearsal<F, Kept, Fut> {
        fallback: Option<(F, Kept)>,
        // `None` before the first poll.
        #[pin]
        step: Option<Fut>,
        row: &'static Row,
        ended: Rehearsed,
    }

    impl<F, Kept, Fut> PinnedDrop for Rehearsal<F, Kept, Fut> {
        fn drop(this: Pin<&mut Self>) {
            this.end();
        }
    }
}

/// Begins a rehearsal beside the call of this request.
#[cold]
pub(super) fn begin<F, Request, Response>(
    row: &'static Row,
    step: &F,
    request: &Request,
) -> Beside<F, F::Kept, F::Future>
where
    F: Step<Request, Response> + Clone,
{
    let fallback = Panicked::catch(|| (step.clone(), step.keep(request)));
    let ended = if fallback.is_ok() { Rehearsed::Unfinished } else { Rehearsed::Failed };
    let rehearsal = Box::pin(Rehearsal { fallback: fallback.ok(), step: None, row, ended });
    // One that has failed is counted as it is dropped.
    (ended == Rehearsed::Unfinished).then_some(rehearsal)
}

/// Goes on with a rehearsal, and drops it if it has ended or its call has.
#[cold]
pub(super) fn go_on<F, Request, Response>(
    beside: &mut Beside<F, F::Kept, F::Future>,
    condition: &impl FallbackIf<Response>,
    is_over: bool,
    cx: &mut Context<'_>,
) where
    F: Step<Request, Response>,
{
    let Some(rehearsal) = beside else { return };
    // The call was polled just before, and its notes are for who is around.
    let _notes = context::keep_notes();
    let _class = Criticality::Sheddable.enter();
    let answers = Panicked::catch(|| {
        let polled = rehearsal.as_mut().poll::<Request, Response>(cx);
        polled.map(|result| result.is_ok_and(|response| !condition.allows(Ok(&response))))
    });
    let ended = rehearsal.as_mut().project().ended;
    match answers {
        Ok(Poll::Pending) if is_over => {}
        Ok(Poll::Pending) => return,
        Ok(Poll::Ready(true)) => *ended = Rehearsed::Answered,
        Ok(Poll::Ready(false)) | Err(_) => *ended = Rehearsed::Failed,
    }
    *beside = None;
}

impl<F, Kept, Fut> Rehearsal<F, Kept, Fut> {
    /// Out of line, so that it costs the futures that have none as little as can be.
    #[cold]
    #[inline(never)]
    fn end(self: Pin<&mut Self>) {
        let mut this = self.project();
        this.row.count(this.ended.word());
        // To drop what the steps hold may panic, too.
        let drops = Panicked::catch(|| {
            this.step.set(None);
            *this.fallback = None;
        });
        drops.ok();
    }

    /// The steps see what they see where the fallback is to answer always.
    fn poll<Request, Response>(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Fut::Output>
    where
        F: Step<Request, Response, Kept = Kept, Future = Fut>,
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
