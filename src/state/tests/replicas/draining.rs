//! One that is drained takes no new call, and its calls end.

use super::*;

#[test]
fn one_that_is_drained_takes_no_new_call() {
    for rules in [RULES, ROUND_ROBIN, FAIL_OVER, Rules { shards: Some(1), ..RULES }] {
        let team = team_of(rules, 3);
        team.by_hand(Roster::drain, "a");
        assert_eq!(count(&team.places(99), "a"), 0, "{rules:?}");
        team.by_hand(Roster::undrain, "a");
        let found = (0..99).any(|key| team.try_call(key, &[]).is_some_and(|call| call.at() == "a"));
        // Where calls fail over, another has taken over meanwhile.
        assert_eq!(found, rules.policy != Policy::FailOver, "{rules:?}");
    }
}

#[test]
fn it_is_drained_when_its_last_call_ends() {
    let team = team_of(RULES, 2);
    let calls = [team.call_at("a"), team.call_at("a")];
    team.by_hand(Roster::drain, "a");
    let [one, two] = calls;
    team.end(one, Success);
    assert_eq!((team.news(), team.see("a").is_drained), (vec![], true));
    team.end(two, Success);
    assert_eq!((team.news(), team.see("a").in_flight), (vec!["a drained".into()], 0));
}

#[test]
fn an_idle_one_is_drained_at_once_and_told_once() {
    let team = team_of(RULES, 2);
    team.by_hand(Roster::drain, "a");
    team.by_hand(Roster::drain, "a");
    assert_eq!(team.news(), ["a drained"]);
    team.by_hand(Roster::undrain, "a");
    team.by_hand(Roster::drain, "a");
    assert_eq!(team.news(), ["a drained"]);
}

#[test]
fn results_still_count_while_it_drains() {
    let team = team_of(RULES, 3);
    let calls: Vec<_> = (0..5).map(|_| team.call_at("a")).collect();
    team.by_hand(Roster::drain, "a");
    for call in calls {
        team.end(call, Failure);
    }
    assert_eq!(team.phase("a"), Phase::Ejected);
}

#[test]
fn all_drained_is_nobody() {
    let team = team_of(RULES, 2);
    for name in ["a", "b"] {
        team.by_hand(Roster::drain, name);
    }
    assert!(team.try_call(0, &[]).is_none());
}
