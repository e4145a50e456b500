//! How badly an instance is off.

use crate::registry::Instance;
use crate::setting::Value;
use crate::source::Kind;

/// How badly an instance is off; the worst is the greatest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Trouble {
    Well,
    /// It works, and somebody should know.
    Watch,
    Wrong,
}

impl Trouble {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Well => "well",
            Self::Watch => "watch",
            Self::Wrong => "wrong",
        }
    }

    pub(super) fn of(instance: &Instance) -> Self {
        let said = ["phase", "state", "verdict", "outcome"].into_iter().filter_map(|name| word(instance, name));
        let by_word = said.map(Self::of_word).max().unwrap_or(Self::Well);
        by_word.max(Self::by_count(instance))
    }

    fn of_word(word: &str) -> Self {
        match word {
            "open" | "forced_open" | "unhealthy" | "ejected" => Self::Wrong,
            "half_open" | "forced_closed" | "metrics_only" | "degraded" | "on_trial" | "drained" | "broken"
            | "not_steady" | "aborted" => Self::Watch,
            _ => Self::Well,
        }
    }

    fn by_count(instance: &Instance) -> Self {
        let count = |name| count(instance, name);
        let some = |name| count(name) > Some(0);
        match instance.kind {
            Kind::Bulkhead if some("queued") || count("in_flight") >= count("max_concurrent") => Self::Watch,
            Kind::RateLimit if count("available") == Some(0) || some("waiting") => Self::Watch,
            Kind::Throttle if may_reject(instance) => Self::Watch,
            Kind::Retry | Kind::Hedge if count("tokens") == Some(0) => Self::Watch,
            Kind::Replicas if is_on(instance, "panic") => Self::Wrong,
            Kind::Replicas if count("healthy") < count("needed") => Self::Wrong,
            Kind::Degradation if is_on(instance, "by_hand") || word(instance, "mode") != Some("normal") => Self::Watch,
            Kind::Feature if !is_on(instance, "allowed") => Self::Watch,
            Kind::Health if is_on(instance, "draining") => Self::Watch,
            Kind::Heartbeats if some("suspected") => Self::Wrong,
            Kind::Saga if some("stuck") => Self::Wrong,
            Kind::Saga if some("unowned") => Self::Watch,
            Kind::Objective
                if has_run_out(instance) || word(instance, "firing").is_some_and(|alerts| alerts.contains("page")) =>
            {
                Self::Wrong
            }
            Kind::Objective if word(instance, "firing").is_some() || !is_on(instance, "is_met") => Self::Watch,
            Kind::PerKey if some("open") => Self::Wrong,
            Kind::Chaos if is_on(instance, "is_on") => Self::Watch,
            _ => Self::Well,
        }
    }
}

fn value<'a>(instance: &'a Instance, name: &str) -> Option<&'a Value> {
    let all = instance.snapshot.iter().chain(&instance.settings);
    all.into_iter().find(|setting| setting.name == name).map(|setting| &setting.value)
}

pub(super) fn word<'a>(instance: &'a Instance, name: &str) -> Option<&'a str> {
    match value(instance, name)? {
        Value::Text(text) => Some(text),
        _ => None,
    }
}

fn count(instance: &Instance, name: &str) -> Option<u64> {
    match value(instance, name)? {
        Value::Count(count) => Some(*count),
        _ => None,
    }
}

/// Whether nothing is left of a budget.
fn has_run_out(instance: &Instance) -> bool {
    let used = ["availability_used", "latency_used"].map(|name| value(instance, name));
    used.into_iter().flatten().any(|used| matches!(used, Value::Rate(used) if *used >= 1.0))
}

/// Whether some calls are rejected by chance.
fn may_reject(instance: &Instance) -> bool {
    matches!(value(instance, "probability"), Some(Value::Rate(probability)) if *probability > 0.0)
}

fn is_on(instance: &Instance, name: &str) -> bool {
    value(instance, name) == Some(&Value::On)
}
