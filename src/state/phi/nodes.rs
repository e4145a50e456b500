//! The nodes that beat: a bounded map, in which the one that is silent longest makes room for a new one if it is suspected.
//!
//! Exact. Its owner has the lock. A beat takes the logarithm of the number of nodes, also where it is refused.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::alarm::Alarm;
use super::pulse::{Pulse, Rules};
use crate::time::Nanos;

#[derive(Debug)]
pub(crate) struct Nodes {
    rules: Rules,
    capacity: usize,
    /// A node that is silent for so long is forgotten.
    forget_after: Nanos,
    pulses: HashMap<Arc<str>, Pulse>,
    /// The same nodes by their last beats.
    by_last: BTreeSet<(Nanos, Arc<str>)>,
    /// Those of other nodes that somebody watches: they never beat, or went while they were suspected.
    alarms: HashMap<Arc<str>, Arc<Alarm>>,
}

/// What a beat did.
#[derive(Clone, Debug, PartialEq)]
#[must_use]
pub(crate) enum Beat {
    Counted,
    /// It was counted, and the node had been suspected.
    Returned(Seen),
    /// There is no room for another node.
    Refused,
}

/// A node as one sees it who asks.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Seen {
    pub(crate) node: Arc<str>,
    pub(crate) phi: f64,
    pub(crate) silent: Nanos,
    /// How long it has been suspected, if it is.
    pub(crate) suspected: Option<Nanos>,
    /// Whether nobody saw this suspicion before.
    pub(crate) is_news: bool,
}

impl Nodes {
    pub(crate) fn new(rules: Rules, capacity: usize, forget_after: Nanos) -> Self {
        let (pulses, by_last, alarms) = (HashMap::new(), BTreeSet::new(), HashMap::new());
        Self { rules, capacity, forget_after, pulses, by_last, alarms }
    }

    pub(crate) const fn rules(&self) -> &Rules {
        &self.rules
    }

    pub(crate) const fn capacity(&self) -> usize {
        self.capacity
    }

    pub(crate) const fn forget_after(&self) -> Nanos {
        self.forget_after
    }

    /// Watches a node, whether it beats or not. A node that goes stays suspected to those who watch it, until it beats again.
    pub(crate) fn watch(&mut self, node: &str) -> Arc<Alarm> {
        if let Some(pulse) = self.pulses.get(node) {
            return Arc::clone(&pulse.alarm);
        }
        self.alarms.retain(|_, alarm| is_watched(alarm));
        Arc::clone(self.alarms.entry(node.into()).or_default())
    }

    pub(crate) fn beat(&mut self, node: &str, now: Nanos) -> Beat {
        self.forget(now);
        let Some((node, mut pulse)) = self.take(node) else { return self.first_beat(node, now) };
        let seen = see(&self.rules, &node, &pulse, now);
        pulse.beat(&self.rules, now);
        self.put(node, pulse);
        if seen.suspected.is_some() { Beat::Returned(seen) } else { Beat::Counted }
    }

    fn first_beat(&mut self, node: &str, now: Nanos) -> Beat {
        if self.pulses.len() >= self.capacity && !self.make_room(now) {
            return Beat::Refused;
        }
        let alarm = self.alarms.remove(node).unwrap_or_default();
        self.put(node.into(), Pulse::new(&self.rules, alarm, now));
        Beat::Counted
    }

    /// What there is to see of a node. `None` for one that never beat, or was forgotten.
    pub(crate) fn see(&mut self, node: &str, now: Nanos) -> Option<Seen> {
        self.forget(now);
        self.pulses.get_key_value(node).map(|(node, pulse)| see(&self.rules, node, pulse, now))
    }

    /// What there is to see of all nodes, those first that are silent longest.
    pub(crate) fn see_all(&mut self, now: Nanos) -> Vec<Seen> {
        self.forget(now);
        let Self { rules, pulses, by_last, .. } = self;
        let seen = |(_, node): &(Nanos, Arc<str>)| pulses.get(node).map(|pulse| see(rules, node, pulse, now));
        by_last.iter().filter_map(seen).collect()
    }

    fn forget(&mut self, now: Nanos) {
        while let Some((last, _)) = self.by_last.first() {
            if now.saturating_sub(*last) < self.forget_after {
                break;
            }
            self.drop_first();
        }
    }

    fn make_room(&mut self, now: Nanos) -> bool {
        let longest = self.by_last.first().and_then(|(_, node)| self.pulses.get(node));
        let may_go = longest.is_some_and(|pulse| pulse.is_suspected(now));
        if may_go {
            self.drop_first();
        }
        may_go
    }

    fn drop_first(&mut self) {
        let first = self.by_last.pop_first().and_then(|(_, node)| self.pulses.remove_entry(&node));
        if let Some((node, Pulse { alarm, .. })) = first.filter(|(_, pulse)| is_watched(&pulse.alarm)) {
            // Nobody can be told any more.
            alarm.see();
            self.alarms.insert(node, alarm);
        }
    }

    fn take(&mut self, node: &str) -> Option<(Arc<str>, Pulse)> {
        let (node, pulse) = self.pulses.remove_entry(node)?;
        let key = (pulse.last, node);
        self.by_last.remove(&key);
        Some((key.1, pulse))
    }

    fn put(&mut self, node: Arc<str>, pulse: Pulse) {
        self.by_last.insert((pulse.last, Arc::clone(&node)));
        self.pulses.insert(node, pulse);
    }
}

/// Whether anybody but the nodes has it.
fn is_watched(alarm: &Arc<Alarm>) -> bool {
    Arc::strong_count(alarm) > 1
}

/// Looks at a node, and notes that its suspicion was seen.
fn see(rules: &Rules, node: &Arc<str>, pulse: &Pulse, now: Nanos) -> Seen {
    let alarm = &pulse.alarm;
    let suspected = alarm.is_suspected(now).then(|| now.saturating_sub(alarm.at()));
    let is_news = suspected.is_some() && alarm.see();
    let (phi, silent) = (pulse.phi(rules, now), now.saturating_sub(pulse.last));
    Seen { node: Arc::clone(node), phi, silent, suspected, is_news }
}
