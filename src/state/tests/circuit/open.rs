//! Claims about the open time.

use std::time::Duration;

use super::{CONSECUTIVE, PHASES, doubling, in_phase, opened, throttled, told};
use crate::backoff::{Backoff, Jitter};
use crate::outcome::Outcome::{Failed, Success};
use crate::state::circuit::{Circuit, Phase, Reason, Refusal, Rules};
use crate::state::keys::Retention;
use crate::state::window::Window;
use crate::time::Nanos;

#[test]
fn an_open_circuit_rejects_until_one_nanosecond_before_its_end() {
    let circuit = Circuit::of(CONSECUTIVE).opened(7);
    assert_eq!(circuit.refused(7), Refusal::open(Nanos(100)));
    assert_eq!(circuit.refused(106), Refusal::open(Nanos(1)));
    assert_eq!(circuit.phase(), Phase::Open);
}

#[test]
fn a_call_at_exactly_the_end_of_the_open_time_is_admitted() {
    let circuit = Circuit::of(CONSECUTIVE).opened(7);
    let (entered, transition) = circuit.enter(Nanos(107));
    assert!(entered.is_ok());
    let (from, to, reason) = (Phase::Open, Phase::HalfOpen, Reason::OpenTimeOver);
    let transition = transition.expect("it was open");
    assert_eq!((transition.from, transition.to, transition.reason, transition.open_for), (from, to, reason, None));
}

#[test]
fn the_open_time_begins_with_the_result_that_tripped() {
    let circuit = Circuit::of(CONSECUTIVE);
    let entries = [0; 2].map(|at| circuit.admit(at));
    circuit.end(entries[0], Failed, 30);
    circuit.end(entries[1], Failed, 40);
    assert_eq!(circuit.refused(139), Refusal::open(Nanos(1)));
    circuit.admit(140);
}

#[test]
fn an_open_circuit_stays_open_while_nobody_calls() {
    let circuit = opened();
    assert_eq!(circuit.view(Nanos(u64::MAX)).phase, Phase::Open);
}

#[test]
fn what_is_left_of_the_open_time_is_zero_once_it_is_over() {
    let circuit = opened();
    assert_eq!([0, 99, 100, 101].map(|at| circuit.view(Nanos(at)).left), [100, 1, 0, 0].map(|left| Some(Nanos(left))));
}

#[test]
fn only_an_open_circuit_says_what_is_left() {
    for phase in PHASES {
        assert_eq!(in_phase(phase).view(Nanos(1)).left.is_some(), phase == Phase::Open, "{phase:?}");
    }
}

#[test]
fn an_open_circuit_shows_no_counts() {
    assert_eq!(opened().numbers(0), [0; 4]);
}

#[test]
fn an_open_time_without_end_lasts_to_the_end_of_time() {
    let open_for = Backoff::constant(Duration::MAX);
    let circuit = Circuit::of(Rules { open_for, ..CONSECUTIVE }).opened(7);
    assert_eq!(circuit.refused(u64::MAX - 1), Refusal::open(Nanos(1)));
}

#[test]
fn an_open_time_of_zero_admits_the_next_call() {
    let circuit = Circuit::of(Rules { open_for: Backoff::none(), ..CONSECUTIVE }).opened(7);
    assert_eq!(circuit.view(Nanos(7)).left, Some(Nanos(0)));
    assert!(circuit.enter(Nanos(7)).0.is_ok());
}

#[test]
fn a_transition_says_for_how_long_it_opened_with_jitter_too() {
    let open_for = doubling(1_000, 1_000).jitter(Jitter::Equal);
    let mut drawn = [0; 8].map(|_| {
        let circuit = Circuit::over(Rules { open_for, ..CONSECUTIVE }, Window::None);
        circuit.call(Failed, 0);
        let open_for = circuit.call(Failed, 0).and_then(|opened| opened.open_for);
        assert_eq!(circuit.view(Nanos(0)).left, open_for);
        open_for
    });
    drawn.sort_unstable();
    assert!(drawn.iter().all(|drawn| drawn.is_some_and(|drawn| (500..=1_000).contains(&drawn.0))));
    assert_eq!(drawn[0], drawn[7], "one seed draws one delay");
}

#[test]
fn each_opening_draws_its_own_jitter() {
    let open_for = doubling(1_000_000, 1_000_000).jitter(Jitter::Full);
    let circuit = Circuit::of(Rules { open_for, ..CONSECUTIVE });
    let mut drawn: Vec<_> = (0..4)
        .map(|_| {
            circuit.reset(Nanos(0));
            circuit.call(Failed, 0);
            circuit.call(Failed, 0).and_then(|opened| opened.open_for)
        })
        .collect();
    drawn.dedup();
    assert_eq!(drawn.len(), 4);
}

#[test]
fn each_failed_recovery_takes_the_next_step() {
    let circuit = opened();
    let mut now = 0;
    for (open, next) in [(100, 200), (200, 300), (300, 300)] {
        now += open;
        let probe = circuit.admit(now);
        assert_eq!(circuit.end(probe, Failed, now).and_then(|opened| opened.open_for), Some(Nanos(next)));
    }
}

#[test]
fn a_trip_sooner_than_the_last_open_time_takes_the_next_step() {
    // It is open for 200 when it closes.
    for (closed_for, next) in [(0, 300), (199, 300), (200, 100), (9_000, 100)] {
        let circuit = Circuit::of(Rules { probes: 1, ..CONSECUTIVE }).opened(0);
        _ = circuit.call(Failed, 100).expect("the probe failed");
        assert_eq!(told(circuit.call(Success, 777)), Some((Phase::HalfOpen, Phase::Closed, Reason::Recovered)));
        let circuit = circuit.opened(777 + closed_for);
        assert_eq!(circuit.refused(777 + closed_for), Refusal::open(Nanos(next)), "closed for {closed_for}");
    }
}

#[test]
fn the_last_open_time_is_as_long_as_it_was_set() {
    let heeding =
        Rules { throttled_rate: Some(0.1), min_calls: 1, max_retry_after: Nanos(5_000), probes: 1, ..CONSECUTIVE };
    for (closed_for, next) in [(4_999, 200), (5_000, 100)] {
        let circuit = Circuit::of(heeding);
        _ = circuit.call(throttled(5_000), 0).expect("all results are throttled");
        _ = circuit.call(Success, 50_000).expect("the probe closes it");
        let circuit = circuit.opened(50_000 + closed_for);
        assert_eq!(circuit.refused(50_000 + closed_for), Refusal::open(Nanos(next)), "closed for {closed_for}");
    }
}

#[test]
fn a_circuit_of_a_key_is_kept_until_its_steps_are_forgotten() {
    let circuit = Circuit::of(Rules { probes: 1, ..CONSECUTIVE }).opened(0);
    _ = circuit.call(Success, 700).expect("the probe closes it");
    assert_eq!(circuit.retention(), Retention::Until(Nanos(800)));
}
