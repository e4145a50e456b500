//! What a registry and a description show of a circuit.

use std::time::Duration;

use super::breaker::{Breaker, Core};
use crate::call::{Key, LimitState};
use crate::event::Action;
use crate::registry::Gauges;
#[cfg(feature = "serde")]
use crate::registry::Keep;
use crate::setting::{Setting, Value};
use crate::source::Kind;
use crate::state::circuit::{Phase, Rules, Steer};
use crate::state::counts::Counts;
use crate::state::history::{Counted, Sums};
use crate::state::keys::Retention;
use crate::state::window::Window;
use crate::time::Nanos;

/// The settings of a circuit, by the names of their setters.
pub(super) fn list(rules: &Rules, window: &Window) -> Vec<Setting> {
    let slow_after = rules.slow_rate.map(|(_, slow_after)| ("slow_after", time(slow_after)));
    let span = match window {
        Window::None => Vec::new(),
        Window::Count(window) => vec![("count_window", Value::Count(window.len()))],
        Window::Time(window) => {
            vec![("time_window", time(window.span())), ("buckets", Value::Count(window.buckets()))]
        }
    };
    let rates = [
        ("failure_rate", rules.failure_rate.into()),
        ("throttled_rate", rules.throttled_rate.into()),
        ("slow_rate", rules.slow_rate.map(|(rate, _)| rate).into()),
    ];
    let counts = [("consecutive", rules.consecutive.into()), ("min_calls", Value::Count(rules.min_calls))];
    let others = [
        ("open_for", rules.open_for.into()),
        ("max_retry_after", time(rules.max_retry_after)),
        ("probes", rules.probes.into()),
        ("half_open_for", time(rules.half_open_for)),
    ];
    let all = rates.into_iter().chain(slow_after).chain(counts).chain(span).chain(others);
    all.map(|(name, value)| Setting::new(name, value)).collect()
}

impl LimitState for Breaker {
    const KIND: Kind = Kind::CircuitBreaker;

    fn fork(&self, key: &Key) -> Self {
        Self { circuit: self.circuit.fork(key.now), clock: key.clock, born: key.now }
    }

    fn retention(&self) -> Retention {
        self.circuit.retention()
    }

    fn born(this: &Core) -> Nanos {
        this.moment(this.born)
    }

    fn sums(this: &Core, window: Option<Duration>) -> Option<Sums> {
        Some(this.sums(window))
    }

    fn counted(this: &Core) -> Counted {
        this.counted()
    }

    fn steer(this: &Core, action: &Action) {
        match action {
            Action::ForceOpen => this.steer(Steer::Force(Phase::ForcedOpen)),
            Action::ForceClosed => this.steer(Steer::Force(Phase::ForcedClosed)),
            Action::MetricsOnly => this.steer(Steer::Force(Phase::MetricsOnly)),
            Action::Reset => this.steer(Steer::Reset),
            _ => {}
        }
    }

    fn settings(this: &Core) -> Vec<Setting> {
        list(this.circuit.rules(), this.circuit.window())
    }

    /// By the names that its snapshot and its events have.
    fn snapshot(this: &Core) -> Vec<Setting> {
        let (view, min_calls) = (this.view(), this.min_calls());
        let counts = view.counts;
        let Counts { calls, failures, throttled, slow, consecutive } = counts;
        [
            ("phase", view.phase.as_str().into()),
            ("phase_age", time(this.clock.now().saturating_sub(view.since))),
            ("retry_after", view.left.map(time).into()),
            ("calls", Value::Count(calls)),
            ("failures", Value::Count(failures)),
            ("throttled", Value::Count(throttled)),
            ("slow", Value::Count(slow)),
            ("consecutive", consecutive.into()),
            ("failure_rate", counts.failure_rate(min_calls).into()),
            ("throttled_rate", counts.throttled_rate(min_calls).into()),
            ("slow_rate", counts.slow_rate(min_calls).into()),
            ("rejected", Value::Count(view.rejected)),
            ("late", Value::Count(view.late)),
        ]
        .map(|(name, value)| Setting::new(name, value))
        .into()
    }

    /// The phase, and what the ratios are made of where there are enough calls.
    fn gauges(this: &Core, gauges: &mut Gauges) {
        let (view, min_calls) = (this.view(), this.min_calls());
        gauges.add_count(view.phase.as_str(), 1);
        gauges.add_total("probing", view.probing.into());
        let counts = view.counts;
        if counts.failure_rate(min_calls).is_some() {
            gauges.add_total("failures", counts.failures);
            gauges.add_total("unthrottled", counts.unthrottled());
        }
        if this.counts_slow() && counts.slow_rate(min_calls).is_some() {
            gauges.add_total("slow", counts.slow);
            gauges.add_total("calls", counts.calls);
        }
    }

    /// First those that reject calls, then those that may; of the others those with most failures.
    fn trouble(this: &Core) -> f64 {
        let view = this.view();
        match view.phase {
            Phase::Open | Phase::ForcedOpen => 3.0,
            Phase::HalfOpen => 2.0,
            Phase::Closed | Phase::ForcedClosed | Phase::MetricsOnly => view.counts.failure_rate(1).unwrap_or(0.0),
        }
    }

    #[cfg(feature = "serde")]
    fn keep(this: &Core) -> Option<&dyn Keep> {
        Some(this)
    }
}

fn time(nanos: Nanos) -> Value {
    Value::Time(nanos.into())
}
