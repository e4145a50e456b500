//! Calls that are played.

use std::thread;

use palisade::Phase;

use super::{millis, seconds};
use crate::call::{Failure, Told};
use crate::play::Script;
use crate::played::{Played, Totals};
use crate::policy::Policy;
use crate::span::Span;
use crate::trace::load::{Load, Rate};
use crate::trace::{Arrival, Trace};
use crate::upstream::Upstream;

/// Each layer is there, and has something to do.
const ALL: &str = "
    [fallback]
    [total_timeout]
    after = '2s'
    [rate_limit]
    per_second = 180
    max_wait = '50ms'
    [queue]
    max_concurrent = 60
    max_queue = 20
    [retry]
    max_attempts = 4
    [hedge]
    [circuit_breaker]
    slow_rate = { rate = 0.5, slow_after = '500ms' }
    [throttle]
    [bulkhead]
    max_concurrent = 20
    adaptive = { algorithm = 'gradient' }
    [attempt_timeout]
    after = '1s'
";

/// Each kind of trouble comes.
const TROUBLED: &str = "
    workers = 10
    queue = 50
    work.exponential = '40ms'
    fails = 0.02
    throttle = { per_second = 190, burst = 50, retry_after = '200ms' }
    spell = [
        { from = '2s', to = '3s', it = 'refuses' },
        { from = '5s', to = '7s', it.fails = 0.5 },
        { from = '8s', to = '9s', it.is_slower = 10 },
        { from = '11s', to = '13s', it = 'hangs' },
    ]
";

fn upstream(text: &str) -> Upstream {
    let upstream: Upstream = toml::from_str(text).expect("it is legal");
    upstream.check().expect("it is legal");
    upstream
}

fn steady(lasts: u64, rate: f64) -> Trace {
    Trace::Drawn(vec![Load { lasts: Span(seconds(lasts)), rate: Rate::Steady(rate) }])
}

/// Calls that arrive at these milliseconds.
fn arrivals(told: &[(u64, Told)]) -> Trace {
    Trace::Read(told.iter().map(|(at, told)| Arrival { at: millis(*at), told: *told }).collect())
}

fn play(trace: &Trace, upstream: &Upstream, policy: &str) -> Played {
    let script = Script { trace, patience: seconds(60), upstream, seed: 1 };
    Policy::parse("policy", policy).and_then(|policy| script.play(&policy)).expect("it is legal")
}

#[test]
fn the_same_seed_plays_the_same_on_any_thread() {
    let (trace, upstream) = (steady(15, 200.0), upstream(TROUBLED));
    let plays = thread::scope(|threads| {
        let plays = [(); 3].map(|()| threads.spawn(|| play(&trace, &upstream, ALL)));
        plays.map(|play| play.join().unwrap())
    });
    let Totals { good, degraded, failed, open, .. } = plays[0].totals;
    assert!(good > 0 && degraded > 0 && failed == 0 && open > seconds(0), "{:?}", plays[0].totals);
    assert!(plays.iter().all(|play| *play == plays[0]));
}

#[test]
fn another_seed_plays_otherwise() {
    let (trace, upstream) = (steady(10, 200.0), upstream(TROUBLED));
    let of = |seed| {
        let script = Script { trace: &trace, patience: seconds(60), upstream: &upstream, seed };
        script.play(&Policy::standard()).unwrap()
    };
    assert_ne!(of(1), of(2));
}

#[test]
fn every_call_ends_and_the_seconds_make_the_totals() {
    for policy in ["", "[fallback]", "[standard]", ALL] {
        let Played { totals, seconds, .. } = play(&steady(15, 200.0), &upstream(TROUBLED), policy);
        let sum = |count: fn(&crate::played::Second) -> u64| seconds.iter().map(count).sum::<u64>();
        assert_eq!(totals.calls, totals.good + totals.degraded + totals.failed);
        assert_eq!(totals.calls, sum(|second| second.calls));
        assert_eq!(totals.good, sum(|second| second.good));
        assert_eq!((totals.sent, totals.vain), (sum(|second| second.sent), sum(|second| second.vain)));
    }
}

#[test]
fn all_policies_meet_the_same_calls() {
    let (trace, upstream) = (steady(15, 200.0), upstream(TROUBLED));
    let of = |policy| {
        let calls = play(&trace, &upstream, policy).seconds.into_iter().map(|second| second.calls);
        calls.take(15).collect::<Vec<_>>()
    };
    assert_eq!(of(""), of(ALL));
}

#[test]
fn a_caller_leaves_when_its_patience_ends() {
    let (trace, upstream) = (
        arrivals(&[(0, Told::default()), (1500, Told::default())]),
        upstream("spell = [{ from = '0s', it = 'hangs' }]"),
    );
    let script = Script { trace: &trace, patience: seconds(2), upstream: &upstream, seed: 1 };
    let played = script.play(&Policy::default()).unwrap();
    let Totals { calls, failed, sent, vain, .. } = played.totals;
    assert_eq!((calls, failed, sent, vain), (2, 2, 2, 2));
    assert_eq!(played.seconds.len(), 4);
}

