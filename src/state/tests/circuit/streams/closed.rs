//! Claims about the streams of a closed circuit.

use crate::outcome::Outcome::{Failed, Ignored, Success};
use crate::state::circuit::{Circuit, Entry, Exit, Phase, Rules, Transition};
use crate::state::moments::Held;
use crate::state::tests::circuit::{CONSECUTIVE, FAILING, SLOW, told};
use crate::time::Nanos;

/// When a call of 0 counts as a success if it streams.
const DUE: u64 = 25;

/// Counts all, and opens at nothing here.
const COUNTING: Rules = Rules { failure_rate: Some(1.0), min_calls: 10, ..FAILING };

/// A call that streams, and where its moment is.
type Stream = (Entry, Held);

/// A call that streams since `at`.
fn stream(circuit: &Circuit, at: u64) -> Stream {
    let entry = circuit.admit(at);
    (entry, circuit.hold_moment(entry))
}

fn end(circuit: &Circuit, (entry, held): Stream, exit: Exit, at: u64) -> Option<Transition> {
    circuit.exit_stream(entry, held, exit, Nanos(at))
}

#[test]
fn any_finder_counts_a_closed_stream_after_half_the_time() {
    let finders: [fn(&Circuit, Stream, u64); 4] = [
        |circuit, _, at| _ = circuit.call(Failed, at),
        |circuit, _, at| _ = circuit.catch_up(Nanos(at)),
        |circuit, stream, at| _ = end(circuit, stream, Exit::Abandoned, at),
        |circuit, stream, at| _ = end(circuit, stream, Exit::Settled(Ignored), at),
    ];
    for (index, find) in finders.into_iter().enumerate() {
        for (at, streamed) in [(DUE - 1, 0), (DUE, 1), (1_000, 1)] {
            let circuit = Circuit::of(COUNTING);
            find(&circuit, stream(&circuit, 0), at);
            let failed = u64::from(index == 0);
            assert_eq!(circuit.numbers(at)[..2], [streamed + failed, failed], "{index} at {at}");
        }
    }
}

#[test]
fn a_stream_is_one_success_and_a_failure_if_it_breaks_later() {
    let ends = [
        (Exit::Settled(Success), [1, 0]),
        (Exit::Abandoned, [1, 0]),
        (Exit::Settled(Failed), [2, 1]),
        (Exit::TimedOut { limit: Nanos(40), is_repeat: false }, [2, 1]),
    ];
    for (exit, counted) in ends {
        for look in [false, true] {
            let circuit = Circuit::of(COUNTING);
            let stream = stream(&circuit, 0);
            if look {
                assert_eq!(circuit.catch_up(Nanos(DUE)), None);
            }
            assert_eq!(end(&circuit, stream, exit, 30), None);
            assert_eq!(circuit.numbers(30)[..2], counted, "{exit:?}");
        }
    }
}

#[test]
fn until_its_moment_a_stream_is_what_its_end_is() {
    for (exit, counted) in
        [(Exit::Settled(Success), [1, 0]), (Exit::Settled(Failed), [1, 1]), (Exit::Abandoned, [0, 0])]
    {
        let circuit = Circuit::of(COUNTING);
        assert_eq!(end(&circuit, stream(&circuit, 0), exit, DUE - 1), None);
        assert_eq!(circuit.catch_up(Nanos(DUE)), None);
        assert_eq!(circuit.numbers(DUE)[..2], counted, "{exit:?}");
    }
}

#[test]
fn a_stream_that_is_well_ends_the_run_of_failures() {
    let circuit = Circuit::of(CONSECUTIVE);
    let _stream = stream(&circuit, 0);
    circuit.call(Failed, DUE - 1);
    assert_eq!(circuit.call(Failed, DUE), None);
    assert!(circuit.call(Failed, DUE).is_some());
}

#[test]
fn what_streams_weighs_against_what_fails_meanwhile() {
    let circuit = Circuit::of(FAILING);
    let streams: Vec<_> = (0..5).map(|_| stream(&circuit, 0)).collect();
    circuit.calls(&[Failed; 4], 1);
    assert_eq!(circuit.numbers(1)[..2], [4, 4]);
    assert!(circuit.call(Failed, 1).is_some_and(|opened| opened.counts.calls == 5), "half of ten");
    for stream in streams {
        assert_eq!(end(&circuit, stream, Exit::Settled(Success), 2), None);
    }
    assert_eq!(circuit.late(), 5);
}

