//! Counts and tells which letters were lost.

use std::time::Duration;

use crate::cached_arc::{CachedArc, cached};
use crate::event::{self, Event};
use crate::registry::Row;
use crate::state::every::Every;
use crate::state::letters::counted::Loss;
use crate::time::Clock;

/// How often losses are told as a warning: while a queue is full, each call that fails loses its letter.
const MINUTE: Duration = Duration::from_secs(60);

/// When losses are told as a warning. The services of a layer share it.
#[derive(Debug)]
pub(super) struct Losses {
    warning: Every,
    clock: Clock,
}

cached!(Losses);

impl Losses {
    pub(super) fn new() -> CachedArc<Self> {
        CachedArc::new(Self { warning: Every::new(MINUTE.into()), clock: Clock::start() })
    }

    /// Counts and tells a loss.
    #[cold]
    pub(super) fn lose(
        &self,
        row: &'static Row,
        loss: Loss,
        error: Option<&(dyn std::error::Error + Send + Sync + 'static)>,
    ) {
        row.count(loss.word());
        let is_first = self.warning.try_take(&self.clock);
        event::tell(row.source, &Event::LetterLost { reason: loss.as_str(), error, is_first });
    }
}
