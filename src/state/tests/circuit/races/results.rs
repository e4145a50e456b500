//! Claims about results that come together.

use std::sync::atomic::Ordering::SeqCst;
use std::sync::atomic::{AtomicU32, AtomicUsize};

use super::each_round;
use crate::outcome::Outcome::{Failed, Success};
use crate::state::circuit::{Circuit, Phase, Rules};
use crate::state::tests::circuit::{CONSECUTIVE, FAILING, half_open, throttled};
use crate::state::tests::{OFF, together};
use crate::state::window::{CountWindow, TimeWindow, Window};
use crate::time::Nanos;

#[test]
fn of_two_probes_that_fail_together_one_opens_and_one_is_late() {
    let make = || {
        let (circuit, first) = half_open(CONSECUTIVE);
        let probes = [first, circuit.admit(1_000)];
        (circuit, probes, AtomicUsize::new(0), AtomicUsize::new(0))
    };
    let rounds: Vec<_> = (0..3_000).map(|_| make()).collect();
    together(rounds.len(), |number| {
        let (circuit, probes, turn, opened) = &rounds[number];
        let probe = probes[turn.fetch_add(1, SeqCst)];
        opened.fetch_add(usize::from(circuit.end(probe, Failed, 1_000).is_some()), SeqCst);
    });
    for (circuit, _, _, opened) in rounds {
        assert_eq!((opened.into_inner(), circuit.late(), circuit.phase()), (1, 1, Phase::Open));
    }
}

#[test]
fn a_failure_beside_a_reset_leaves_nothing_in_the_window() {
    for make in [Circuit::of, Circuit::timed] {
        let rules = Rules { consecutive: Some(9), ..FAILING };
        let rounds: Vec<_> = (0..3_000)
            .map(|_| {
                let circuit = make(rules);
                let entry = circuit.admit(0);
                (circuit, entry, AtomicUsize::new(0))
            })
            .collect();
        together(rounds.len(), |number| {
            let (circuit, entry, turn) = &rounds[number];
            if turn.fetch_add(1, SeqCst) == 0 {
                circuit.end(*entry, Failed, 0);
            } else {
                circuit.reset(Nanos(0));
            }
        });
        assert!(rounds.iter().all(|(circuit, ..)| circuit.numbers(0) == [0; 4]));
    }
}

#[test]
fn results_that_trip_together_make_one_transition() {
    for make in [Circuit::of, Circuit::timed] {
        let tripping = |rules: Rules| {
            let rounds = each_round(
                || make(rules),
                |circuit| {
                    let entries = [(); 4].map(|()| circuit.enter_closed());
                    entries.into_iter().flatten().map(|entry| u32::from(circuit.end(entry, Failed, 0).is_some())).sum()
                },
            );
            assert!(rounds.iter().all(|(circuit, trips)| (*trips, circuit.phase()) == (1, Phase::Open)));
        };
        tripping(Rules { consecutive: Some(2), ..OFF });
        tripping(FAILING);
    }
}

#[test]
fn a_failure_and_a_success_that_reach_min_calls_together_open() {
    for make in [Circuit::of, Circuit::timed] {
        let turn = AtomicU32::new(0);
        let rounds = each_round(
            || make(Rules { min_calls: 2, ..FAILING }),
            |circuit| {
                let outcome = if turn.fetch_add(1, SeqCst) % 2 == 0 { Failed } else { Success };
                u32::from(circuit.end(circuit.admit(0), outcome, 0).is_some())
            },
        );
        assert!(rounds.iter().all(|(_, trips)| *trips == 1));
    }
}

#[test]
fn probes_that_come_back_together_are_all_counted() {
    let make = || {
        let (circuit, probe) = half_open(Rules { probes: 3, ..CONSECUTIVE });
        circuit.end(probe, Success, 1_000);
        circuit
    };
    let rounds = each_round(make, |circuit| u32::from(circuit.call(Success, 1_000).is_some()));
    assert!(rounds.iter().all(|(circuit, trips)| (*trips, circuit.phase()) == (1, Phase::Closed)));
}

#[test]
fn two_threads_lose_no_result_and_no_failure_of_a_run() {
    let rules = Rules { min_calls: 100_000, consecutive: Some(u32::MAX), ..FAILING };
    let windows = [
        Window::Count(CountWindow::new(100_000, 100_000)),
        Window::Time(TimeWindow::new(Nanos(100), 10, 100_000, false)),
    ];
    for window in windows {
        let circuit = Circuit::over(rules, window);
        together(2_000, |_| circuit.calls(&[Failed, throttled(0), Failed], 0));
        assert_eq!(circuit.numbers(0), [12_000, 8_000, 0, 8_000]);
    }
}

#[test]
fn two_threads_lose_no_rejection_and_no_late_result() {
    let circuit = Circuit::of(CONSECUTIVE);
    let straggler = circuit.admit(0);
    let circuit = circuit.opened(0);
    together(2_000, |_| {
        circuit.count_rejected();
        circuit.end(straggler, Failed, 50);
    });
    assert_eq!((circuit.rejected(), circuit.late()), (4_000, 4_000));
}
