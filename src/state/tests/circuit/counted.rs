//! What is counted for those who watch.

use super::*;
use crate::state::circuit::counted::{Ended, FIRST_STEP, STEPS, steps};
use crate::state::tally::Tally;

/// A circuit, and what it counts.
struct Watched {
    circuit: Circuit,
    tally: &'static Tally,
}

impl Watched {
    fn of(rules: Rules) -> Self {
        let tally = tally();
        let window = Window::Count(CountWindow::new(10, rules.min_calls));
        Self { circuit: Circuit::new(rules, window, tally, generator(Some(SEED))), tally }
    }

    /// How many calls ended in each way.
    fn ended(&self) -> [u64; 6] {
        Ended::ALL.map(|ended| self.tally.total(ended.word()))
    }

    /// The transitions that were counted, each with its number.
    fn steps(&self) -> Vec<(Phase, Phase, Reason, u64)> {
        let counted = steps().enumerate();
        let counted = counted.map(|(n, (from, to, reason))| (from, to, reason, self.tally.total(FIRST_STEP + n)));
        counted.filter(|(.., count)| *count > 0).collect()
    }

    /// What one more exit adds, and nothing else.
    fn after(rules: Rules, exit: Exit, at: u64) -> Option<Ended> {
        let watched = Self::of(rules);
        let entry = watched.circuit.admit(0);
        assert_eq!(watched.circuit.exit(entry, exit, Nanos(at)), None);
        let counted = watched.ended();
        assert!(counted.iter().sum::<u64>() <= 1, "{counted:?}");
        Ended::ALL.into_iter().find(|ended| counted[*ended as usize] == 1)
    }
}

#[test]
fn each_end_of_a_call_is_counted_once() {
    let cut = |limit| Exit::TimedOut { limit: Nanos(limit), is_repeat: false };
    let rows = [
        (Exit::Settled(Outcome::Success), Some(Ended::Success)),
        (Exit::Repeated(Outcome::Success), Some(Ended::Success)),
        (Exit::Settled(Outcome::Transient), Some(Ended::Failure)),
        (Exit::Settled(Failed), Some(Ended::Failure)),
        (Exit::Repeated(Failed), Some(Ended::Failure)),
        (Exit::Settled(throttled(1)), Some(Ended::Throttled)),
        (Exit::Settled(Outcome::Ignored), Some(Ended::Ignored)),
        (cut(0), Some(Ended::Failure)),
        (cut(1000), Some(Ended::Abandoned)),
        (Exit::Abandoned, Some(Ended::Abandoned)),
        (Exit::Unsent, None),
    ];
    for (exit, ended) in rows {
        assert_eq!(Watched::after(FAILING, exit, 5), ended, "{exit:?}");
    }
}

#[test]
fn a_slow_call_whose_caller_left_is_counted_as_abandoned() {
    assert_eq!(Watched::after(SLOW, Exit::Abandoned, 50), Some(Ended::Abandoned));
}

#[test]
fn a_late_result_is_counted_as_late_alone() {
    let watched = Watched::of(FAILING);
    let entry = watched.circuit.admit(0);
    watched.circuit.reset(Nanos(1));
    watched.circuit.end(entry, Failed, 2);
    assert_eq!(watched.ended(), [0, 0, 0, 0, 0, 1]);
}

#[test]
fn calls_are_counted_whatever_the_phase() {
    for phase in [Phase::Closed, Phase::ForcedClosed, Phase::MetricsOnly] {
        let watched = Watched::of(CONSECUTIVE);
        watched.circuit.force(phase, Nanos(0));
        watched.circuit.end(watched.circuit.admit(1), Outcome::Success, 1);
        watched.circuit.end(watched.circuit.admit(1), Failed, 1);
        assert_eq!(watched.ended()[..2], [1, 1], "{phase}");
    }
}

#[test]
fn a_way_round_the_phases_is_counted_step_by_step() {
    let watched = Watched::of(CONSECUTIVE);
    let circuit = &watched.circuit;
    circuit.end(circuit.admit(0), Failed, 0);
    circuit.end(circuit.admit(0), Failed, 0);
    for _ in 0..5 {
        let _: Option<Transition> = circuit.end(circuit.admit(100), Outcome::Success, 100);
    }
    circuit.force(Phase::ForcedOpen, Nanos(200));
    let steps = [
        (Phase::Open, Phase::HalfOpen, Reason::OpenTimeOver, 1),
        (Phase::HalfOpen, Phase::Closed, Reason::Recovered, 1),
        (Phase::Closed, Phase::Open, Reason::Consecutive, 1),
        (Phase::Closed, Phase::ForcedOpen, Reason::ByHand, 1),
    ];
    let counted = watched.steps();
    assert!(steps.iter().all(|step| counted.contains(step)) && counted.len() == steps.len(), "{counted:?}");
    assert_eq!(watched.ended()[..2], [5, 2]);
}

#[test]
fn what_would_have_opened_a_circuit_is_counted_each_time() {
    let watched = Watched::of(CONSECUTIVE);
    watched.circuit.force(Phase::MetricsOnly, Nanos(0));
    for _ in 0..4 {
        let _: Option<Transition> = watched.circuit.end(watched.circuit.admit(1), Failed, 1);
    }
    let would = (Phase::MetricsOnly, Phase::MetricsOnly, Reason::Consecutive, 2);
    assert!(watched.steps().contains(&would), "{:?}", watched.steps());
}

#[test]
fn the_circuits_of_keys_count_in_one_tally() {
    let watched = Watched::of(FAILING);
    let keys = [watched.circuit.fork(Nanos(0)), watched.circuit.fork(Nanos(0))];
    for key in &keys {
        let _: Option<Transition> = key.end(key.admit(0), Outcome::Success, 0);
    }
    assert_eq!(watched.ended()[0], 2);
}

#[test]
fn only_legal_steps_are_counted_each_at_a_word_of_its_own() {
    let all: Vec<_> = steps().collect();
    assert_eq!(all.len(), STEPS);
    assert!(all.iter().enumerate().all(|(number, step)| !all[..number].contains(step)));
}
