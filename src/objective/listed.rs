//! An objective, as the registry shows it.

use std::time::Duration;

use super::shared::Core;
use crate::error::RejectionReason;
#[cfg(feature = "serde")]
use crate::registry::Keep;
use crate::registry::{ByName, Listed, OF_PERIOD, ObjectiveGauges, Row, Story, Sums};
use crate::setting::{Setting, Value};
use crate::state::objective::{Indicator, Seen, Severity, Target};

impl Core {
    fn target(&self, indicator: Indicator) -> Option<f64> {
        self.rules.targets[indicator as usize].map(Target::share)
    }

    fn not_asked(&self) -> Option<String> {
        let reasons = RejectionReason::ALL.iter().filter(|reason| self.feed.not_asked.has(**reason));
        let words: Vec<_> = reasons.map(|reason| reason.as_str()).collect();
        (!words.is_empty()).then(|| words.join(", "))
    }
}

impl Listed for Core {
    fn row(&self) -> &'static Row {
        self.feed.row
    }

    fn settings(&self) -> Vec<Setting> {
        let latency = self.target(Indicator::Latency);
        vec![
            Setting::new("availability", self.target(Indicator::Availability)),
            Setting::new("latency", latency),
            Setting::new("limit", latency.map(|_| Duration::from(self.feed.limit))),
            Setting::new("over", self.period()),
            Setting::new("recovery", self.recovery),
            Setting::new("min_bad", self.rules.min_bad),
            Setting::new("not_asked", self.not_asked()),
            Setting::new("runbook_url", Value::Text(self.runbook_url.clone())),
        ]
    }

    fn snapshot(&self) -> Vec<Setting> {
        let seen = self.seen();
        let used = |indicator| {
            let seen = seen.iter().find(|seen| seen.indicator == indicator);
            seen.map(Seen::used)
        };
        let firing = |seen: &Seen| seen.alerts().map(|alert| (seen.indicator, alert.severity)).collect::<Vec<_>>();
        let firing = seen.iter().flat_map(firing);
        let firing: Vec<_> = firing.map(|(of, severity)| format!("{} {}", of.as_str(), severity.as_str())).collect();
        vec![
            Setting::new("is_met", self.is_met()),
            Setting::new("availability_used", used(Indicator::Availability)),
            Setting::new("latency_used", used(Indicator::Latency)),
            Setting::new("firing", (!firing.is_empty()).then(|| firing.join(", "))),
        ]
    }

    fn figures(&self, figures: &mut ByName) {
        figures.add(self.feed.row, |window| Some(self.sums(window)));
    }

    #[cfg(feature = "serde")]
    fn keep(&self) -> Option<&dyn Keep> {
        Some(self)
    }

    fn story(&self, story: &mut Story) {
        self.tell_news();
        story.add(self.feed.row.source, &self.told, || self.counted());
    }

    fn gauges(&self, sums: &mut Sums) {
        let seen = self.seen();
        let gauges = sums.of(self.feed.row);
        gauges.add(OF_PERIOD.0, self.period().as_secs_f64());
        gauges.add_count(OF_PERIOD.1, 1);
        for seen in seen {
            let names = ObjectiveGauges::of(seen.indicator);
            gauges.add(names.target, seen.target.share());
            gauges.add_count(names.count, 1);
            let spendings = names.windows.into_iter().zip(seen.windows).chain([(names.budget, seen.asked)]);
            for ((bad, allowed), asked) in spendings {
                gauges.add_total(bad, asked.bad);
                gauges.add(allowed, seen.target.allowed_of(asked));
            }
            for severity in Severity::ALL {
                let firing = seen.alerts().filter(|alert| alert.severity == severity);
                gauges.add_count(names.firing[severity as usize], firing.count());
            }
        }
    }
}
