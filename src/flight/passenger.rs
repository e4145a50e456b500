//! A caller of a call that others may share.

use std::hash::{Hash, Hasher};
use std::pin::Pin;
use std::sync::Arc; // as in `flight`
use std::task::{Context, Poll, Waker, ready};
use std::{fmt, mem, ptr};

use super::shared::Stay;
use crate::call::POLLED_AGAIN;
use crate::error::{Error, SharedError};
use crate::state::flights::{Drive, Keyed, Shard, Ticket, Turn};
use crate::state::keys::Hashed;
use crate::sync::OnceLock;

/// Says that the call panicked which a caller shared, while another caller polled it.
///
/// It is the service's own error in an [`Error::Service`].
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the call that callers shared panicked")]
#[non_exhaustive]
pub struct Panicked;

/// A call under a key.
pub(super) struct Flight<K, Fut, T> {
    key: Hashed<K>,
    pub(super) drive: Drive<Call<Fut>>,
    /// Where callers share it. It is there before the call is said to be over, unless it panicked.
    result: OnceLock<Result<T, SharedError>>,
}

/// A call, which is counted as long as it is there.
pub(super) struct Call<Fut> {
    pub(super) call: Pin<Box<Fut>>,
    pub(super) _stay: Stay,
}

impl<K, Fut, T> Flight<K, Fut, T> {
    pub(super) fn new(key: Hashed<K>, call: Call<Fut>) -> Self {
        Self { key, drive: Drive::new(call), result: OnceLock::new() }
    }
}

impl<K, Fut, T: Clone> Flight<K, Fut, T> {
    fn result(&self) -> Result<T, Error> {
        match self.result.get() {
            Some(shared) => shared.clone().map_err(Error::from),
            None => Err(Error::Service(Box::new(Panicked))),
        }
    }
}

impl<K: Eq, Fut, T> Keyed for Arc<Flight<K, Fut, T>> {
    type Key = K;

    fn key(&self) -> &Hashed<K> {
        &self.key
    }
}

impl<K, Fut, T> PartialEq for Flight<K, Fut, T> {
    fn eq(&self, other: &Self) -> bool {
        ptr::eq(self, other)
    }
}

impl<K, Fut, T> Eq for Flight<K, Fut, T> {}

impl<K, Fut, T> Hash for Flight<K, Fut, T> {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.key.hash(hasher);
    }
}

pub(super) type ShardOf<K, Fut, T> = Shard<Arc<Flight<K, Fut, T>>>;

/// What a caller holds of its call.
pub(super) struct Seat<K: Eq, Fut, T> {
    pub(super) flight: Arc<Flight<K, Fut, T>>,
    pub(super) ticket: Ticket,
    pub(super) shard: Arc<ShardOf<K, Fut, T>>,
    /// Counts it, if it has joined the call of another.
    pub(super) _stay: Option<Stay>,
}

/// Ends the call if its poll panics.
struct Driving<'a, K: Eq, Fut, T>(&'a Seat<K, Fut, T>);

impl<K: Eq, Fut, T> Drop for Driving<'_, K, Fut, T> {
    #[cold]
    fn drop(&mut self) {
        let Seat { flight, shard, .. } = self.0;
        shard.forget(flight);
        flight.drive.end().wake();
    }
}

impl<K: Eq, Fut, T> Driving<'_, K, Fut, T> {
    fn over(self) {
        mem::forget(self);
    }
}

impl<K, Fut, T> Seat<K, Fut, T>
where
    K: Eq,
    Fut: Future<Output = Result<T, Error>>,
    T: Clone,
{
    /// Takes this caller's turn. Ready with the result if it has polled the call, and with `None` if another has ended that.
    fn poll(&self, own: &Waker) -> Poll<Option<Result<T, Error>>> {
        loop {
            match self.flight.drive.turn(self.ticket, own) {
                Turn::Drives(call, shared) => {
                    if let Some(polled) = self.drive(call, shared.as_ref().unwrap_or(own), own) {
                        return polled.map(Some);
                    }
                }
                Turn::Sleeps => return Poll::Pending,
                Turn::Over => return Poll::Ready(None),
            }
        }
    }

    /// Polls the call, under no lock. `None` if it is to be polled once more: it did not know how to wake those who have come meanwhile.
    fn drive(&self, mut call: Call<Fut>, waker: &Waker, own: &Waker) -> Option<Poll<Result<T, Error>>> {
        let driving = Driving(self);
        let polled = call.call.as_mut().poll(&mut Context::from_waker(waker));
        let Poll::Ready(result) = polled else {
            let asleep = self.flight.drive.pends(call, self.ticket, own);
            driving.over();
            asleep?.wake();
            return Some(Poll::Pending);
        };
        drop(call);
        driving.over();
        Some(Poll::Ready(result))
    }

    /// Gives the result to all who share the call. A result that nobody shares is passed on as it is.
    fn share(self, result: Result<T, Error>) -> Result<T, Error> {
        self.shard.forget(&self.flight);
        // Nobody finds it any more. So where nobody else has it, nobody will.
        let Err(flight) = Arc::try_unwrap(self.flight) else { return result };
        let result = flight.result.get_or_init(|| result.map_err(SharedError::from));
        flight.drive.end().wake();
        result.clone().map_err(Error::from)
    }
}

/// A caller of a call. It polls the call, or sleeps while another does. Dropped, it leaves the call to the others, and the last drops it.
#[must_use = "futures do nothing unless polled"]
pub(crate) struct Passenger<K: Eq, Fut, T> {
    /// `None` once it has the result.
    pub(super) seat: Option<Seat<K, Fut, T>>,
}

impl<K, Fut, T> Future for Passenger<K, Fut, T>
where
    K: Eq,
    Fut: Future<Output = Result<T, Error>>,
    T: Clone,
{
    type Output = Result<T, Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let result = ready!(self.seat.as_ref().expect(POLLED_AGAIN).poll(cx.waker()));
        let seat = self.seat.take().expect(POLLED_AGAIN);
        Poll::Ready(match result {
            Some(result) => seat.share(result),
            None => seat.flight.result(),
        })
    }
}

impl<K: Eq, Fut, T> Drop for Passenger<K, Fut, T> {
    fn drop(&mut self) {
        let Some(Seat { flight, ticket, shard, .. }) = &self.seat else { return };
        if flight.drive.leave(*ticket) {
            shard.forget(flight);
        }
    }
}

impl<K: Eq, Fut, T> fmt::Debug for Passenger<K, Fut, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Passenger").finish_non_exhaustive()
    }
}
