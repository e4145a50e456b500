//! Claims about a circuit that goes on from another.

use proptest::prelude::*;

use super::*;
use crate::state::circuit::Saved;

/// A fresh circuit that goes on from what was saved this long ago.
fn restored(fresh: Circuit, saved: &Saved, age: u64, at: u64) -> Circuit {
    _ = fresh.restore(saved, Nanos(age), Nanos(at)).expect("it is fresh");
    fresh
}

fn saved_in(phase: Phase) -> Saved {
    in_phase(phase).saved(Nanos(0))
}

#[test]
fn each_phase_is_restored_but_half_open_is_open_and_due() {
    for phase in PHASES {
        let fresh = in_phase(Phase::Closed);
        let expected = if phase == Phase::HalfOpen { Phase::Open } else { phase };
        let transition = fresh.restore(&in_phase(phase).saved(Nanos(0)), Nanos(0), Nanos(7));
        assert_eq!(told(transition), Some((Phase::Closed, expected, Reason::Restored)), "{phase:?}");
        assert_eq!(fresh.phase(), expected);
        if phase == Phase::HalfOpen {
            assert_eq!(told(fresh.enter(Nanos(7)).1), Some((Phase::Open, Phase::HalfOpen, Reason::OpenTimeOver)));
        }
    }
}

#[test]
fn it_is_open_for_what_was_left_less_the_time_between() {
    let saved = opened().saved(Nanos(30));
    for (age, left) in [(0, 70), (69, 1), (70, 0), (u64::MAX, 0)] {
        let circuit = restored(Circuit::of(CONSECUTIVE), &saved, age, 5);
        assert_eq!(circuit.view(Nanos(5)).left, Some(Nanos(left)), "{age}");
        assert_eq!(circuit.enter(Nanos(5 + left)).0.is_ok(), left > 0 || circuit.phase() == Phase::HalfOpen);
    }
}

#[test]
fn it_is_open_for_no_longer_than_it_may_be() {
    let long = Rules { open_for: Backoff::constant(Duration::MAX), ..CONSECUTIVE };
    let saved = Circuit::of(long).opened(0).saved(Nanos(0));
    let circuit = restored(Circuit::of(CONSECUTIVE), &saved, 0, 0);
    assert_eq!(circuit.view(Nanos(0)).left, Some(Nanos(300)));
    let for_ever = restored(Circuit::of(long), &saved, 0, u64::MAX);
    assert_eq!(for_ever.view(Nanos::MAX).left, Some(Nanos(0)));
}

#[test]
fn the_next_open_time_is_the_next_step() {
    let circuit = restored(Circuit::of(CONSECUTIVE), &opened().saved(Nanos(0)), 0, 0);
    let probe = circuit.admit(100);
    let transition = circuit.end(probe, Failed, 100).expect("a probe failed");
    assert_eq!(transition.open_for, Some(Nanos(200)));
}

#[test]
fn a_circuit_that_closed_a_while_ago_begins_with_the_first_step() {
    for (age, open_for) in [(0, 200), (59, 200), (60, 100)] {
        let circuit = Circuit::of(Rules { probes: 1, ..CONSECUTIVE }).opened(0);
        _ = circuit.call(Outcome::Success, 100).expect("it recovered");
        // It was open for 100, and is closed for 40.
        let saved = circuit.saved(Nanos(140));
        let circuit = restored(Circuit::of(CONSECUTIVE), &saved, age, 0);
        circuit.call(Failed, 0);
        let transition = circuit.call(Failed, 0).expect("the second failure in a row");
        assert_eq!(transition.open_for, Some(Nanos(open_for)), "{age}");
    }
}

#[test]
fn failures_in_a_row_go_on() {
    let circuit = Circuit::of(CONSECUTIVE);
    circuit.calls(&[Failed], 0);
    let circuit = restored(Circuit::of(CONSECUTIVE), &circuit.saved(Nanos(0)), 0, 0);
    assert_eq!(told(circuit.call(Failed, 0)), Some((Phase::Closed, Phase::Open, Reason::Consecutive)));
}

#[test]
fn what_a_circuit_was_used_or_set_for_stays() {
    let saved = saved_in(Phase::Open);
    let used: [fn(&Circuit); 5] = [
        |circuit| circuit.calls(&[Failed], 0),
        |circuit| circuit.calls(&[Outcome::Success], 0),
        |circuit| circuit.count_rejected(),
        |circuit| _ = circuit.reset(Nanos(0)),
        |circuit| _ = circuit.force(Phase::ForcedClosed, Nanos(0)),
    ];
    for (number, used_by) in used.into_iter().enumerate() {
        let circuit = Circuit::of(FAILING);
        used_by(&circuit);
        let before = circuit.view(Nanos(0));
        assert_eq!(circuit.restore(&saved, Nanos(0), Nanos(0)), None, "{number}");
        assert_eq!(circuit.view(Nanos(0)), before, "{number}");
    }
}

