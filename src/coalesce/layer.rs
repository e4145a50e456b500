//! The layer and its service: who calls shares a call, or begins one.

use std::fmt;
use std::task::{Context, Poll};

use tower::{BoxError, Layer, Service};

use super::call::{Call, Calling};
use super::future::{ResponseFuture, State};
use super::handle::CoalesceHandle;
use super::share::{Cloned, Share};
use super::to_key::ToKey;
use crate::context::Detached;
use crate::error::{Error, Rejection, RejectionReason};
use crate::event;
use crate::flight::{Boarded, Core, Flights};
use crate::state::flights::Passage;

/// Wraps services in a [`Coalesce`].
///
/// Services made by one layer, and their clones, share their calls. They are services of one type, `S`.
#[must_use]
pub struct CoalesceLayer<S, Request, B, E = Cloned>
where
    S: Service<Request>,
    B: ToKey<Request>,
    E: Share<S::Response>,
{
    by: B,
    share: E,
    flights: Flights<B::Key, Call<S, Request, E>, E::Shared>,
}

impl<S, Request, B, E> CoalesceLayer<S, Request, B, E>
where
    S: Service<Request>,
    B: ToKey<Request>,
    E: Share<S::Response>,
{
    pub(super) fn new(by: B, share: E, flights: Flights<B::Key, Call<S, Request, E>, E::Shared>) -> Self {
        Self { by, share, flights }
    }

    /// A handle to look at the calls.
    pub fn handle(&self) -> CoalesceHandle {
        CoalesceHandle { core: self.flights.core.clone() }
    }
}

impl<S, Request, B, E> Layer<S> for CoalesceLayer<S, Request, B, E>
where
    S: Service<Request>,
    B: ToKey<Request> + Clone,
    E: Share<S::Response>,
{
    type Service = Coalesce<S, Request, B, E>;

    fn layer(&self, inner: S) -> Self::Service {
        Coalesce { inner, by: self.by.clone(), share: self.share.clone(), flights: self.flights.clone() }
    }
}

/// Shares calls that are the same.
///
/// Made by a [`CoalesceLayer`].
pub struct Coalesce<S, Request, B, E = Cloned>
where
    S: Service<Request>,
    B: ToKey<Request>,
    E: Share<S::Response>,
{
    inner: S,
    by: B,
    share: E,
    flights: Flights<B::Key, Call<S, Request, E>, E::Shared>,
}

impl<S, Request, B, E> Service<Request> for Coalesce<S, Request, B, E>
where
    S: Service<Request> + Clone,
    S::Error: Into<BoxError> + 'static,
    B: ToKey<Request>,
    E: Share<S::Response>,
{
    type Response = E::Response;
    type Error = Error;
    type Future = ResponseFuture<S, Request, B, E>;

    /// Is ready: a clone of the inner service is readied in the call.
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        let row = self.flights.core.row;
        let Some(key) = self.by.key(&mut request) else {
            row.count(Passage::Alone.word());
            let call = Detached::attached(Calling::new(self.inner.clone(), request, self.share.alone()));
            return ResponseFuture { state: State::Alone { call: Box::pin(call) }, row };
        };
        let call = Box::pin(Detached::new(Calling::new(self.inner.clone(), request, self.share.clone())));
        let state = match self.flights.board(key, call) {
            Boarded::Began(passenger) => State::Sharing { passenger, own: None, began: true },
            Boarded::Joined(passenger, call) => {
                State::Sharing { passenger, own: E::MAY_REFUSE.then_some(call), began: false }
            }
            Boarded::Full => State::Rejected { rejection: Some(reject(&self.flights.core)) },
        };
        ResponseFuture { state, row }
    }
}

fn reject(core: &Core) -> Rejection {
    let reason = RejectionReason::TooManyWaiters;
    core.row.count(reason as usize);
    event::reject(Rejection::new(core.row.name(), reason, None), || core.row.source)
}

impl<S, Request, B, E> Clone for CoalesceLayer<S, Request, B, E>
where
    S: Service<Request>,
    B: ToKey<Request> + Clone,
    E: Share<S::Response>,
{
    fn clone(&self) -> Self {
        Self { by: self.by.clone(), share: self.share.clone(), flights: self.flights.clone() }
    }
}

impl<S, Request, B, E> Clone for Coalesce<S, Request, B, E>
where
    S: Service<Request> + Clone,
    B: ToKey<Request> + Clone,
    E: Share<S::Response>,
{
    fn clone(&self) -> Self {
        let Self { inner, by, share, flights } = self;
        Self { inner: inner.clone(), by: by.clone(), share: share.clone(), flights: flights.clone() }
    }
}

impl<S, Request, B, E> fmt::Debug for CoalesceLayer<S, Request, B, E>
where
    S: Service<Request>,
    B: ToKey<Request>,
    E: Share<S::Response>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CoalesceLayer").field("flights", &self.flights).finish_non_exhaustive()
    }
}

impl<S, Request, B, E> fmt::Debug for Coalesce<S, Request, B, E>
where
    S: Service<Request>,
    B: ToKey<Request>,
    E: Share<S::Response>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Coalesce").field("flights", &self.flights).finish_non_exhaustive()
    }
}
