//! Claims about the circuit.

mod by_hand;
mod closed;
mod counted;
mod half_open;
mod hints;
mod judged;
mod late;
mod lock_free;
mod metrics_only;
mod model;
mod open;
mod phases;
mod progress;
mod races;
mod reset;
mod restored;
mod slow;
mod streams;
mod waiting;

use std::time::Duration;

use super::OFF;
use crate::backoff::{Backoff, Jitter, generator};
use crate::outcome::Outcome::{self, Failed};
use crate::state::circuit::{Circuit, Entry, Exit, Phase, Reason, Refusal, Rules, Steer, Transition};
use crate::state::tally::Tally;
use crate::state::window::{CountWindow, TimeWindow, Window};
use crate::time::{Nanos, Now};

/// Opens at the second failure in a row, for 100, 200, 300, 300...; 5 probes.
const CONSECUTIVE: Rules = Rules { consecutive: Some(2), open_for: doubling(100, 300), ..OFF };
/// Opens when half of at least 4 calls failed.
const FAILING: Rules = Rules { failure_rate: Some(0.5), ..OFF };
/// Opens when half of at least 4 calls took longer than 10.
const SLOW: Rules = Rules { slow_rate: Some((0.5, Nanos(10))), ..OFF };

const SEED: u64 = 7;

const PHASES: [Phase; 6] =
    [Phase::Closed, Phase::Open, Phase::HalfOpen, Phase::ForcedOpen, Phase::ForcedClosed, Phase::MetricsOnly];

const fn doubling(base: u64, cap: u64) -> Backoff {
    Backoff::exponential(Duration::from_nanos(base), Duration::from_nanos(cap)).jitter(Jitter::None)
}

/// A clock that does something when it is read.
struct Reading<F>(F);

impl<F: Fn() -> Nanos> Now for &Reading<F> {
    fn now(self) -> Nanos {
        (self.0)()
    }
}

/// A tally for one circuit.
fn tally() -> &'static Tally {
    Box::leak(Box::new(Tally::new()))
}

/// The outcome of a call whose service asked to be left alone for so long.
const fn throttled(nanos: u64) -> Outcome {
    Outcome::Throttled { retry_after: Some(Duration::from_nanos(nanos)) }
}

/// What a test does to a circuit; it tells the time with each call.
impl Circuit {
    fn of(rules: Rules) -> Self {
        let none = rules.failure_rate.is_none() && rules.throttled_rate.is_none() && rules.slow_rate.is_none();
        Self::over(rules, if none { Window::None } else { Window::Count(CountWindow::new(10, rules.min_calls)) })
    }

    fn timed(rules: Rules) -> Self {
        Self::over(rules, Window::Time(TimeWindow::new(Nanos(100), 10, rules.min_calls, rules.slow_rate.is_some())))
    }

    fn over(rules: Rules, window: Window) -> Self {
        Self::new(rules, window, tally(), generator(Some(SEED)))
    }

    /// Lets a call through, which is polled at once.
    fn admit(&self, at: u64) -> Entry {
        let mut entry = self.enter(Nanos(at)).0.expect("the circuit lets the call through");
        entry.start(Nanos(at));
        entry
    }

    fn refused(&self, at: u64) -> Refusal {
        self.enter(Nanos(at)).0.expect_err("the circuit refuses the call")
    }

    fn end(&self, entry: Entry, outcome: Outcome, at: u64) -> Option<Transition> {
        self.exit(entry, Exit::Settled(outcome), Nanos(at))
    }

    /// Ends a repeat: an attempt that is not the first of its call.
    fn repeat(&self, outcome: Outcome, at: u64) -> Option<Transition> {
        self.exit(self.admit(at), Exit::Repeated(outcome), Nanos(at))
    }

    /// Cuts a call short, which had all its time.
    fn time_out(&self, entry: Entry, now: Nanos) -> Option<Transition> {
        self.exit(entry, Exit::TimedOut { limit: Nanos(0), is_repeat: false }, now)
    }

    /// Abandons a call as soon as it was polled.
    fn abandon(&self, entry: Entry) {
        assert_eq!(self.exit(entry, Exit::Abandoned, entry.started()), None);
    }

    fn force(&self, phase: Phase, now: Nanos) -> Option<Transition> {
        self.steer(Steer::Force(phase), now)
    }

    fn reset(&self, now: Nanos) -> Option<Transition> {
        self.steer(Steer::Reset, now)
    }

    fn call(&self, outcome: Outcome, at: u64) -> Option<Transition> {
        self.end(self.admit(at), outcome, at)
    }

    fn calls(&self, outcomes: &[Outcome], at: u64) {
        for outcome in outcomes {
            assert_eq!(self.call(*outcome, at), None);
        }
    }

    fn numbers(&self, at: u64) -> [u64; 4] {
        let counts = self.view(Nanos(at)).counts;
        [counts.calls, counts.failures, counts.slow, counts.consecutive.into()]
    }

    fn late(&self) -> u64 {
        self.view(Nanos(0)).late
    }

    /// Opens this circuit of [`CONSECUTIVE`] rules.
    fn opened(self, at: u64) -> Self {
        self.call(Failed, at);
        _ = self.call(Failed, at).expect("the second failure in a row opens it");
        self
    }
}

fn opened() -> Circuit {
    Circuit::of(CONSECUTIVE).opened(0)
}

/// A half-open circuit and its first probe.
fn half_open(rules: Rules) -> (Circuit, Entry) {
    let circuit = Circuit::of(Rules { consecutive: Some(2), ..rules }).opened(0);
    let probe = circuit.admit(1_000);
    (circuit, probe)
}

fn in_phase(phase: Phase) -> Circuit {
    match phase {
        Phase::Closed => Circuit::of(CONSECUTIVE),
        Phase::Open => opened(),
        Phase::HalfOpen => half_open(CONSECUTIVE).0,
        by_hand => {
            let circuit = Circuit::of(CONSECUTIVE);
            circuit.force(by_hand, Nanos(0));
            circuit
        }
    }
}

fn told(transition: Option<Transition>) -> Option<(Phase, Phase, Reason)> {
    transition.map(|transition| (transition.from, transition.to, transition.reason))
}
