//! The future of a caller: the call that it shares, and then perhaps one of its own.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tower::{BoxError, Service};

use super::call::Call;
use super::share::Share;
use super::to_key::ToKey;
use crate::call::POLLED_AGAIN;
use crate::error::{Error, Rejection};
use crate::flight::Passenger;
use crate::registry::Row;
use crate::state::flights::Passage;

/// The future of a [`Coalesce`](super::Coalesce)'s call.
///
/// Dropped, it leaves the call to those who share it. The last of them drops the call.
#[must_use = "futures do nothing unless polled"]
pub struct ResponseFuture<S, Request, B, E>
where
    S: Service<Request>,
    B: ToKey<Request>,
    E: Share<S::Response>,
{
    pub(super) state: State<B::Key, Call<S, Request, E>, E::Shared>,
    pub(super) row: &'static Row,
}

pub(super) enum State<K: Eq, C, T> {
    /// Others may share the call.
    Sharing {
        passenger: Passenger<K, C, T>,
        /// A call that is made if the response cannot be shared.
        own: Option<Pin<Box<C>>>,
        /// Whether this caller began the call.
        began: bool,
    },
    /// Nobody shares the call.
    Alone { call: Pin<Box<C>> },
    /// As many wait for the call as may.
    Rejected { rejection: Option<Rejection> },
}

impl<S, Request, B, E> Future for ResponseFuture<S, Request, B, E>
where
    S: Service<Request>,
    S::Error: Into<BoxError> + 'static,
    B: ToKey<Request>,
    E: Share<S::Response>,
{
    type Output = Result<E::Response, Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        loop {
            match &mut self.state {
                // Sharing => (end | Alone): the response is there, or it cannot be shared and this caller did not begin the call.
                State::Sharing { passenger, own, began } => {
                    let shared = ready!(Pin::new(passenger).poll(cx))?;
                    if let Some(response) = E::take(shared, *began) {
                        return Poll::Ready(Ok(response));
                    }
                    let mut call = own.take().expect("who did not begin the call has kept its own");
                    call.as_mut().attach();
                    self.row.count(Passage::Alone.word());
                    self.state = State::Alone { call };
                }
                // Alone => end: the response is this caller's.
                State::Alone { call } => {
                    let shared = ready!(call.as_mut().poll(cx))?;
                    return Poll::Ready(Ok(E::take(shared, true).expect("who began a call gets its response")));
                }
                // Rejected => end.
                State::Rejected { rejection } => {
                    return Poll::Ready(Err(Error::Rejected(rejection.take().expect(POLLED_AGAIN))));
                }
            }
        }
    }
}

impl<S, Request, B, E> fmt::Debug for ResponseFuture<S, Request, B, E>
where
    S: Service<Request>,
    B: ToKey<Request>,
    E: Share<S::Response>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").field("name", &self.row.name()).finish_non_exhaustive()
    }
}
