//! How the model moves between its phases.

use super::{Change, Flight, Model, STEPS};
use crate::state::circuit::{Phase, Reason, Refusal};
use crate::time::Nanos;

const NO_TIME: Nanos = Nanos(0);

impl Model {
    /// Whether a call that comes now is refused, but for the end of the open time.
    pub(super) fn needs_no_service(&self) -> bool {
        let places = u64::from(self.in_flight) + self.probes.len() as u64;
        match self.phase {
            Phase::Open | Phase::ForcedOpen => true,
            Phase::HalfOpen if self.in_flight > 0 && self.now >= self.hung_at() => true,
            Phase::HalfOpen => places >= u64::from(self.rules.probes),
            _ => false,
        }
    }

    fn hung_at(&self) -> u64 {
        self.moved.saturating_add(self.rules.half_open_for.0)
    }

    pub(super) fn go(&mut self, to: Phase, reasons: Vec<Reason>, least_open: Nanos) -> Change {
        let (from, counts) = (self.phase, self.counts());
        let open_for = (to == Phase::Open).then(|| {
            let step = self.steps.pop_front().unwrap_or(150).max(least_open.0);
            self.open_until = self.now.saturating_add(step);
            Nanos(step)
        });
        if to == Phase::Closed {
            self.steps = STEPS.into();
        }
        if from != to {
            self.since = self.now;
        }
        self.phase = to;
        self.era += 1;
        self.results.clear();
        self.probes.clear();
        (self.run, self.in_flight) = (0, 0);
        (from, to, reasons, counts, open_for)
    }

    pub(super) fn enter(&mut self) -> (Result<Flight, Refusal>, Option<Change>) {
        let mut change = None;
        if self.phase == Phase::Open && self.now >= self.open_until {
            change = Some(self.go(Phase::HalfOpen, vec![Reason::OpenTimeOver], NO_TIME));
        } else if self.phase == Phase::HalfOpen {
            change = self.catch_up().or_else(|| self.find_hung());
        }
        let places = u64::from(self.in_flight) + self.probes.len() as u64;
        let refused = match self.phase {
            Phase::Open => Some(Refusal::open(Nanos(self.open_until - self.now))),
            Phase::HalfOpen if places >= u64::from(self.rules.probes) => Some(Refusal::PROBES_TAKEN),
            Phase::ForcedOpen => Some(Refusal::FORCED),
            _ => None,
        };
        if let Some(refused) = refused {
            return (Err(refused), change);
        }
        if self.phase == Phase::HalfOpen {
            self.in_flight += 1;
            self.moved = self.now;
        }
        (Ok(Flight { era: self.era, started: self.now, streams_until: None }), change)
    }

    fn find_hung(&mut self) -> Option<Change> {
        let hung = self.in_flight > 0 && self.now >= self.hung_at();
        hung.then(|| self.go(Phase::Open, vec![Reason::Hung], NO_TIME))
    }

    pub(super) fn abandon(&mut self, flight: Flight) {
        if flight.era == self.era && self.phase == Phase::HalfOpen {
            self.in_flight -= 1;
        }
    }

    pub(super) fn force(&mut self, to: Phase) -> Option<Change> {
        (self.phase != to).then(|| self.go(to, vec![Reason::ByHand], NO_TIME))
    }

    pub(super) fn reset(&mut self) -> Option<Change> {
        let change = self.go(Phase::Closed, vec![Reason::ByHand], NO_TIME);
        (change.0 != change.1).then_some(change)
    }
}
