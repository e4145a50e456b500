//! What a layer per key tells of itself. The names here are part of the public interface.

use tracing::{debug, warn};

use super::layer::Full;
use crate::{name::Name, state::every::Every, time::Nanos};

const TARGET: &str = "palisade::per_key";

const MINUTE: Nanos = Nanos(60_000_000_000);

/// When the next warning may be given: one a minute is enough to hear of a flood.
#[derive(Debug)]
pub(super) struct Warnings(Every);

impl Default for Warnings {
    fn default() -> Self {
        Self(Every::new(MINUTE))
    }
}

impl Warnings {
    pub(super) fn full(&self, name: Name, capacity: usize, full: Full, now: Nanos) {
        macro_rules! event {
            ($level:ident) => {
                $level!(target: TARGET, name = name.as_str(), capacity, outcome = full.outcome(), "no room for another key")
            };
        }
        if self.0.try_take(now) { event!(warn) } else { event!(debug) }
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
