//! Claims about the circuit.

use std::{
    collections::VecDeque,
    sync::atomic::{AtomicU32, AtomicUsize, Ordering::SeqCst},
    time::Duration,
};

use proptest::{option, prelude::*, sample::Index};

use super::{rules::OFF, window::together};
use crate::{
    Backoff, Jitter,
    backoff::generator,
    state::{
        circuit::{Circuit, Entry, Phase, Reason, Refused, Rules, Transition, View},
        counts::{Counts, Recorded, Verdict},
        window::{CountWindow, TimeWindow, Window},
    },
    time::Nanos,
};

use Verdict::{Failure, Success, Throttled};

/// Opens at the second failure in a row, for 100, 200, 300, 300...; 5 probes.
const CONSECUTIVE: Rules = Rules { consecutive: Some(2), open_for: doubling(100, 300), ..OFF };
/// Opens when half of at least 4 calls failed.
const FAILING: Rules = Rules { failure_rate: Some(0.5), ..OFF };
/// Opens when half of at least 4 calls took longer than 10.
const SLOW: Rules = Rules { slow_rate: Some((0.5, Nanos(10))), ..OFF };

const fn doubling(base: u64, cap: u64) -> Backoff {
    Backoff::exponential(Duration::from_nanos(base), Duration::from_nanos(cap)).jitter(Jitter::None)
}

/// What a test does to a circuit; it tells the time with each call.
impl Circuit {
    fn of(rules: Rules) -> Self {
        let none = rules.failure_rate.is_none() && rules.slow_rate.is_none();
        Self::over(rules, if none { Window::None } else { Window::Count(CountWindow::new(10, rules.min_calls)) })
    }

    fn timed(rules: Rules) -> Self {
        Self::over(rules, Window::Time(TimeWindow::new(Nanos(100), 10, rules.min_calls)))
    }

    fn over(rules: Rules, window: Window) -> Self {
        Self::new(rules, window, generator(Some(7)))
    }

    fn enter(&self, at: u64) -> Entry {
        self.try_enter(Nanos(at)).0.expect("the circuit lets the call through")
    }

    fn refused(&self, at: u64) -> Refused {
        self.try_enter(Nanos(at)).0.expect_err("the circuit refuses the call")
    }

    fn end(&self, entry: Entry, verdict: Verdict, at: u64) -> Option<Transition> {
        self.record(entry, verdict, || Nanos(at))
    }

    fn call(&self, verdict: Verdict, at: u64) -> Option<Transition> {
        self.end(self.enter(at), verdict, at)
    }

    fn calls(&self, verdicts: &[Verdict], at: u64) {
        for verdict in verdicts {
            assert_eq!(self.call(*verdict, at), None);
        }
    }

    fn phase(&self) -> Phase {
        self.view(Nanos(0)).phase
    }

    fn numbers(&self, at: u64) -> [u64; 4] {
        let counts = self.view(Nanos(at)).counts;
        [counts.calls, counts.failures, counts.slow, counts.consecutive.into()]
    }

    fn late(&self) -> u64 {
        self.view(Nanos(0)).late
    }

    fn rejected(&self) -> u64 {
        self.view(Nanos(0)).rejected
    }

    /// Opens this circuit of [`CONSECUTIVE`] rules.
    fn opened(self, at: u64) -> Self {
        self.call(Failure, at);
        self.call(Failure, at).expect("the second failure in a row opens it");
        self
    }
}

fn opened() -> Circuit {
    Circuit::of(CONSECUTIVE).opened(0)
}

/// A half-open circuit and its first probe.
fn half_open(rules: Rules) -> (Circuit, Entry) {
    let circuit = Circuit::of(Rules { consecutive: Some(2), ..rules }).opened(0);
    let probe = circuit.enter(1_000);
    (circuit, probe)
}

fn in_phase(phase: Phase) -> Circuit {
    match phase {
        Phase::Closed => Circuit::of(CONSECUTIVE),
        Phase::Open => opened(),
        Phase::HalfOpen => half_open(CONSECUTIVE).0,
        by_hand => {
            let circuit = Circuit::of(CONSECUTIVE);
            circuit.force(by_hand, Nanos(0));
            circuit
        }
    }
}

fn told(transition: Option<Transition>) -> Option<(Phase, Phase, Reason)> {
    transition.map(|transition| (transition.from, transition.to, transition.reason))
}

#[test]
fn a_circuit_begins_closed_and_empty() {
    let view = View { phase: Phase::Closed, counts: Counts::NONE, rejected: 0, late: 0, since: Nanos(0), left: None };
    assert_eq!(Circuit::of(CONSECUTIVE).view(Nanos(5)), view);
}

#[test]
fn a_call_passes_where_the_phase_lets_it_and_an_early_one_never_opens_or_closes() {
    for phase in Phase::ALL {
        let circuit = in_phase(phase);
        let (entered, transition) = circuit.try_enter(Nanos(99));
        let passes = !matches!(phase, Phase::Open | Phase::ForcedOpen);
        assert_eq!((entered.is_ok(), transition, circuit.phase()), (passes, None, phase));
    }
}

#[test]
fn a_call_after_any_time_moves_only_what_is_open_or_hung() {
    for phase in Phase::ALL {
        let circuit = in_phase(phase);
        let (_, transition) = circuit.try_enter(Nanos(u64::MAX));
        let expected = match phase {
            Phase::Open => Some((phase, Phase::HalfOpen, Reason::OpenTimeOver)),
            Phase::HalfOpen => Some((phase, Phase::Open, Reason::Hung)),
            _ => None,
        };
        assert_eq!(told(transition), expected);
    }
}

#[test]
fn the_way_in_that_changes_nothing_is_open_in_three_phases() {
    for phase in Phase::ALL {
        let enters = matches!(phase, Phase::Closed | Phase::MetricsOnly | Phase::ForcedClosed);
        assert_eq!(in_phase(phase).enter_closed(|| Nanos(0)).is_some(), enters, "{phase:?}");
        assert_eq!(in_phase(phase).enter_closed(|| Nanos(u64::MAX)).is_some(), enters, "{phase:?}");
    }
}

#[test]
fn a_circuit_is_open_when_it_rejects_but_for_the_passing_of_time() {
    for phase in Phase::ALL {
        assert_eq!(in_phase(phase).is_open(), matches!(phase, Phase::Open | Phase::ForcedOpen), "{phase:?}");
    }
}

#[test]
fn failures_move_only_what_is_not_forced() {
    for phase in Phase::ALL {
        let circuit = in_phase(phase);
        let told: Vec<_> = (0..2)
            .filter_map(|_| circuit.enter_closed(|| Nanos(0)))
            .map(|entry| told(circuit.end(entry, Failure, 0)))
            .collect();
        let expected = match phase {
            Phase::Closed => vec![None, Some((phase, Phase::Open, Reason::Consecutive))],
            Phase::MetricsOnly => vec![None, Some((phase, phase, Reason::Consecutive))],
            Phase::ForcedClosed => vec![None, None],
            _ => vec![],
        };
        assert_eq!(told, expected);
    }
}

#[test]
fn what_is_set_by_hand_is_set_from_any_phase() {
    for from in Phase::ALL {
        for to in [Phase::ForcedOpen, Phase::ForcedClosed, Phase::MetricsOnly] {
            let circuit = in_phase(from);
            let transition = circuit.force(to, Nanos(2_000));
            assert_eq!(told(transition), (from != to).then_some((from, to, Reason::ByHand)));
            assert_eq!(circuit.phase(), to);
        }
    }
}

#[test]
fn a_reset_closes_from_any_phase() {
    for from in Phase::ALL {
        let circuit = in_phase(from);
        let expected = (from != Phase::Closed).then_some((from, Phase::Closed, Reason::ByHand));
        assert_eq!(told(circuit.reset(Nanos(2_000))), expected);
        assert_eq!((circuit.phase(), circuit.numbers(2_000)), (Phase::Closed, [0; 4]));
    }
}

