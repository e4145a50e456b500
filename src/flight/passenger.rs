//! A caller of a call that others may share.

use std::hash::{Hash, Hasher};
use std::pin::Pin;
use std::sync::Arc; // a waker is made of the standard library's
use std::task::{Context, Poll, Wake, Waker, ready};
use std::{fmt, mem, ptr};

use super::Core;
use crate::cached_arc::CachedArc;
use crate::call::POLLED_AGAIN;
use crate::error::{Error, SharedError};
use crate::state::flights::{Drive, Keyed, Passage, Shard, Ticket, Turn};
use crate::state::keys::Hashed;
use crate::sync::{Mutex, OnceLock};

/// Says that the call panicked which a caller shared, while another caller polled it.
///
/// It is the service's own error in an [`Error::Service`].
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the call that callers shared panicked")]
#[non_exhaustive]
pub struct Panicked;

/// A call under a key.
pub(crate) struct Flight<K, Fut, T> {
    key: Hashed<K>,
    pub(super) drive: Arc<Drive>,
    /// `None` while it is polled, and when it is over. So the lock is never waited for.
    call: Mutex<Option<Pin<Box<Fut>>>>,
    /// Where callers share it. It is there before the call is said to be over, unless it panicked.
    result: OnceLock<Result<T, SharedError>>,
}

impl Wake for Drive {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        Self::wake(self).wake();
    }
}

impl<K, Fut, T> Flight<K, Fut, T> {
    pub(super) fn new(key: Hashed<K>, call: Option<Pin<Box<Fut>>>) -> Self {
        Self { key, drive: Arc::new(Drive::new()), call: Mutex::new(call), result: OnceLock::new() }
    }

    fn take_call(&self) -> Option<Pin<Box<Fut>>> {
        self.call.lock().take()
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
    pub(super) core: CachedArc<Core>,
}

impl<K: Eq, Fut, T> Seat<K, Fut, T> {
    pub(super) fn taken_by(self, passage: Passage) -> Passenger<K, Fut, T> {
        self.core.come(passage);
        Passenger { seat: Some(self) }
    }

    /// The call is over.
    fn forget(&self) {
        self.shard.forget(&self.flight);
        self.core.leave(Passage::Began);
    }

    /// Ends the call for all who share it.
    fn end(&self) {
        self.flight.drive.end().wake();
        self.forget();
    }
}

impl<K: Eq, Fut, T> Drop for Seat<K, Fut, T> {
    fn drop(&mut self) {
        if self.ticket != Ticket::FIRST {
            self.core.leave(Passage::Joined);
        }
    }
}

/// Ends the call if its poll panics.
struct Driving<'a, K: Eq, Fut, T>(&'a Seat<K, Fut, T>);

impl<K: Eq, Fut, T> Drop for Driving<'_, K, Fut, T> {
    #[cold]
    fn drop(&mut self) {
        self.0.end();
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
    /// Polls the call, under no lock.
    fn drive(&self, cx: &Context<'_>) -> Poll<Result<T, Error>> {
        let driving = Driving(self);
        let mut call = self.flight.take_call().expect("nobody else drives");
        let waker = Waker::from(Arc::clone(&self.flight.drive));
        let polled = call.as_mut().poll(&mut Context::from_waker(&waker));
        if polled.is_pending() {
            *self.flight.call.lock() = Some(call);
            self.flight.drive.pends(self.ticket, cx.waker()).wake();
        } else {
            drop(call);
        }
        driving.over();
        polled.map(|result| self.share(result))
    }

    /// Gives the result to all who share the call. A result that nobody shares is passed on as it is.
    fn share(&self, result: Result<T, Error>) -> Result<T, Error> {
        if self.flight.drive.returned() {
            self.forget();
            return result;
        }
        let result = self.flight.result.get_or_init(|| result.map_err(SharedError::from));
        self.end();
        result.clone().map_err(Error::from)
    }
}

/// A caller of a call. It polls the call, or sleeps while another does. Dropped, it leaves the call to the others, and the last drops it.
#[must_use = "futures do nothing unless polled"]
pub(crate) struct Passenger<K: Eq, Fut, T> {
    /// `None` once it has the result.
    seat: Option<Seat<K, Fut, T>>,
}

impl<K, Fut, T> Future for Passenger<K, Fut, T>
where
    K: Eq,
    Fut: Future<Output = Result<T, Error>>,
    T: Clone,
{
    type Output = Result<T, Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let seat = self.seat.as_ref().expect(POLLED_AGAIN);
        let result = match seat.flight.drive.turn(seat.ticket, cx.waker()) {
            Turn::Drives => ready!(seat.drive(cx)),
            Turn::Sleeps => return Poll::Pending,
            Turn::Over => seat.flight.result(),
        };
        self.seat = None;
        Poll::Ready(result)
    }
}

impl<K: Eq, Fut, T> Drop for Passenger<K, Fut, T> {
    fn drop(&mut self) {
        let Some(seat) = &self.seat else { return };
        if seat.flight.drive.leave(seat.ticket) {
            seat.forget();
            drop(seat.flight.take_call());
        }
    }
}

impl<K: Eq, Fut, T> fmt::Debug for Passenger<K, Fut, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Passenger").finish_non_exhaustive()
    }
}
