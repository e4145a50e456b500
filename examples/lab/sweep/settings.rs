//! What is varied.

use std::time::Duration;

use crate::policy::Policy;
use crate::policy::settings::{Backoff, Budget, CircuitBreaker, Retry, Spread, TimeWindow};
use crate::span::Span;

/// A setting, and the values that it gets where a policy has the layer.
pub(crate) struct Setting {
    pub(crate) name: &'static str,
    pub(crate) default: f64,
    pub(crate) values: &'static [f64],
    pub(crate) set: fn(&mut Policy, f64),
}

pub(crate) const SETTINGS: [Setting; 8] = [
    Setting {
        name: "circuit_breaker.time_window, s",
        default: 10.0,
        values: &[2.0, 5.0, 10.0, 20.0, 30.0, 60.0],
        set: |policy, seconds| {
            circuit(policy, |circuit| circuit.time_window = Some(TimeWindow { span: span(seconds), buckets: 10 }));
        },
    },
    Setting {
        name: "circuit_breaker.failure_rate",
        default: 0.5,
        values: &[0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8],
        set: |policy, rate| circuit(policy, |circuit| circuit.failure_rate = Some(rate)),
    },
    Setting {
        name: "circuit_breaker.consecutive",
        default: 20.0,
        values: &[5.0, 10.0, 20.0, 40.0, 80.0],
        set: |policy, count| circuit(policy, |circuit| circuit.consecutive = Some(whole(count))),
    },
    Setting {
        name: "circuit_breaker.open_for, first, s",
        default: 1.0,
        values: &[0.25, 0.5, 1.0, 2.0, 5.0, 10.0],
        set: |policy, seconds| circuit(policy, |circuit| circuit.open_for = Some(open_for(seconds, 1.3))),
    },
    Setting {
        name: "circuit_breaker.open_for, factor",
        default: 1.3,
        values: &[1.0, 1.15, 1.3, 1.5, 2.0],
        set: |policy, factor| circuit(policy, |circuit| circuit.open_for = Some(open_for(1.0, factor))),
    },
    Setting {
        name: "retry.max_attempts",
        default: 3.0,
        values: &[1.0, 2.0, 3.0, 4.0, 5.0, 7.0],
        set: |policy, attempts| retry(policy, |retry| retry.max_attempts = Some(whole(attempts))),
    },
    Setting {
        name: "retry.budget, tokens a call",
        default: 0.2,
        values: &[0.0, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0],
        set: |policy, ratio| budget(policy, |budget| budget.ratio = Some(ratio)),
    },
    Setting {
        name: "retry.budget, tokens a second",
        default: 10.0,
        values: &[0.0, 1.0, 5.0, 10.0, 20.0, 50.0],
        set: |policy, tokens| budget(policy, |budget| budget.per_second = Some(tokens)),
    },
];

fn circuit(policy: &mut Policy, set: impl FnOnce(&mut CircuitBreaker)) {
    if let Some(circuit) = &mut policy.circuit_breaker {
        set(circuit);
    }
}

fn retry(policy: &mut Policy, set: impl FnOnce(&mut Retry)) {
    if let Some(retry) = &mut policy.retry {
        set(retry);
    }
}

fn budget(policy: &mut Policy, set: impl FnOnce(&mut Budget)) {
    retry(policy, |retry| set(retry.budget.get_or_insert_default()));
}

/// As the circuit breaker has it, but for these two.
fn open_for(seconds: f64, factor: f64) -> Backoff {
    Backoff { base: span(seconds), cap: span(15.0), factor: Some(factor), jitter: Some(Spread::Equal) }
}

fn span(seconds: f64) -> Span {
    Span(Duration::from_secs_f64(seconds))
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the values above are small")]
fn whole(value: f64) -> u32 {
    value as u32
}
