//! The nodes that beat.

use std::collections::BTreeSet;

use super::*;
use crate::state::phi::{Beat, Nodes, Seen};

pub(super) const HOUR: Nanos = ms(3_600_000);

pub(super) fn nodes(capacity: usize) -> Nodes {
    Nodes::new(RULES, capacity, HOUR)
}

fn suspected(seen: Option<Seen>) -> Option<Nanos> {
    seen.expect("it has beaten").suspected
}

#[test]
fn a_node_that_never_beat_is_unknown() {
    let mut nodes = nodes(2);
    assert_eq!(nodes.beat("a", ms(0)), Beat::Counted);
    assert_eq!(nodes.see("b", ms(0)), None);
    assert!(nodes.see("a", ms(0)).is_some_and(|seen| seen.phi < 1e-3 && seen.suspected.is_none()));
}

#[test]
fn a_suspicion_is_news_once_and_has_its_true_time() {
    let mut nodes = nodes(2);
    assert_eq!(nodes.beat("a", ms(0)), Beat::Counted);
    let first = nodes.see("a", ms(10_000)).unwrap();
    let again = nodes.see_all(ms(11_000)).pop().unwrap();
    assert_eq!([first.is_news, again.is_news], [true, false]);
    let (since, silent) = (first.suspected.unwrap(), first.silent);
    assert!(since < silent && again.suspected == Some(Nanos(since.0 + SECOND.0)), "{since:?} of {silent:?}");
    let Beat::Returned(returned) = nodes.beat("a", ms(12_000)) else { panic!("it was suspected") };
    assert_eq!((returned.silent, returned.is_news), (ms(12_000), false));
    assert_eq!(suspected(nodes.see("a", ms(12_000))), None);
    assert!(nodes.see("a", ms(24_000)).unwrap().is_news, "the next suspicion is another");
}

#[test]
fn a_beat_tells_the_suspicion_that_nobody_saw() {
    let mut nodes = nodes(2);
    assert_eq!(nodes.beat("a", ms(0)), Beat::Counted);
    assert!(matches!(nodes.beat("a", ms(12_000)), Beat::Returned(Seen { is_news: true, .. })));
}

#[test]
fn a_node_is_forgotten_after_an_hour() {
    let mut nodes = nodes(2);
    assert_eq!(nodes.beat("a", ms(0)), Beat::Counted);
    assert!(nodes.see("a", Nanos(HOUR.0 - 1)).is_some());
    assert_eq!((nodes.see("a", HOUR), nodes.see_all(HOUR)), (None, vec![]));
    assert_eq!(nodes.beat("a", HOUR), Beat::Counted, "it comes as a new one");
}

#[test]
fn the_one_silent_longest_makes_room_only_if_it_is_suspected() {
    let mut nodes = nodes(2);
    for (node, at) in [("a", 0), ("b", 1_000), ("a", 1_100)] {
        assert_eq!(nodes.beat(node, ms(at)), Beat::Counted);
    }
    assert_eq!(nodes.beat("c", ms(1_200)), Beat::Refused);
    assert_eq!(nodes.beat("a", ms(2_000)), Beat::Counted, "one that is known needs no room");
    assert_eq!(nodes.beat("c", ms(20_000)), Beat::Counted);
    let names: Vec<_> = nodes.see_all(ms(20_000)).into_iter().map(|seen| seen.node).collect();
    assert_eq!(names, ["a".into(), "c".into()] as [Arc<str>; 2]);
}

#[test]
fn ten_thousand_nodes_beat_and_the_first_thousand_are_kept() {
    let mut nodes = nodes(1_000);
    for round in 0..5 {
        for node in 0..10_000 {
            let beat = nodes.beat(&format!("node {node}"), ms(round * 1_000));
            assert_eq!(beat == Beat::Counted, node < 1_000, "node {node}");
        }
    }
    let seen = nodes.see_all(ms(4_000));
    assert!(seen.len() == 1_000 && seen.iter().all(|seen| seen.suspected.is_none()));
    // All fall silent, and others take their places.
    for node in 10_000..20_000 {
        assert_eq!(nodes.beat(&format!("node {node}"), ms(60_000)) == Beat::Counted, node < 11_000, "node {node}");
    }
    let kept: BTreeSet<_> = nodes.see_all(ms(60_000)).into_iter().map(|seen| seen.node).collect();
    assert_eq!(kept.len(), 1_000);
}

#[test]
fn without_room_every_node_is_refused() {
    assert_eq!(nodes(0).beat("a", ms(0)), Beat::Refused);
}
