//! The tries of a call: how each begins at a replica, and leads to the next.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use tokio::time::{Sleep, sleep};
use tower::{BoxError, Service};

use super::call::Call;
use super::future::Step;
use super::guard::ReplicaGuard;
use crate::call::copies::KeepRequest;
use crate::call::{self, End, Guard};
use crate::error::Error;
use crate::state::replicas::{Choice, PassedOver};

/// A call that was sent, or the step that it is in instead.
type Try<Fut, Step> = Result<(Fut, ReplicaGuard), Step>;

impl<S, Request, E, K> Call<S, Request, E, K>
where
    K: KeepRequest<Request>,
    S: Service<K::Sent> + Clone,
    S::Error: Into<BoxError> + 'static,
    E: End<ReplicaGuard, S::Response> + Clone,
{
    /// Sends the call to the replica that was chosen for it, if that is ready at once; else returns the step that comes before.
    ///
    /// The service is looked at without a waker, because there is none yet. If it is not ready, and may take its time, the future looks
    /// again.
    #[inline(always)]
    pub(super) fn try_at(&mut self, choice: Choice) -> Try<S::Future, Step<S, S::Future, E>> {
        let index = choice.index;
        let mut guard = self.guard(choice);
        let mut service = match self.seat(index).open() {
            Ok(service) => service.clone(),
            // Boxed, because nearly all calls find nothing to await, and carry no room for it.
            Err(first) => return Err(Step::Awaiting { first: Box::pin(Arc::clone(first).wait()), guard: Some(guard) }),
        };
        let watch = guard.watch();
        let readied = service.poll_ready(&mut Context::from_waker(Waker::noop()));
        watch.over();
        match readied {
            Poll::Ready(Ok(())) => match self.send(&mut service, &mut guard) {
                Ok(sent) => Ok((sent, guard)),
                Err(error) => Err(Step::Ended { error: Some(error) }),
            },
            Poll::Ready(Err(error)) => Err(self.unready(guard, error)),
            Poll::Pending => Err(self.not_ready(service, guard)),
        }
    }

    /// The same, where one was passed over, or others have come.
    #[cold]
    #[inline(never)]
    pub(super) fn try_another(&mut self) -> Step<S, S::Future, E> {
        self.waits();
        if !self.may_go_on() {
            return self.gives_up();
        }
        let Some(choice) = self.choose() else { return self.finds_none() };
        match self.try_at(choice) {
            Ok((sent, guard)) => self.sent(sent, guard),
            Err(step) => step,
        }
    }

    /// Goes on to the replicas that have come since the call began, if there are any.
    #[cold]
    pub(super) fn finds_none(&mut self) -> Step<S, S::Future, E> {
        if self.renews() { Step::Choosing } else { self.gives_up() }
    }

    #[cold]
    fn gives_up(&mut self) -> Step<S, S::Future, E> {
        Step::Ended { error: Some(self.give_up()) }
    }

    /// Waits for a replica that is not ready at once, or else drops its service.
    #[cold]
    fn not_ready(&mut self, service: S, guard: ReplicaGuard) -> Step<S, S::Future, E> {
        if self.core().reach.ready_within.is_zero() {
            return self.passes_over(guard, PassedOver::NotReady, None);
        }
        Step::Readying { service, guard: Some(guard), limit: None }
    }

    /// Goes on where what is awaited before calls go to the replica is done.
    #[cold]
    pub(super) fn awaited(&mut self, guard: ReplicaGuard, first: Result<(), Option<Error>>) -> Step<S, S::Future, E> {
        self.waits();
        match first {
            Ok(()) => {
                let service = self.seat(guard.index).service().clone();
                Step::Readying { service, guard: Some(guard), limit: None }
            }
            Err(error) => self.passes_over(guard, PassedOver::NotThere, error),
        }
    }

    /// Waits for as long as a replica may take to become ready.
    pub(super) fn poll_limit(&self, limit: &mut Option<Pin<Box<Sleep>>>, cx: &mut Context<'_>) -> Poll<()> {
        let ready_within = self.core().reach.ready_within;
        if ready_within.is_zero() {
            return Poll::Ready(());
        }
        // Boxed, because nearly no call waits, and each would carry room for it.
        limit.get_or_insert_with(|| Box::pin(sleep(ready_within))).as_mut().poll(cx)
    }

    /// Goes on where a replica that was not ready at once is, or was not in time.
    #[cold]
    pub(super) fn readied(
        &mut self,
        service: &mut S,
        mut guard: ReplicaGuard,
        readied: Poll<Result<(), S::Error>>,
    ) -> Step<S, S::Future, E> {
        self.waits();
        match readied {
            Poll::Ready(Ok(())) => match self.send(service, guard.sends()) {
                Ok(sent) => self.sent(sent, guard),
                Err(error) => Step::Ended { error: Some(error) },
            },
            Poll::Ready(Err(error)) => self.unready(guard, error),
            Poll::Pending => self.passes_over(guard, PassedOver::NotReady, None),
        }
    }

    #[inline(always)]
    fn send(&mut self, service: &mut S, guard: &mut ReplicaGuard) -> Result<S::Future, Error> {
        let request = self.take_request()?;
        let watch = guard.watch();
        let sent = service.call(request);
        watch.over();
        Ok(sent)
    }

    /// What is left once the call is sent.
    #[inline(always)]
    pub(super) fn sent(&self, sent: S::Future, guard: ReplicaGuard) -> Step<S, S::Future, E> {
        Step::Sent { index: guard.index, sent: call::ResponseFuture::sent(sent, guard, self.end.clone()) }
    }

    /// The result of the call, if the request may have been sent. The guard is settled.
    #[cold]
    pub(super) fn failed(&mut self, index: usize, error: Error) -> Step<S, S::Future, E> {
        let Some(why) = self.unsent(&error) else {
            self.note(index);
            return Step::Ended { error: Some(error) };
        };
        self.pass_over(index, why, Some(error));
        Step::Choosing
    }

    #[cold]
    fn unready(&mut self, guard: ReplicaGuard, error: S::Error) -> Step<S, S::Future, E> {
        let (index, error) = (guard.index, Error::lift(error));
        self.end.clone().failed(guard, &error);
        self.pass_over(index, PassedOver::Unready, Some(error));
        Step::Choosing
    }

    #[cold]
    fn passes_over(&mut self, guard: ReplicaGuard, why: PassedOver, error: Option<Error>) -> Step<S, S::Future, E> {
        let index = guard.index;
        guard.unsent(error.as_ref().and_then(Error::rejection));
        self.pass_over(index, why, error);
        Step::Choosing
    }
}
