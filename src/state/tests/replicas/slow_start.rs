//! A share that grows, as Envoy's does with an aggression of 1.

use super::*;

const SLOW: Rules = Rules { slow_start: Nanos(100 * S), ..RULES };

/// The calls in flight of one that returned so many seconds ago, where another has a hundred.
fn in_flight(rules: Rules, seconds: u64) -> u64 {
    let team = team_of(rules, 2);
    team.by_hand(Roster::eject_by_hand, "a");
    team.pass(S);
    team.by_hand(Roster::readmit_by_hand, "a");
    team.pass(seconds * S);
    let mut calls = Vec::new();
    while team.see("b").in_flight < 100 {
        calls.push(team.call());
    }
    team.see("a").in_flight
}

#[test]
fn the_share_grows_evenly_from_a_tenth() {
    for (seconds, wanted) in [(0, 10), (5, 10), (20, 20), (50, 50), (99, 99), (100, 100), (1_000, 100)] {
        let found = in_flight(SLOW, seconds);
        assert!(found.abs_diff(wanted) <= 1, "after {seconds} s: {found}, not {wanted}");
    }
}

#[test]
fn without_it_one_that_returns_has_its_share_at_once() {
    assert!(in_flight(RULES, 0).abs_diff(100) <= 1);
}

#[test]
fn what_is_there_from_the_beginning_has_its_share() {
    let team = team_of(SLOW, 2);
    let _calls: Vec<_> = (0..100).map(|_| team.call()).collect();
    assert_eq!(team.see("a").in_flight, 50);
}

#[test]
fn one_that_is_added_later_starts_slowly() {
    let team = team_of(SLOW, 1);
    team.pass(S);
    team.add("b");
    let _calls: Vec<_> = (0..110).map(|_| team.call()).collect();
    assert!(team.see("b").in_flight.abs_diff(10) <= 1);
}

#[test]
fn one_that_is_judged_well_again_starts_slowly() {
    let (team, judges) = judged(SLOW, 2);
    judges[0].say(Judgement::Unhealthy);
    team.see("a");
    team.pass(S);
    judges[0].say(Judgement::Healthy);
    team.see("a");
    let _calls: Vec<_> = (0..110).map(|_| team.call()).collect();
    assert!(team.see("a").in_flight.abs_diff(10) <= 1);
}

#[test]
fn in_round_robin_it_passes_turns_by_chance() {
    let team = team_of(Rules { policy: Policy::RoundRobin, ..SLOW }, 2);
    team.by_hand(Roster::eject_by_hand, "a");
    team.by_hand(Roster::readmit_by_hand, "a");
    team.pass(50 * S);
    let share = count(&team.places(3_000), "a");
    assert!((900..1_100).contains(&share), "a half of a turn beside a whole one is a third: {share} of 3,000");
    team.pass(50 * S);
    assert_eq!(count(&team.places(100), "a"), 50);
}

#[test]
fn alone_it_takes_every_call() {
    for policy in [Policy::RoundRobin, Policy::LeastLoaded] {
        let team = team_of(Rules { policy, ..SLOW }, 1);
        team.by_hand(Roster::eject_by_hand, "a");
        team.by_hand(Roster::readmit_by_hand, "a");
        assert_eq!(team.places(50), vec!["a"; 50]);
    }
}

#[test]
fn fail_over_knows_no_slow_start() {
    let team = team_of(Rules { slow_start: Nanos(100 * S), ..FAIL_OVER }, 2);
    team.by_hand(Roster::eject_by_hand, "a");
    team.by_hand(Roster::readmit_by_hand, "a");
    team.by_hand(Roster::promote, "a");
    assert_eq!(team.places(50), vec!["a"; 50]);
}
