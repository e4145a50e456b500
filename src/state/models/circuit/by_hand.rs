//! Claims about phases set by hand.

use loom::model;

use super::{
    OFF, OPEN_FOR, circuit, consecutive_only, count_window, enter, half_open, opened, passing, record, try_enter,
};
use crate::outcome::Outcome::Failed;
use crate::state::circuit::{Circuit, Phase, Rules, Transition};
use crate::state::models::{model_of_many, race, race_of_three};
use crate::state::window::Window;
use crate::sync::Arc;
use crate::time::Nanos;

const BY_HAND: [Phase; 3] = [Phase::ForcedOpen, Phase::ForcedClosed, Phase::MetricsOnly];

fn force(circuit: &Circuit, phase: Phase) -> Option<Transition> {
    circuit.force(phase, Nanos(OPEN_FOR))
}

/// Whether these lead from `from` to `to`, in some order.
fn lead(from: Phase, transitions: &[Option<Transition>], to: Phase) -> bool {
    let rest = |at: usize| [&transitions[..at], &[None], &transitions[at + 1..]].concat();
    let steps =
        transitions.iter().enumerate().filter_map(|(at, step)| Some((at, step.filter(|step| step.from == from)?)));
    from == to && transitions.iter().all(Option::is_none)
        || steps.into_iter().any(|(at, step)| lead(step.to, &rest(at), to))
}

#[test]
fn forcing_beside_a_result_that_trips_ends_as_forced() {
    for phase in BY_HAND {
        model(move || {
            let circuit = consecutive_only(1, 1);
            let entry = enter(&circuit, 0).unwrap();
            let other = Arc::clone(&circuit);
            let (tripped, forced) = race(move || record(&other, entry, Failed, 0), || force(&circuit, phase));
            assert!(lead(Phase::Closed, &[tripped, forced], phase));
            assert_eq!(circuit.view(Nanos(0)).phase, phase);
        });
    }
}

#[test]
fn forcing_beside_a_probe_that_decides_ends_as_forced() {
    for phase in BY_HAND {
        model(move || {
            let (circuit, probe) = half_open(1);
            let other = Arc::clone(&circuit);
            let (decided, forced) = race(move || record(&other, probe, Failed, OPEN_FOR), || force(&circuit, phase));
            assert!(lead(Phase::HalfOpen, &[decided, forced], phase));
            assert_eq!(circuit.phase(), phase);
        });
    }
}

#[test]
fn forcing_beside_the_end_of_the_open_time_ends_as_forced() {
    for phase in BY_HAND {
        model(move || {
            let circuit = opened(consecutive_only(1, 1));
            let other = Arc::clone(&circuit);
            let ((entered, turned), forced) = race(move || try_enter(&other, OPEN_FOR), || force(&circuit, phase));
            assert!(lead(Phase::Open, &[turned, forced], phase));
            assert!(entered.is_ok() || phase == Phase::ForcedOpen);
            assert_eq!(circuit.phase(), phase);
        });
    }
}

#[test]
fn forcing_beside_a_probe_that_is_abandoned_ends_as_forced() {
    for phase in BY_HAND {
        model(move || {
            let (circuit, probe) = half_open(1);
            let other = Arc::clone(&circuit);
            race(move || other.abandon(probe), || force(&circuit, phase));
            let view = circuit.view(Nanos(OPEN_FOR));
            assert_eq!((view.phase, view.counts.consecutive), (phase, 0));
        });
    }
}

#[test]
fn a_result_beside_two_changes_by_hand_makes_a_chain_of_events() {
    model(|| {
        let circuit = consecutive_only(1, 1);
        let entry = enter(&circuit, 0).unwrap();
        let (first, second) = (Arc::clone(&circuit), Arc::clone(&circuit));
        let (tripped, opened, closed) = race_of_three(
            move || record(&first, entry, Failed, 0),
            move || force(&second, Phase::ForcedOpen),
            || force(&circuit, Phase::ForcedClosed),
        );
        assert!(lead(Phase::Closed, &[tripped, opened, closed], circuit.phase()));
        assert!([Phase::ForcedOpen, Phase::ForcedClosed].contains(&circuit.phase()));
    });
}

#[test]
fn a_phase_that_two_set_by_hand_is_one_event() {
    model(|| {
        let circuit = consecutive_only(1, 1);
        let other = Arc::clone(&circuit);
        let (one, two) = race(move || force(&other, Phase::ForcedOpen), || force(&circuit, Phase::ForcedOpen));
        assert!(one.is_some() != two.is_some());
    });
}

#[test]
fn a_reset_beside_a_result_that_trips_ends_closed_and_empty() {
    model(|| {
        let rules = Rules { failure_rate: Some(1.0), consecutive: Some(2), min_calls: 2, ..OFF };
        let circuit = circuit(rules, count_window());
        let (one, two) = (enter(&circuit, 0).unwrap(), enter(&circuit, 0).unwrap());
        record(&circuit, one, Failed, 0);
        let other = Arc::clone(&circuit);
        let (tripped, reset) = race(move || record(&other, two, Failed, 0), || circuit.reset(Nanos(0)));
        let counts = circuit.view(Nanos(0)).counts;
        assert!(lead(Phase::Closed, &[tripped, reset], Phase::Closed));
        assert_eq!((circuit.phase(), counts.calls, counts.consecutive), (Phase::Closed, 0, 0));
    });
}

#[test]
fn forcing_open_as_the_open_time_ends_lets_nobody_through() {
    model_of_many(|| {
        let circuit = opened(circuit(Rules { consecutive: Some(1), probes: 2, ..OFF }, Window::None));
        let (first, second) = (Arc::clone(&circuit), Arc::clone(&circuit));
        race_of_three(
            move || enter(&first, OPEN_FOR),
            move || enter(&second, OPEN_FOR),
            || {
                force(&circuit, Phase::ForcedOpen);
                assert_eq!(passing(&circuit, OPEN_FOR), 0);
            },
        );
        assert_eq!(passing(&circuit, OPEN_FOR * 9), 0);
    });
}
