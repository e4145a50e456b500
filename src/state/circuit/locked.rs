//! What only the holder of a circuit's lock looks at.

use rand::rngs::SmallRng;

use crate::state::counts::Counts;
use crate::time::Nanos;

/// What is under the lock.
#[derive(Debug)]
pub(super) struct Locked {
    /// When the phase began.
    pub(super) since: Nanos,
    /// How many times in a row the circuit has opened.
    pub(super) step: u32,
    /// The results of the probes.
    pub(super) probes: Counts,
    /// Streaming probes: (generation, when it counts as a success). Those of an earlier generation are never counted. They stay
    /// until they end, so that `unmark` finds them uncounted and their result is late.
    pub(super) streaming: Vec<(u64, Nanos)>,
    pub(super) rng: SmallRng,
}

impl Locked {
    pub(super) const fn new(rng: SmallRng) -> Self {
        Self { since: Nanos(0), step: 0, probes: Counts::NONE, streaming: Vec::new(), rng }
    }
}