#[test]
fn a_reset_makes_every_call_in_flight_late() {
    for from in [Phase::Closed, Phase::HalfOpen, Phase::ForcedClosed, Phase::MetricsOnly] {
        let circuit = in_phase(from);
        let [first, second] = [0; 2].map(|_| circuit.enter(1_000));
        circuit.reset(Nanos(1_000));
        assert_eq!((circuit.end(first, Failure, 1_000), circuit.end(second, Success, 1_000)), (None, None));
        assert_eq!((circuit.late(), circuit.numbers(1_000)), (2, [0; 4]), "{from:?}");
    }
}

#[test]
fn a_reset_of_a_closed_circuit_empties_its_window() {
    for circuit in [Circuit::of(FAILING), Circuit::timed(FAILING)] {
        circuit.calls(&[Failure; 3], 0);
        assert_eq!(circuit.reset(Nanos(0)), None);
        assert_eq!(circuit.numbers(0), [0; 4]);
        circuit.calls(&[Success; 3], 0);
        circuit.calls(&[Failure; 2], 0);
        assert_eq!(circuit.numbers(0), [5, 2, 0, 0]);
    }
}

#[test]
fn a_reset_of_a_closed_circuit_ends_the_run_of_failures() {
    let circuit = Circuit::of(CONSECUTIVE);
    circuit.call(Failure, 0);
    circuit.reset(Nanos(0));
    assert_eq!(circuit.call(Failure, 0), None);
}

#[test]
fn a_reset_of_an_open_circuit_lets_calls_through_at_once() {
    let circuit = opened();
    circuit.reset(Nanos(1));
    assert!(circuit.enter_closed(|| Nanos(1)).is_some());
}

#[test]
fn a_reset_sets_the_backoff_to_its_first_step() {
    let circuit = opened();
    let probe = circuit.enter(100);
    assert_eq!(circuit.end(probe, Failure, 100).and_then(|opened| opened.open_for), Some(Nanos(200)));
    circuit.reset(Nanos(100));
    circuit.call(Failure, 100);
    assert_eq!(circuit.call(Failure, 100).and_then(|opened| opened.open_for), Some(Nanos(100)));
}

#[test]
fn a_phase_set_by_hand_outlives_the_calls_that_were_in_flight() {
    for phase in [Phase::ForcedOpen, Phase::ForcedClosed, Phase::MetricsOnly] {
        let circuit = Circuit::of(CONSECUTIVE);
        let entries = [0; 4].map(|at| circuit.enter(at));
        circuit.force(phase, Nanos(0));
        for (entry, verdict) in entries.into_iter().zip([Failure, Failure, Success, Throttled]) {
            assert_eq!(circuit.end(entry, verdict, 0), None);
        }
        assert_eq!((circuit.phase(), circuit.late()), (phase, 4));
    }
}

#[test]
fn forced_open_rejects_for_ever_and_knows_no_time_left() {
    let circuit = in_phase(Phase::ForcedOpen);
    assert_eq!([0, 100, u64::MAX].map(|at| circuit.refused(at)), [Refused::Forced; 3]);
    assert_eq!(circuit.view(Nanos(0)).left, None);
}

#[test]
fn an_open_circuit_that_is_forced_open_does_not_heal() {
    let circuit = opened();
    circuit.force(Phase::ForcedOpen, Nanos(50));
    assert_eq!(circuit.refused(100), Refused::Forced);
}

#[test]
fn forced_closed_counts_nothing() {
    let circuit = Circuit::of(Rules { failure_rate: Some(0.5), ..CONSECUTIVE });
    circuit.force(Phase::ForcedClosed, Nanos(0));
    circuit.calls(&[Failure; 30], 0);
    assert_eq!((circuit.numbers(0), circuit.late()), ([0; 4], 0));
}

#[test]
fn metrics_only_begins_with_an_empty_window() {
    let circuit = Circuit::of(FAILING);
    circuit.calls(&[Failure; 3], 0);
    let entered = circuit.force(Phase::MetricsOnly, Nanos(0)).expect("it was closed");
    assert_eq!((entered.counts.calls, circuit.numbers(0)), (3, [0; 4]));
    circuit.calls(&[Failure; 3], 0);
    assert_eq!(circuit.numbers(0), [3, 3, 0, 0]);
}

#[test]
fn metrics_only_reports_once_for_each_time_it_would_have_opened() {
    for circuit in [Circuit::of(FAILING), Circuit::timed(FAILING)] {
        circuit.force(Phase::MetricsOnly, Nanos(0));
        for _ in 0..5 {
            circuit.calls(&[Failure; 3], 0);
            let report = circuit.call(Failure, 0).expect("the fourth failure completes min_calls");
            let counts = Counts { calls: 4, failures: 4, slow: 0, consecutive: 0 };
            let (from, to, reason) = (Phase::MetricsOnly, Phase::MetricsOnly, Reason::FailureRate);
            assert_eq!(report, Transition { from, to, reason, counts, open_for: None });
            assert_eq!(circuit.numbers(0), [0; 4]);
        }
    }
}

#[test]
fn a_report_of_metrics_only_does_not_begin_a_new_phase() {
    let circuit = Circuit::of(CONSECUTIVE);
    circuit.force(Phase::MetricsOnly, Nanos(3));
    circuit.call(Failure, 5);
    circuit.call(Failure, 6).expect("it reports");
    assert_eq!(circuit.view(Nanos(9)).since, Nanos(3));
}

#[test]
fn metrics_only_never_rejects() {
    let circuit = in_phase(Phase::MetricsOnly);
    for at in 0..10 {
        circuit.call(Failure, at);
        assert!(circuit.try_enter(Nanos(at)).0.is_ok());
    }
}

#[test]
fn a_phase_has_begun_when_it_was_entered() {
    let circuit = Circuit::of(CONSECUTIVE).opened(3);
    let since = |at| circuit.view(Nanos(at)).since;
    assert_eq!(since(102), Nanos(3));
    let probe = circuit.enter(103);
    assert_eq!(since(105), Nanos(103));
    circuit.end(probe, Failure, 106);
    assert_eq!(since(300), Nanos(106));
    circuit.reset(Nanos(310));
    assert_eq!(since(311), Nanos(310));
}

#[test]
fn a_reset_of_a_closed_circuit_does_not_begin_a_new_phase() {
    let circuit = Circuit::of(CONSECUTIVE);
    circuit.reset(Nanos(9));
    assert_eq!(circuit.view(Nanos(10)).since, Nanos(0));
}

#[test]
fn a_run_of_failures_opens_at_its_threshold() {
    let circuit = Circuit::of(Rules { consecutive: Some(3), ..CONSECUTIVE });
    circuit.calls(&[Failure, Failure], 0);
    let counts = Counts { consecutive: 3, ..Counts::NONE };
    let (from, to, reason) = (Phase::Closed, Phase::Open, Reason::Consecutive);
    let opened = Transition { from, to, reason, counts, open_for: Some(Nanos(100)) };
    assert_eq!(circuit.call(Failure, 0), Some(opened));
}

#[test]
fn a_success_ends_the_run_of_failures() {
    let circuit = Circuit::of(CONSECUTIVE);
    circuit.calls(&[Failure, Success, Failure], 0);
    assert_eq!(circuit.numbers(0)[3], 1);
}

#[test]
fn a_throttled_answer_leaves_the_run_of_failures_as_it_is() {
    let circuit = Circuit::of(CONSECUTIVE);
    circuit.calls(&[Throttled, Failure, Throttled, Throttled], 0);
    assert_eq!(circuit.numbers(0)[3], 1);
    assert!(circuit.call(Failure, 0).is_some());
}

