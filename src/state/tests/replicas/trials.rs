//! How one that was ejected comes back.

use super::*;

/// A team of three. Its `a` was ejected, and the time for that is over.
fn due(rules: Rules) -> Team {
    let team = team_of(rules, 3);
    team.eject("a");
    team.wait_for("a");
    team.news();
    team
}

#[test]
fn one_that_is_out_takes_no_call_until_its_time_is_over() {
    let team = due(RULES);
    team.now.set(team.now.get() - 1);
    assert_eq!(count(&team.places(300), "a"), 0);
    assert_eq!(team.news(), [""; 0]);
    team.pass(1);
    assert_eq!(team.call().at(), "a");
    assert_eq!(team.news(), ["a on trial"]);
}

#[test]
fn a_trial_takes_the_next_call_under_every_policy() {
    let keyed = Rules { shards: Some(1), ..RULES };
    for rules in [RULES, ROUND_ROBIN, FAIL_OVER, keyed] {
        let team = due(rules);
        assert!(team.call().entry.is_trial(), "{rules:?}");
    }
}

#[test]
fn one_call_at_a_time_is_a_trial() {
    let team = due(RULES);
    let trial = team.call();
    assert_eq!(count(&team.places(100), "a"), 0);
    team.end(trial, Nothing);
    assert_eq!(team.call().at(), "a");
}

#[test]
fn a_success_puts_it_back_in_service() {
    let team = due(RULES);
    team.run(Success);
    assert_eq!(team.phase("a"), Phase::InService);
    assert_eq!(team.news(), ["a on trial", "a readmitted: trial"]);
    assert!(count(&team.places(300), "a") > 50);
}

#[test]
fn a_failed_trial_ejects_again_once_more_times() {
    let team = due(RULES);
    team.run(Failure);
    assert_eq!((team.phase("a"), team.see("a").times), (Phase::Ejected, 2));
    assert_eq!(team.news(), ["a on trial", "a ejected: trial"]);
}

#[test]
fn a_trial_that_says_nothing_gives_its_place_back() {
    for how in [Nothing, Throttled] {
        let team = due(RULES);
        for _ in 0..9 {
            assert_eq!(team.run(how), "a", "{how:?}");
        }
        assert_eq!((team.phase("a"), team.see("a").times), (Phase::OnTrial, 1), "{how:?}");
    }
}

#[test]
fn a_trial_that_does_not_end_gives_its_place_up_after_10_s() {
    let team = due(RULES);
    let hanging = team.call();
    team.pass(10 * S - 1);
    assert_eq!(count(&team.places(100), "a"), 0);
    team.pass(1);
    let next = team.call();
    assert_eq!((hanging.at(), next.at()), ("a", "a"));
}

#[test]
fn the_result_of_a_trial_that_gave_its_place_up_still_counts() {
    for (how, wanted) in [(Success, Phase::InService), (Failure, Phase::Ejected)] {
        let team = due(RULES);
        let hanging = team.call();
        let _next = team.pass(10 * S).call();
        team.end(hanging, how);
        assert_eq!(team.phase("a"), wanted, "{how:?}");
    }
}

#[test]
fn a_trial_that_gave_its_place_up_frees_no_other() {
    let team = due(RULES);
    let hanging = team.call();
    let _next = team.pass(10 * S).call();
    team.end(hanging, Nothing);
    assert_eq!(count(&team.places(100), "a"), 0);
}

#[test]
fn a_trial_of_an_earlier_ejection_counts_nothing() {
    let team = due(RULES);
    let hanging = team.call();
    let failing = team.pass(10 * S).call();
    team.end(failing, Failure);
    team.end(hanging, Success);
    assert_eq!(team.phase("a"), Phase::Ejected);
}

#[test]
fn a_call_that_tried_it_goes_on_to_another() {
    let team = due(RULES);
    let refused = team.call();
    let tried = [refused.member.id()];
    team.end(refused, Nothing);
    let next = team.try_call(0, &tried).unwrap();
    assert_ne!(next.at(), "a");
    assert_eq!(team.call().at(), "a", "the place is free for the next call");
}

#[test]
fn those_that_are_due_together_take_one_call_each() {
    let team = team_of(RULES, 5);
    team.eject("a");
    team.eject("b");
    team.pass(40 * S);
    let (one, two, three) = (team.call(), team.call(), team.call());
    assert_eq!([one.at(), two.at()], ["a", "b"]);
    assert!(!three.entry.is_trial());
}

#[test]
fn where_no_more_may_be_out_a_failed_trial_waits_for_its_next() {
    let team = due(Rules { panic_below: 0.0, ..RULES });
    let trial = team.call();
    team.eject("b");
    team.news();
    team.end(trial, Failure);
    assert_eq!((team.phase("a"), team.news()), (Phase::OnTrial, vec!["a not ejected: trial".into()]));
    let until = team.see("a").until.unwrap();
    assert!(until >= Nanos(team.now.get() + 60 * S), "it waits as long as one that was ejected twice");
    assert_eq!(count(&team.places(30), "a"), 0);
}

#[test]
fn one_that_is_drained_gets_no_trial() {
    let team = due(RULES);
    team.by_hand(Roster::drain, "a");
    assert_eq!(count(&team.places(30), "a"), 0);
    team.by_hand(Roster::undrain, "a");
    assert_eq!(team.call().at(), "a");
}

#[test]
fn one_that_takes_over_first_comes_back_without_a_trial() {
    let team = due(Rules { takes_over: true, ..FAIL_OVER });
    assert_eq!(team.call().at(), "b");
    assert_eq!((team.phase("a"), team.news()), (Phase::InService, vec!["a readmitted: in_time".to_owned()]));
}
