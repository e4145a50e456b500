//! What an instance has told of itself, for who looks later.

use std::fmt;
use std::time::Duration;

use super::value::Event;
use super::what::What;
use crate::source::Source;
use crate::state::history::{History, Record, Sums, Turn};
use crate::sync::{Mutex, OnceLock};
use crate::time::{AsMoment, Nanos, Now};

/// How much an instance keeps.
const CAPACITY: usize = 1_000;

/// How much the limit of a key keeps: there may be many keys.
const OF_KEY: usize = 32;

/// Keeps what an instance tells, as [moments](crate::time::moment). It is made when there is something to keep.
pub(crate) struct Told {
    born: Nanos,
    capacity: usize,
    history: OnceLock<Box<Mutex<History<What>>>>,
}

impl Told {
    /// Of an instance that is built now.
    pub(crate) fn new() -> Self {
        Self { born: AsMoment.now(), capacity: CAPACITY, history: OnceLock::new() }
    }

    /// Of the limit of a key that comes at this moment.
    pub(crate) const fn of_key(born: Nanos) -> Self {
        Self { born, capacity: OF_KEY, history: OnceLock::new() }
    }

    /// Tells an event, and keeps it.
    #[cold]
    #[inline(never)]
    pub(crate) fn tell(&self, source: Source<'_>, event: &Event<'_>) {
        self.keep(AsMoment.now(), None, event);
        super::tell(source, event);
    }

    /// Tells an event that changes how the instance stands, and keeps it.
    pub(crate) fn turn(&self, at: Nanos, turn: Turn, source: Source<'_>, event: &Event<'_>) {
        self.keep(at, Some(turn), event);
        super::tell(source, event);
    }

    /// Keeps an event that is told where somebody hears it.
    #[cold]
    #[inline(never)]
    pub(crate) fn keep(&self, at: Nanos, turn: Option<Turn>, event: &Event<'_>) {
        if let Some(what) = What::of(event) {
            let history = || Box::new(Mutex::new(History::new(self.born, self.capacity)));
            self.history.get_or_init(history).lock().keep(Record { at, turn, what });
        }
    }

    /// Sums over the last `window`, or since it was built.
    pub(crate) fn sums(&self, window: Option<Duration>) -> Sums {
        self.look(|history| history.sums(window.map(Nanos::from), AsMoment.now()))
    }

    /// Looks at what was kept, under a lock.
    pub(crate) fn look<R>(&self, look: impl FnOnce(&History<What>) -> R) -> R {
        match self.history.get() {
            Some(history) => look(&history.lock()),
            None => look(&History::new(self.born, self.capacity)),
        }
    }
}

/// What was told may be long.
impl fmt::Debug for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Told").finish_non_exhaustive()
    }
}
