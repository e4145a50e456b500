//! How the model moves between its phases.

use rand::RngExt;

use super::{Change, Flight, Model, STEPS};
use crate::outcome::Outcome::Ignored;
use crate::state::circuit::{Phase, Reason, Refusal};
use crate::time::Nanos;

const NO_TIME: Nanos = Nanos(0);

impl Model {
    /// Whether a call that comes now is refused, but for the end of the open time.
    pub(super) fn needs_no_service(&self) -> bool {
        match self.phase {
            Phase::Open | Phase::ForcedOpen => true,
            Phase::HalfOpen if self.is_over() && (self.holders > 0 || self.abandoned >= self.rules.probes) => true,
            Phase::HalfOpen => self.is_full(),
            _ => false,
        }
    }

    fn is_full(&self) -> bool {
        u64::from(self.holders) + self.probes.len() as u64 >= u64::from(self.rules.probes)
    }

    /// Whether a call leaves a free place to another.
    fn stands_back(&mut self) -> bool {
        self.stuck > 1 && self.rules.half_open_for > NO_TIME && self.rng.random()
    }

    /// Whether the time of the probes is over; the end of time never comes.
    fn is_over(&self) -> bool {
        let end = self.moved.saturating_add(self.rules.half_open_for.0);
        end < u64::MAX && self.now >= end
    }

    pub(super) fn go(&mut self, to: Phase, reason: Reason, least_open: Nanos) -> Change {
        let (from, counts) = (self.phase, self.counts());
        let open_for = (to == Phase::Open).then(|| {
            let is_back = from == Phase::HalfOpen || self.now - self.since < self.open_for;
            self.step = if is_back { self.step + 1 } else { 0 };
            self.open_for = STEPS[self.step.min(3)].max(least_open.0);
            self.open_until = self.now.saturating_add(self.open_for);
            Nanos(self.open_for)
        });
        if reason == Reason::ByHand {
            self.open_for = 0;
        }
        if from != to {
            self.since = self.now;
        }
        self.phase = to;
        self.era += 1;
        self.results.clear();
        self.probes.clear();
        self.moments.clear();
        (self.run, self.holders) = (0, 0);
        if to == Phase::HalfOpen {
            self.progress(self.now);
        }
        (from, to, reason, counts, open_for)
    }

    pub(super) fn progress(&mut self, at: u64) {
        (self.abandoned, self.stuck) = (0, 0);
        self.moved = self.moved.max(at);
    }

    pub(super) fn enter(&mut self) -> (Result<Flight, Refusal>, Option<Change>) {
        let mut change = None;
        if self.phase == Phase::Open && self.now >= self.open_until {
            change = Some(self.go(Phase::HalfOpen, Reason::OpenTimeOver, NO_TIME));
        } else if self.phase == Phase::HalfOpen {
            change = self.catch_up().or_else(|| self.look_at_the_time());
        }
        let refused = match self.phase {
            Phase::Open => Some(Refusal::open(Nanos(self.open_until - self.now))),
            Phase::HalfOpen => (self.is_full() || self.stands_back()).then_some(Refusal::PROBES_TAKEN),
            Phase::ForcedOpen => Some(Refusal::FORCED),
            _ => None,
        };
        if let Some(refused) = refused {
            return (Err(refused), change);
        }
        self.holders += u32::from(self.phase == Phase::HalfOpen);
        (Ok(Flight { era: self.era, round: self.round, started: None, streams_until: None, moment: None }), change)
    }

    /// Opens again when all that is known are probes that were abandoned; else those in flight give up their places.
    fn look_at_the_time(&mut self) -> Option<Change> {
        if !self.is_over() {
            return None;
        }
        if self.abandoned >= self.rules.probes {
            return Some(self.go(Phase::Open, Reason::Abandoned, NO_TIME));
        }
        self.round += 1;
        self.stuck += u32::from(self.holders > 0);
        self.holders = 0;
        self.moved = self.now;
        None
    }

    /// Ends a probe that counts nothing; any other call is nothing to it.
    pub(super) fn release(&mut self, flight: Flight, then: impl FnOnce(&mut Self)) -> Option<Change> {
        if flight.era != self.era || self.phase != Phase::HalfOpen {
            return None;
        }
        let change = self.catch_up();
        if change.is_none() {
            self.give_back(flight);
            then(self);
        }
        change
    }

    pub(super) fn give_back(&mut self, flight: Flight) {
        self.holders -= u32::from(flight.round == self.round);
    }

    pub(super) fn abandon(&mut self, flight: Flight) -> Option<Change> {
        if self.is_closed(flight) && self.is_slow(flight) {
            return self.end_current(flight, Ignored, false);
        }
        self.release(flight, |model| model.abandoned += 1)
    }

    /// Whether the call is of this period, in which all results count.
    pub(super) fn is_closed(&self, flight: Flight) -> bool {
        matches!(self.phase, Phase::Closed | Phase::MetricsOnly) && flight.era == self.era
    }

    pub(super) fn force(&mut self, to: Phase) -> Option<Change> {
        (self.phase != to).then(|| self.go(to, Reason::ByHand, NO_TIME))
    }

    pub(super) fn reset(&mut self) -> Option<Change> {
        let change = self.go(Phase::Closed, Reason::ByHand, NO_TIME);
        (change.0 != change.1).then_some(change)
    }
}
