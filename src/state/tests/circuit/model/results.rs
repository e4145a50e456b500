//! What the model makes of results.

use super::{Change, Flight, Model, Span};
use crate::outcome::Outcome::{self, Failed, Ignored, Success, Throttled, Transient};
use crate::state::circuit::{Phase, Reason};
use crate::state::counts::Recorded;
use crate::state::tests::{count, reaches};
use crate::time::Nanos;

impl Model {
    fn window(&self) -> [u64; 3] {
        let held = self.results.iter().rev().enumerate().filter(|(age, (at, _))| match self.span {
            Span::None => false,
            Span::Last(calls) => *age < calls as usize,
            Span::Time(width, buckets) => at / width + u64::from(buckets) > self.now / width,
        });
        count(&held.map(|(_, (_, call))| *call).collect::<Vec<_>>())
    }

    pub(super) fn counts(&self) -> [u64; 3] {
        match self.phase {
            Phase::Closed | Phase::MetricsOnly => self.window(),
            Phase::HalfOpen => count(&self.probes),
            _ => [0; 3],
        }
    }

    fn is_slow(&self, flight: Flight) -> bool {
        self.rules.slow_rate.is_some_and(|(_, after)| self.now - flight.started > after.0)
    }

    pub(super) fn end(&mut self, flight: Flight, outcome: Outcome) -> Option<Change> {
        if outcome == Ignored {
            self.abandon(flight);
            return None;
        }
        if flight.era != self.era {
            self.late += 1;
            return None;
        }
        if let Some(change) = self.catch_up() {
            self.late += 1;
            return Some(change);
        }
        let call = Recorded { outcome, slow: self.is_slow(flight) };
        let pause = self.pause(outcome);
        match self.phase {
            Phase::Closed => self.count(call).map(|reasons| self.go(Phase::Open, reasons, pause)),
            Phase::MetricsOnly => self.count(call).map(|reasons| self.go(Phase::MetricsOnly, reasons, pause)),
            Phase::HalfOpen => self.count_probe(call, self.now),
            _ => None,
        }
    }

    /// The pause that this result asks for, as far as that is allowed.
    fn pause(&self, outcome: Outcome) -> Nanos {
        match outcome {
            Throttled { retry_after: Some(asked) } if Nanos::from(asked) > self.rules.max_retry_after => {
                self.rules.max_retry_after
            }
            Throttled { retry_after: Some(asked) } => asked.into(),
            _ => Nanos(0),
        }
    }

    fn count(&mut self, call: Recorded) -> Option<Vec<Reason>> {
        let min_calls = self.rules.min_calls;
        let before = self.window()[0];
        self.results.push((self.now, call));
        self.run = match call.outcome {
            Success => 0,
            Transient | Failed => self.run + 1,
            Throttled { .. } | Ignored => self.run,
        };
        let [calls, failures, slow] = self.window();
        let completes = before < min_calls && calls >= min_calls;
        let decides = call.outcome != Success || call.slow || completes;
        let mut reasons = Vec::new();
        let reached = |count, rate| calls >= min_calls && reaches(count, calls, rate);
        reasons.extend(self.rules.consecutive.filter(|most| self.run >= *most).map(|_| Reason::Consecutive));
        reasons.extend(self.rules.failure_rate.filter(|rate| reached(failures, *rate)).map(|_| Reason::FailureRate));
        reasons.extend(self.rules.slow_rate.filter(|(rate, _)| reached(slow, *rate)).map(|_| Reason::SlowRate));
        (decides && !reasons.is_empty()).then_some(reasons)
    }

    /// Counts a probe that was over `at` that moment.
    pub(super) fn count_probe(&mut self, call: Recorded, at: u64) -> Option<Change> {
        self.in_flight -= 1;
        self.moved = self.moved.max(at);
        self.probes.push(call);
        let [calls, failures, slow] = count(&self.probes);
        let probes = u64::from(self.rules.probes);
        let reached = |more: u64| {
            let mut reasons = Vec::new();
            let rules = &self.rules;
            reasons.extend(rules.consecutive.filter(|_| failures + more > 0).map(|_| Reason::Consecutive));
            let fails = rules.failure_rate.filter(|rate| reaches(failures + more, probes, *rate));
            reasons.extend(fails.map(|_| Reason::FailureRate));
            let slows = rules.slow_rate.filter(|(rate, _)| reaches(slow + more, probes, *rate));
            reasons.extend(slows.map(|_| Reason::SlowRate));
            reasons
        };
        let (reasons, possible) = (reached(0), reached(probes - calls));
        if !reasons.is_empty() {
            Some(self.go(Phase::Open, reasons, self.pause(call.outcome)))
        } else if possible.is_empty() {
            Some(self.go(Phase::Closed, vec![Reason::Recovered], Nanos(0)))
        } else {
            None
        }
    }

    pub(super) fn time_out(&mut self, flight: Flight) -> Option<Change> {
        if self.rules.slow_rate.is_some() && !self.is_slow(flight) {
            self.abandon(flight);
            return None;
        }
        self.end(flight, Failed)
    }
}
