//! Who waits until a call would pass.

use std::task::Waker;

use super::*;

/// Until when calls are refused. Who asked waits.
fn refuses(circuit: &Circuit, at: u64) -> Option<u64> {
    circuit.refuses_until(&mut None, Waker::noop(), Nanos(at)).map(|until| until.0)
}

#[test]
fn it_tells_until_when_calls_are_refused() {
    let never = Some(u64::MAX);
    let (full, _) = half_open(Rules { probes: 1, ..CONSECUTIVE });
    let (patient, _) = half_open(Rules { probes: 1, half_open_for: Nanos::MAX, ..CONSECUTIVE });
    let (streaming, probe) = half_open(Rules { probes: 1, ..CONSECUTIVE });
    assert!(streaming.mark_streaming(probe));
    for (label, circuit, at, until) in [
        ("closed", in_phase(Phase::Closed), 0, None),
        ("open", in_phase(Phase::Open), 99, Some(100)),
        ("open, its time is over", in_phase(Phase::Open), 100, None),
        ("half-open with room", in_phase(Phase::HalfOpen), 1_000, None),
        ("half-open without room", full, 1_049, Some(1_050)),
        ("half-open without room or end", patient, 1_049, never),
        ("its one probe streams", streaming, 1_024, Some(1_025)),
        ("forced open", in_phase(Phase::ForcedOpen), 0, never),
        ("forced closed", in_phase(Phase::ForcedClosed), 0, None),
        ("metrics only", in_phase(Phase::MetricsOnly), 0, None),
    ] {
        assert_eq!(refuses(&circuit, at), until, "{label}");
        assert_eq!(circuit.take_waiting().count(), usize::from(until.is_some()), "{label}: who is refused waits");
    }
}

#[test]
fn a_seat_is_taken_once_and_can_be_left() {
    let (circuit, mut one, mut other) = (opened(), None, None);
    for _ in 0..3 {
        for seat in [&mut one, &mut other] {
            assert_eq!(circuit.refuses_until(seat, Waker::noop(), Nanos(0)), Some(Nanos(100)));
        }
    }
    circuit.leave_seat(one.expect("it waits"));
    assert_eq!(circuit.take_waiting().count(), 1);
    circuit.leave_seat(other.expect("it has waited"));
    assert_eq!(circuit.take_waiting().count(), 0);
}
