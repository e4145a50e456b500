//! What the model makes of probes that stream.

use super::{Change, Flight, Model};
use crate::outcome::Outcome::Success;
use crate::state::circuit::Phase;
use crate::state::counts::Recorded;

impl Model {
    /// When the next probe is due that has streamed for long enough; at the end of time none is.
    pub(super) fn due(&self) -> Option<u64> {
        let streams = self.streams.iter().filter(|(era, _)| *era == self.era).map(|(_, until)| *until);
        streams.min().filter(|until| *until <= self.now && *until < u64::MAX)
    }

    /// Counts the probes that have streamed for long enough, one after another, until they decide.
    pub(super) fn catch_up(&mut self) -> Option<Change> {
        let due = self.due()?;
        self.forget((self.era, due));
        let half = self.rules.half_open_for.0 / 2;
        let slow = self.rules.slow_rate.is_some_and(|(_, after)| half > after.0);
        self.count_probe(Recorded { outcome: Success, slow }, due).or_else(|| self.catch_up())
    }

    pub(super) fn mark_streaming(&mut self, flight: &mut Flight) {
        let is_probe = flight.era == self.era && self.phase == Phase::HalfOpen;
        let until = flight.started.saturating_add(self.rules.half_open_for.0 / 2);
        flight.streams_until = is_probe.then_some(until);
        self.streams.extend(flight.streams_until.map(|until| (flight.era, until)));
    }

    /// Whether it was not counted while it streamed.
    pub(super) fn unmark(&mut self, flight: Flight, until: u64) -> (bool, Option<Change>) {
        let change = if flight.era == self.era { self.catch_up() } else { None };
        (self.forget((flight.era, until)), change)
    }

    fn forget(&mut self, stream: (u32, u64)) -> bool {
        let found = self.streams.iter().position(|other| *other == stream);
        found.map(|found| self.streams.swap_remove(found)).is_some()
    }
}