#[test]
fn results_that_are_long_forgotten_were_counted_all_the_same() {
    let circuit = Circuit::timed(FAILING);
    circuit.calls(&[Failed], 0);
    assert_eq!(circuit.numbers(10_000), [0; 4]);
    assert_eq!(circuit.restore(&saved_in(Phase::Open), Nanos(0), Nanos(10_000)), None);
}

#[test]
fn a_call_in_flight_is_late() {
    let circuit = Circuit::of(CONSECUTIVE);
    let entry = circuit.admit(0);
    let circuit = restored(circuit, &saved_in(Phase::Closed), 0, 0);
    assert_eq!((circuit.end(entry, Failed, 0), circuit.late()), (None, 1));
}

#[test]
fn results_leave_a_time_window_when_they_would_have() {
    let circuit = Circuit::timed(FAILING);
    circuit.calls(&[Failed; 3], 5);
    let saved = circuit.saved(Nanos(45));
    // A window is ten buckets of ten, and the clock of the other has only begun.
    for (age, at, left) in [(0, 5, 3), (0, 59, 3), (0, 60, 0), (50, 5, 3), (51, 5, 0), (u64::MAX, 5, 0)] {
        let restored = restored(Circuit::timed(FAILING), &saved, age, 5);
        assert_eq!(restored.numbers(at)[1], left, "{age} {at}");
    }
}

#[test]
fn results_of_another_window_are_left_out() {
    let circuit = Circuit::timed(FAILING);
    circuit.calls(&[Failed; 3], 5);
    assert_eq!(restored(Circuit::of(FAILING), &circuit.saved(Nanos(5)), 0, 5).numbers(5), [0; 4]);
}

#[test]
fn a_shorter_window_keeps_the_newest_results() {
    let rules = Rules { min_calls: 9, ..FAILING };
    let circuit = Circuit::of(rules);
    circuit.calls(&[Failed, Failed, Outcome::Success, Outcome::Success, Failed], 0);
    let short = Circuit::over(rules, Window::Count(CountWindow::new(3, 9)));
    let restored = restored(short, &circuit.saved(Nanos(0)), 0, 0);
    assert_eq!(restored.numbers(0), [3, 1, 0, 0]);
    restored.calls(&[Outcome::Success; 3], 0);
    assert_eq!(restored.numbers(0), [3, 0, 0, 0]);
}

fn outcome() -> impl Strategy<Value = Outcome> {
    prop_oneof![4 => Just(Outcome::Success), 4 => Just(Failed), 1 => Just(throttled(40)), 1 => Just(Outcome::Ignored)]
}

/// What a call shows of a circuit: whether it passed, and where it led.
fn shown(circuit: &Circuit, outcome: Outcome, at: u64) -> impl PartialEq + std::fmt::Debug {
    let (entered, began) = circuit.enter(Nanos(at));
    let ended = entered.ok().map(|mut entry| {
        entry.start(Nanos(at - at.min(20)));
        circuit.end(entry, outcome, at)
    });
    let steps = [began, ended.flatten()].map(|step| step.map(|step| Transition { number: 0, ..step }));
    (ended.is_some(), steps, circuit.view(Nanos(at)).counts)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_restored_circuit_decides_as_the_first_one_would(
        window in 0..3_usize,
        rules in (prop::option::of(2..4_u32), prop::option::of(0.3..1.0_f64), prop::option::of(0.3..1.0_f64)),
        before in prop::collection::vec((outcome(), 0..30_u64), 0..60),
        after in prop::collection::vec((outcome(), 0..30_u64), 0..60),
    ) {
        let (consecutive, failure_rate, slow) = rules;
        let rules = Rules { consecutive, failure_rate, slow_rate: slow.map(|rate| (rate, Nanos(10))), ..CONSECUTIVE };
        let make = || match window {
            0 => Circuit::over(rules, Window::None),
            1 => Circuit::over(rules, Window::Count(CountWindow::new(7, rules.min_calls))),
            _ => Circuit::timed(rules),
        };
        let (first, mut at) = (make(), 0);
        for (outcome, passed) in before {
            at += passed;
            shown(&first, outcome, at);
        }
        // Probes go with their process.
        prop_assume!(first.phase() != Phase::HalfOpen);
        let second = restored(make(), &first.saved(Nanos(at)), 0, at);
        for (outcome, passed) in after {
            at += passed;
            prop_assert_eq!(shown(&first, outcome, at), shown(&second, outcome, at));
        }
    }
}
