//! What all handles share: the nodes, and what is told of them.

use std::sync::Arc;

use parking_lot::Mutex;

use crate::event::{Event, Told};
use crate::name::Name;
use crate::registry::{Listed, Row, Story, Sums};
use crate::setting::{Setting, Value};
use crate::state::every::Every;
use crate::state::history::Counted;
use crate::state::phi::{Alarm, Beat, Nodes, Rules, SUSPICIONS, Seen};
use crate::time::{Clock, Nanos};

/// A flood of new nodes is told as a warning once in this time.
const MINUTE: Nanos = Nanos(60_000_000_000);

#[derive(Debug)]
pub(super) struct Core {
    row: &'static Row,
    told: Told,
    nodes: Mutex<Nodes>,
    pub(super) clock: Clock,
    warning: Every,
}

impl Core {
    pub(super) fn new(row: &'static Row, nodes: Nodes) -> Self {
        Self { row, told: Told::new(), nodes: Mutex::new(nodes), clock: Clock::start(), warning: Every::new(MINUTE) }
    }

    pub(super) const fn name(&self) -> Name {
        self.row.name()
    }

    pub(super) fn beat(&self, node: &str) -> bool {
        let now = self.clock.now();
        let beat = self.nodes.lock().beat(node, now);
        match beat {
            Beat::Counted => true,
            Beat::Returned(seen) => {
                self.tell_news(&seen);
                self.tell(&Event::Returned { node: &seen.node, silent: seen.silent.into() });
                true
            }
            Beat::Refused => {
                let (capacity, is_first) = (self.nodes.lock().capacity(), self.warning.try_take(now));
                self.tell(&Event::NoRoom { capacity, outcome: "rejected", is_first });
                false
            }
        }
    }

    pub(super) fn watch(&self, node: &str) -> Arc<Alarm> {
        self.nodes.lock().watch(node)
    }

    pub(super) fn see(&self, node: &str) -> Option<Seen> {
        let seen = self.nodes.lock().see(node, self.clock.now())?;
        self.tell_news(&seen);
        Some(seen)
    }

    /// The same, unless somebody has the lock. Then the holder of the lock tells what it sees, or the next one who asks.
    pub(super) fn try_see(&self, node: &str) {
        let seen = self.nodes.try_lock().and_then(|mut nodes| nodes.see(node, self.clock.now()));
        if let Some(seen) = seen {
            self.tell_news(&seen);
        }
    }

    pub(super) fn see_all(&self) -> Vec<Seen> {
        let seen = self.nodes.lock().see_all(self.clock.now());
        for seen in &seen {
            self.tell_news(seen);
        }
        seen
    }

    fn tell_news(&self, seen: &Seen) {
        if let Some(suspected) = seen.suspected.filter(|_| seen.is_news) {
            self.row.count(SUSPICIONS);
            let (silent, suspected) = (seen.silent.into(), suspected.into());
            self.tell(&Event::Suspected { node: &seen.node, phi: seen.phi, silent, suspected });
        }
    }

    fn tell(&self, event: &Event<'_>) {
        self.told.tell(self.row.source, event);
    }

    /// How many nodes there are, and how many of them are suspected.
    fn count(&self) -> (usize, usize) {
        let seen = self.see_all();
        (seen.len(), seen.iter().filter(|seen| seen.suspected.is_some()).count())
    }
}

impl Listed for Core {
    fn row(&self) -> &'static Row {
        self.row
    }

    fn settings(&self) -> Vec<Setting> {
        let nodes = self.nodes.lock();
        let Rules { threshold, samples, min_std_deviation, acceptable_pause, first_estimate } = *nodes.rules();
        let time = |nanos: Nanos| Value::Time(nanos.into());
        vec![
            Setting::new("threshold", threshold.to_string()),
            Setting::new("samples", samples),
            Setting::new("min_std_deviation", time(min_std_deviation)),
            Setting::new("acceptable_pause", time(acceptable_pause)),
            Setting::new("first_estimate", time(first_estimate)),
            Setting::new("capacity", nodes.capacity()),
            Setting::new("forget_after", time(nodes.forget_after())),
        ]
    }

    fn snapshot(&self) -> Vec<Setting> {
        let (nodes, suspected) = self.count();
        vec![Setting::new("nodes", nodes), Setting::new("suspected", suspected)]
    }

    fn story(&self, story: &mut Story) {
        story.add(self.row.source, &self.told, Counted::default);
    }

    fn gauges(&self, sums: &mut Sums) {
        let (nodes, suspected) = self.count();
        let gauges = sums.of(self.row);
        gauges.add_count("nodes", nodes);
        gauges.add_count("suspected", suspected);
    }
}
