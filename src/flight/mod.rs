//! Calls that several callers share, each under a key.
//!
//! Nothing is spawned: the callers poll the call, one at a time, and the others sleep. `state/flights/` decides who. No lock is held
//! while the call is polled or dropped, nor while a waker or a response of the user's does something.

mod passenger;
mod shared;
#[cfg(all(test, not(loom)))]
mod tests;

use std::hash::Hash;
use std::pin::Pin;
use std::sync::Arc; // it holds what a model never runs
use std::{array, fmt};

pub use self::passenger::Panicked;
pub(crate) use self::passenger::Passenger;
use self::passenger::{Call, Flight, Seat, ShardOf};
pub(crate) use self::shared::Core;
use self::shared::Stay;
use crate::cached_arc::CachedArc;
use crate::state::flights::{Joined, Passage, Shard, Ticket};
use crate::state::keys::{Hashed, Seeds};

const SHARDS: usize = 16;

/// All calls that callers of one layer share, or may share. Clones are the same.
///
/// The call is a future `Fut` of a `Result<T, Error>`, whose `T` is cloned for each caller. It is boxed, because others poll it when the
/// caller who began it is gone.
pub(crate) struct Flights<K: Eq, Fut, T> {
    map: Arc<Map<K, Fut, T>>,
    pub(crate) core: CachedArc<Core>,
}

struct Map<K: Eq, Fut, T> {
    /// Each is held by its calls, so that calls of other keys write to other memory.
    shards: [Arc<ShardOf<K, Fut, T>>; SHARDS],
    seeds: Seeds,
}

/// What became of a caller.
pub(crate) enum Boarded<K: Eq, Fut, T> {
    /// It began the call.
    Began(Passenger<K, Fut, T>),
    /// It shares the call of another, and keeps its own, which was not polled.
    Joined(Passenger<K, Fut, T>, Pin<Box<Fut>>),
    /// As many wait for the call as may.
    Full,
}

impl<K: Hash + Eq, Fut, T> Flights<K, Fut, T> {
    pub(crate) fn new(core: CachedArc<Core>) -> Self {
        let shards = array::from_fn(|_| Arc::new(Shard::new()));
        Self { map: Arc::new(Map { shards, seeds: Seeds::default() }), core }
    }

    /// Shares the call of this key, or begins it.
    pub(crate) fn board(&self, key: K, call: Pin<Box<Fut>>) -> Boarded<K, Fut, T> {
        let key = Hashed::new(&self.map.seeds, key);
        let shard = &self.map.shards[key.part(SHARDS)];
        let mut call = Some(call);
        let join = |flight: &Arc<Flight<K, Fut, T>>| match flight.drive.join(self.core.max_waiters) {
            Joined::In(ticket) => Some(Some((Arc::clone(flight), ticket))),
            Joined::Full => Some(None),
            Joined::Over => None,
        };
        let begin = |key| {
            let call = call.take().expect("a call begins once");
            let call = Call { call, _stay: Stay::new(&self.core, Passage::Began) };
            let flight = Arc::new(Flight::new(key, call));
            (Arc::clone(&flight), Some((flight, Ticket::FIRST)))
        };
        let Some((flight, ticket)) = shard.board(key, join, begin) else { return Boarded::Full };
        let seat = |stay| Passenger { seat: Some(Seat { flight, ticket, shard: Arc::clone(shard), _stay: stay }) };
        match call {
            None => Boarded::Began(seat(None)),
            Some(call) => Boarded::Joined(seat(Some(Stay::new(&self.core, Passage::Joined))), call),
        }
    }
}

impl<K: Eq, Fut, T> Clone for Flights<K, Fut, T> {
    fn clone(&self) -> Self {
        Self { map: Arc::clone(&self.map), core: self.core.clone() }
    }
}

impl<K: Eq, Fut, T> fmt::Debug for Flights<K, Fut, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Flights").field("core", &self.core).finish_non_exhaustive()
    }
}
