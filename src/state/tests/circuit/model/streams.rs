//! What the model makes of probes that stream.

use super::{Change, Flight, Model};
use crate::outcome::Outcome::Success;
use crate::state::circuit::Phase;

impl Model {
    /// The next probe that has streamed for long enough; at the end of time none has.
    pub(super) fn due(&self) -> Option<(u32, u64, u32)> {
        let streams = self.streams.iter().filter(|(era, ..)| *era == self.era).copied();
        streams.min().filter(|(_, until, _)| *until <= self.now && *until < u64::MAX)
    }

    /// Counts the probes that have streamed for long enough, one after another, until they decide.
    pub(super) fn catch_up(&mut self) -> Option<Change> {
        let due @ (era, until, round) = self.due()?;
        self.forget(due);
        let started = Some(until - self.rules.half_open_for.0 / 2);
        let flight = Flight { era, round, started, streams_until: None };
        self.count_probe(flight, Success, until).or_else(|| self.catch_up())
    }

    pub(super) fn mark_streaming(&mut self, flight: &mut Flight) {
        let is_probe = flight.era == self.era && self.phase == Phase::HalfOpen;
        let started = flight.started.filter(|_| is_probe);
        flight.streams_until = started.map(|started| started.saturating_add(self.rules.half_open_for.0 / 2));
        self.streams.extend(flight.streams_until.map(|until| (flight.era, until, flight.round)));
    }

    /// Whether it was not counted while it streamed.
    pub(super) fn unmark(&mut self, flight: Flight, until: u64) -> (bool, Option<Change>) {
        let change = if flight.era == self.era { self.catch_up() } else { None };
        (self.forget((flight.era, until, flight.round)), change)
    }

    fn forget(&mut self, stream: (u32, u64, u32)) -> bool {
        let found = self.streams.iter().position(|other| *other == stream);
        found.map(|found| self.streams.swap_remove(found)).is_some()
    }
}
