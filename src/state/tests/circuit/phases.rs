//! Claims about each phase, one table a sentence.

use std::collections::BTreeSet;

use super::{CONSECUTIVE, PHASES, in_phase, told};
use crate::outcome::Outcome::Failed;
use crate::state::circuit::{Circuit, Phase, Reason, View};
use crate::state::counts::Counts;
use crate::time::Nanos;

#[test]
fn a_circuit_begins_closed_and_empty() {
    let view = View {
        phase: Phase::Closed,
        counts: Counts::NONE,
        rejected: 0,
        late: 0,
        since: Nanos(0),
        left: None,
        probing: 0,
    };
    assert_eq!(Circuit::of(CONSECUTIVE).view(Nanos(5)), view);
}

#[test]
fn an_early_call_passes_as_the_phase_allows_and_moves_nothing() {
    for phase in PHASES {
        let circuit = in_phase(phase);
        let (entered, transition) = circuit.enter(Nanos(99));
        let passes = !matches!(phase, Phase::Open | Phase::ForcedOpen);
        assert_eq!((entered.is_ok(), transition, circuit.phase()), (passes, None, phase));
    }
}

#[test]
fn a_call_after_any_time_moves_only_what_is_open() {
    for phase in PHASES {
        let circuit = in_phase(phase);
        let (_, transition) = circuit.enter(Nanos(u64::MAX));
        let expected = match phase {
            Phase::Open => Some((phase, Phase::HalfOpen, Reason::OpenTimeOver)),
            _ => None,
        };
        assert_eq!(told(transition), expected);
    }
}

#[test]
fn the_way_in_that_changes_nothing_is_open_in_three_phases() {
    for phase in PHASES {
        let enters = matches!(phase, Phase::Closed | Phase::MetricsOnly | Phase::ForcedClosed);
        assert_eq!(in_phase(phase).enter_closed().is_some(), enters, "{phase:?}");
        assert_eq!(in_phase(phase).enter_closed().is_some(), enters, "{phase:?}");
    }
}

#[test]
fn a_rejecting_circuit_needs_no_service_until_its_time_is_up() {
    for phase in [Phase::Closed, Phase::Open, Phase::ForcedOpen, Phase::ForcedClosed, Phase::MetricsOnly] {
        let needs_none = matches!(phase, Phase::Open | Phase::ForcedOpen);
        assert_eq!(in_phase(phase).needs_no_service(Nanos(0)), needs_none, "{phase:?}");
    }
}

#[test]
fn failures_move_only_what_is_not_forced() {
    for phase in PHASES {
        let circuit = in_phase(phase);
        let told: Vec<_> =
            (0..2).filter_map(|_| circuit.enter_closed()).map(|entry| told(circuit.end(entry, Failed, 0))).collect();
        let expected = match phase {
            Phase::Closed => vec![None, Some((phase, Phase::Open, Reason::Consecutive))],
            Phase::MetricsOnly => vec![None, Some((phase, phase, Reason::Consecutive))],
            Phase::ForcedClosed => vec![None, None],
            _ => vec![],
        };
        assert_eq!(told, expected);
    }
}

#[test]
fn a_phase_has_begun_when_it_was_entered() {
    let circuit = Circuit::of(CONSECUTIVE).opened(3);
    let since = |at| circuit.view(Nanos(at)).since;
    assert_eq!(since(102), Nanos(3));
    let probe = circuit.admit(103);
    assert_eq!(since(105), Nanos(103));
    circuit.end(probe, Failed, 106);
    assert_eq!(since(300), Nanos(106));
    circuit.reset(Nanos(310));
    assert_eq!(since(311), Nanos(310));
}

#[test]
fn only_the_transitions_of_the_diagram_exist() {
    use Reason::{Abandoned, Consecutive, FailureRate, OpenTimeOver, Recovered, SlowRate, ThrottledRate};
    for phase in PHASES {
        for reason in [FailureRate, ThrottledRate, SlowRate, Consecutive, OpenTimeOver, Recovered, Abandoned] {
            let after = match (phase, reason) {
                (Phase::Closed | Phase::HalfOpen, FailureRate | ThrottledRate | SlowRate | Consecutive) => Phase::Open,
                (Phase::HalfOpen, Abandoned) => Phase::Open,
                (Phase::HalfOpen, Recovered) => Phase::Closed,
                (Phase::Open, OpenTimeOver) => Phase::HalfOpen,
                _ => phase,
            };
            assert_eq!(phase.after(reason), after, "{phase:?} after {reason:?}");
        }
    }
}

#[test]
fn a_phase_is_printed_as_the_events_have_it() {
    let printed = PHASES.map(|phase| phase.to_string());
    assert_eq!(printed, ["closed", "open", "half_open", "forced_open", "forced_closed", "metrics_only"]);
}

#[test]
fn each_reason_has_a_word_of_its_own() {
    use Reason::{Abandoned, ByHand, Consecutive, FailureRate, OpenTimeOver, Recovered, SlowRate, ThrottledRate};
    let reasons = [FailureRate, ThrottledRate, SlowRate, Consecutive, OpenTimeOver, Recovered, Abandoned, ByHand];
    assert_eq!(BTreeSet::from(reasons.map(Reason::as_str)).len(), reasons.len());
}
