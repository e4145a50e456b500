//! What only the holder of a circuit's lock looks at.

use std::collections::BTreeMap;
use std::task::Waker;

use rand::rngs::SmallRng;

use crate::state::circuit::Entry;
use crate::state::counts::Counts;
use crate::time::Nanos;

/// Where somebody waits until a call would pass. It is theirs alone, and no call's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Seat(u64);

/// What is under the lock.
#[derive(Debug)]
pub(super) struct Locked {
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
    /// Streaming probes. Those of an earlier generation are never counted. They stay
    /// until they end, so that `unmark` finds them uncounted and their result is late.
    pub(super) streaming: Vec<Entry>,
    /// Those who wait until a call would pass.
    pub(super) waiting: BTreeMap<Seat, Waker>,
    /// Seats given to those who wait.
    seats: u64,
    pub(super) rng: SmallRng,
}

impl Locked {
    pub(super) const fn new(rng: SmallRng) -> Self {
        Self {
            since: Nanos(0),
            step: 0,
            last_open_for: Nanos(0),
            probes: Counts::NONE,
            abandoned: 0,
            round: 0,
            stuck: 0,
            streaming: Vec::new(),
            waiting: BTreeMap::new(),
            seats: 0,
            rng,
        }
    }

    /// A seat that nobody else has.
    pub(super) const fn seat(&mut self) -> Seat {
        self.seats += 1;
        Seat(self.seats)
    }
}