#[test]
fn an_abandoned_call_leaves_the_run_of_failures_as_it_is() {
    let circuit = Circuit::of(CONSECUTIVE);
    circuit.call(Failure, 0);
    circuit.abandon(circuit.enter(0));
    assert_eq!(circuit.numbers(0)[3], 1);
}

#[test]
fn no_run_is_counted_where_the_rule_is_off() {
    let circuit = Circuit::of(FAILING);
    circuit.calls(&[Failure; 3], 0);
    assert_eq!(circuit.numbers(0), [3, 3, 0, 0]);
}

#[test]
fn the_run_of_failures_and_the_window_decide_together() {
    let circuit = Circuit::of(Rules { consecutive: Some(3), ..FAILING });
    circuit.calls(&[Failure, Success, Failure], 0);
    assert_eq!(circuit.numbers(0), [3, 2, 0, 1]);
    let opened = circuit.call(Failure, 0).expect("three of four failed");
    let counts = Counts { calls: 4, failures: 3, slow: 0, consecutive: 2 };
    assert_eq!((opened.reason, opened.counts), (Reason::FailureRate, counts));
}

#[test]
fn an_abandoned_call_counts_nothing() {
    for phase in [Phase::Closed, Phase::MetricsOnly] {
        let circuit = Circuit::of(FAILING);
        circuit.force(phase, Nanos(0));
        circuit.abandon(circuit.enter(0));
        assert_eq!((circuit.numbers(0), circuit.late()), ([0; 4], 0));
    }
}

#[test]
fn a_throttled_answer_is_a_failure_in_the_rate() {
    let circuit = Circuit::of(FAILING);
    circuit.calls(&[Success, Success, Throttled], 0);
    assert_eq!(told(circuit.call(Throttled, 0)), Some((Phase::Closed, Phase::Open, Reason::FailureRate)));
}

#[test]
fn the_success_that_completes_min_calls_opens() {
    for circuit in [Circuit::of(FAILING), Circuit::timed(FAILING)] {
        circuit.calls(&[Failure, Failure, Success], 0);
        let counts = Counts { calls: 4, failures: 2, slow: 0, consecutive: 0 };
        let opened = circuit.call(Success, 0).expect("half of four failed");
        assert_eq!((opened.reason, opened.counts), (Reason::FailureRate, counts));
    }
}

#[test]
fn a_rate_that_rises_only_because_successes_expire_waits_for_a_moment_of_decision() {
    let circuit = Circuit::timed(FAILING);
    circuit.calls(&[Success; 10], 0);
    circuit.calls(&[Failure; 4], 90);
    assert_eq!(circuit.numbers(100), [4, 4, 0, 0]);
    circuit.calls(&[Success; 3], 100);
    assert_eq!((circuit.phase(), circuit.numbers(100)), (Phase::Closed, [7, 4, 0, 0]));
    assert!(circuit.call(Failure, 100).is_some());
}

#[test]
fn a_call_counts_when_it_ends() {
    let circuit = Circuit::timed(FAILING);
    let entry = circuit.enter(0);
    circuit.end(entry, Failure, 95);
    assert_eq!([100, 189, 190].map(|at| circuit.numbers(at)[0]), [1, 1, 0]);
}

#[test]
fn a_call_is_slow_only_when_it_takes_longer_than_the_limit() {
    for make in [Circuit::of, Circuit::timed] {
        let circuit = make(Rules { min_calls: 10, ..SLOW });
        let slow = |verdict, took: u64| {
            circuit.end(circuit.enter(7), verdict, 7 + took);
            circuit.numbers(20)[2]
        };
        assert_eq!([slow(Success, 10), slow(Failure, 10), slow(Success, 11), slow(Failure, 11)], [0, 0, 1, 2]);
    }
}

#[test]
fn the_way_in_that_changes_nothing_starts_the_watch_too() {
    let circuit = Circuit::of(SLOW);
    let entry = circuit.enter_closed(|| Nanos(50)).expect("it is closed");
    circuit.end(entry, Success, 60);
    assert_eq!(circuit.numbers(60), [1, 0, 0, 0]);
}

#[test]
fn slow_successes_open() {
    let circuit = Circuit::of(SLOW);
    for took in [0, 0, 11] {
        assert_eq!(circuit.end(circuit.enter(0), Success, took), None);
    }
    let opened = circuit.end(circuit.enter(0), Success, 11).expect("half of four were slow");
    let counts = Counts { calls: 4, failures: 0, slow: 2, consecutive: 0 };
    assert_eq!((opened.reason, opened.counts), (Reason::SlowRate, counts));
}

#[test]
fn failures_do_not_open_under_the_slow_rate_alone() {
    let circuit = Circuit::of(SLOW);
    circuit.calls(&[Failure; 10], 0);
    assert_eq!(circuit.numbers(0), [10, 10, 0, 0]);
}

#[test]
fn no_call_is_slow_where_the_limit_is_the_longest_time() {
    let circuit = Circuit::of(Rules { slow_rate: Some((0.5, Nanos::MAX)), ..OFF });
    circuit.end(circuit.enter(0), Success, u64::MAX);
    assert_eq!(circuit.numbers(0), [1, 0, 0, 0]);
}

#[test]
fn a_call_that_was_cut_is_a_failure() {
    let circuit = Circuit::of(FAILING);
    assert_eq!(circuit.record_cut(circuit.enter(0), Nanos(0)), None);
    assert_eq!(circuit.numbers(0), [1, 1, 0, 0]);
}

#[test]
fn a_call_that_was_cut_is_a_slow_failure_once_it_took_longer_than_the_limit() {
    let circuit = Circuit::of(Rules { min_calls: 10, ..SLOW });
    circuit.record_cut(circuit.enter(0), Nanos(10));
    assert_eq!(circuit.numbers(0), [0; 4]);
    circuit.record_cut(circuit.enter(0), Nanos(11));
    assert_eq!(circuit.numbers(0), [1, 1, 1, 0]);
}

#[test]
fn a_probe_that_was_cut_before_the_limit_gives_its_place_back() {
    let (circuit, probe) = half_open(Rules { probes: 1, ..SLOW });
    assert_eq!(circuit.refused(1_000), Refused::ProbesTaken);
    assert_eq!(circuit.record_cut(probe, Nanos(1_010)), None);
    circuit.enter(1_010);
}

#[test]
fn a_probe_that_was_cut_after_the_limit_opens() {
    let (circuit, probe) = half_open(Rules { probes: 1, ..SLOW });
    let opened = circuit.record_cut(probe, Nanos(1_011)).expect("a failed probe opens");
    assert_eq!((opened.counts.failures, opened.counts.slow, circuit.phase()), (1, 1, Phase::Open));
}

#[test]
fn a_cut_that_trips_tells_so() {
    let circuit = Circuit::of(CONSECUTIVE);
    circuit.call(Failure, 0);
    assert!(circuit.record_cut(circuit.enter(0), Nanos(0)).is_some());
}

#[test]
fn an_open_circuit_rejects_until_one_nanosecond_before_its_end() {
    let circuit = Circuit::of(CONSECUTIVE).opened(7);
    assert_eq!(circuit.refused(7), Refused::Open { left: Nanos(100) });
    assert_eq!(circuit.refused(106), Refused::Open { left: Nanos(1) });
    assert_eq!(circuit.phase(), Phase::Open);
}

#[test]
fn a_call_at_exactly_the_end_of_the_open_time_is_admitted() {
    let circuit = Circuit::of(CONSECUTIVE).opened(7);
    let (entered, transition) = circuit.try_enter(Nanos(107));
    assert!(entered.is_ok());
    let (from, to, reason) = (Phase::Open, Phase::HalfOpen, Reason::OpenTimeOver);
    let transition = transition.expect("it was open");
    assert_eq!((transition.from, transition.to, transition.reason, transition.open_for), (from, to, reason, None));
}

