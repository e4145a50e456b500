//! What an instance has told of itself, for who looks later.

use std::fmt;
use std::time::Duration;

use super::value::Event;
use super::what::What;
use crate::source::Source;
use crate::state::history::{History, Record, Sums, Turn};
use crate::sync::Mutex;
use crate::time::{AsMoment, Nanos, Now};

/// Keeps what an instance tells. Times are [moments](crate::time::moment).
pub(crate) struct Told(Mutex<History<What>>);

impl Told {
    /// How much an instance keeps.
    const CAPACITY: usize = 1_000;

    /// How much the limit of a key keeps: there may be many keys.
    const OF_KEY: usize = 32;

    /// Of an instance that is built now.
    pub(crate) fn new() -> Self {
        Self::since(AsMoment.now(), false)
    }

    /// Of an instance that was built at this moment. It may be the limit of a key.
    pub(crate) fn since(born: Nanos, is_of_key: bool) -> Self {
        let capacity = if is_of_key { Self::OF_KEY } else { Self::CAPACITY };
        Self(Mutex::new(History::new(born, capacity)))
    }

    /// Tells an event, and keeps it.
    #[cold]
    #[inline(never)]
    pub(crate) fn tell(&self, source: Source<'_>, event: &Event<'_>) {
        self.keep(AsMoment.now(), None, source, event);
        super::tell(source, event);
    }

    /// Tells an event that changes how the instance stands, and keeps it.
    pub(crate) fn turn(&self, at: Nanos, turn: Turn, source: Source<'_>, event: &Event<'_>) {
        self.keep(at, Some(turn), source, event);
        super::tell(source, event);
    }

    /// Keeps an event, if it is one that is kept.
    #[cold]
    #[inline(never)]
    pub(crate) fn keep(&self, at: Nanos, turn: Option<Turn>, source: Source<'_>, event: &Event<'_>) {
        if let Some(what) = What::of(source, event) {
            self.0.lock().keep(Record { at, turn, what });
        }
    }

    /// Sums over the last `window`, or since it was built.
    pub(crate) fn sums(&self, window: Option<Duration>) -> Sums {
        self.look(|history| history.sums(window.map(Nanos::from), AsMoment.now()))
    }

    /// Looks at what was kept, under a lock.
    pub(crate) fn look<R>(&self, look: impl FnOnce(&History<What>) -> R) -> R {
        look(&self.0.lock())
    }
}

/// What was told may be long.
impl fmt::Debug for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Told").finish_non_exhaustive()
    }
}
