//! What the model makes of calls that stream.

use super::{Change, Flight, Model};
use crate::outcome::Outcome::{Ignored, Success};
use crate::state::circuit::{Exit, Phase};
use crate::state::counts::Recorded;
use crate::time::Nanos;

impl Model {
    /// The next probe that has streamed for long enough; at the end of time none has.
    pub(super) fn due(&self) -> Option<(u32, u64, u32)> {
        let streams = self.streams.iter().filter(|(era, ..)| *era == self.era).copied();
        streams.min().filter(|(_, until, _)| *until <= self.now && *until < u64::MAX)
    }

    /// Counts the calls that have streamed for long enough.
    pub(super) fn catch_up(&mut self) -> Option<Change> {
        match self.phase {
            Phase::Closed | Phase::MetricsOnly => self.count_moments(),
            _ => self.count_streams(),
        }
    }

    /// Counts such probes, one after another, until they decide.
    fn count_streams(&mut self) -> Option<Change> {
        let due @ (era, until, round) = self.due()?;
        self.forget(due);
        let started = Some(until - self.grace());
        let flight = Flight { era, round, started, streams_until: None, moment: None };
        self.count_probe(flight, Success, until).or_else(|| self.count_streams())
    }

    /// Counts such calls of a closed circuit, all before any decides.
    fn count_moments(&mut self) -> Option<Change> {
        let (due, left): (Vec<_>, _) = self.moments.drain(..).partition(|moment| *moment <= self.now);
        self.moments = left;
        let slow = self.rules.slow_rate.is_some_and(|(_, after)| Nanos(self.grace()) > after);
        if due.is_empty() { None } else { self.count(Success, Recorded::of(Success, slow), due.len()) }
    }

    const fn grace(&self) -> u64 {
        self.rules.half_open_for.0 / 2
    }

    /// Keeps the moment of a call of a closed circuit that streams, unless that never comes.
    pub(super) fn hold_moment(&mut self, flight: &mut Flight) {
        let moment = flight.started.map(|started| started.saturating_add(self.grace()));
        flight.moment = moment.filter(|moment| self.is_closed(*flight) && *moment < u64::MAX);
        self.moments.extend(flight.moment);
    }

    /// Ends a call of a closed circuit that streamed. If it was counted, only what fails still is.
    pub(super) fn exit_stream(&mut self, flight: Flight, exit: Exit) -> Option<Change> {
        let is_current = self.is_closed(flight);
        let change = if matches!(self.phase, Phase::Closed | Phase::MetricsOnly) { self.count_moments() } else { None };
        let was_counted = is_current && flight.moment.is_some_and(|moment| moment <= self.now);
        if !was_counted && change.is_none() && is_current {
            let own = self.moments.iter().position(|moment| Some(*moment) == flight.moment);
            own.map(|own| self.moments.swap_remove(own));
        }
        let fails = match exit {
            Exit::Settled(outcome) | Exit::Repeated(outcome) => outcome != Success && outcome != Ignored,
            Exit::TimedOut { limit, .. } => self.is_timeout(flight, limit.0),
            Exit::Abandoned | Exit::Unsent => false,
        };
        if was_counted && !fails {
            return change;
        }
        let ended = self.exit(flight, exit);
        change.or(ended)
    }

    /// Ends a call.
    pub(super) fn exit(&mut self, flight: Flight, exit: Exit) -> Option<Change> {
        match exit {
            Exit::Settled(outcome) => self.end(flight, outcome, false),
            Exit::Repeated(outcome) => self.end(flight, outcome, true),
            Exit::TimedOut { limit, is_repeat } => self.time_out(flight, limit.0, is_repeat),
            Exit::Abandoned => self.abandon(flight),
            Exit::Unsent => self.release(flight, |_| {}),
        }
    }

    pub(super) fn mark_streaming(&mut self, flight: &mut Flight) {
        let is_probe = flight.era == self.era && self.phase == Phase::HalfOpen;
        let started = flight.started.filter(|_| is_probe);
        flight.streams_until = started.map(|started| started.saturating_add(self.grace()));
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
