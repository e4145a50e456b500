//! Policies in files.

use std::fs;
use std::path::Path;

use palisade::standard;
use tower::Layer;

use super::seconds;
use crate::call::ByFailure;
use crate::play::Script;
use crate::policy::settings::{CircuitBreaker, Retry};
use crate::policy::{Boxed, Policy, Stack};
use crate::span::Span;
use crate::trace::Trace;
use crate::trace::load::{Load, Rate};
use crate::upstream::Upstream;

#[test]
fn each_policy_of_the_lab_is_legal() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/lab/policies");
    for entry in fs::read_dir(folder).unwrap() {
        Policy::read(&entry.unwrap().path()).unwrap();
    }
}

#[test]
fn a_table_is_a_layer_and_what_it_does_not_say_is_the_crates_own() {
    let policy = Policy::parse("mine", "[retry]\nmax_attempts = 5\n[circuit_breaker]").unwrap();
    let retry = Retry { max_attempts: Some(5), ..Retry::default() };
    let breaker = CircuitBreaker::default();
    let expected =
        Policy { name: "mine".to_owned(), retry: Some(retry), circuit_breaker: Some(breaker), ..Policy::default() };
    assert_eq!(policy, expected);
}

#[test]
fn each_setting_is_known() {
    let text = "
        [fallback]
        [total_timeout]
        after = '3s'
        [rate_limit]
        per_second = 100
        burst = 10
        max_wait = '100ms'
        heed_throttling = true
        [queue]
        max_concurrent = 100
        max_queue = 10
        max_wait = '1s'
        [retry]
        max_attempts = 4
        backoff = { base = '10ms', cap = '1s', factor = 3, jitter = 'equal' }
        max_retry_after = '10s'
        budget = { capacity = 50, ratio = 0.1, per_second = 5 }
        retry_rejected = true
        [hedge]
        after_quantile = 0.9
        min_delay = '5ms'
        max_hedges = 2
        budget = { capacity = 50, ratio = 0.1, per_second = 5 }
        [degradation]
        percent = 40
        enter_at = 0.9
        leave_at = 0.2
        enter_after = '500ms'
        leave_after = '1m'
        [circuit_breaker]
        failure_rate = 0.4
        throttled_rate = 0.8
        slow_rate = { rate = 0.5, slow_after = '500ms' }
        consecutive = 10
        min_calls = 10
        time_window = { span = '20s', buckets = 20 }
        open_for = { base = '1s', cap = '30s', jitter = 'none' }
        max_retry_after = '1m'
        probes = 3
        half_open_for = '5s'
        [throttle]
        k = 1.5
        max_rejection = 0.8
        time_window = { span = '1m', buckets = 12 }
        [bulkhead]
        max_concurrent = 20
        adaptive = { algorithm = 'vegas', min = 2, max = 200, round = '200ms' }
        [attempt_timeout]
        after = '1s'
    ";
    Policy::parse("all", text).unwrap();
    let off = "retry.without_budget = true
        circuit_breaker = { without_failure_rate = true, without_throttled_rate = true, consecutive = 3 }";
    Policy::parse("off", off).unwrap();
    Policy::parse("after", "hedge.after = '100ms'").unwrap();
    Policy::parse("off", "circuit_breaker = { without_consecutive = true, count_window = 50 }").unwrap();
}

#[test]
fn what_is_not_legal_is_told_with_what_would_be() {
    for (text, reasons) in [
        ("[retrys]", ["unknown field `retrys`", "`retry`"]),
        ("[retry]\nmax_atempts = 3", ["unknown field `max_atempts`", "`max_attempts`"]),
        ("[retry]\nmax_attempts = 0", ["`max_attempts` is 0", "at least 1"]),
        ("[retry]\nmax_attempts = 'three'", ["max_attempts = 'three'", "expected u32"]),
        ("[retry]\nbudget.capacity = 0", ["`capacity` is 0", "at least 1"]),
        ("[circuit_breaker]\nfailure_rate = 1.5", ["`failure_rate` is 1.5", "in (0, 1]"]),
        ("[circuit_breaker.open_for]\nbase = '2s'\ncap = '1s'", ["`open_for` is", "at most the cap"]),
        ("[throttle]\nk = 0.5", ["`k` is 0.5", "at least 1"]),
        ("[degradation]\npercent = 40\nenter_at = 0.3", ["`leave_at` is 0.5", "less than"]),
        ("[degradation]\npercent = 101", ["`percent` is 101", "100"]),
        ("[hedge]\nafter_quantile = 1", ["`after_quantile` is 1", "less than 1"]),
        ("[attempt_timeout]\nafter = '1 second'", ["`1 second` is no duration", "\"1.5s\""]),
        ("[attempt_timeout]\nafter = 1", ["after = 1", "expected a string"]),
        ("[attempt_timeout]", ["missing field `after`", "[attempt_timeout]"]),
        (
            "[bulkhead]\nmax_concurrent = 5\nadaptive = { algorithm = 'magic' }",
            ["unknown variant `magic`", "`gradient`"],
        ),
        (
            "[bulkhead]\nmax_concurrent = 5\nadaptive = { algorithm = 'aimd', min = 6 }",
            ["`max_concurrent` is 5", "from `min` to `max`"],
        ),
    ] {
        let told = Policy::parse("bad", text).unwrap_err().to_string();
        assert!(reasons.iter().all(|reason| told.contains(reason)), "{text}: {told}");
    }
}

#[test]
fn durations_have_a_unit() {
    for (text, expected) in [("0s", 0.0), ("250ms", 0.25), ("1.5s", 1.5), ("10 m", 600.0), ("1h", 3600.0)] {
        assert_eq!(text.parse::<Span>().map(|span| span.0.as_secs_f64()), Ok(expected));
    }
    for text in ["", "5", "s", "-1s", "nan s", "inf s", "1e300h", "1d", "1s2", "é"] {
        assert!(text.parse::<Span>().unwrap_err().starts_with(&format!("`{text}` is no duration")), "{text}");
    }
}

/// Plays an outage, with which all parts have something to do.
#[test]
fn the_standard_table_is_the_standard_stack() {
    let trace = Trace::Drawn(vec![Load { lasts: Span(seconds(60)), rate: Rate::Steady(50.0) }]);
    let upstream: Upstream = toml::from_str(
        "fails = 0.1\nwork.exponential = '3s'\nspell = [{ from = '20s', to = '30s', it.fails = 1 }, { from = '40s', it = 'hangs' }]",
    )
    .unwrap();
    let script = Script { trace: &trace, patience: seconds(60), upstream: &upstream, seed: 3 };
    let of_file = script.play(&Policy::parse("standard", "[standard]").unwrap()).unwrap();
    let of_crate = script.play_stack("standard", |service| {
        let stack = standard("upstream")?.retry(|retry| retry.seed(3).classify(ByFailure))?;
        let stack = stack.circuit_breaker(|circuit| circuit.seed(3).classify(ByFailure))?;
        let (circuit, budget) = (Some(stack.handles().circuit), stack.handles().budget);
        Ok(Stack { service: Boxed::new(stack.layer(service)), circuit, budget, bulkhead: None })
    });
    assert!(of_file.totals.open > seconds(0) && of_file.totals.sent != of_file.totals.calls);
    assert_eq!(of_file, of_crate.unwrap());
}
