//! Claims about results that come too late.

use super::{CONSECUTIVE, FAILING, half_open};
use crate::outcome::Outcome::{Failed, Success};
use crate::state::circuit::word::Word;
use crate::state::circuit::{Circuit, Exit, Phase, Refusal, Rules};
use crate::state::tests::circuit::{Reading, throttled};
use crate::time::Nanos;

#[test]
fn a_straggler_from_before_the_break_decides_and_frees_nothing() {
    let circuit = Circuit::of(Rules { probes: 1, ..CONSECUTIVE });
    let stragglers = [0; 4].map(|at| circuit.admit(at));
    let circuit = circuit.opened(0);
    circuit.admit(100);
    for (straggler, outcome) in stragglers.into_iter().zip([Success, Failed, throttled(0)]) {
        assert_eq!(circuit.end(straggler, outcome, 100), None);
    }
    circuit.abandon(stragglers[3]);
    assert_eq!(circuit.refused(100), Refusal::PROBES_TAKEN);
    assert_eq!((circuit.phase(), circuit.numbers(100), circuit.late()), (Phase::HalfOpen, [0; 4], 3));
}

#[test]
fn a_probe_of_one_half_open_period_does_not_settle_the_next() {
    let (circuit, old) = half_open(Rules { probes: 2, ..CONSECUTIVE });
    let failed = circuit.admit(1_000);
    _ = circuit.end(failed, Failed, 1_000).expect("it opens");
    (0..2).for_each(|_| _ = circuit.admit(1_200));
    assert_eq!(circuit.end(old, Failed, 1_200), None);
    circuit.abandon(old);
    assert_eq!((circuit.phase(), circuit.late()), (Phase::HalfOpen, 1));
    assert_eq!(circuit.refused(1_200), Refusal::PROBES_TAKEN);
}

#[test]
fn a_straggler_does_not_count_in_a_window_that_closed_anew() {
    for make in [Circuit::of, Circuit::timed] {
        let circuit = make(Rules { probes: 1, ..FAILING });
        let stragglers = [0; 3].map(|at| circuit.admit(at));
        (0..4).for_each(|_| _ = circuit.call(Failed, 0));
        _ = circuit.call(Success, 100).expect("it closes");
        for straggler in stragglers {
            assert_eq!(circuit.end(straggler, Failed, 100), None);
        }
        assert_eq!((circuit.numbers(100), circuit.late()), ([0; 4], 3));
    }
}

#[test]
fn a_late_call_that_was_cut_or_abandoned_frees_nothing() {
    let circuit = Circuit::of(Rules { probes: 1, slow_rate: Some((1.0, Nanos(10))), ..CONSECUTIVE });
    let [cut, slow, abandoned] = [0; 3].map(|at| circuit.admit(at));
    let circuit = circuit.opened(0);
    circuit.admit(100);
    circuit.time_out(cut, Nanos(10));
    circuit.time_out(slow, Nanos(100));
    circuit.abandon(abandoned);
    assert_eq!((circuit.refused(100), circuit.late()), (Refusal::PROBES_TAKEN, 1));
}

#[test]
fn totals_outlive_every_transition() {
    let circuit = Circuit::of(CONSECUTIVE);
    let straggler = circuit.admit(0);
    let circuit = circuit.opened(0);
    circuit.end(straggler, Success, 0);
    circuit.count_rejected();
    circuit.reset(Nanos(0));
    circuit.force(Phase::MetricsOnly, Nanos(0));
    assert_eq!((circuit.rejected(), circuit.late()), (1, 1));
}

#[test]
fn a_probe_overtaken_while_it_reads_the_clock_is_late() {
    for late in [Failed, Success, throttled(0)] {
        let (circuit, first) = half_open(CONSECUTIVE);
        let second = circuit.admit(1_000);
        let overtaking = Reading(|| {
            _ = circuit.end(second, Failed, 1_000).expect("a failed probe opens it");
            Nanos(1_000)
        });
        let overtaken = circuit.exit(first, Exit::Settled(late), &overtaking);
        assert_eq!((overtaken, circuit.phase(), circuit.late()), (None, Phase::Open, 1));
    }
}

#[test]
fn a_result_that_a_reset_overtakes_neither_opens_nor_counts() {
    // With a slow rate, each result reads the clock first of all.
    let timed = Rules { slow_rate: Some((1.0, Nanos::MAX)), ..FAILING };
    for rules in [Rules { consecutive: Some(1), ..timed }, Rules { min_calls: 1, ..timed }] {
        for make in [Circuit::of, Circuit::timed] {
            for outcome in [Success, Failed, throttled(0)] {
                let circuit = make(rules);
                let resetting = Reading(|| {
                    circuit.reset(Nanos(0));
                    Nanos(0)
                });
                let overtaken = circuit.exit(circuit.admit(0), Exit::Settled(outcome), &resetting);
                assert_eq!((overtaken, circuit.phase()), (None, Phase::Closed), "{outcome:?}");
                assert_eq!(circuit.numbers(0), [0; 4], "{outcome:?}");
            }
        }
    }
}

#[test]
fn a_generation_returns_only_after_two_to_the_29_transitions() {
    let of = |generation: u32| Word(u64::from(generation) << 35);
    for generation in [0, 1, (1 << 28) - 1, 1 << 28, (1 << 29) - 2] {
        assert_eq!(of(generation).next(Phase::Closed).generation(), generation + 1);
    }
    assert_eq!(of((1 << 29) - 1).next(Phase::Closed).generation(), 0);
}
