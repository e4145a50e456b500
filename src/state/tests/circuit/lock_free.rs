//! Claims about what goes its way while somebody holds the lock.

use std::fmt::Write;
use std::sync::mpsc;
use std::time::Duration;
use std::{fmt, thread};

use super::{CONSECUTIVE, FAILING, half_open, in_phase, opened};
use crate::outcome::Outcome::{Failed, Success};
use crate::state::circuit::{Circuit, Phase, Refusal, Rules};
use crate::time::Nanos;

/// How long a claim that is false waits for a lock.
const PATIENCE: Duration = Duration::from_secs(5);

/// Acts when the lock of the circuit that is printed to it is held: what is under a lock is printed under it.
struct WhileLocked<F>(F);

impl<F: FnMut()> Write for WhileLocked<F> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if text == "Locked" {
            (self.0)();
        }
        Ok(())
    }
}

/// What `act` gives on another thread while this one holds the lock; `None` if it waits for the lock.
pub(super) fn while_locked<T: Send>(circuit: &Circuit, act: impl FnOnce() -> T + Send) -> Option<T> {
    thread::scope(|scope| {
        let (sender, receiver) = mpsc::channel();
        let (mut act, mut told) = (Some(act), None);
        let ask = || {
            assert!(format!("{circuit:?}").contains("<locked>"), "nobody holds the lock");
            let (act, sender) = (act.take().expect("there is one lock"), sender.clone());
            scope.spawn(move || sender.send(act()));
            told = receiver.recv_timeout(PATIENCE).ok();
        };
        write!(WhileLocked(ask), "{circuit:?}").expect("writing does not fail");
        told
    })
}

#[test]
fn a_call_is_refused_without_the_lock() {
    let full = half_open(Rules { probes: 1, ..CONSECUTIVE }).0;
    for (circuit, refused) in [
        (opened(), Refusal::open(Nanos(100))),
        (in_phase(Phase::ForcedOpen), Refusal::FORCED),
        (full, Refusal::PROBES_TAKEN),
    ] {
        assert_eq!(while_locked(&circuit, || circuit.enter(Nanos(0))), Some((Err(refused), None)));
    }
}

#[test]
fn a_call_that_moves_no_phase_passes_and_ends_without_the_lock() {
    for phase in [Phase::Closed, Phase::ForcedClosed, Phase::MetricsOnly] {
        let circuit = in_phase(phase);
        for outcome in [Success, Failed] {
            let call = || circuit.enter_closed().map(|entry| circuit.end(entry, outcome, 0));
            assert_eq!(while_locked(&circuit, call), Some(Some(None)), "{phase:?}, {outcome:?}");
        }
    }
}

#[test]
fn a_call_that_is_not_a_probe_is_abandoned_without_the_lock() {
    for circuit in [Circuit::of(CONSECUTIVE), Circuit::of(FAILING)] {
        let entry = circuit.admit(0);
        assert_eq!(while_locked(&circuit, || circuit.abandon(entry)), Some(()));
    }
    let circuit = Circuit::of(CONSECUTIVE);
    let straggler = circuit.admit(0);
    let circuit = circuit.opened(0);
    circuit.admit(100);
    assert_eq!(while_locked(&circuit, || circuit.abandon(straggler)), Some(()));
}
