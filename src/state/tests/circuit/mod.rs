//! Claims about the circuit.

mod by_hand;
mod closed;
mod half_open;
mod hints;
mod hung;
mod late;
mod lock_free;
mod metrics_only;
mod model;
mod open;
mod phases;
mod races;
mod reset;
mod slow;
#[cfg(feature = "http")]
mod streams;

use std::time::Duration;

use super::OFF;
use crate::{
    Backoff, Jitter,
    backoff::generator,
    state::{
        circuit::{Circuit, Entry, Phase, Reason, Refused, Rules, Transition},
        counts::Verdict::{self, Failure},
        window::{CountWindow, TimeWindow, Window},
    },
    time::Nanos,
};

/// Opens at the second failure in a row, for 100, 200, 300, 300...; 5 probes.
const CONSECUTIVE: Rules = Rules { consecutive: Some(2), open_for: doubling(100, 300), ..OFF };
/// Opens when half of at least 4 calls failed.
const FAILING: Rules = Rules { failure_rate: Some(0.5), ..OFF };
/// Opens when half of at least 4 calls took longer than 10.
const SLOW: Rules = Rules { slow_rate: Some((0.5, Nanos(10))), ..OFF };

const PHASES: [Phase; 6] =
    [Phase::Closed, Phase::Open, Phase::HalfOpen, Phase::ForcedOpen, Phase::ForcedClosed, Phase::MetricsOnly];

const fn doubling(base: u64, cap: u64) -> Backoff {
    Backoff::exponential(Duration::from_nanos(base), Duration::from_nanos(cap)).jitter(Jitter::None)
}

/// What a test does to a circuit; it tells the time with each call.
impl Circuit {
    fn of(rules: Rules) -> Self {
        let none = rules.failure_rate.is_none() && rules.slow_rate.is_none();
        Self::over(rules, if none { Window::None } else { Window::Count(CountWindow::new(10, rules.min_calls)) })
    }

    fn timed(rules: Rules) -> Self {
        Self::over(rules, Window::Time(TimeWindow::new(Nanos(100), 10, rules.min_calls)))
    }

    fn over(rules: Rules, window: Window) -> Self {
        Self::new(rules, window, generator(Some(7)))
    }

    fn enter(&self, at: u64) -> Entry {
        self.try_enter(Nanos(at)).0.expect("the circuit lets the call through")
    }

    fn refused(&self, at: u64) -> Refused {
        self.try_enter(Nanos(at)).0.expect_err("the circuit refuses the call")
    }

    fn end(&self, entry: Entry, verdict: Verdict, at: u64) -> Option<Transition> {
        self.record(entry, verdict, || Nanos(at))
    }

    fn call(&self, verdict: Verdict, at: u64) -> Option<Transition> {
        self.end(self.enter(at), verdict, at)
    }

    fn calls(&self, verdicts: &[Verdict], at: u64) {
        for verdict in verdicts {
            assert_eq!(self.call(*verdict, at), None);
        }
    }

    fn numbers(&self, at: u64) -> [u64; 4] {
        let counts = self.view(Nanos(at)).counts;
        [counts.calls, counts.failures, counts.slow, counts.consecutive.into()]
    }

    fn late(&self) -> u64 {
        self.view(Nanos(0)).late
    }

    fn rejected(&self) -> u64 {
        self.view(Nanos(0)).rejected
    }

    /// Opens this circuit of [`CONSECUTIVE`] rules.
    fn opened(self, at: u64) -> Self {
        self.call(Failure, at);
        self.call(Failure, at).expect("the second failure in a row opens it");
        self
    }
}

fn opened() -> Circuit {
    Circuit::of(CONSECUTIVE).opened(0)
}

/// A half-open circuit and its first probe.
fn half_open(rules: Rules) -> (Circuit, Entry) {
    let circuit = Circuit::of(Rules { consecutive: Some(2), ..rules }).opened(0);
    let probe = circuit.enter(1_000);
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
