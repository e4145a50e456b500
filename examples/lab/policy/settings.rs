//! The settings of each layer, named as the setters of its builder.

use serde::Deserialize;

use crate::span::Span;

/// Answers in a worse way than the service would, at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Fallback {}

/// Switches a feature off by the signals of the circuit breaker, the throttle and the bulkhead that there are.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Degradation {
    /// So many calls in a hundred are of the feature.
    pub(crate) percent: u64,
    pub(crate) enter_at: Option<f64>,
    pub(crate) leave_at: Option<f64>,
    pub(crate) enter_after: Option<Span>,
    pub(crate) leave_after: Option<Span>,
}

#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Timeout {
    pub(crate) after: Span,
}

#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RateLimit {
    pub(crate) per_second: u32,
    pub(crate) burst: Option<u32>,
    #[serde(default)]
    pub(crate) max_wait: Span,
    #[serde(default)]
    pub(crate) heed_throttling: bool,
}

/// Parts that `palisade::standard` has, as it has them, where a file has no table for them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Standard {}

#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(clippy::struct_field_names, reason = "the builder calls it so")]
pub(crate) struct Retry {
    pub(crate) max_attempts: Option<u32>,
    pub(crate) backoff: Option<Backoff>,
    pub(crate) max_retry_after: Option<Span>,
    pub(crate) budget: Option<Budget>,
    pub(crate) without_budget: bool,
    pub(crate) retry_rejected: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Budget {
    pub(crate) capacity: Option<u32>,
    pub(crate) ratio: Option<f64>,
    pub(crate) per_second: Option<f64>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Hedge {
    pub(crate) after: Option<Span>,
    pub(crate) after_quantile: Option<f64>,
    pub(crate) min_delay: Option<Span>,
    pub(crate) max_hedges: Option<u32>,
    pub(crate) budget: Option<Budget>,
}

#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Backoff {
    pub(crate) base: Span,
    pub(crate) cap: Span,
    pub(crate) factor: Option<f64>,
    pub(crate) jitter: Option<Spread>,
}

/// How a backoff is spread at random.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Spread {
    None,
    Equal,
    Full,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct CircuitBreaker {
    pub(crate) failure_rate: Option<f64>,
    pub(crate) without_failure_rate: bool,
    pub(crate) throttled_rate: Option<f64>,
    pub(crate) without_throttled_rate: bool,
    pub(crate) slow_rate: Option<SlowRate>,
    pub(crate) consecutive: Option<u32>,
    pub(crate) without_consecutive: bool,
    pub(crate) min_calls: Option<u32>,
    pub(crate) time_window: Option<TimeWindow>,
    pub(crate) count_window: Option<u32>,
    pub(crate) open_for: Option<Backoff>,
    pub(crate) max_retry_after: Option<Span>,
    pub(crate) probes: Option<u32>,
    pub(crate) half_open_for: Option<Span>,
}

#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SlowRate {
    pub(crate) rate: f64,
    pub(crate) slow_after: Span,
}

#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TimeWindow {
    pub(crate) span: Span,
    pub(crate) buckets: u32,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Throttle {
    pub(crate) k: Option<f64>,
    pub(crate) max_rejection: Option<f64>,
    pub(crate) time_window: Option<TimeWindow>,
}

#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Bulkhead {
    pub(crate) max_concurrent: usize,
    #[serde(default)]
    pub(crate) max_queue: usize,
    pub(crate) max_wait: Option<Span>,
    pub(crate) adaptive: Option<Adaptive>,
}

#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Adaptive {
    pub(crate) algorithm: Algorithm,
    pub(crate) min: Option<usize>,
    pub(crate) max: Option<usize>,
    pub(crate) round: Option<Span>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Algorithm {
    Gradient,
    Vegas,
    Aimd,
}
