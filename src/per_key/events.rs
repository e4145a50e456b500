//! What a layer per key tells of itself. The names here are part of the public interface.

use tracing::{debug, warn};

use super::layer::Full;
use crate::{
    Name,
    sync::{AtomicU64, Ordering},
    time::Nanos,
};

const TARGET: &str = "palisade::per_key";

/// A minute.
const PAUSE: Nanos = Nanos(60_000_000_000);

/// When the next warning may be given: of a flood, one call a minute is enough to hear of it.
#[derive(Debug, Default)]
pub(super) struct Warnings {
    next: AtomicU64,
}

impl Warnings {
    pub(super) fn full(&self, name: Name, capacity: usize, full: Full, now: Nanos) {
        macro_rules! event {
            ($level:ident) => {
                $level!(target: TARGET, name = name.as_str(), capacity, outcome = full.outcome(), "no room for another key")
            };
        }
        if self.is_due(now) { event!(warn) } else { event!(debug) }
    }

    /// Whether a warning may be given now, of several calls to one.
    fn is_due(&self, now: Nanos) -> bool {
        let next = self.next.load(Ordering::Relaxed);
        let (after, relaxed) = (now.saturating_add(PAUSE), Ordering::Relaxed);
        now.0 >= next && self.next.compare_exchange(next, after.0, relaxed, relaxed).is_ok()
    }
}

impl Full {
    const fn outcome(self) -> &'static str {
        match self {
            Self::Pass => "passed",
            Self::Reject => "rejected",
        }
    }
}