#[test]
fn streams_of_one_moment_are_all_counted_before_they_decide() {
    let circuit = Circuit::of(FAILING);
    circuit.calls(&[Failed; 3], 0);
    (0..7).for_each(|_| _ = stream(&circuit, 0));
    assert_eq!(circuit.catch_up(Nanos(DUE)), None);
    assert_eq!((circuit.phase(), circuit.numbers(DUE)[..2].to_vec()), (Phase::Closed, vec![10, 3]));
}

#[test]
fn a_stream_that_is_slow_by_its_moment_is_counted_as_slow() {
    let circuit = Circuit::of(SLOW);
    (0..4).for_each(|_| _ = stream(&circuit, 0));
    let opened = circuit.catch_up(Nanos(DUE)).expect("all are slow");
    assert_eq!((opened.to, opened.counts.slow), (Phase::Open, 4));
}

#[test]
fn a_stream_that_ends_as_others_open_the_circuit_is_late() {
    let circuit = Circuit::of(SLOW);
    (0..4).for_each(|_| _ = stream(&circuit, 0));
    let young = stream(&circuit, 1);
    assert!(end(&circuit, young, Exit::Settled(Success), DUE).is_some());
    assert_eq!(circuit.late(), 1);
}

#[test]
fn a_stream_cut_before_half_of_its_limit_counts_once() {
    let circuit = Circuit::of(SLOW);
    let stream = stream(&circuit, 0);
    assert_eq!(end(&circuit, stream, Exit::TimedOut { limit: Nanos(1_000), is_repeat: false }, DUE), None);
    assert_eq!(circuit.numbers(DUE), [1, 0, 1, 0]);
}

#[test]
fn at_the_end_of_time_a_stream_that_left_stays_uncounted() {
    let circuit = Circuit::of(COUNTING);
    assert_eq!(end(&circuit, stream(&circuit, 0), Exit::Abandoned, 1), None);
    assert_eq!((circuit.catch_up(Nanos::MAX), circuit.numbers(u64::MAX)), (None, [0; 4]));
}

#[test]
fn a_stream_is_nothing_to_the_next_period() {
    let circuit = Circuit::of(COUNTING);
    let streams = [0; 3].map(|at| stream(&circuit, at));
    assert_eq!(circuit.reset(Nanos(1)), None);
    assert_eq!((circuit.catch_up(Nanos(DUE)), circuit.numbers(DUE)), (None, [0; 4]));
    for (stream, exit) in streams.into_iter().zip([Success, Failed].map(Exit::Settled)) {
        assert_eq!(end(&circuit, stream, exit, DUE), None);
    }
    assert_eq!((circuit.late(), circuit.numbers(DUE)), (2, [0; 4]));
    let late = circuit.admit(DUE);
    assert_eq!(circuit.reset(Nanos(DUE)), None);
    let late = (late, circuit.hold_moment(late));
    assert_eq!((late.1, circuit.catch_up(Nanos(100))), (Held::FOR_EVER, None));
    assert_eq!(end(&circuit, late, Exit::Settled(Failed), 100), None);
    assert_eq!((circuit.late(), circuit.numbers(100)), (3, [0; 4]));
}

#[test]
fn a_stream_whose_moment_never_comes_counts_by_its_end() {
    let circuit = Circuit::of(Rules { half_open_for: Nanos::MAX, ..COUNTING });
    let stream = stream(&circuit, u64::MAX - 1);
    assert_eq!((stream.1, circuit.catch_up(Nanos::MAX)), (Held::FOR_EVER, None));
    assert_eq!(end(&circuit, stream, Exit::Settled(Failed), u64::MAX), None);
    assert_eq!(circuit.numbers(u64::MAX)[..2], [1, 1]);
}

#[test]
fn while_it_only_measures_streams_count_too() {
    let circuit = Circuit::of(FAILING);
    circuit.force(Phase::MetricsOnly, Nanos(0));
    (0..3).for_each(|_| _ = stream(&circuit, 0));
    circuit.calls(&[Failed], DUE);
    assert_eq!(circuit.numbers(DUE)[..2], [4, 1]);
    assert_eq!(told(circuit.call(Failed, DUE)), None);
}
