//! How many may be out: Envoy's `max_ejection_percent`, but that it never takes the last one.

use super::*;

/// How many of so many are ejected when all fail.
fn ejected(max_ejected: f64, members: usize) -> usize {
    let team = team_of(Rules { max_ejected, panic_below: 0.0, ..RULES }, members);
    for number in 0..members {
        team.run_at(&nth(number), Failure, 5);
    }
    team.out().len()
}

#[test]
fn half_may_be_out_and_one_remains() {
    let cases = [(1, 0), (2, 1), (3, 1), (4, 2), (5, 2), (6, 3), (9, 4), (10, 5)];
    for (members, wanted) in cases {
        assert_eq!(ejected(0.5, members), wanted, "of {members}");
    }
}

#[test]
fn one_remains_even_where_all_may_be_out() {
    for members in 1..5 {
        assert_eq!(ejected(1.0, members), members - 1, "of {members}");
    }
}

#[test]
fn with_envoys_default_nobody_of_fewer_than_ten_is_ejected() {
    let found = [1, 5, 9, 10, 19, 20].map(|members| ejected(0.1, members));
    assert_eq!(found, [0, 0, 0, 1, 1, 2]);
}

#[test]
fn with_none_at_all_nobody_is_ejected() {
    assert_eq!(ejected(0.0, 10), 0);
}

#[test]
fn a_refused_ejection_is_told() {
    let team = team_of(RULES, 3);
    team.eject("a");
    team.news();
    team.run_at("b", Failure, 5);
    assert_eq!((team.phase("b"), team.news()), (Phase::InService, vec!["b not ejected: consecutive".into()]));
}

#[test]
fn one_on_trial_counts_as_not_ejected() {
    let team = team_of(RULES, 3);
    team.eject("a");
    let trial = team.pass(40 * S).call();
    assert_eq!((trial.at(), team.phase("a")), ("a", Phase::OnTrial));
    team.eject("b");
    assert_eq!(team.out(), ["a", "b"]);
}

#[test]
fn a_hand_ejects_as_many_as_it_likes() {
    let team = team_of(RULES, 3);
    for name in ["a", "b", "c"] {
        team.by_hand(Roster::eject_by_hand, name);
    }
    assert_eq!(team.out(), ["a", "b", "c"]);
}

#[test]
fn those_that_take_no_calls_are_not_counted() {
    let team = team_of(RULES, 4);
    for name in ["c", "d"] {
        team.by_hand(Roster::drain, name);
    }
    team.eject("a");
    team.run_at("b", Failure, 5);
    assert_eq!(team.out(), ["a"]);
}
