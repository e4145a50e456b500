//! Claims about streams of an earlier period.

use super::{DUE, RECOVERED, all_streaming, streaming};
use crate::outcome::Outcome::{Failed, Success};
use crate::state::circuit::{Circuit, Phase, Refusal, Rules};
use crate::state::tests::circuit::{CONSECUTIVE, FAILING, half_open, in_phase, told};
use crate::time::Nanos;

#[test]
fn a_stream_that_others_overtake_to_a_verdict_is_late() {
    for slow_rate in [None, Some((0.5, Nanos(0)))] {
        let (circuit, streams) = all_streaming::<4>(Rules { slow_rate, ..FAILING });
        let decided = circuit.look(DUE).expect("fewer than all decide");
        let counted = decided.counts.calls;
        assert_eq!(circuit.look(DUE), None);
        for stream in streams {
            assert_eq!(circuit.end_stream(stream, Failed, DUE), None);
        }
        assert!((1..4).contains(&counted));
        assert_eq!((circuit.late(), circuit.phase(), circuit.numbers(DUE)), (4 - counted, decided.to, [0; 4]));
    }
}

#[test]
fn a_result_that_finds_streams_which_decide_is_late() {
    let (circuit, [_, other]) = all_streaming(Rules { failure_rate: Some(1.0), ..FAILING });
    assert!(circuit.stop(other, DUE - 1).0);
    assert_eq!(told(circuit.end(other.0, Failed, DUE)), RECOVERED);
    assert_eq!((circuit.late(), circuit.numbers(DUE)), (1, [0; 4]));
}

#[test]
fn a_stream_that_a_change_by_hand_overtakes_is_always_late() {
    let changes: [fn(&Circuit); 2] =
        [|circuit| _ = circuit.reset(Nanos(1_010)), |circuit| _ = circuit.force(Phase::MetricsOnly, Nanos(1_010))];
    for change in changes {
        for end in [1_011, DUE, 9_000] {
            let (circuit, stream) = streaming(CONSECUTIVE);
            change(&circuit);
            assert_eq!(circuit.end_stream(stream, Failed, end), None);
            assert_eq!((circuit.late(), circuit.numbers(end)), (1, [0; 4]), "ends at {end}");
        }
    }
}

#[test]
fn a_stream_neither_counts_nor_frees_a_place_in_a_later_period() {
    let (circuit, old) = streaming(Rules { probes: 1, ..CONSECUTIVE });
    circuit.reset(Nanos(1_001));
    let circuit = circuit.opened(1_001);
    let new = circuit.stream(1_101);
    assert_eq!((new.1, circuit.look(1_125)), (Nanos(1_126), None));
    circuit.end_stream(old, Success, 1_125);
    assert_eq!((circuit.refused(1_125), circuit.numbers(1_125), circuit.late()), (Refusal::PROBES_TAKEN, [0; 4], 1));
    assert_eq!(told(circuit.look(1_126)), RECOVERED);
}

#[test]
fn a_stream_does_not_count_beside_a_probe_of_a_later_period() {
    let (circuit, _) = streaming(CONSECUTIVE);
    circuit.reset(Nanos(1_001));
    let circuit = circuit.opened(1_001);
    let probe = circuit.admit(1_101);
    circuit.admit(1_110);
    circuit.end(probe, Success, 1_120);
    assert_eq!(circuit.numbers(1_120), [1, 0, 0, 0]);
}

#[test]
fn a_stream_of_the_same_moment_in_a_later_period_is_another() {
    let (circuit, old) = streaming(Rules { half_open_for: Nanos(0), ..CONSECUTIVE });
    circuit.reset(Nanos(0));
    let circuit = circuit.opened(0);
    let new = circuit.stream(1_000);
    assert_eq!((old.1, circuit.stop(old, 1_000)), (new.1, (true, None)));
    circuit.look(1_000);
    assert_eq!(circuit.numbers(1_000), [1, 0, 0, 0]);
}

#[test]
fn only_a_probe_of_this_period_is_marked() {
    for phase in [Phase::Closed, Phase::ForcedClosed, Phase::MetricsOnly] {
        let circuit = in_phase(phase);
        assert!(!circuit.mark_streaming(circuit.admit(0)), "{phase:?}");
    }
    let (circuit, old) = half_open(CONSECUTIVE);
    let failed = circuit.admit(1_000);
    _ = circuit.end(failed, Failed, 1_050).expect("it opens");
    assert!(!circuit.mark_streaming(old));
    circuit.admit(1_250);
    assert_eq!((circuit.mark_streaming(old), circuit.look(9_000)), (false, None));
}
