//! Which replicas of a set faults reach.

use proptest::prelude::*;

use crate::state::chaos::Replicas;

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn faults_reach_those_that_are_chosen() {
    let mut replicas = Replicas::default();
    let _there = ["a", "b", "c"].map(|name| replicas.add(name));
    assert!(!replicas.reach("a"), "none is chosen");
    assert!(replicas.choose(names(&["a", "b"])));
    assert_eq!(["a", "b", "c"].map(|name| replicas.reach(name)), [true, true, false]);
    assert!(replicas.choose(Vec::new()));
    assert!(!replicas.reach("a"));
}

#[test]
fn a_choice_that_leaves_none_or_that_is_not_there_changes_nothing() {
    let mut replicas = Replicas::default();
    let _there = ["a", "b"].map(|name| replicas.add(name));
    assert!(replicas.choose(names(&["a"])));
    for wrong in [&["a", "b"][..], &["x"], &["b", "x"]] {
        assert!(!replicas.choose(names(wrong)), "{wrong:?}");
        assert!(replicas.reach("a") && !replicas.reach("b"));
    }
}

#[test]
fn faults_reach_none_once_the_others_are_gone() {
    let mut replicas = Replicas::default();
    let (a, b) = (replicas.add("a"), replicas.add("b"));
    assert!(replicas.choose(names(&["a"])));
    drop(b);
    assert!(!replicas.reach(&a), "it is the last one");
    let _c = replicas.add("c");
    assert!(replicas.reach(&a));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn at_least_one_replica_is_left_untouched(steps in prop::collection::vec((0..4_u8, 0..5_usize, 0..32_u32), 0..60)) {
        const ALL: [&str; 5] = ["a", "b", "c", "d", "e"];
        let (mut replicas, mut held) = (Replicas::default(), Vec::new());
        for (step, which, some) in steps {
            match step {
                0 | 1 => held.push(replicas.add(ALL[which])),
                2 => held.retain(|name| **name != *ALL[which]),
                _ => {
                    let chosen = ALL.iter().enumerate().filter(|(number, _)| some >> number & 1 != 0);
                    replicas.choose(chosen.map(|(_, name)| (*name).to_owned()).collect());
                }
            }
            let untouched = held.iter().filter(|name| !replicas.reach(name)).count();
            prop_assert!(held.is_empty() || untouched > 0);
        }
    }
}
