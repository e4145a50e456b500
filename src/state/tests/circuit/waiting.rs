//! Until when a circuit refuses calls, for those who wait.

use super::*;

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
        assert_eq!(circuit.refuses_until(Nanos(at)).map(|until| until.0), until, "{label}");
    }
}
