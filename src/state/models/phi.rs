//! Beats beside those who watch.

use loom::model;

use super::race;
use crate::state::phi::{Beat, Nodes, Rules};
use crate::sync::{Arc, Mutex};
use crate::time::Nanos;

const SECOND: u64 = 1_000_000_000;

/// Nodes that beat each second, and one of them that has beaten at 0.
fn nodes() -> Arc<Mutex<Nodes>> {
    let rules = Rules {
        threshold: 8.0,
        samples: 10,
        min_std_deviation: Nanos(SECOND / 10),
        acceptable_pause: Nanos(0),
        first_estimate: Nanos(SECOND),
    };
    Arc::new(Mutex::new(Nodes::new(rules, 1, Nanos(60 * SECOND))))
}

fn beat(nodes: &Mutex<Nodes>, seconds: u64) -> Beat {
    nodes.lock().beat("a", Nanos(seconds * SECOND))
}

#[test]
fn a_watch_beside_the_first_beat_hears_of_it() {
    model(|| {
        let nodes = nodes();
        let other = Arc::clone(&nodes);
        let (beat, alarm) = race(move || beat(&other, 0), || nodes.lock().watch("a"));
        assert_eq!(beat, Beat::Counted);
        assert!(!alarm.is_suspected(Nanos(SECOND)) && alarm.is_suspected(Nanos(10 * SECOND)));
    });
}

#[test]
fn a_beat_ends_a_suspicion_for_all_who_look_after_it() {
    model(|| {
        let nodes = nodes();
        assert_eq!(beat(&nodes, 0), Beat::Counted);
        let alarm = nodes.lock().watch("a");
        let (other, watched) = (Arc::clone(&nodes), std::sync::Arc::clone(&alarm));
        let beats = move || {
            assert!(matches!(beat(&other, 10), Beat::Returned(_)));
            watched.is_suspected(Nanos(10 * SECOND))
        };
        let (by_the_beat, _) = race(beats, || alarm.is_suspected(Nanos(10 * SECOND)));
        assert!(!by_the_beat && !alarm.is_suspected(Nanos(10 * SECOND)));
        assert!(!alarm.is_seen(), "the next suspicion is another");
    });
}

#[test]
fn a_watch_beside_the_end_of_a_node_stays_suspected() {
    model(|| {
        let nodes = nodes();
        assert_eq!(beat(&nodes, 0), Beat::Counted);
        let kept = nodes.lock().watch("a");
        let other = Arc::clone(&nodes);
        let (gone, alarm) = race(move || other.lock().see("a", Nanos(60 * SECOND)), || nodes.lock().watch("a"));
        assert_eq!(gone, None);
        assert!(kept.is_suspected(Nanos(60 * SECOND)) && alarm.is_suspected(Nanos(60 * SECOND)));
    });
}
