//! Claims about streams that need not the lock.

use super::{DUE, Stream, streaming};
use crate::state::circuit::{Circuit, Refusal, Rules};
use crate::state::tests::circuit::lock_free::while_locked;
use crate::state::tests::circuit::{CONSECUTIVE, PHASES, Reading, in_phase};
use crate::time::Nanos;

#[test]
fn a_full_circuit_refuses_without_lock_until_a_stream_is_due() {
    let (circuit, _) = streaming(Rules { probes: 1, ..CONSECUTIVE });
    let refused = while_locked(&circuit, || circuit.enter(Nanos(DUE - 1)).0);
    assert_eq!(refused, Some(Err(Refusal::PROBES_TAKEN)));
    circuit.admit(DUE);
}

#[test]
fn without_streams_a_look_takes_neither_lock_nor_time() {
    let unasked = Reading(|| unreachable!("nobody asks for the time"));
    for phase in PHASES {
        let circuit = in_phase(phase);
        assert_eq!(while_locked(&circuit, || circuit.catch_up(&unasked)), Some(None), "{phase:?}");
    }
    let leaves: [fn(&Circuit, Stream); 3] = [
        |circuit, stream| _ = circuit.stop(stream, 1_001),
        |circuit, _| _ = circuit.look(DUE),
        |circuit, _| _ = circuit.reset(Nanos(1_001)),
    ];
    for leave in leaves {
        let (circuit, stream) = streaming(CONSECUTIVE);
        leave(&circuit, stream);
        assert_eq!(while_locked(&circuit, || circuit.catch_up(&unasked)), Some(None));
    }
}