#[test]
fn a_call_whose_caller_has_left_is_worked_on() {
    let trace = arrivals(&[(0, Told::default()), (1500, Told::default())]);
    let played = play(&trace, &upstream("workers = 1\nwork.constant = '2500ms'"), "attempt_timeout.after = '1s'");
    assert_eq!(played.seconds.iter().map(|second| second.busy).collect::<Vec<_>>(), [1, 2, 1]);
    assert_eq!(played.totals.failed, 2);
}

#[test]
fn a_latency_is_from_arrival_to_response_in_whole_milliseconds() {
    let trace = arrivals(&[(0, Told::default()), (10, Told::default()), (20, Told::default())]);
    let played = play(&trace, &upstream("workers = 1\nwork.constant = '30.5ms'"), "");
    // They end at 30.5, 61 and 91.5 ms.
    assert_eq!((played.totals.p50, played.totals.p99), (millis(51), millis(72)));
}

#[test]
fn what_a_trace_tells_of_a_call_happens() {
    let told = |latency, outcome| Told { latency: Some(millis(latency)), outcome: Some(outcome) };
    let trace = arrivals(&[(0, told(40, Ok(()))), (1000, told(20, Err(Failure::Failed))), (2000, Told::default())]);
    let played = play(&trace, &upstream(""), "");
    assert_eq!(played.seconds.iter().map(|second| second.good).collect::<Vec<_>>(), [1, 0, 1]);
    assert_eq!((played.totals.p50, played.totals.p99), (millis(5), millis(40)));
}

#[test]
fn an_attempt_that_comes_later_meets_what_is_told_of_later_calls() {
    let told = |outcome| Told { latency: None, outcome: Some(outcome) };
    let retry = "retry.backoff = { base = '100ms', cap = '100ms', jitter = 'none' }";
    let down = Err(Failure::Failed);
    let played = play(&arrivals(&[(0, told(down)), (50, told(Ok(())))]), &upstream(""), retry);
    assert_eq!((played.totals.good, played.totals.sent), (2, 3));
    let played = play(&arrivals(&[(0, told(down)), (50, told(down)), (900, told(Ok(())))]), &upstream(""), retry);
    assert_eq!((played.totals.good, played.totals.sent), (1, 7));
}

#[test]
fn calls_that_find_a_fallback_are_degraded_and_others_fail() {
    let trace = steady(10, 50.0);
    let down = upstream("spell = [{ from = '0s', it = 'refuses' }]");
    let Totals { calls, degraded, failed, good, .. } = play(&trace, &down, "[fallback]").totals;
    assert_eq!((degraded, failed, good), (calls, 0, 0));
    let Totals { calls, degraded, failed, good, .. } = play(&trace, &down, "").totals;
    assert_eq!((degraded, failed, good), (0, calls, 0));
}

#[test]
fn the_circuit_is_seen_to_the_millisecond() {
    let trace = arrivals(&[0, 7, 13, 19, 500].map(|at| (at, Told::default())));
    let down = upstream("spell = [{ from = '0s', it = 'refuses' }]");
    let played = play(&trace, &down, "circuit_breaker = { consecutive = 3 }");
    assert_eq!(played.phases, [(seconds(0), Phase::Closed), (millis(19), Phase::Open)]);
    assert_eq!((played.totals.sent, played.totals.open), (3, millis(981)));
    assert_eq!(played.seconds[0].phase, Some(Phase::Open));
}

#[test]
fn budget_and_limit_are_there_where_a_policy_has_them() {
    let seen = |policy| {
        let second = play(&steady(1, 10.0), &upstream(""), policy).seconds[0];
        (second.phase, second.budget, second.limit)
    };
    assert_eq!(seen(""), (None, None, None));
    assert_eq!(seen("[standard]"), (Some(Phase::Closed), Some(100.0), None));
    assert_eq!(seen("retry.without_budget = true\nqueue.max_concurrent = 9"), (None, None, Some(9)));
    assert_eq!(seen("queue.max_concurrent = 9\nbulkhead.max_concurrent = 7"), (None, None, Some(7)));
}

#[test]
fn a_trace_without_calls_is_a_second_of_rest() {
    let played = play(&Trace::Read(Vec::new()), &upstream(""), "[standard]");
    assert_eq!((played.totals.calls, played.seconds.len(), played.totals.mttr), (0, 1, None));
}

#[test]
fn a_gap_is_played_as_seconds_without_calls() {
    let played = play(&arrivals(&[(0, Told::default()), (3_600_000, Told::default())]), &upstream(""), "[standard]");
    assert_eq!((played.totals.good, played.seconds.len()), (2, 3601));
    assert!(played.seconds[1..3600].iter().all(|second| second.calls + second.sent + second.busy == 0));
}
