//! Claims about streams beside probes that do not come back.

use super::{DUE, HUNG, streaming};
use crate::state::circuit::{Refusal, Rules};
use crate::state::tests::circuit::{CONSECUTIVE, half_open, told};
use crate::time::Nanos;

#[test]
fn a_stream_that_hangs_by_the_clock_is_a_success_first() {
    let (circuit, _) = streaming(Rules { probes: 2, ..CONSECUTIVE });
    circuit.look(1_050);
    assert!(!circuit.needs_no_service(Nanos(1_050)));
    circuit.admit(1_050);
    assert_eq!(circuit.numbers(1_050), [1, 0, 0, 0]);
}

#[test]
fn a_stream_puts_off_when_others_hang_by_its_own_moment() {
    for found in [DUE, 1_049, 1_075] {
        let (circuit, _) = streaming(Rules { probes: 2, ..CONSECUTIVE });
        circuit.admit(1_000);
        circuit.look(found);
        assert_eq!(circuit.refused(1_074), Refusal::PROBES_TAKEN, "found at {found}");
        let hung = circuit.enter(Nanos(1_075)).1;
        assert_eq!((told(hung), hung.map(|hung| hung.counts.calls)), (HUNG, Some(1)), "found at {found}");
    }
}

#[test]
fn a_stream_that_counts_late_does_not_make_others_hang_sooner() {
    let (circuit, probe) = half_open(Rules { probes: 2, ..CONSECUTIVE });
    circuit.admit(1_040);
    circuit.mark_streaming(probe);
    circuit.look(1_040);
    assert_eq!((circuit.refused(1_089), circuit.numbers(1_089)), (Refusal::PROBES_TAKEN, [1, 0, 0, 0]));
    assert_eq!(told(circuit.enter(Nanos(1_090)).1), HUNG);
}

#[test]
fn a_hung_probe_needs_no_service_to_be_found_after_a_due_stream() {
    let (circuit, _) = streaming(Rules { probes: 2, ..CONSECUTIVE });
    circuit.admit(1_000);
    assert!(circuit.needs_no_service(Nanos(1_075)));
    assert_eq!(told(circuit.enter(Nanos(1_075)).1), HUNG);
}
