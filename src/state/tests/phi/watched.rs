//! Nodes that somebody watches.

use std::cell::Cell;

use super::nodes::{HOUR, nodes};
use super::*;
use crate::state::phi::{Alarm, Beat};
use crate::time::Now;

/// A clock that tells whether it was read.
struct Told(Cell<bool>);

impl Now for &Told {
    fn now(self) -> Nanos {
        self.0.set(true);
        ms(0)
    }
}

fn suspected(alarm: &Alarm, at: [u64; 3]) -> [bool; 3] {
    at.map(|at| alarm.is_suspected(ms(at)))
}

#[test]
fn a_node_that_never_beat_is_not_suspected_and_no_clock_is_read() {
    let clock = Told(Cell::new(false));
    let alarm = nodes(2).watch("a");
    assert!(!alarm.is_suspected(&clock) && !clock.0.get());
}

#[test]
fn a_watch_hears_beats_whether_it_came_before_them_or_after() {
    let mut nodes = nodes(2);
    let before = nodes.watch("a");
    assert_eq!(nodes.beat("a", ms(0)), Beat::Counted);
    let after = nodes.watch("a");
    for alarm in [&before, &after] {
        assert_eq!(suspected(alarm, [1_000, 5_000, 60_000]), [false, true, true]);
    }
    assert!(matches!(nodes.beat("a", ms(60_000)), Beat::Returned(_)));
    for alarm in [&before, &after] {
        assert_eq!(suspected(alarm, [60_000, 61_000, 120_000]), [false, false, true]);
    }
}

#[test]
fn a_watch_and_the_nodes_suspect_at_the_same_nanosecond() {
    let mut nodes = nodes(2);
    assert_eq!(nodes.beat("a", ms(0)), Beat::Counted);
    let alarm = nodes.watch("a");
    let now = ms(60_000);
    let at = Nanos(now.0 - nodes.see("a", now).and_then(|seen| seen.suspected).expect("it is suspected").0);
    assert!(alarm.is_suspected(at) && !alarm.is_suspected(Nanos(at.0 - 1)));
    assert_eq!(nodes.see("a", Nanos(at.0 - 1)).unwrap().suspected, None);
}

#[test]
fn a_watched_node_that_goes_is_suspected_until_it_beats_again() {
    let mut nodes = nodes(1);
    assert_eq!(nodes.beat("a", ms(0)), Beat::Counted);
    let alarm = nodes.watch("a");
    assert_eq!(nodes.see("a", HOUR), None, "it is forgotten");
    assert!(alarm.is_suspected(HOUR) && nodes.watch("a").is_suspected(HOUR));
    assert_eq!(nodes.beat("a", HOUR), Beat::Counted);
    assert!(!alarm.is_suspected(HOUR));

    let later = Nanos(HOUR.0 + ms(60_000).0);
    assert_eq!(nodes.beat("b", later), Beat::Counted, "it takes the place");
    assert!(alarm.is_suspected(later));
    assert_eq!(nodes.beat("a", later), Beat::Refused);
    assert!(alarm.is_suspected(later), "a beat that does not count is none");
}

#[test]
fn of_a_node_that_is_not_watched_nothing_is_kept() {
    let mut nodes = nodes(1);
    assert_eq!(nodes.beat("a", ms(0)), Beat::Counted);
    drop(nodes.watch("a"));
    assert_eq!(nodes.see("a", HOUR), None);
    assert!(!nodes.watch("a").is_suspected(HOUR));
}

#[test]
fn a_hundred_thousand_watches_that_are_gone_leave_one() {
    let mut nodes = nodes(1);
    (0..100_000).for_each(|node| drop(nodes.watch(&format!("node {node}"))));
    assert_eq!(format!("{nodes:?}").matches("Alarm").count(), 1);
}

#[test]
fn the_first_watcher_to_see_a_suspicion_is_told_of_it() {
    let mut nodes = nodes(1);
    assert_eq!(nodes.beat("a", ms(0)), Beat::Counted);
    let alarm = nodes.watch("a");
    assert!(!alarm.is_seen());
    assert!(nodes.see("a", ms(60_000)).is_some_and(|seen| seen.is_news) && alarm.is_seen());
    assert!(matches!(nodes.beat("a", ms(60_000)), Beat::Returned(_)) && !alarm.is_seen());
    assert_eq!(nodes.see("a", Nanos(2 * HOUR.0)), None);
    assert!(alarm.is_seen(), "of one that is forgotten nobody can be told");
}
