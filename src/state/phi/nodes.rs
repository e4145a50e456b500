//! The nodes that beat: a bounded map, in which the one that is silent longest makes room for a new one if it is suspected.
//!
//! Exact. Its owner has the lock. A beat takes the logarithm of the number of nodes, also where it is refused.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

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
        Self { rules, capacity, forget_after, pulses: HashMap::new(), by_last: BTreeSet::new() }
    }

    pub(crate) fn beat(&mut self, node: &str, now: Nanos) -> Beat {
        self.forget(now);
        let Some((node, mut pulse)) = self.take(node) else { return self.first_beat(node, now) };
        let seen = see(&self.rules, &node, &mut pulse, now);
        pulse.beat(&self.rules, now);
        self.put(node, pulse);
        if seen.suspected.is_some() { Beat::Returned(seen) } else { Beat::Counted }
    }

    fn first_beat(&mut self, node: &str, now: Nanos) -> Beat {
        if self.pulses.len() >= self.capacity && !self.make_room(now) {
            return Beat::Refused;
        }
        self.put(node.into(), Pulse::new(&self.rules, now));
        Beat::Counted
    }

    /// What there is to see of a node. `None` for one that never beat, or was forgotten.
    pub(crate) fn see(&mut self, node: &str, now: Nanos) -> Option<Seen> {
        self.forget(now);
        let (name, _) = self.pulses.get_key_value(node)?;
        let name = Arc::clone(name);
        self.pulses.get_mut(node).map(|pulse| see(&self.rules, &name, pulse, now))
    }

    /// What there is to see of all nodes, those first that are silent longest.
    pub(crate) fn see_all(&mut self, now: Nanos) -> Vec<Seen> {
        self.forget(now);
        let Self { rules, pulses, by_last, .. } = self;
        let seen = |(_, node): &(Nanos, Arc<str>)| pulses.get_mut(node).map(|pulse| see(rules, node, pulse, now));
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
        if let Some((_, node)) = self.by_last.pop_first() {
            self.pulses.remove(&node);
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

/// Looks at a node, and notes that its suspicion was seen.
fn see(rules: &Rules, node: &Arc<str>, pulse: &mut Pulse, now: Nanos) -> Seen {
    let suspected = pulse.is_suspected(now).then(|| now.saturating_sub(pulse.suspected_at));
    let is_news = suspected.is_some() && !pulse.is_seen;
    pulse.is_seen |= is_news;
    let (phi, silent) = (pulse.phi(rules, now), now.saturating_sub(pulse.last));
    Seen { node: Arc::clone(node), phi, silent, suspected, is_news }
}
