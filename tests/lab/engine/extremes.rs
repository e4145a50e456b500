//! Settings at the ends of what can be written.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::sample::select;

use super::seconds;
use crate::play::Script;
use crate::policy::Policy;
use crate::span::Span;
use crate::trace::Trace;
use crate::trace::load::{Load, Rate};
use crate::upstream::Upstream;

const COUNTS: &[&str] = &["0", "1", "7", "4294967295"];
const SIZES: &[&str] = &["0", "1", "7", "9223372036854775807"];
const SHARES: &[&str] = &["0.0", "5e-324", "0.5", "1.0", "1.7e308", "inf", "nan", "-1.0"];
const SPANS: &[&str] = &["'0s'", "'1ms'", "'1s'", "'5000000000000000h'"];

/// `{c}` becomes a count, `{n}` a size, `{f}` a share, and `{s}` a duration.
const LINES: &[&str] = &[
    "fallback = {}",
    "total_timeout.after = {s}",
    "rate_limit = { per_second = {c}, burst = {c}, max_wait = {s}, heed_throttling = true }",
    "queue = { max_concurrent = {n}, max_queue = {n}, max_wait = {s} }",
    "retry = { max_attempts = {c}, max_retry_after = {s}, backoff = { base = {s}, cap = {s}, factor = {f} } }",
    "retry = { max_attempts = 7, budget = { capacity = {c}, ratio = {f}, per_second = {f} }, retry_rejected = true }",
    "hedge = { after = {s}, max_hedges = 7, budget = { capacity = {c}, ratio = {f}, per_second = {f} } }",
    "hedge = { after_quantile = {f}, min_delay = {s}, max_hedges = {c} }",
    "degradation = { percent = {c}, enter_at = {f}, leave_at = {f}, enter_after = {s}, leave_after = {s} }",
    "throttle = { k = {f}, max_rejection = {f}, time_window = { span = {s}, buckets = {c} } }",
    "circuit_breaker = { failure_rate = {f}, min_calls = {c}, probes = {c}, half_open_for = {s} }",
    "circuit_breaker = { slow_rate = { rate = {f}, slow_after = {s} }, time_window = { span = {s}, buckets = {c} } }",
    "circuit_breaker = { consecutive = {c}, count_window = {c}, open_for = { base = {s}, cap = {s} } }",
    "bulkhead = { max_concurrent = {n}, adaptive = { algorithm = 'vegas', min = {n}, max = {n}, round = {s} } }",
    "bulkhead = { max_concurrent = {n}, adaptive = { algorithm = 'aimd', round = {s} } }",
    "attempt_timeout.after = {s}",
];

const MODEL: &[&str] = &[
    "workers = {n}",
    "queue = {n}",
    "fails = {f}",
    "work.constant = {s}",
    "work.exponential = {s}",
    "work.quantiles = [[{f}, {s}], [{f}, {s}]]",
    "throttle = { per_second = {f}, burst = {f}, retry_after = {s} }",
    "spell = [{ from = '0s', to = {s}, every = {s}, it = 'stalls' }]",
    "spell = [{ from = '1s', to = {s}, share = {f}, it = 'hangs' }]",
    "spell = [{ from = '1s', it.is_slower = {f} }, { from = {s}, it.works.exponential = {s} }]",
];

/// A line with its values drawn, by the table that it is about.
fn line(lines: &'static [&'static str]) -> impl Strategy<Value = (&'static str, String)> {
    let values = |values| prop::collection::vec(select(values), 4);
    (select(lines), values(COUNTS), values(SIZES), values(SHARES), values(SPANS)).prop_map(|(line, c, n, f, s)| {
        let mut filled = line.to_owned();
        for (place, values) in [("{c}", c), ("{n}", n), ("{f}", f), ("{s}", s)] {
            filled = values.into_iter().fold(filled, |line, value| line.replacen(place, value, 1));
        }
        (line.split(['.', ' ']).next().unwrap_or(line), filled)
    })
}

/// Lines about different tables.
fn file(lines: &'static [&'static str]) -> impl Strategy<Value = String> {
    prop::collection::vec(line(lines), 0..5)
        .prop_map(|lines| lines.into_iter().collect::<BTreeMap<_, _>>().into_values().collect::<Vec<_>>().join("\n"))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn settings_are_refused_or_played_to_the_end(policy in file(LINES), model in file(MODEL)) {
        let policy = Policy::parse("drawn", &policy);
        let upstream: Upstream = toml::from_str(&model).expect("it is a model");
        if let (Ok(policy), Ok(())) = (policy, upstream.check()) {
            let trace = Trace::Drawn(vec![Load { lasts: Span(seconds(3)), rate: Rate::Steady(30.0) }]);
            let script = Script { trace: &trace, patience: seconds(5), upstream: &upstream, seed: 1 };
            let totals = script.play(&policy).expect("it was checked").totals;
            prop_assert_eq!(totals.calls, totals.good + totals.degraded + totals.failed);
        }
    }
}
