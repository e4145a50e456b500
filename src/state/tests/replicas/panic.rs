//! When health is ignored, as Envoy does below its `healthy_panic_threshold`.

use super::*;

/// So many members. So many of them were ejected by hand.
fn sick(rules: Rules, members: usize, ejected: usize) -> Team {
    let team = team_of(rules, members);
    for number in 0..ejected {
        team.by_hand(Roster::eject_by_hand, &nth(number));
    }
    team
}

fn is_panic(team: &Team) -> bool {
    team.roster.view(team.now()).0.is_panic
}

#[test]
fn it_begins_below_the_line_and_not_at_it() {
    // Healthy, of, below, panic: Envoy's default is half.
    let cases = [
        (2, 4, 0.5, false),
        (1, 4, 0.5, true),
        (1, 2, 0.5, false),
        (0, 1, 0.5, true),
        (2, 3, 0.7, true),
        (0, 3, 0.0, false),
        (2, 3, 1.0, true),
        (3, 3, 1.0, false),
    ];
    for (healthy, of, panic_below, wanted) in cases {
        let team = sick(Rules { panic_below, ..RULES }, of, of - healthy);
        assert_eq!(is_panic(&team), wanted, "{healthy} of {of} below {panic_below}");
    }
}

#[test]
fn in_panic_all_are_used_and_an_event_says_so() {
    for rules in [RULES, ROUND_ROBIN] {
        let team = sick(rules, 3, 2);
        assert_eq!(team.news().last().unwrap(), "panic on: 1 of 3", "{rules:?}");
        let places = team.places(300);
        for name in ["a", "b", "c"] {
            assert!(count(&places, name) > 50, "{name} under {rules:?}");
        }
    }
}

#[test]
fn it_ends_at_the_same_line() {
    let team = sick(RULES, 4, 3);
    assert!(is_panic(&team));
    team.news();
    team.by_hand(Roster::readmit_by_hand, "a");
    assert_eq!(team.news(), ["a readmitted: by_hand", "panic off: 2 of 4"]);
    let places = team.places(300);
    assert_eq!(count(&places, "b") + count(&places, "c"), 0);
}

#[test]
fn a_drained_member_is_not_counted() {
    let team = sick(RULES, 4, 2);
    assert!(!is_panic(&team));
    team.by_hand(Roster::drain, "d");
    assert!(is_panic(&team), "1 of 3");
    assert_eq!(count(&team.places(300), "d"), 0, "nor is it used");
}

#[test]
fn one_that_refuses_in_panic_is_passed_over() {
    let team = sick(RULES, 2, 2);
    let first = team.call();
    let second = team.try_call(0, &[first.member.id()]).unwrap();
    assert_ne!(first.at(), second.at());
    assert!(team.try_call(0, &[first.member.id(), second.member.id()]).is_none());
}

#[test]
fn results_in_panic_of_those_that_are_out_count_nothing() {
    let team = sick(Rules { max_ejected: 1.0, ..RULES }, 3, 2);
    let until = team.see("a").until;
    team.run_at("a", Failure, 9);
    team.run_at("a", Success, 9);
    let seen = team.see("a");
    assert_eq!((seen.phase, seen.times, seen.until), (Phase::Ejected, 1, until));
}

#[test]
fn trials_go_on_in_panic() {
    let team = sick(RULES, 1, 1);
    assert!(team.pass(40 * S).call().entry.is_trial());
}

#[test]
fn without_panic_nobody_takes_a_call_where_nobody_is_healthy() {
    for rules in [RULES, ROUND_ROBIN] {
        let team = sick(Rules { panic_below: 0.0, ..rules }, 3, 3);
        assert!(team.try_call(0, &[]).is_none(), "{rules:?}");
    }
}

#[test]
fn fail_over_never_panics() {
    let team = sick(FAIL_OVER, 3, 2);
    assert!(!is_panic(&team));
    assert_eq!(team.places(9), ["c"; 9]);
    team.by_hand(Roster::eject_by_hand, "c");
    assert_eq!(team.places(9), ["a"; 9], "the first in order where none is healthy");
}
