//! A call that no entry answers at once: it waits for the service, alone or with others.

use std::ops::ControlFlow::{self, Break, Continue};
use std::pin::Pin;
use std::sync::Arc; // as in `kept`
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tower::{BoxError, Service};

use super::fetch::{Call, Fetch};
use super::keep::Keep;
use super::landed::{Landed, Purpose, What};
use super::shared::Core;
use crate::context::Detached;
use crate::error::Error;
use crate::flight::{Boarded, Flights, Passenger};
use crate::kept::{Entry, Found, Look, Place, Spot};
use crate::state::cache::Mark;
use crate::state::cache::counted::Answered;
use crate::time::Nanos;

/// A call as those who share it hold it.
pub(super) type CallOf<C> = Pin<Box<Detached<C>>>;

/// All calls of a cache that others may share. Those of a key that was thrown away have another mark.
pub(super) type FlightsOf<C> =
    Flights<(Mark, <C as Call>::Key), Detached<C>, Landed<<C as Call>::Value, <C as Call>::Response>>;

/// One who waits for such a call.
pub(super) type PassengerOf<C> =
    Passenger<(Mark, <C as Call>::Key), Detached<C>, Landed<<C as Call>::Value, <C as Call>::Response>>;

/// How often a call waits for one that turns out to be of no use to it, at most.
const MOST: u32 = 3;

/// What a call waits for.
pub(super) enum Step<C: Call> {
    /// A call that others may share. Who did not begin it has its own still.
    Aboard(PassengerOf<C>, Option<CallOf<C>>),
    /// Its own call, which nobody shares.
    Alone(CallOf<C>),
}

/// A call that waits.
pub(super) struct Waiting<S, Request, P>
where
    S: Service<Request>,
    P: Keep<Request, S::Response>,
{
    pub(super) step: Step<Fetch<S, Request, P>>,
    /// The answer if the service fails, while it may be.
    pub(super) stand_in: Option<Arc<Entry<P::Kept>>>,
    /// When the caller came. What was asked for since then is as new as it may want it.
    pub(super) came: Nanos,
    pub(super) keep: P,
    pub(super) core: Arc<Core<P::Key, P::Kept>>,
    pub(super) flights: FlightsOf<Fetch<S, Request, P>>,
    pub(super) tries: u32,
}

/// Goes on to a step, or ends the call with a result.
type Next<C> = ControlFlow<Result<<C as Call>::Response, Error>, Step<C>>;

/// Shares the call of this key, or begins it.
pub(super) fn board<S, Request, P>(
    flights: &FlightsOf<Fetch<S, Request, P>>,
    mark: Mark,
    key: P::Key,
    call: CallOf<Fetch<S, Request, P>>,
) -> Step<Fetch<S, Request, P>>
where
    S: Service<Request>,
    P: Keep<Request, S::Response>,
{
    match flights.board((mark, key), call) {
        Boarded::Began(passenger) => Step::Aboard(passenger, None),
        Boarded::Joined(passenger, own) => Step::Aboard(passenger, Some(own)),
        Boarded::Full => unreachable!("any number may wait"),
    }
}

impl<S, Request, P> Waiting<S, Request, P>
where
    S: Service<Request>,
    S::Error: Into<BoxError> + 'static,
    P: Keep<Request, S::Response>,
{
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<P::Response, Error>> {
        loop {
            let (landed, own) = match &mut self.step {
                Step::Aboard(passenger, own) => (ready!(Pin::new(passenger).poll(cx)), own.take()),
                Step::Alone(call) => (ready!(call.as_mut().poll(cx)), None),
            };
            match self.land(landed, own) {
                Continue(step) => self.step = step,
                Break(result) => return Poll::Ready(result),
            }
        }
    }

    /// Ends the call by what the one below has come to. If that is of no use to it, it goes on with its own.
    fn land(
        &mut self,
        landed: Result<Landed<P::Kept, P::Response>, Error>,
        own: Option<CallOf<Fetch<S, Request, P>>>,
    ) -> Next<Fetch<S, Request, P>> {
        let is_failure = match &landed {
            Ok(landed) => landed.is_failure,
            Err(error) => self.keep.is_failure(error),
        };
        let stand_in = if is_failure { self.stand_in.take() } else { None };
        if let Some(response) = stand_in.and_then(|entry| self.stand_in_for(&entry)) {
            return Break(Ok(response));
        }
        let response = match (landed.map(|landed| landed.what), own) {
            (Ok(What::Shared(entry)), own) if own.as_ref().is_none_or(|own| self.is_for(own, &entry)) => {
                Ok(self.keep.answer(&entry.value, None))
            }
            (Ok(_), Some(own)) => return Continue(self.again(own)),
            (Ok(What::Own(response)), None) => Ok(response.lock().take().expect("one began the call")),
            (Ok(What::Shared(_)), None) => unreachable!("who has no call of its own shares"),
            (Err(error), _) => Err(error),
        };
        self.core.answered(self.how(), None);
        Break(response)
    }

    /// The answer of an entry where the service has failed.
    fn stand_in_for(&self, entry: &Entry<P::Kept>) -> Option<P::Response> {
        let now = self.core.clock.now();
        let stands_in = entry.life.stands_in(now);
        stands_in.then(|| {
            entry.turn.fail(now);
            self.core.give(&self.keep, entry, now)
        })
    }

    /// Whether a response that others share is for the request of a call of its own.
    fn is_for(&self, own: &CallOf<Fetch<S, Request, P>>, entry: &Entry<P::Kept>) -> bool {
        let age = entry.life.age_for(Some(self.came), self.core.clock.now()).map(Duration::from);
        let request = own.get().request();
        request.is_some_and(|request| self.keep.look(request, &entry.value, age) == Look::Here)
    }

    /// Looks again: there may be an entry by now, or a call that is of use.
    fn again(&mut self, mut own: CallOf<Fetch<S, Request, P>>) -> Step<Fetch<S, Request, P>> {
        self.tries += 1;
        let spot = own.get().request().and_then(|request| self.spot(request)).filter(|_| self.tries < MOST);
        let Some(spot) = spot else {
            own.as_mut().attach();
            own.as_mut().get_pin_mut().set_alone();
            return Step::Alone(own);
        };
        let mark = self.core.kept.mark(&spot);
        let purpose = Purpose::Key { key: spot.key.clone(), mark, replaces: None, since: Some(self.came) };
        own.as_mut().get_pin_mut().set_purpose(purpose);
        board::<S, Request, P>(&self.flights, mark, spot.key, own)
    }

    /// Where a response is for this request; `None` where it needs one of its own.
    fn spot(&self, request: &Request) -> Option<Spot<P::Key>> {
        let Place::At(key) = self.keep.place(request) else { return None };
        match self.core.kept.find::<_, P::Response, _>(&self.keep, request, key, Some(self.came), &self.core.clock) {
            Found::Entry { spot, .. } | Found::Nothing { spot, .. } => Some(spot),
            Found::Alone { .. } => None,
        }
    }

    const fn how(&self) -> Answered {
        match self.step {
            Step::Aboard(..) => Answered::Miss,
            Step::Alone(_) => Answered::Passed,
        }
    }
}
