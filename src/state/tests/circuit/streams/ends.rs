//! Claims about streams that end, before their moment or after it.

use super::{DUE, streaming};
use crate::outcome::Outcome::{Failed, Success};
use crate::state::circuit::{Circuit, Entry, Phase, Refusal, Rules};
use crate::state::tests::circuit::CONSECUTIVE;
use crate::time::Nanos;

#[test]
fn a_stream_that_counted_is_not_counted_again_however_it_ends() {
    for outcome in [Success, Failed] {
        let (circuit, stream) = streaming(Rules { probes: 2, ..CONSECUTIVE });
        circuit.look(DUE);
        assert_eq!(circuit.look(DUE), None);
        assert_eq!(circuit.end_stream(stream, outcome, DUE + 1), None);
        assert_eq!((circuit.numbers(DUE + 1), circuit.late()), ([1, 0, 0, 0], 0));
        circuit.admit(DUE + 1);
        assert_eq!(circuit.refused(DUE + 1), Refusal::PROBES_TAKEN);
    }
}

#[test]
fn until_its_moment_a_stream_is_what_its_end_is_then_a_success() {
    let (circuit, stream) = streaming(CONSECUTIVE);
    assert_eq!(circuit.end_stream(stream, Failed, DUE), None);
    assert_eq!(circuit.numbers(DUE), [1, 0, 0, 0]);
    let (circuit, stream) = streaming(CONSECUTIVE);
    let opened = circuit.end_stream(stream, Failed, DUE - 1).expect("its first failure");
    assert_eq!((opened.to, opened.counts.calls, opened.counts.failures), (Phase::Open, 1, 1));
    let (circuit, stream) = streaming(CONSECUTIVE);
    circuit.end_stream(stream, Success, DUE - 1);
    assert_eq!((circuit.look(DUE), circuit.numbers(DUE)), (None, [1, 0, 0, 0]));
}

#[test]
fn a_withdrawn_stream_does_not_count_when_its_moment_comes() {
    let (circuit, stream) = streaming(CONSECUTIVE);
    assert_eq!(circuit.stop(stream, DUE - 1), (true, None));
    assert_eq!((circuit.look(DUE), circuit.numbers(DUE)), (None, [0; 4]));
    let opened = circuit.end(stream.0, Failed, DUE).expect("its end is what counts");
    assert_eq!(opened.counts.calls, 1);
}

#[test]
fn a_stream_abandoned_or_cut_before_its_moment_frees_one_place() {
    let leaves: [fn(&Circuit, Entry); 2] =
        [|circuit, entry| circuit.abandon(entry), |circuit, entry| _ = circuit.time_out(entry, Nanos(DUE - 1))];
    for leave in leaves {
        let rules = Rules { probes: 2, slow_rate: Some((1.0, Nanos(40))), ..CONSECUTIVE };
        let (circuit, stream) = streaming(rules);
        circuit.stop(stream, DUE - 1);
        leave(&circuit, stream.0);
        (0..2).for_each(|_| _ = circuit.admit(DUE - 1));
        assert_eq!((circuit.refused(DUE - 1), circuit.numbers(DUE - 1)), (Refusal::PROBES_TAKEN, [0; 4]));
    }
}

#[test]
fn a_stream_that_is_cut_before_its_moment_fails() {
    let (circuit, stream) = streaming(CONSECUTIVE);
    circuit.stop(stream, DUE - 1);
    let opened = circuit.time_out(stream.0, Nanos(DUE - 1)).expect("its first failure");
    assert_eq!(opened.counts.failures, 1);
}
