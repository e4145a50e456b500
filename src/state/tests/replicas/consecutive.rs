//! Failures in a row.

use super::*;

#[test]
fn five_failures_in_a_row_eject() {
    let team = team_of(RULES, 3);
    team.run_at("a", Failure, 4);
    assert_eq!((team.phase("a"), team.news()), (Phase::InService, vec![]));
    team.run_at("a", Failure, 1);
    assert_eq!((team.phase("a"), team.news()), (Phase::Ejected, vec!["a ejected: consecutive".into()]));
}

#[test]
fn a_success_ends_a_streak() {
    let team = team_of(RULES, 3);
    team.run_at("a", Failure, 4);
    team.run_at("a", Success, 1);
    team.run_at("a", Failure, 4);
    assert_eq!(team.phase("a"), Phase::InService);
}

#[test]
fn what_is_no_result_neither_adds_to_nor_ends_a_streak() {
    for how in [Throttled, Nothing] {
        let team = team_of(RULES, 3);
        team.run_at("a", Failure, 4);
        team.run_at("a", how, 9);
        assert_eq!(team.phase("a"), Phase::InService, "{how:?}");
        team.run_at("a", Failure, 1);
        assert_eq!(team.phase("a"), Phase::Ejected, "{how:?}");
    }
}

#[test]
fn streaks_are_of_one_member_each() {
    let team = team_of(RULES, 3);
    for _ in 0..4 {
        team.run_at("a", Failure, 1);
        team.run_at("b", Failure, 1);
    }
    assert_eq!(team.out(), [""; 0]);
}

#[test]
fn without_the_rule_no_streak_ejects() {
    let team = team_of(Rules { consecutive: None, ..RULES }, 3);
    team.run_at("a", Failure, 99);
    assert_eq!(team.out(), [""; 0]);
}

#[test]
fn a_hundred_results_at_the_death_eject_once() {
    let team = team_of(RULES, 3);
    let calls: Vec<_> = (0..100).map(|_| team.call_at("a")).collect();
    for call in calls {
        team.end(call, Failure);
    }
    assert_eq!(team.news(), ["a ejected: consecutive"]);
    assert_eq!(team.see("a").times, 1);
}

#[test]
fn results_that_come_while_it_is_ejected_count_nothing() {
    let team = team_of(RULES, 3);
    let late: Vec<_> = (0..9).map(|_| team.call_at("a")).collect();
    team.eject("a");
    let until = team.see("a").until;
    for (number, call) in late.into_iter().enumerate() {
        team.end(call, if number % 2 == 0 { Success } else { Failure });
    }
    assert_eq!((team.phase("a"), team.see("a").until), (Phase::Ejected, until));
}

#[test]
fn results_of_before_an_ejection_count_nothing_after_it() {
    let team = team_of(RULES, 3);
    let late: Vec<_> = (0..9).map(|_| team.call_at("a")).collect();
    team.eject("a");
    team.by_hand(Roster::readmit_by_hand, "a");
    for call in late {
        team.end(call, Failure);
    }
    assert_eq!(team.phase("a"), Phase::InService);
}

#[test]
fn an_ejection_empties_the_streak() {
    let team = team_of(RULES, 3);
    team.run_at("a", Failure, 4);
    team.by_hand(Roster::eject_by_hand, "a");
    team.by_hand(Roster::readmit_by_hand, "a");
    team.run_at("a", Failure, 4);
    assert_eq!(team.phase("a"), Phase::InService);
}

#[test]
fn a_refused_ejection_is_asked_for_again_after_another_streak() {
    let team = team_of(RULES, 1);
    team.run_at("a", Failure, 9);
    assert_eq!(team.news(), ["a not ejected: consecutive"]);
    team.run_at("a", Failure, 1);
    assert_eq!(team.news(), ["a not ejected: consecutive"]);
}
