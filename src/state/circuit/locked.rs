//! What only the holder of a circuit's lock looks at.

use rand::rngs::SmallRng;

use crate::state::circuit::Entry;
use crate::state::counts::Counts;
use crate::time::Nanos;

/// What is under the lock.
#[derive(Debug)]
pub(super) struct Locked {
    /// How many transitions there have been.
    pub(super) transitions: u64,
    /// When the phase began.
    pub(super) since: Nanos,
    /// The step of the last open time.
    pub(super) step: u32,
    /// The last open time, as it was set when it began.
    pub(super) last_open_for: Nanos,
    /// The results of the probes.
    pub(super) probes: Counts,
    /// Probes abandoned since the last progress.
    pub(super) abandoned: u32,
    /// Grows each time that the probes in flight give up their places. A probe of another round holds none.
    pub(super) round: u32,
    /// How often some did since the last progress.
    pub(super) stuck: u32,
    /// Streaming probes. Those of an earlier generation are never counted. They stay until they end, so that `unmark` finds them
    /// uncounted and their result is late.
    pub(super) streaming: Vec<Entry>,
    pub(super) rng: SmallRng,
}

impl Locked {
    pub(super) const fn new(rng: SmallRng) -> Self {
        Self {
            transitions: 0,
            since: Nanos(0),
            step: 0,
            last_open_for: Nanos(0),
            probes: Counts::NONE,
            abandoned: 0,
            round: 0,
            stuck: 0,
            streaming: Vec::new(),
            rng,
        }
    }
}
