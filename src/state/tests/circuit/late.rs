//! Claims about results that come too late.

use super::{CONSECUTIVE, FAILING, half_open};
use crate::{
    state::{
        circuit::{Circuit, Phase, Refused, Rules, word::Word},
        counts::Verdict::{Failure, Success, Throttled},
    },
    time::Nanos,
};

#[test]
fn a_straggler_from_before_the_break_neither_decides_nor_frees_a_place() {
    let circuit = Circuit::of(Rules { probes: 1, ..CONSECUTIVE });
    let stragglers = [0; 4].map(|at| circuit.enter(at));
    let circuit = circuit.opened(0);
    circuit.enter(100);
    for (straggler, verdict) in stragglers.into_iter().zip([Success, Failure, Throttled(Nanos(0))]) {
        assert_eq!(circuit.end(straggler, verdict, 100), None);
    }
    circuit.abandon(stragglers[3]);
    assert_eq!(circuit.refused(100), Refused::ProbesTaken);
    assert_eq!((circuit.phase(), circuit.numbers(100), circuit.late()), (Phase::HalfOpen, [0; 4], 3));
}

#[test]
fn a_probe_of_one_half_open_period_does_not_settle_the_next() {
    let (circuit, old) = half_open(Rules { probes: 2, ..CONSECUTIVE });
    let failed = circuit.enter(1_000);
    circuit.end(failed, Failure, 1_000).expect("it opens");
    (0..2).for_each(|_| _ = circuit.enter(1_200));
    assert_eq!(circuit.end(old, Failure, 1_200), None);
    circuit.abandon(old);
    assert_eq!((circuit.phase(), circuit.late()), (Phase::HalfOpen, 1));
    assert_eq!(circuit.refused(1_200), Refused::ProbesTaken);
}

#[test]
fn a_straggler_does_not_count_in_a_window_that_closed_anew() {
    for make in [Circuit::of, Circuit::timed] {
        let circuit = make(Rules { probes: 1, ..FAILING });
        let stragglers = [0; 3].map(|at| circuit.enter(at));
        (0..4).for_each(|_| _ = circuit.call(Failure, 0));
        circuit.call(Success, 100).expect("it closes");
        for straggler in stragglers {
            assert_eq!(circuit.end(straggler, Failure, 100), None);
        }
        assert_eq!((circuit.numbers(100), circuit.late()), ([0; 4], 3));
    }
}

#[test]
fn a_late_call_that_was_cut_or_abandoned_frees_nothing() {
    let circuit = Circuit::of(Rules { probes: 1, slow_rate: Some((1.0, Nanos(10))), ..CONSECUTIVE });
    let [cut, slow, abandoned] = [0; 3].map(|at| circuit.enter(at));
    let circuit = circuit.opened(0);
    circuit.enter(100);
    circuit.record_cut(cut, Nanos(10));
    circuit.record_cut(slow, Nanos(100));
    circuit.abandon(abandoned);
    assert_eq!((circuit.refused(100), circuit.late()), (Refused::ProbesTaken, 1));
}

#[test]
fn totals_outlive_every_transition() {
    let circuit = Circuit::of(CONSECUTIVE);
    let straggler = circuit.enter(0);
    let circuit = circuit.opened(0);
    circuit.end(straggler, Success, 0);
    circuit.count_rejected();
    circuit.reset(Nanos(0));
    circuit.force(Phase::MetricsOnly, Nanos(0));
    assert_eq!((circuit.rejected(), circuit.late()), (1, 1));
}

#[test]
fn a_probe_that_another_overtakes_while_it_reads_the_clock_is_late() {
    for late in [Failure, Success, Throttled(Nanos(0))] {
        let (circuit, first) = half_open(CONSECUTIVE);
        let second = circuit.enter(1_000);
        let overtaken = circuit.record(first, late, || {
            circuit.end(second, Failure, 1_000).expect("a failed probe opens it");
            Nanos(1_000)
        });
        assert_eq!((overtaken, circuit.phase(), circuit.late()), (None, Phase::Open, 1));
    }
}

#[test]
fn a_result_that_a_reset_overtakes_while_it_reads_the_clock_neither_opens_nor_counts() {
    // With a slow rate, each result reads the clock first of all.
    let timed = Rules { slow_rate: Some((1.0, Nanos::MAX)), ..FAILING };
    for rules in [Rules { consecutive: Some(1), ..timed }, Rules { min_calls: 1, ..timed }] {
        for make in [Circuit::of, Circuit::timed] {
            for verdict in [Success, Failure, Throttled(Nanos(0))] {
                let circuit = make(rules);
                let overtaken = circuit.record(circuit.enter(0), verdict, || {
                    circuit.reset(Nanos(0));
                    Nanos(0)
                });
                assert_eq!((overtaken, circuit.phase()), (None, Phase::Closed), "{verdict:?}");
                assert_eq!(circuit.numbers(0), [0; 4], "{verdict:?}");
            }
        }
    }
}

#[test]
fn a_generation_comes_again_after_two_to_the_29_transitions_and_no_sooner() {
    let of = |generation: u64| Word(generation << 35);
    for generation in [0, 1, (1 << 28) - 1, 1 << 28, (1 << 29) - 2] {
        assert_eq!(of(generation).next(Phase::Closed).generation(), generation + 1);
    }
    assert_eq!(of((1 << 29) - 1).next(Phase::Closed).generation(), 0);
}
