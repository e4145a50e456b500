//! What the model makes of results.

use super::{Change, Flight, Model, Span};
use crate::outcome::Outcome::{self, Failed, Ignored, Success, Throttled, Transient};
use crate::state::circuit::{Phase, Reason};
use crate::state::counts::Recorded;
use crate::state::tests::{count, reaches};
use crate::time::Nanos;

impl Model {
    fn window(&self) -> [u64; 4] {
        let held = self.results.iter().rev().enumerate().filter(|(age, (at, _))| match self.span {
            Span::None => false,
            Span::Last(calls) => *age < calls as usize,
            Span::Time(width, buckets) => at / width + u64::from(buckets) > self.now / width,
        });
        count(&held.map(|(_, (_, call))| *call).collect::<Vec<_>>())
    }

    pub(super) fn counts(&self) -> [u64; 4] {
        match self.phase {
            Phase::Closed | Phase::MetricsOnly => self.window(),
            Phase::HalfOpen => count(&self.probes),
            _ => [0; 4],
        }
    }

    pub(super) fn is_slow(&self, flight: Flight) -> bool {
        self.took_longer(flight, self.now)
    }

    fn took_longer(&self, flight: Flight, at: u64) -> bool {
        let slow = self.rules.slow_rate.zip(flight.started);
        slow.is_some_and(|((_, after), started)| at - started > after.0)
    }

    pub(super) fn end(&mut self, flight: Flight, outcome: Outcome, is_repeat: bool) -> Option<Change> {
        if outcome == Ignored {
            return self.release(flight, |model| model.progress(model.now));
        }
        if flight.era != self.era {
            self.late += 1;
            return None;
        }
        self.end_current(flight, outcome, is_repeat)
    }

    /// Ends a call of this period, after those that stream. A success of a closed circuit does not look for them.
    pub(super) fn end_current(&mut self, flight: Flight, outcome: Outcome, is_repeat: bool) -> Option<Change> {
        if outcome != Success || self.phase == Phase::HalfOpen {
            if let Some(change) = self.catch_up() {
                self.late += 1;
                return Some(change);
            }
        }
        self.end_counted(flight, outcome, is_repeat)
    }

    fn end_counted(&mut self, flight: Flight, outcome: Outcome, is_repeat: bool) -> Option<Change> {
        let call = Recorded::of(outcome, self.is_slow(flight));
        match self.phase {
            Phase::Closed | Phase::MetricsOnly => {
                let is_counted = !(is_repeat && (call.failed || call.throttled));
                self.count(outcome, call, usize::from(is_counted))
            }
            Phase::HalfOpen => self.count_probe(flight, outcome, self.now),
            _ => None,
        }
    }

    /// The pause that this result asks for, as far as that is allowed.
    fn pause(&self, outcome: Outcome, reasons: &[Reason]) -> Nanos {
        match outcome {
            Throttled { retry_after: Some(asked) } if reasons.contains(&Reason::ThrottledRate) => {
                Nanos::from(asked).min(self.rules.max_retry_after)
            }
            _ => Nanos(0),
        }
    }

    /// Counts so many calls of a closed circuit that had this result now, and opens it if a rule is reached.
    pub(super) fn count(&mut self, outcome: Outcome, call: Recorded, calls: usize) -> Option<Change> {
        let before = self.window();
        self.results.extend(vec![(self.now, call); calls]);
        self.run = match outcome {
            Success => 0,
            Transient | Failed => self.run + 1,
            Throttled { .. } | Ignored => self.run,
        };
        let reasons = self.reached(outcome == Success && !call.slow, before);
        let (to, pause) = match self.phase {
            Phase::Closed => (Phase::Open, self.pause(outcome, &reasons)),
            _ => (Phase::MetricsOnly, Nanos(0)),
        };
        reasons.first().map(|reason| self.go(to, *reason, pause))
    }

    /// The rules that were reached. What is good decides only where there are enough results since then. What streams weighs against
    /// what failed, and is no result.
    fn reached(&self, is_good: bool, before: [u64; 4]) -> Vec<Reason> {
        let (min_calls, streams) = (self.rules.min_calls, self.moments.len() as u64);
        let after @ [calls, failures, throttled, slow] = self.window();
        let completes = |of: fn([u64; 4]) -> u64| of(before) < min_calls && of(after) >= min_calls;
        let completes = completes(|[calls, ..]| calls) || completes(|[calls, _, throttled, _]| calls - throttled);
        if is_good && !completes {
            return Vec::new();
        }
        let reached = |count, of, rate| of >= min_calls && reaches(count, of + streams, rate);
        let rules = &self.rules;
        let fails = rules.failure_rate.filter(|rate| reached(failures, calls - throttled, *rate));
        let asks = rules.throttled_rate.filter(|rate| reached(throttled, calls, *rate));
        let slows = rules.slow_rate.filter(|(rate, _)| reached(slow, calls, *rate));
        let run = rules.consecutive.filter(|most| self.run >= *most);
        in_order([fails.is_some(), asks.is_some(), slows.is_some(), run.is_some()])
    }

    /// Counts a probe that was over `at` that moment.
    pub(super) fn count_probe(&mut self, flight: Flight, outcome: Outcome, at: u64) -> Option<Change> {
        self.probes.push(Recorded::of(outcome, self.took_longer(flight, at)));
        let [calls, failures, throttled, slow] = count(&self.probes);
        let probes = u64::from(self.rules.probes);
        let reached = |more: u64| {
            let rules = &self.rules;
            let fails = rules.failure_rate.filter(|rate| reaches(failures + more, probes, *rate));
            let asks = rules.throttled_rate.filter(|rate| reaches(throttled + more, probes, *rate));
            let slows = rules.slow_rate.filter(|(rate, _)| reaches(slow + more, probes, *rate));
            let first = rules.consecutive.filter(|_| rules.failure_rate.is_none() && failures + more > 0);
            in_order([fails.is_some(), asks.is_some(), slows.is_some(), first.is_some()])
        };
        let (reasons, possible) = (reached(0), reached(probes.saturating_sub(calls)));
        if let Some(reason) = reasons.first() {
            Some(self.go(Phase::Open, *reason, self.pause(outcome, &reasons)))
        } else if possible.is_empty() {
            Some(self.go(Phase::Closed, Reason::Recovered, Nanos(0)))
        } else {
            self.give_back(flight);
            self.progress(at);
            None
        }
    }

    pub(super) fn time_out(&mut self, flight: Flight, limit: u64, is_repeat: bool) -> Option<Change> {
        if self.is_timeout(flight, limit) { self.end(flight, Failed, is_repeat) } else { self.abandon(flight) }
    }

    /// Whether the service failed when this limit ran out.
    pub(super) fn is_timeout(&self, flight: Flight, limit: u64) -> bool {
        let in_flight = flight.started.map_or(0, |started| self.now - started);
        let had_time = u128::from(in_flight) * 2 >= u128::from(limit);
        had_time && (self.rules.slow_rate.is_none() || self.is_slow(flight))
    }
}

/// The rules that were reached, in their order.
fn in_order(reached: [bool; 4]) -> Vec<Reason> {
    let rules = [Reason::FailureRate, Reason::ThrottledRate, Reason::SlowRate, Reason::Consecutive];
    rules.into_iter().zip(reached).filter(|(_, reached)| *reached).map(|(reason, _)| reason).collect()
}
