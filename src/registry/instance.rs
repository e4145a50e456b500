//! An instance of a layer, as who looks sees it.

use crate::name::Name;
use crate::setting::Setting;
use crate::source::{Kind, Source};

/// An instance of a layer as it was when somebody looked.
///
/// With the feature `serde` it can be serialized. As JSON it is:
///
/// ```json
/// {
///   "kind": "circuit breaker",
///   "name": "payments",
///   "key": null,
///   "settings": { "failure_rate": 0.5, "slow_rate": false, "time_window": 10.0, "open_for": "1s growing by 1.3 to 15s with equal jitter" },
///   "snapshot": { "phase": "closed", "calls": 120, "failures": 3, "failure_rate": 0.025 }
/// }
/// ```
///
/// What there is of each kind that is listed, all settings by the names of their setters:
///
/// | kind | settings | snapshot |
/// |---|---|---|
/// | circuit breaker | `failure_rate`, `throttled_rate`, `slow_rate` and with it `slow_after`, `consecutive`, `min_calls`, `time_window` and `buckets` or `count_window`, `open_for`, `max_retry_after`, `probes`, `half_open_for` | `phase`, `phase_age`, `retry_after`, `calls`, `failures`, `throttled`, `slow`, `consecutive`, `failure_rate`, `throttled_rate`, `slow_rate`, `rejected`, `late` |
/// | bulkhead | `max_concurrent`, and if it adapts `min`, `max`, `round` | `in_flight`, `queued` |
/// | rate limit | `rate`, `burst`, `heed_throttling` | `available`, `waiting`, `rejected` |
/// | throttle | `k`, `max_rejection`, `time_window`, `buckets` | `requests`, `accepts`, `probability`, `rejected` |
/// | retry | `max_attempts`, `backoff`, `max_retry_after`, `budget`, `budget_gate`, `retry_rejected` | `tokens` |
/// | hedge | `after`, `after_quantile`, `min_delay`, `max_hedges`, `budget`, `budget_gate` | `delay`, `tokens` |
/// | timeout | `limit` | |
/// | fallback | `rehearse` | `is_always` |
/// | cache | `ttl`, `ttl_jitter`, `stale_while_revalidate`, `stale_if_error`, `keep`, `early`, `capacity`, `max_refreshes`, `refresh_timeout` | `entries`, `weight`, `refreshing`, `hits`, `stale`, `misses` |
/// | dead letter | of a queue `capacity`, `max_bytes`, `when_full`, `max_replays` | of a queue `waiting`, `parked`, `bytes` |
/// | measure | `exemplar`, `objective` | `in_flight`, `successes`, `p50`, `p99` |
/// | criticality | | |
/// | replicas | `policy`, `shards`, `max_tries`, `ready_within`, `consecutive`, `min_gap`, `base`, `max_ejected`, `panic_below`, `slow_start`, `healthy_for`, `needed`, `spares`; of a replica `weight`, `tier` | `replicas`, `healthy`, `in_flight`, `panic`; of a replica `state`, `why`, `in_use`, `in_flight`, `calls`, `failures`, `ejections` |
/// | coalesce | `max_waiters` | `flights`, `waiting`, `shared` |
/// | chaos | `faults`, `max_share`, `expires` | `is_on`, `left`, `calls`, `faulted`, `spared` |
/// | experiment | | `is_running`, and of the last run `outcome`, `why`, `began`, `took` |
/// | health | the checks that are `critical`, `degrading`, `informing` | `verdict`, `ready`, `started`, `draining` |
/// | health check | `interval`, `jitter`, `timeout`, `healthy_threshold`, `unhealthy_threshold` | `verdict`, `verdict_age`, `why`, `last_age`, `took` |
/// | heartbeats | `threshold`, `samples`, `min_std_deviation`, `acceptable_pause`, `first_estimate`, `capacity`, `forget_after` | `nodes`, `suspected` |
/// | objective | `availability`, `latency`, `limit`, `over`, `recovery`, `min_bad`, `not_asked`, `runbook_url` | `is_met`, `availability_used`, `latency_used`, `firing` |
/// | saga | `steps`, `backoff`, `give_up_after`, `compensate_unknown`, `in_place`, `capacity`, `keep_ended` | `running`, `compensating`, `unowned`, `stuck` |
/// | degradation | `modes`, `features` | `mode`, `mode_age`, `by_hand`, `signals` |
/// | feature | `degradation`, `off_from` | `allowed` |
/// | per key | `capacity`, `idle`, and those of its limits | `keys`, and the [gauges](super::Metric) of its limits, added up: how many circuits are in each phase, `in_flight`, `limit` and `queued` of bulkheads, `tokens` and `waiting` of rate limits, or `in_flight` of measures |
///
/// A span of time is a number of seconds, a share a number from 0 to 1, what is off or unknown `false`, what is on `true`, and
/// everything else a number or a text.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Instance {
    /// The kind of the layer.
    pub kind: Kind,
    /// Its name.
    pub name: Name,
    /// The key, for an instance that a layer per key has for one of its keys.
    pub key: Option<String>,
    /// Its settings at that moment, which may have been changed since it was built.
    pub settings: Vec<Setting>,
    /// Its state at that moment.
    pub snapshot: Vec<Setting>,
}

impl Instance {
    pub(crate) fn of(source: Source<'_>, settings: Vec<Setting>, snapshot: Vec<Setting>) -> Self {
        Self { kind: source.kind(), name: source.name(), key: source.key().map(str::to_owned), settings, snapshot }
    }
}
