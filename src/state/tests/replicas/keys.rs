//! Calls placed by their keys.

use super::*;
use crate::state::replicas::key_hash;

fn keyed(shards: usize) -> Rules {
    Rules { shards: Some(shards), ..RULES }
}

/// Where each of a thousand keys goes.
fn homes(team: &Team) -> Vec<String> {
    let home = |key: u32| {
        let call = team.try_call(key_hash(&key), &[]).expect("a member takes it");
        let home = call.at().to_owned();
        team.end(call, Success);
        home
    };
    (0..1_000).map(home).collect()
}

#[test]
fn a_key_goes_to_the_same_member_each_time() {
    let team = team_of(keyed(1), 5);
    assert_eq!(homes(&team), homes(&team));
    assert_eq!(homes(&team), homes(&team_of(keyed(1), 5)), "in another process too");
}

#[test]
fn the_order_of_the_members_does_not_matter() {
    let there = homes(&team(keyed(1), &["a", "b", "c"]));
    assert_eq!(there, homes(&team(keyed(1), &["c", "a", "b"])));
}

#[test]
fn keys_spread_over_all_members() {
    let homes = homes(&team_of(keyed(1), 5));
    for number in 0..5 {
        let share = count(&homes, &nth(number));
        assert!((150..250).contains(&share), "{share} of 1,000");
    }
}

#[test]
fn the_hash_of_a_key_stays_what_it_is() {
    assert_eq!([key_hash("orders"), key_hash(&7_u32)], [10_112_509_002_788_364_026, 13_613_922_390_088_569_570]);
}

#[test]
fn a_member_that_goes_moves_its_own_keys_only() {
    let team = team_of(keyed(1), 5);
    let before = homes(&team);
    team.remove("c");
    for (before, after) in before.iter().zip(homes(&team)) {
        assert_eq!(before == "c", *before != after);
    }
}

#[test]
fn keys_of_one_that_is_out_go_to_the_next_best_and_come_back() {
    let team = team_of(keyed(1), 5);
    let before = homes(&team);
    team.by_hand(Roster::eject_by_hand, "c");
    let during = homes(&team);
    for (before, during) in before.iter().zip(&during) {
        assert_eq!(before == "c", before != during);
    }
    let next: std::collections::BTreeSet<_> =
        before.iter().zip(&during).filter(|(before, _)| *before == "c").map(|(_, during)| during.clone()).collect();
    assert_eq!(next.len(), 4, "they spread over all others");
    team.by_hand(Roster::readmit_by_hand, "c");
    assert_eq!(homes(&team), before);
}

#[test]
fn a_shard_is_the_least_loaded_of_so_many_members() {
    let team = team_of(keyed(2), 6);
    let key = key_hash("customer");
    let calls: Vec<_> = (0..20).map(|_| team.try_call(key, &[]).unwrap()).collect();
    let mut counts: Vec<_> = (0..6).map(|number| team.see(&nth(number)).in_flight).collect();
    counts.sort_unstable();
    assert_eq!(counts, [0, 0, 0, 0, 10, 10]);
    drop(calls);
}

#[test]
fn a_shard_spills_only_when_all_of_it_is_unusable() {
    let team = team_of(keyed(2), 6);
    let key = key_hash("customer");
    let place = |tried: &[u64]| {
        let call = team.try_call(key, tried).unwrap();
        let member = Arc::clone(&call.member);
        team.end(call, Success);
        member
    };
    let first = place(&[]);
    let second = place(&[first.id()]);
    team.by_hand(Roster::eject_by_hand, first.name());
    for _ in 0..9 {
        assert_eq!(place(&[]).id(), second.id());
    }
    team.by_hand(Roster::eject_by_hand, second.name());
    let third = place(&[]);
    assert!(third.id() != first.id() && third.id() != second.id());
    assert_eq!(place(&[]).id(), third.id(), "the next best, and always the same");
}

#[test]
fn a_call_by_key_goes_on_to_each_member() {
    let team = team_of(keyed(2), 6);
    let mut tried = Vec::new();
    while let Some(call) = team.try_call(9, &tried) {
        tried.push(call.member.id());
    }
    assert_eq!(tried.len(), 6);
}

#[test]
fn keys_do_not_panic() {
    let team = team_of(keyed(1), 3);
    let before = homes(&team);
    for name in ["a", "b"] {
        team.by_hand(Roster::eject_by_hand, name);
    }
    assert_eq!(count(&homes(&team), "c"), 1_000);
    team.by_hand(Roster::eject_by_hand, "c");
    assert_eq!(homes(&team), before, "where none is healthy, each goes to its first");
}
