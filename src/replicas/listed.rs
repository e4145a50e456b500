//! How a registry shows replicas.

use std::time::Duration;

use super::shared::Core;
use crate::error::ConfigError;
use crate::registry::{Instance, Listed, Order, Row, Story, Sums};
use crate::setting::{Setting, Value};
use crate::source::Source;
use crate::state::history::Counted;
use crate::state::replicas::MemberView;
use crate::time::Nanos;

/// The most replicas that a registry shows, those that are worst off.
const SHOWN: usize = 20;

impl Listed for Core {
    fn row(&self) -> &'static Row {
        self.row
    }

    fn settings(&self) -> Vec<Setting> {
        let rules = self.roster.rules();
        let some = |is_set: bool, value: Value| if is_set { value } else { Value::Off };
        vec![
            Setting::new("policy", if rules.shards.is_some() { "by key" } else { rules.policy.as_str() }),
            Setting::new("shards", rules.shards),
            Setting::new("max_tries", (self.reach.max_tries < usize::MAX).then_some(self.reach.max_tries)),
            Setting::new("ready_within", self.reach.ready_within),
            Setting::new("consecutive", rules.consecutive),
            Setting::new("min_gap", some(rules.min_gap <= 1.0, rules.min_gap.into())),
            Setting::new("base", Duration::from(rules.base)),
            Setting::new("max_ejected", rules.max_ejected),
            Setting::new("panic_below", some(rules.panic_below > 0.0, rules.panic_below.into())),
            Setting::new("slow_start", some(rules.slow_start > Nanos(0), Duration::from(rules.slow_start).into())),
            Setting::new("healthy_for", Duration::from(rules.healthy_for)),
            Setting::new("needed", rules.needed),
            Setting::new("spares", rules.spares),
        ]
    }

    fn snapshot(&self) -> Vec<Setting> {
        let view = self.view();
        vec![
            Setting::new("replicas", view.members.len()),
            Setting::new("healthy", view.healthy),
            Setting::new("in_flight", view.members.iter().map(|member| member.in_flight).sum::<u64>()),
            Setting::new("panic", view.is_panic),
        ]
    }

    fn gauges(&self, sums: &mut Sums) {
        let (view, rules) = (self.view(), self.roster.rules());
        let gauges = sums.of(self.row);
        for member in &view.members {
            gauges.add_count(member.state(), 1);
            gauges.add_total("in_flight", member.in_flight);
        }
        gauges.add_count("panic", usize::from(view.is_panic));
        gauges.add_count("missing", rules.needed.saturating_add(rules.spares).saturating_sub(view.healthy));
    }

    fn story(&self, story: &mut Story) {
        story.add(self.row.source, &self.told, Counted::default);
    }

    /// One replica, which the key names.
    fn steer(&self, order: &Order<'_>) -> Result<usize, ConfigError> {
        let (members, _) = self.roster.members();
        let is_there = |name: &&str| members.iter().any(|member| &**member.name() == *name);
        let Some(replica) = order.key().filter(is_there) else { return Ok(0) };
        let source = self.row.source.of_key(Some(replica));
        if !order.is_for(source) {
            return Ok(0);
        }
        self.check(order.action)?;
        self.told.tell(source, &order.event());
        Ok(usize::from(Self::steer(self, replica, order.action)))
    }

    fn instances(&self) -> Vec<Instance> {
        let mut members = self.view().members;
        members.sort_by_key(|member| (member.state() == "healthy", member.failures == 0));
        let own = Instance::of(self.row.source, self.settings(), self.snapshot());
        [own].into_iter().chain(members.iter().take(SHOWN).map(|member| shown(self.row.source, member))).collect()
    }
}

/// A replica as a registry shows it, with its name as the key.
fn shown(source: Source<'_>, member: &MemberView) -> Instance {
    let settings = vec![Setting::new("weight", member.weight), Setting::new("tier", member.tier)];
    let snapshot = vec![
        Setting::new("state", member.state()),
        Setting::new("why", member.why.clone()),
        Setting::new("in_use", member.is_in_use),
        Setting::new("in_flight", member.in_flight),
        Setting::new("calls", member.calls),
        Setting::new("failures", member.failures),
        Setting::new("ejections", member.times),
    ];
    Instance::of(source.of_key(Some(&member.name)), settings, snapshot)
}
