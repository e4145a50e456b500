//! Claims about probes that stream, and the moment at which they count.

use super::{DUE, RECOVERED, streaming};
use crate::outcome::Outcome::{Failed, Success};
use crate::state::circuit::{Circuit, Entry, Phase, Reason, Refusal, Rules};
use crate::state::tests::circuit::{CONSECUTIVE, half_open, told};
use crate::time::Nanos;

#[test]
fn any_finder_counts_a_stream_after_half_the_time_not_sooner() {
    let finders: [fn(&Circuit, Entry, u64); 4] = [
        |circuit, _, at| circuit.abandon(circuit.admit(at)),
        |circuit, _, at| _ = circuit.look(at),
        |circuit, other, at| _ = circuit.end(other, Success, at),
        |circuit, other, at| _ = circuit.stop(circuit.streams(other), at),
    ];
    for (index, find) in finders.into_iter().enumerate() {
        for (at, streamed) in [(DUE - 1, 0), (DUE, 1), (DUE + 20, 1)] {
            let (circuit, _) = streaming(CONSECUTIVE);
            let other = circuit.admit(1_021);
            find(&circuit, other, at);
            assert_eq!(circuit.numbers(at), [streamed + u64::from(index == 2), 0, 0, 0], "{index} at {at}");
        }
    }
}

#[test]
fn streams_of_one_moment_are_as_many() {
    let (circuit, first) = streaming(CONSECUTIVE);
    let [second, _] = [1_000; 2].map(|at| circuit.stream(at));
    assert_eq!(circuit.stop(first, DUE - 1), (true, None));
    assert_eq!((circuit.look(DUE), circuit.numbers(DUE)), (None, [2, 0, 0, 0]));
    assert_eq!(circuit.stop(second, DUE), (false, None));
    circuit.abandon(first.0);
    (0..3).for_each(|_| _ = circuit.admit(DUE));
    assert_eq!(circuit.refused(DUE), Refusal::PROBES_TAKEN);
}

#[test]
fn streams_count_in_order_of_moment_whichever_streams_first() {
    let (circuit, first) = half_open(CONSECUTIVE);
    let [second, third] = [1_010, 1_020].map(|at| circuit.admit(at));
    for probe in [third, first, second] {
        circuit.streams(probe);
    }
    for (at, counted) in [(1_024, 0), (1_025, 1), (1_034, 1), (1_035, 2), (1_044, 2), (1_045, 3)] {
        circuit.look(at);
        assert_eq!(circuit.numbers(at), [counted, 0, 0, 0], "at {at}");
    }
}

#[test]
fn a_probe_that_streams_only_after_its_moment_counts_at_once() {
    let (circuit, probe) = half_open(CONSECUTIVE);
    assert_eq!(circuit.streams(probe).1, Nanos(DUE));
    circuit.look(1_049);
    assert_eq!(circuit.numbers(1_049), [1, 0, 0, 0]);
}

#[test]
fn the_call_that_finds_the_last_stream_due_closes_and_passes() {
    let (circuit, _) = streaming(Rules { probes: 1, ..CONSECUTIVE });
    assert_eq!(circuit.refused(DUE - 1), Refusal::PROBES_TAKEN);
    let (entered, transition) = circuit.enter(Nanos(DUE));
    assert!(entered.is_ok_and(|call| circuit.end(call, Failed, DUE).is_none()));
    assert_eq!((told(transition), circuit.numbers(DUE)), (RECOVERED, [0, 0, 0, 1]));
}

#[test]
fn the_call_that_finds_a_slow_stream_opens_and_is_rejected() {
    let (circuit, _) = streaming(Rules { slow_rate: Some((0.2, Nanos(24))), ..CONSECUTIVE });
    let (entered, transition) = circuit.enter(Nanos(DUE));
    assert_eq!(entered, Err(Refusal::open(Nanos(200))));
    assert_eq!(told(transition), Some((Phase::HalfOpen, Phase::Open, Reason::SlowRate)));
}

#[test]
fn a_stream_is_slow_if_half_the_time_is_slow_whenever_found() {
    for (after, slow) in [(24, 1), (25, 0), (u64::MAX, 0)] {
        let (circuit, _) = streaming(Rules { slow_rate: Some((1.0, Nanos(after))), ..CONSECUTIVE });
        circuit.look(2_000);
        assert_eq!(circuit.numbers(2_000), [1, 0, slow, 0], "after {after}");
    }
}

#[test]
fn without_time_to_come_back_a_stream_counts_at_once() {
    let (circuit, stream) = streaming(Rules { half_open_for: Nanos(0), probes: 1, ..CONSECUTIVE });
    assert_eq!((stream.1, told(circuit.enter(Nanos(1_000)).1)), (Nanos(1_000), RECOVERED));
}

#[test]
fn with_all_time_to_come_back_a_stream_counts_after_half_of_it() {
    let (circuit, stream) = streaming(Rules { half_open_for: Nanos::MAX, probes: 1, ..CONSECUTIVE });
    let due = 1_000 + u64::MAX / 2;
    assert_eq!((stream.1, circuit.look(due - 1)), (Nanos(due), None));
    assert_eq!(told(circuit.look(due)), RECOVERED);
}

#[test]
fn a_stream_whose_moment_is_the_end_of_time_counts_by_its_end() {
    let (circuit, _) = half_open(Rules { half_open_for: Nanos::MAX, ..CONSECUTIVE });
    let stream = circuit.stream(u64::MAX - 1);
    assert_eq!((stream.1, circuit.look(u64::MAX)), (Nanos::MAX, None));
    assert_eq!(circuit.stop(stream, u64::MAX), (true, None));
}