#[test]
fn the_open_time_begins_with_the_result_that_tripped() {
    let circuit = Circuit::of(CONSECUTIVE);
    let entries = [0; 2].map(|at| circuit.enter(at));
    circuit.end(entries[0], Failure, 30);
    circuit.end(entries[1], Failure, 40);
    assert_eq!(circuit.refused(139), Refused::Open { left: Nanos(1) });
    circuit.enter(140);
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
    for phase in Phase::ALL {
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
    assert_eq!(circuit.refused(u64::MAX - 1), Refused::Open { left: Nanos(1) });
}

#[test]
fn an_open_time_of_zero_admits_the_next_call() {
    let circuit = Circuit::of(Rules { open_for: Backoff::none(), ..CONSECUTIVE }).opened(7);
    assert_eq!(circuit.view(Nanos(7)).left, Some(Nanos(0)));
    assert!(circuit.try_enter(Nanos(7)).0.is_ok());
}

#[test]
fn a_transition_says_for_how_long_it_opened_with_jitter_too() {
    let open_for = doubling(1_000, 1_000).jitter(Jitter::Equal);
    let mut drawn = [0; 8].map(|_| {
        let circuit = Circuit::over(Rules { open_for, ..CONSECUTIVE }, Window::None);
        circuit.call(Failure, 0);
        let open_for = circuit.call(Failure, 0).and_then(|opened| opened.open_for);
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
            circuit.call(Failure, 0);
            circuit.call(Failure, 0).and_then(|opened| opened.open_for)
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
        let probe = circuit.enter(now);
        assert_eq!(circuit.end(probe, Failure, now).and_then(|opened| opened.open_for), Some(Nanos(next)));
    }
}

#[test]
fn a_recovery_sets_the_backoff_to_its_first_step() {
    let circuit = Circuit::of(Rules { probes: 1, ..CONSECUTIVE }).opened(0);
    circuit.call(Failure, 100).expect("the probe failed");
    assert_eq!(told(circuit.call(Success, 300)), Some((Phase::HalfOpen, Phase::Closed, Reason::Recovered)));
    let circuit = circuit.opened(300);
    assert_eq!(circuit.refused(300), Refused::Open { left: Nanos(100) });
}

#[test]
fn a_recovery_closes_with_an_empty_window() {
    for window in [Window::Count(CountWindow::new(10, 4)), Window::Time(TimeWindow::new(Nanos(1_000_000), 10, 4))] {
        let circuit = Circuit::over(Rules { probes: 1, ..FAILING }, window);
        (0..4).for_each(|_| _ = circuit.call(Failure, 0));
        let recovered = circuit.call(Success, 100).expect("the probe closes it");
        assert_eq!((recovered.to, recovered.counts.calls, circuit.numbers(100)), (Phase::Closed, 1, [0; 4]));
        circuit.calls(&[Failure; 3], 100);
        assert_eq!(circuit.numbers(100), [3, 3, 0, 0]);
    }
}

#[test]
fn a_half_open_circuit_admits_as_many_calls_as_probes() {
    for probes in [1, 2, 5, 1_023] {
        let (circuit, _) = half_open(Rules { probes, ..CONSECUTIVE });
        (1..probes).for_each(|_| _ = circuit.enter(1_000));
        assert_eq!(circuit.refused(1_000), Refused::ProbesTaken);
    }
}

#[test]
fn a_counted_probe_keeps_its_place() {
    let (circuit, probe) = half_open(Rules { probes: 2, ..CONSECUTIVE });
    circuit.end(probe, Success, 1_000);
    circuit.enter(1_000);
    assert_eq!(circuit.refused(1_000), Refused::ProbesTaken);
}

#[test]
fn an_abandoned_probe_frees_its_place_once() {
    let (circuit, probe) = half_open(Rules { probes: 2, ..CONSECUTIVE });
    circuit.enter(1_000);
    circuit.abandon(probe);
    assert_eq!(circuit.numbers(1_000), [0; 4]);
    circuit.enter(1_000);
    assert_eq!(circuit.refused(1_000), Refused::ProbesTaken);
}

#[test]
fn probes_show_their_counts() {
    let (circuit, probe) = half_open(Rules { failure_rate: Some(1.0), slow_rate: Some((1.0, Nanos(10))), ..OFF });
    circuit.end(probe, Success, 1_011);
    assert_eq!(circuit.numbers(1_011), [1, 0, 1, 0]);
}

#[test]
fn the_first_failed_probe_opens_with_the_counts_of_the_probes() {
    let (circuit, probe) = half_open(CONSECUTIVE);
    circuit.end(probe, Success, 1_000);
    let counts = Counts { calls: 2, failures: 1, slow: 0, consecutive: 1 };
    let (from, to, reason) = (Phase::HalfOpen, Phase::Open, Reason::Consecutive);
    let opened = Transition { from, to, reason, counts, open_for: Some(Nanos(200)) };
    assert_eq!(circuit.call(Failure, 1_001), Some(opened));
    assert_eq!(circuit.refused(1_200), Refused::Open { left: Nanos(1) });
}

#[test]
fn a_throttled_probe_opens_under_the_rule_of_consecutive_failures() {
    let (circuit, probe) = half_open(CONSECUTIVE);
    assert_eq!(told(circuit.end(probe, Throttled, 1_000)), Some((Phase::HalfOpen, Phase::Open, Reason::Consecutive)));
}

#[test]
fn slow_probes_open() {
    let rules = Rules { probes: 2, ..SLOW };
    let circuit = Circuit::of(rules);
    (0..4).for_each(|_| _ = circuit.end(circuit.enter(0), Success, 11));
    let probe = circuit.enter(200);
    assert_eq!(told(circuit.end(probe, Success, 211)), Some((Phase::HalfOpen, Phase::Open, Reason::SlowRate)));
}

#[test]
fn a_half_open_circuit_without_a_probe_in_flight_never_expires() {
    let (circuit, probe) = half_open(CONSECUTIVE);
    circuit.end(probe, Success, 1_000);
    let second = circuit.enter(1_000);
    circuit.abandon(second);
    assert_eq!(circuit.try_enter(Nanos(u64::MAX)).1, None);
    assert_eq!(circuit.numbers(0)[0], 1);
}

#[test]
fn a_probe_is_not_hung_one_nanosecond_before_its_time() {
    let (circuit, _) = half_open(CONSECUTIVE);
    let (entered, transition) = circuit.try_enter(Nanos(1_049));
    assert!(entered.is_ok() && transition.is_none());
}

#[test]
fn the_call_that_finds_a_hung_probe_opens_and_is_rejected() {
    for probes in [1, 5] {
        let (circuit, _) = half_open(Rules { probes, ..CONSECUTIVE });
        let (entered, transition) = circuit.try_enter(Nanos(1_050));
        assert_eq!(entered, Err(Refused::Open { left: Nanos(200) }));
        let (from, to, reason) = (Phase::HalfOpen, Phase::Open, Reason::Hung);
        let counts = Counts::NONE;
        assert_eq!(transition, Some(Transition { from, to, reason, counts, open_for: Some(Nanos(200)) }));
        assert_eq!(circuit.view(Nanos(1_051)).left, Some(Nanos(199)));
    }
}

#[test]
fn a_full_half_open_circuit_rejects_until_its_probe_hangs() {
    let (circuit, _) = half_open(Rules { probes: 1, ..CONSECUTIVE });
    assert_eq!(circuit.refused(1_049), Refused::ProbesTaken);
    assert_eq!(circuit.refused(1_050), Refused::Open { left: Nanos(200) });
}

#[test]
fn an_admission_puts_off_the_time_at_which_probes_hang() {
    let (circuit, _) = half_open(CONSECUTIVE);
    circuit.enter(1_049);
    circuit.enter(1_098);
    assert_eq!(told(circuit.try_enter(Nanos(1_148)).1), Some((Phase::HalfOpen, Phase::Open, Reason::Hung)));
}

#[test]
fn a_counted_result_puts_off_the_time_at_which_probes_hang() {
    let (circuit, probe) = half_open(Rules { probes: 3, ..CONSECUTIVE });
    (0..2).for_each(|_| _ = circuit.enter(1_000));
    circuit.end(probe, Success, 1_040);
    assert_eq!(circuit.refused(1_089), Refused::ProbesTaken);
    let (_, hung) = circuit.try_enter(Nanos(1_090));
    assert_eq!(hung.map(|hung| (hung.reason, hung.counts.calls)), Some((Reason::Hung, 1)));
}

#[test]
fn neither_an_abandoned_probe_nor_a_rejection_puts_off_the_time_at_which_probes_hang() {
    let (circuit, probe) = half_open(Rules { probes: 2, ..CONSECUTIVE });
    circuit.enter(1_000);
    circuit.refused(1_030);
    circuit.abandon(probe);
    assert_eq!(told(circuit.try_enter(Nanos(1_050)).1), Some((Phase::HalfOpen, Phase::Open, Reason::Hung)));
}

#[test]
fn the_result_of_a_hung_probe_is_late() {
    let (circuit, probe) = half_open(CONSECUTIVE);
    circuit.refused(1_050);
    assert_eq!(circuit.end(probe, Success, 1_051), None);
    assert_eq!((circuit.phase(), circuit.late()), (Phase::Open, 1));
}

#[test]
fn a_probe_that_comes_back_after_its_time_but_before_a_call_still_counts() {
    let (circuit, probe) = half_open(Rules { probes: 1, ..CONSECUTIVE });
    assert_eq!(told(circuit.end(probe, Success, 2_000)), Some((Phase::HalfOpen, Phase::Closed, Reason::Recovered)));
}

#[test]
fn without_time_to_come_back_a_probe_hangs_at_the_next_call() {
    let (circuit, _) = half_open(Rules { half_open_for: Nanos(0), ..CONSECUTIVE });
    assert_eq!(told(circuit.try_enter(Nanos(1_000)).1), Some((Phase::HalfOpen, Phase::Open, Reason::Hung)));
}

#[test]
fn with_all_the_time_to_come_back_a_probe_does_not_hang() {
    let (circuit, _) = half_open(Rules { half_open_for: Nanos::MAX, ..CONSECUTIVE });
    assert!(circuit.try_enter(Nanos(u64::MAX - 1)).0.is_ok());
}

#[test]
fn a_straggler_from_before_the_break_neither_decides_nor_frees_a_place() {
    let circuit = Circuit::of(Rules { probes: 1, ..CONSECUTIVE });
    let stragglers = [0; 4].map(|at| circuit.enter(at));
    let circuit = circuit.opened(0);
    circuit.enter(100);
    for (straggler, verdict) in stragglers.into_iter().zip([Success, Failure, Throttled]) {
        assert_eq!(circuit.end(straggler, verdict, 100), None);
    }
    circuit.abandon(stragglers[3]);
    assert_eq!(circuit.refused(100), Refused::ProbesTaken);
    assert_eq!((circuit.phase(), circuit.numbers(100), circuit.late()), (Phase::HalfOpen, [0; 4], 3));
}

#[test]
fn a_probe_of_one_half_open_period_does_not_settle_the_next() {
    let (circuit, old) = half_open(Rules { probes: 2, ..CONSECUTIVE });
    let failed = circuit.enter(1_000);
    circuit.end(failed, Failure, 1_000).expect("it opens");
    (0..2).for_each(|_| _ = circuit.enter(1_200));
    assert_eq!(circuit.end(old, Failure, 1_200), None);
    circuit.abandon(old);
    assert_eq!((circuit.phase(), circuit.late()), (Phase::HalfOpen, 1));
    assert_eq!(circuit.refused(1_200), Refused::ProbesTaken);
}

#[test]
fn a_straggler_does_not_count_in_a_window_that_closed_anew() {
    for make in [Circuit::of, Circuit::timed] {
        let circuit = make(Rules { probes: 1, ..FAILING });
        let stragglers = [0; 3].map(|at| circuit.enter(at));
        (0..4).for_each(|_| _ = circuit.call(Failure, 0));
        circuit.call(Success, 100).expect("it closes");
        for straggler in stragglers {
            assert_eq!(circuit.end(straggler, Failure, 100), None);
        }
        assert_eq!((circuit.numbers(100), circuit.late()), ([0; 4], 3));
    }
}

#[test]
fn a_late_call_that_was_cut_or_abandoned_frees_nothing() {
    let circuit = Circuit::of(Rules { probes: 1, slow_rate: Some((1.0, Nanos(10))), ..CONSECUTIVE });
    let [cut, slow, abandoned] = [0; 3].map(|at| circuit.enter(at));
    let circuit = circuit.opened(0);
    circuit.enter(100);
    circuit.record_cut(cut, Nanos(10));
    circuit.record_cut(slow, Nanos(100));
    circuit.abandon(abandoned);
    assert_eq!((circuit.refused(100), circuit.late()), (Refused::ProbesTaken, 1));
}

#[test]
fn totals_outlive_every_transition() {
    let circuit = Circuit::of(CONSECUTIVE);
    let straggler = circuit.enter(0);
    let circuit = circuit.opened(0);
    circuit.end(straggler, Success, 0);
    circuit.count_rejected();
    circuit.reset(Nanos(0));
    circuit.force(Phase::MetricsOnly, Nanos(0));
    assert_eq!((circuit.rejected(), circuit.late()), (1, 1));
}

#[test]
fn a_change_by_hand_tells_the_counts_that_it_leaves() {
    let circuit = Circuit::of(FAILING);
    circuit.calls(&[Failure, Success], 0);
    let forced = circuit.force(Phase::ForcedOpen, Nanos(0)).expect("it was closed");
    assert_eq!((forced.counts.calls, forced.counts.failures, forced.open_for), (2, 1, None));
}

#[test]
fn min_calls_is_what_the_rules_say() {
    assert_eq!(Circuit::of(FAILING).min_calls(), 4);
}

#[test]
fn a_clock_that_goes_back_is_legal() {
    let circuit = Circuit::timed(Rules { slow_rate: Some((0.5, Nanos(10))), ..FAILING });
    assert_eq!(circuit.end(circuit.enter(500), Success, 0), None);
    assert_eq!(circuit.numbers(0), [1, 0, 0, 0]);
    assert_eq!(opened().refused(0), Refused::Open { left: Nanos(100) });
}

#[test]
fn results_are_counted_through_two_hundred_thousand_generations() {
    for circuit in [Circuit::of(FAILING), Circuit::timed(FAILING)] {
        for _ in 0..200_000 {
            circuit.reset(Nanos(0));
        }
        circuit.calls(&[Failure; 3], 0);
        assert_eq!(circuit.numbers(0), [3, 3, 0, 0]);
        assert!(circuit.call(Failure, 0).is_some());
    }
}

#[test]
fn a_probe_that_another_overtakes_while_it_reads_the_clock_is_late() {
    for late in [Failure, Success, Throttled] {
        let (circuit, first) = half_open(CONSECUTIVE);
        let second = circuit.enter(1_000);
        let overtaken = circuit.record(first, late, || {
            circuit.end(second, Failure, 1_000).expect("a failed probe opens it");
            Nanos(1_000)
        });
        assert_eq!((overtaken, circuit.phase(), circuit.late()), (None, Phase::Open, 1));
    }
}

#[test]
fn a_result_that_a_reset_overtakes_while_it_reads_the_clock_neither_opens_nor_counts() {
    // With a slow rate, each result reads the clock first of all.
    let timed = Rules { slow_rate: Some((1.0, Nanos::MAX)), ..FAILING };
    for rules in [Rules { consecutive: Some(1), ..timed }, Rules { min_calls: 1, ..timed }] {
        for make in [Circuit::of, Circuit::timed] {
            for verdict in [Success, Failure, Throttled] {
                let circuit = make(rules);
                let overtaken = circuit.record(circuit.enter(0), verdict, || {
                    circuit.reset(Nanos(0));
                    Nanos(0)
                });
                assert_eq!((overtaken, circuit.phase()), (None, Phase::Closed), "{verdict:?}");
                assert_eq!(circuit.numbers(0), [0; 4], "{verdict:?}");
            }
        }
    }
}

/// Makes a circuit for each round, and sums up what each round, run on two threads at once, told.
fn each_round(make: impl Fn() -> Circuit, round: impl Fn(&Circuit) -> u32 + Sync) -> Vec<(Circuit, u32)> {
    let circuits: Vec<_> = (0..3_000).map(|_| (make(), AtomicU32::new(0))).collect();
    together(circuits.len(), |number| {
        let (circuit, sum) = &circuits[number];
        sum.fetch_add(round(circuit), SeqCst);
    });
    circuits.into_iter().map(|(circuit, sum)| (circuit, sum.into_inner())).collect()
}

#[test]
fn two_threads_are_never_admitted_to_more_places_than_there_are_probes() {
    let make = || Circuit::of(Rules { probes: 3, ..CONSECUTIVE }).opened(0);
    let rounds = each_round(make, |circuit| (0..3).map(|_| u32::from(circuit.try_enter(Nanos(100)).0.is_ok())).sum());
    for (circuit, admitted) in rounds {
        assert_eq!((admitted, circuit.phase()), (3, Phase::HalfOpen));
    }
}

#[test]
fn of_two_threads_that_ask_for_the_last_place_one_is_admitted() {
    let make = || half_open(Rules { probes: 2, ..CONSECUTIVE }).0;
    let rounds = each_round(make, |circuit| u32::from(circuit.try_enter(Nanos(1_000)).0.is_ok()));
    assert!(rounds.iter().all(|(_, admitted)| *admitted == 1));
}

#[test]
fn a_call_beside_a_probe_that_fails_does_not_cut_the_open_time_short() {
    let rounds: Vec<_> = (0..3_000).map(|_| (half_open(CONSECUTIVE), AtomicUsize::new(0))).collect();
    together(rounds.len(), |number| {
        let ((circuit, probe), turn) = &rounds[number];
        if turn.fetch_add(1, SeqCst) == 0 {
            circuit.end(*probe, Failure, 1_000);
        } else {
            _ = circuit.try_enter(Nanos(1_000));
        }
    });
    assert!(rounds.iter().all(|((circuit, _), _)| circuit.view(Nanos(1_000)).left == Some(Nanos(200))));
}

#[test]
fn of_two_probes_that_fail_together_one_opens_and_the_other_is_late() {
    let make = || {
        let (circuit, first) = half_open(CONSECUTIVE);
        let probes = [first, circuit.enter(1_000)];
        (circuit, probes, AtomicUsize::new(0), AtomicUsize::new(0))
    };
    let rounds: Vec<_> = (0..3_000).map(|_| make()).collect();
    together(rounds.len(), |number| {
        let (circuit, probes, turn, opened) = &rounds[number];
        let probe = probes[turn.fetch_add(1, SeqCst)];
        opened.fetch_add(usize::from(circuit.end(probe, Failure, 1_000).is_some()), SeqCst);
    });
    for (circuit, _, _, opened) in rounds {
        assert_eq!((opened.into_inner(), circuit.late(), circuit.phase()), (1, 1, Phase::Open));
    }
}

#[test]
fn a_failure_beside_a_reset_leaves_nothing_in_the_window() {
    for make in [Circuit::of, Circuit::timed] {
        let rules = Rules { consecutive: Some(9), ..FAILING };
        let rounds: Vec<_> = (0..3_000)
            .map(|_| {
                let circuit = make(rules);
                let entry = circuit.enter(0);
                (circuit, entry, AtomicUsize::new(0))
            })
            .collect();
        together(rounds.len(), |number| {
            let (circuit, entry, turn) = &rounds[number];
            if turn.fetch_add(1, SeqCst) == 0 {
                circuit.end(*entry, Failure, 0);
            } else {
                circuit.reset(Nanos(0));
            }
        });
        assert!(rounds.iter().all(|(circuit, ..)| circuit.numbers(0) == [0; 4]));
    }
}

#[test]
fn two_threads_that_find_the_open_time_over_make_one_transition() {
    let rounds = each_round(opened, |circuit| u32::from(circuit.try_enter(Nanos(100)).1.is_some()));
    assert!(rounds.iter().all(|(_, transitions)| *transitions == 1));
}

#[test]
fn two_threads_that_find_a_hung_probe_make_one_transition() {
    let rounds =
        each_round(|| half_open(CONSECUTIVE).0, |circuit| u32::from(circuit.try_enter(Nanos(1_050)).1.is_some()));
    for (circuit, transitions) in rounds {
        assert_eq!((transitions, circuit.phase()), (1, Phase::Open));
    }
}

#[test]
fn places_given_back_and_taken_by_two_threads_never_exceed_the_probes() {
    let (circuit, first) = half_open(Rules { probes: 3, ..CONSECUTIVE });
    circuit.abandon(first);
    let (held, admitted) = (AtomicU32::new(0), AtomicU32::new(0));
    together(1_000, |_| {
        let enter = |_| circuit.try_enter(Nanos(1_000)).0.ok().inspect(|_| assert!(held.fetch_add(1, SeqCst) < 3));
        let entries: Vec<_> = (0..3).filter_map(enter).collect();
        for entry in entries {
            admitted.fetch_add(1, SeqCst);
            held.fetch_sub(1, SeqCst);
            circuit.abandon(entry);
        }
    });
    assert!(admitted.into_inner() >= 3_000);
    (0..3).for_each(|_| _ = circuit.enter(1_000));
    assert_eq!(circuit.refused(1_000), Refused::ProbesTaken);
}

#[test]
fn results_that_trip_together_make_one_transition() {
    for make in [Circuit::of, Circuit::timed] {
        let tripping = |rules: Rules| {
            let rounds = each_round(
                || make(rules),
                |circuit| {
                    let entries = [0; 4].map(|at| circuit.enter_closed(|| Nanos(at)));
                    entries.into_iter().flatten().map(|entry| u32::from(circuit.end(entry, Failure, 0).is_some())).sum()
                },
            );
            assert!(rounds.iter().all(|(circuit, trips)| (*trips, circuit.phase()) == (1, Phase::Open)));
        };
        tripping(Rules { consecutive: Some(2), ..OFF });
        tripping(FAILING);
    }
}

#[test]
fn a_failure_and_a_success_that_complete_min_calls_together_open() {
    for make in [Circuit::of, Circuit::timed] {
        let turn = AtomicU32::new(0);
        let rounds = each_round(
            || make(Rules { min_calls: 2, ..FAILING }),
            |circuit| {
                let verdict = if turn.fetch_add(1, SeqCst) % 2 == 0 { Failure } else { Success };
                u32::from(circuit.end(circuit.enter(0), verdict, 0).is_some())
            },
        );
        assert!(rounds.iter().all(|(_, trips)| *trips == 1));
    }
}

#[test]
fn probes_that_come_back_together_are_all_counted() {
    let make = || {
        let (circuit, probe) = half_open(Rules { probes: 3, ..CONSECUTIVE });
        circuit.end(probe, Success, 1_000);
        circuit
    };
    let rounds = each_round(make, |circuit| u32::from(circuit.call(Success, 1_000).is_some()));
    assert!(rounds.iter().all(|(circuit, trips)| (*trips, circuit.phase()) == (1, Phase::Closed)));
}

#[test]
fn two_threads_lose_no_result_and_no_failure_of_a_run() {
    let rules = Rules { min_calls: 100_000, consecutive: Some(u32::MAX), ..FAILING };
    let windows =
        [Window::Count(CountWindow::new(100_000, 100_000)), Window::Time(TimeWindow::new(Nanos(100), 10, 100_000))];
    for window in windows {
        let circuit = Circuit::over(rules, window);
        together(2_000, |_| circuit.calls(&[Failure, Throttled, Failure], 0));
        assert_eq!(circuit.numbers(0), [12_000, 12_000, 0, 8_000]);
    }
}

#[test]
fn two_threads_lose_no_rejection_and_no_late_result() {
    let circuit = Circuit::of(CONSECUTIVE);
    let straggler = circuit.enter(0);
    let circuit = circuit.opened(0);
    together(2_000, |_| {
        circuit.count_rejected();
        circuit.end(straggler, Failure, 50);
    });
    assert_eq!((circuit.rejected(), circuit.late()), (4_000, 4_000));
}

/// What a window of the model holds.
#[derive(Clone, Copy, Debug)]
enum Span {
    None,
    Last(u32),
    Time(u64, u32),
}

impl Span {
    fn window(self, min_calls: u64) -> Window {
        match self {
            Self::None => Window::None,
            Self::Last(calls) => Window::Count(CountWindow::new(calls, min_calls)),
            Self::Time(width, buckets) => {
                Window::Time(TimeWindow::new(Nanos(width * u64::from(buckets)), buckets, min_calls))
            }
        }
    }
}

/// A call in flight of the model.
#[derive(Clone, Copy, Debug)]
struct Flight {
    era: u32,
    started: u64,
}

/// A change of phase, as the pages have it: any rule that is reached may be the reason.
type Change = (Phase, Phase, Vec<Reason>, [u64; 3], Option<Nanos>);

/// A circuit written down from its page: lists of results, and nothing clever.
#[derive(Debug)]
struct Model {
    rules: Rules,
    span: Span,
    now: u64,
    phase: Phase,
    since: u64,
    era: u32,
    results: Vec<(u64, Recorded)>,
    run: u32,
    /// What is left of the open times: the next one first.
    steps: VecDeque<u64>,
    open_until: u64,
    probes: Vec<Recorded>,
    in_flight: u32,
    moved: u64,
    rejected: u64,
    late: u64,
}

/// The open times of [`settings`], step by step.
const STEPS: [u64; 4] = [40, 80, 150, 150];

fn count(calls: &[Recorded]) -> [u64; 3] {
    let those = |wanted: fn(&Recorded) -> bool| calls.iter().filter(|call| wanted(call)).count() as u64;
    [calls.len() as u64, those(|call| call.verdict != Success), those(|call| call.slow)]
}

#[expect(clippy::cast_precision_loss, reason = "the counts are small")]
fn reaches(count: u64, calls: u64, rate: f64) -> bool {
    count as f64 / calls as f64 >= rate
}

impl Model {
    fn new(rules: Rules, span: Span) -> Self {
        Self {
            rules,
            span,
            now: 0,
            phase: Phase::Closed,
            since: 0,
            era: 0,
            results: Vec::new(),
            run: 0,
            steps: STEPS.into(),
            open_until: 0,
            probes: Vec::new(),
            in_flight: 0,
            moved: 0,
            rejected: 0,
            late: 0,
        }
    }

    fn window(&self) -> [u64; 3] {
        let held = self.results.iter().rev().enumerate().filter(|(age, (at, _))| match self.span {
            Span::None => false,
            Span::Last(calls) => *age < calls as usize,
            Span::Time(width, buckets) => at / width + u64::from(buckets) > self.now / width,
        });
        count(&held.map(|(_, (_, call))| *call).collect::<Vec<_>>())
    }

    fn counts(&self) -> [u64; 3] {
        match self.phase {
            Phase::Closed | Phase::MetricsOnly => self.window(),
            Phase::HalfOpen => count(&self.probes),
            _ => [0; 3],
        }
    }

    fn hung_at(&self) -> u64 {
        self.moved.saturating_add(self.rules.half_open_for.0)
    }

    fn go(&mut self, to: Phase, reasons: Vec<Reason>) -> Change {
        let (from, counts) = (self.phase, self.counts());
        let open_for = (to == Phase::Open).then(|| {
            let step = self.steps.pop_front().unwrap_or(150);
            self.open_until = self.now.saturating_add(step);
            Nanos(step)
        });
        if to == Phase::Closed {
            self.steps = STEPS.into();
        }
        if from != to {
            self.since = self.now;
        }
        self.phase = to;
        self.era += 1;
        self.results.clear();
        self.probes.clear();
        (self.run, self.in_flight) = (0, 0);
        (from, to, reasons, counts, open_for)
    }

    fn enter(&mut self) -> (Result<Flight, Refused>, Option<Change>) {
        let mut change = None;
        if self.phase == Phase::Open && self.now >= self.open_until {
            change = Some(self.go(Phase::HalfOpen, vec![Reason::OpenTimeOver]));
        } else if self.phase == Phase::HalfOpen && self.in_flight > 0 && self.now >= self.hung_at() {
            change = Some(self.go(Phase::Open, vec![Reason::Hung]));
        }
        let places = u64::from(self.in_flight) + self.probes.len() as u64;
        let refused = match self.phase {
            Phase::Open => Some(Refused::Open { left: Nanos(self.open_until - self.now) }),
            Phase::HalfOpen if places >= u64::from(self.rules.probes) => Some(Refused::ProbesTaken),
            Phase::ForcedOpen => Some(Refused::Forced),
            _ => None,
        };
        if let Some(refused) = refused {
            return (Err(refused), change);
        }
        if self.phase == Phase::HalfOpen {
            self.in_flight += 1;
            self.moved = self.now;
        }
        (Ok(Flight { era: self.era, started: self.now }), change)
    }

    fn is_slow(&self, flight: Flight) -> bool {
        self.rules.slow_rate.is_some_and(|(_, after)| self.now - flight.started > after.0)
    }

    fn end(&mut self, flight: Flight, verdict: Verdict) -> Option<Change> {
        if flight.era != self.era {
            self.late += 1;
            return None;
        }
        let call = Recorded { verdict, slow: self.is_slow(flight) };
        match self.phase {
            Phase::Closed => self.count(call).map(|reasons| self.go(Phase::Open, reasons)),
            Phase::MetricsOnly => self.count(call).map(|reasons| self.go(Phase::MetricsOnly, reasons)),
            Phase::HalfOpen => self.count_probe(call),
            _ => None,
        }
    }

    fn count(&mut self, call: Recorded) -> Option<Vec<Reason>> {
        let min_calls = self.rules.min_calls;
        let before = self.window()[0];
        self.results.push((self.now, call));
        self.run = match call.verdict {
            Success => 0,
            Failure => self.run + 1,
            Throttled => self.run,
        };
        let [calls, failures, slow] = self.window();
        let completes = before < min_calls && calls >= min_calls;
        let decides = call.verdict != Success || call.slow || completes;
        let mut reasons = Vec::new();
        let reached = |count, rate| calls >= min_calls && reaches(count, calls, rate);
        reasons.extend(self.rules.consecutive.filter(|most| self.run >= *most).map(|_| Reason::Consecutive));
        reasons.extend(self.rules.failure_rate.filter(|rate| reached(failures, *rate)).map(|_| Reason::FailureRate));
        reasons.extend(self.rules.slow_rate.filter(|(rate, _)| reached(slow, *rate)).map(|_| Reason::SlowRate));
        (decides && !reasons.is_empty()).then_some(reasons)
    }

    fn count_probe(&mut self, call: Recorded) -> Option<Change> {
        self.in_flight -= 1;
        self.moved = self.now;
        self.probes.push(call);
        let [calls, failures, slow] = count(&self.probes);
        let probes = u64::from(self.rules.probes);
        let reached = |more: u64| {
            let mut reasons = Vec::new();
            let rules = &self.rules;
            reasons.extend(rules.consecutive.filter(|_| failures + more > 0).map(|_| Reason::Consecutive));
            let fails = rules.failure_rate.filter(|rate| reaches(failures + more, probes, *rate));
            reasons.extend(fails.map(|_| Reason::FailureRate));
            let slows = rules.slow_rate.filter(|(rate, _)| reaches(slow + more, probes, *rate));
            reasons.extend(slows.map(|_| Reason::SlowRate));
            reasons
        };
        let (reasons, possible) = (reached(0), reached(probes - calls));
        if !reasons.is_empty() {
            Some(self.go(Phase::Open, reasons))
        } else if possible.is_empty() {
            Some(self.go(Phase::Closed, vec![Reason::Recovered]))
        } else {
            None
        }
    }

    fn abandon(&mut self, flight: Flight) {
        if flight.era == self.era && self.phase == Phase::HalfOpen {
            self.in_flight -= 1;
        }
    }

    fn cut(&mut self, flight: Flight) -> Option<Change> {
        if self.rules.slow_rate.is_some() && !self.is_slow(flight) {
            self.abandon(flight);
            return None;
        }
        self.end(flight, Failure)
    }

    fn force(&mut self, to: Phase) -> Option<Change> {
        (self.phase != to).then(|| self.go(to, vec![Reason::ByHand]))
    }

    fn reset(&mut self) -> Option<Change> {
        let change = self.go(Phase::Closed, vec![Reason::ByHand]);
        (change.0 != change.1).then_some(change)
    }
}

#[derive(Clone, Debug)]
enum Act {
    Enter,
    End(Index, Verdict),
    Abandon(Index),
    Refuse(Index),
    Cut(Index),
    Force(Phase),
    Reset,
    Wait(u64),
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let verdict = prop_oneof![3 => Just(Success), 4 => Just(Failure), 1 => Just(Throttled)];
    let phase = prop_oneof![Just(Phase::ForcedOpen), Just(Phase::ForcedClosed), Just(Phase::MetricsOnly)];
    let wait = prop_oneof![6 => 0..=12_u64, 3 => 28..=52_u64, 2 => 78..=82_u64, 1 => 149..=151_u64];
    let act = prop_oneof![
        300 => Just(Act::Enter),
        240 => (any::<Index>(), verdict).prop_map(|(flight, verdict)| Act::End(flight, verdict)),
        30 => any::<Index>().prop_map(Act::Abandon),
        10 => any::<Index>().prop_map(Act::Refuse),
        30 => any::<Index>().prop_map(Act::Cut),
        200 => wait.prop_map(Act::Wait),
        5 => phase.prop_map(Act::Force),
        7 => Just(Act::Reset),
        1 => Just(Act::Wait(u64::MAX)),
    ];
    prop::collection::vec(act, 1..250)
}

fn settings() -> impl Strategy<Value = (Rules, Span)> {
    let rate = || prop_oneof![Just(0.3), Just(0.5), Just(1.0), 0.01..1.0_f64];
    let rules = (
        option::of(rate()),
        option::of((rate(), prop_oneof![Just(0_u64), Just(10), Just(u64::MAX)])),
        option::of(1..=4_u32),
        1..=6_u64,
        1..=5_u32,
        prop_oneof![Just(0_u64), Just(30), Just(50), Just(u64::MAX)],
        prop_oneof![(6..=9_u32).prop_map(Span::Last), (1..=4_u32).prop_map(|buckets| Span::Time(10, buckets))],
    );
    rules.prop_map(|(failure_rate, slow, consecutive, min_calls, probes, half_open_for, span)| {
        let slow_rate = slow.map(|(rate, after)| (rate, Nanos(after)));
        let half_open_for = Nanos(half_open_for);
        let open_for = doubling(STEPS[0], STEPS[2]);
        let rules = Rules { failure_rate, slow_rate, consecutive, min_calls, probes, half_open_for, open_for };
        match (failure_rate, slow_rate, consecutive) {
            (None, None, None) => (Rules { consecutive: Some(2), ..rules }, Span::None),
            (None, None, _) => (rules, Span::None),
            _ => (rules, span),
        }
    })
}

fn same(transition: Option<&Transition>, change: Option<&Change>) -> Result<(), TestCaseError> {
    prop_assert_eq!(transition.is_some(), change.is_some(), "{:?} for {:?}", transition, change);
    if let (Some(transition), Some((from, to, reasons, counts, open_for))) = (transition, change) {
        prop_assert_eq!((transition.from, transition.to, transition.open_for), (*from, *to, *open_for));
        prop_assert!(reasons.contains(&transition.reason), "{:?} of {:?}", transition.reason, reasons);
        let Counts { calls, failures, slow, .. } = transition.counts;
        prop_assert_eq!([calls, failures, slow], *counts);
    }
    Ok(())
}

/// Whether everything that can be seen of the circuit is as the model has it.
fn looks_like(circuit: &Circuit, model: &Model) -> Result<(), TestCaseError> {
    let view = circuit.view(Nanos(model.now));
    prop_assert_eq!((view.phase, view.since), (model.phase, Nanos(model.since)));
    prop_assert_eq!([view.counts.calls, view.counts.failures, view.counts.slow], model.counts());
    if matches!(model.phase, Phase::Closed | Phase::MetricsOnly) && model.rules.consecutive.is_some() {
        prop_assert_eq!(view.counts.consecutive, model.run);
    }
    prop_assert_eq!((view.rejected, view.late), (model.rejected, model.late));
    let left = (model.phase == Phase::Open).then(|| Nanos(model.open_until.saturating_sub(model.now)));
    prop_assert_eq!(view.left, left);
    prop_assert_eq!(circuit.is_open(), matches!(model.phase, Phase::Open | Phase::ForcedOpen));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 500, ..ProptestConfig::default() })]

    #[test]
    fn a_circuit_does_what_its_page_says((rules, span) in settings(), acts in acts()) {
        let circuit = Circuit::over(rules, span.window(rules.min_calls));
        let mut model = Model::new(rules, span);
        let mut flights = Vec::new();
        for act in acts {
            let now = Nanos(model.now);
            let mut take = |index: Index| (!flights.is_empty()).then(|| flights.swap_remove(index.index(flights.len())));
            let (transition, change) = match act {
                Act::Wait(time) => {
                    model.now = model.now.saturating_add(time);
                    (None, None)
                }
                Act::Enter => {
                    let (entered, change) = model.enter();
                    let (got, transition) = circuit.try_enter(now);
                    prop_assert_eq!(got.err(), entered.err());
                    flights.extend(got.ok().zip(entered.ok()));
                    (transition, change)
                }
                Act::End(index, verdict) => take(index).map_or((None, None), |(entry, flight)| {
                    (circuit.record(entry, verdict, || now), model.end(flight, verdict))
                }),
                Act::Cut(index) => take(index).map_or((None, None), |(entry, flight)| {
                    (circuit.record_cut(entry, now), model.cut(flight))
                }),
                Act::Abandon(index) => {
                    if let Some((entry, flight)) = take(index) {
                        circuit.abandon(entry);
                        model.abandon(flight);
                    }
                    (None, None)
                }
                Act::Refuse(index) => {
                    if let Some((entry, flight)) = take(index) {
                        circuit.abandon(entry);
                        circuit.count_rejected();
                        model.abandon(flight);
                        model.rejected += 1;
                    }
                    (None, None)
                }
                Act::Force(phase) => (circuit.force(phase, now), model.force(phase)),
                Act::Reset => (circuit.reset(now), model.reset()),
            };
            same(transition.as_ref(), change.as_ref())?;
            looks_like(&circuit, &model)?;
        }
    }
}
