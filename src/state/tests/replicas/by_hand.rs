//! What a hand changes.

use super::*;
use crate::state::replicas::{MAX_MEMBERS, Unfit};

#[test]
fn a_name_comes_once() {
    let twice = vec![newcomer("a"), newcomer("a")];
    assert_eq!(Roster::new(RULES, 0, twice, Nanos(0)).err(), Some(Unfit::Duplicate));
    let team = team_of(RULES, 2);
    assert_eq!(team.roster.add(&new_member("a"), team.now()).err(), Some(Unfit::Duplicate));
}

#[test]
fn there_are_at_most_a_thousand() {
    let many = |members| (0..members).map(|number| newcomer(&nth(number))).collect();
    assert_eq!(Roster::new(RULES, 0, many(MAX_MEMBERS + 1), Nanos(0)).err(), Some(Unfit::Full));
    let team = Team::new(RULES, many(MAX_MEMBERS));
    assert_eq!(team.roster.add(&new_member("more"), team.now()).err(), Some(Unfit::Full));
}

#[test]
fn the_version_grows_when_members_change() {
    let team = team_of(RULES, 2);
    let (_, first) = team.roster.members();
    team.add("z");
    let (members, second) = team.roster.members();
    assert!(second > first && members.len() == 3 && team.roster.version() == second);
    team.by_hand(Roster::drain, "a");
    assert_eq!(team.roster.version(), second, "a drain changes no member");
}

#[test]
fn a_name_that_comes_back_is_new() {
    let team = team_of(RULES, 3);
    team.eject("a");
    let before = team.id("a");
    team.remove("a");
    team.add("a");
    let after = team.see("a");
    assert_eq!((after.phase, after.times, after.calls), (Phase::InService, 0, 0));
    assert_ne!(before, team.id("a"));
}

#[test]
fn a_replacement_takes_the_place_of_the_one_before() {
    let team = team_of(FAIL_OVER, 2);
    let before = team.call();
    let changes = team.roster.replace(&new_member("a"), team.now()).expect("it may be a member");
    team.note(changes);
    assert_eq!((before.at(), team.call().at()), ("a", "a"));
    assert_ne!(before.member.id(), team.id("a"));
    team.end(before, Failure);
    assert_eq!((team.news(), team.see("a").calls), (vec!["a drained".to_owned()], 0));
}

#[test]
fn results_of_one_that_was_removed_count_nothing() {
    let team = team_of(RULES, 3);
    let calls: Vec<_> = (0..9).map(|_| team.call_at("a")).collect();
    team.remove("a");
    team.news();
    for call in calls {
        team.end(call, Failure);
    }
    assert_eq!(team.news(), ["a drained"]);
}

#[test]
fn who_still_has_the_members_of_before_does_not_call_one_that_went() {
    let team = team_of(RULES, 2);
    let before = team.roster.members().0;
    team.remove("a");
    for _ in 0..50 {
        let (choice, changes) = team.roster.choose(&before, 0, &[], team.now());
        team.note(changes);
        let choice = choice.unwrap();
        assert_eq!(&**before.get(choice.index).name(), "b");
        team.note(team.roster.exit(before.get(choice.index), choice.entry, Success, team.now()));
    }
}

#[test]
fn an_unknown_name_changes_nothing() {
    let team = team_of(RULES, 2);
    let (roster, now) = (&team.roster, team.now());
    assert!(roster.remove("z", now).is_none() && roster.set_weight("z", 1, now).is_none());
    for act in [Roster::promote, Roster::drain, Roster::undrain, Roster::eject_by_hand, Roster::readmit_by_hand] {
        assert!(act(roster, "z", now).is_none());
    }
}

#[test]
fn one_that_is_out_already_is_not_ejected_by_hand() {
    let team = team_of(RULES, 3);
    team.eject("a");
    let until = team.see("a").until;
    team.news();
    team.by_hand(Roster::eject_by_hand, "a");
    assert_eq!((team.see("a").until, team.news()), (until, vec![]));
}

#[test]
fn one_in_service_is_not_readmitted() {
    let team = team_of(RULES, 3);
    let late = team.call_at("a");
    team.run_at("a", Failure, 4);
    team.by_hand(Roster::readmit_by_hand, "a");
    team.end(late, Failure);
    assert_eq!(team.phase("a"), Phase::Ejected, "its streak goes on");
}

#[test]
fn an_ejection_by_hand_ends_as_others_do() {
    let team = team_of(RULES, 3);
    team.by_hand(Roster::eject_by_hand, "a");
    assert_eq!(team.news(), ["a ejected: by_hand"]);
    assert!(team.pass(33 * S).call().entry.is_trial());
}

#[test]
fn without_members_nobody_takes_a_call() {
    for rules in [RULES, ROUND_ROBIN, FAIL_OVER, Rules { shards: Some(2), ..RULES }] {
        let team = team_of(rules, 0);
        assert!(team.try_call(0, &[]).is_none(), "{rules:?}");
        team.add("a");
        assert_eq!(team.run(Success), "a", "{rules:?}");
    }
}
