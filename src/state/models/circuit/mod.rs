//! Claims about the circuit.

mod by_hand;
mod judged;
mod late;
mod places;
mod probes;
mod restored;
mod rows;
mod stale;
mod streams;
mod trips;
mod windows;

use std::time::Duration;

use rand::SeedableRng;
use rand::rngs::SmallRng;

use crate::backoff::Backoff;
use crate::outcome::Outcome::{self, Failed};
use crate::state::circuit::{Circuit, Entry, Exit, Phase, Refusal, Rules, Steer, Transition};
use crate::state::tally::Tally;
use crate::state::window::{CountWindow, TimeWindow, Window};
use crate::sync::Arc;
use crate::time::{Nanos, Now};

const OPEN_FOR: u64 = 1000;
const BUCKET: u64 = 100;

/// No rule is on.
const OFF: Rules = Rules {
    failure_rate: None,
    throttled_rate: None,
    slow_rate: None,
    consecutive: None,
    min_calls: 9,
    probes: 1,
    half_open_for: Nanos(OPEN_FOR),
    max_retry_after: Nanos(0),
    open_for: Backoff::constant(Duration::from_nanos(OPEN_FOR)),
};

fn circuit(rules: Rules, window: Window) -> Arc<Circuit> {
    let tally = Box::leak(Box::new(Tally::new()));
    Arc::new(Circuit::new(rules, window, tally, SmallRng::seed_from_u64(0)))
}

fn consecutive_only(failures: u32, probes: u32) -> Arc<Circuit> {
    circuit(Rules { consecutive: Some(failures), probes, ..OFF }, Window::None)
}

fn count_window() -> Window {
    Window::Count(CountWindow::new(4, 2))
}

fn time_window() -> Window {
    Window::Time(TimeWindow::new(Nanos(2 * BUCKET), 2, 2, true))
}

fn try_enter(circuit: &Circuit, now: u64) -> (Result<Entry, Refusal>, Option<Transition>) {
    circuit.enter(Nanos(now))
}

/// Lets a call through, which is polled at once.
fn enter(circuit: &Circuit, now: u64) -> Option<Entry> {
    let mut entry = try_enter(circuit, now).0.ok()?;
    entry.start(Nanos(now));
    Some(entry)
}

fn record(circuit: &Circuit, entry: Entry, outcome: Outcome, now: u64) -> Option<Transition> {
    circuit.exit(entry, Exit::Settled(outcome), Nanos(now))
}

impl Circuit {
    fn time_out(&self, entry: Entry, now: Nanos) -> Option<Transition> {
        self.exit(entry, Exit::TimedOut { limit: Nanos(0), is_repeat: false }, now)
    }

    fn abandon(&self, entry: Entry) {
        assert_eq!(self.exit(entry, Exit::Abandoned, Nanos(0)), None);
    }

    fn force(&self, phase: Phase, now: Nanos) -> Option<Transition> {
        self.steer(Steer::Force(phase), now)
    }

    fn reset(&self, now: Nanos) -> Option<Transition> {
        self.steer(Steer::Reset, now)
    }
}

/// A clock that does something when it is read.
struct Reading<F>(F);

impl<F: Fn() -> Nanos> Now for &Reading<F> {
    fn now(self) -> Nanos {
        (self.0)()
    }
}

/// The outcome of a call whose service asked to be left alone for so long.
const fn throttled(nanos: u64) -> Outcome {
    Outcome::Throttled { retry_after: Some(Duration::from_nanos(nanos)) }
}

/// Opens this circuit, which one failure opens.
fn opened(circuit: Arc<Circuit>) -> Arc<Circuit> {
    let entry = enter(&circuit, 0).unwrap();
    _ = record(&circuit, entry, Failed, 0).unwrap();
    circuit
}

/// A circuit that is half-open, with one probe in flight.
fn half_open(probes: u32) -> (Arc<Circuit>, Entry) {
    let circuit = opened(consecutive_only(1, probes));
    let probe = enter(&circuit, OPEN_FOR).unwrap();
    (circuit, probe)
}

/// How many transitions there were.
fn count<const N: usize>(transitions: [Option<Transition>; N]) -> usize {
    transitions.iter().flatten().count()
}

/// How many calls pass at `now`, one after another.
fn passing(circuit: &Circuit, now: u64) -> usize {
    (0..9).filter_map(|_| enter(circuit, now)).count()
}
