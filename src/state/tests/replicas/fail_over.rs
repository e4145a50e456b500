//! The first in order takes the calls, and the others stand by.

use super::*;
use Judgement::{Healthy, Unhealthy};

#[test]
fn the_first_in_order_takes_all_calls() {
    let team = team_of(FAIL_OVER, 3);
    assert_eq!((team.places(9), team.news()), (vec!["a".to_owned(); 9], vec![]));
}

#[test]
fn the_order_is_by_tier_and_then_as_they_were_added() {
    let tiers = [("a", 1), ("b", 0), ("c", 0)];
    let team = Team::new(FAIL_OVER, tiers.map(|(name, tier)| Newcomer { tier, ..newcomer(name) }).into());
    assert_eq!(team.run(Success), "b");
    team.eject("b");
    assert_eq!(team.run(Success), "c");
}

#[test]
fn the_next_takes_over_when_it_fails_and_an_event_says_so() {
    let team = team_of(FAIL_OVER, 3);
    team.eject("a");
    assert_eq!(team.news(), ["a ejected: consecutive", "a -> b: unhealthy"]);
    assert_eq!(team.places(9), ["b"; 9]);
}

#[test]
fn with_two_of_three_dead_the_third_takes_all_calls() {
    let (team, judges) = judged(FAIL_OVER, 3);
    judges[0].say(Unhealthy);
    judges[1].say(Unhealthy);
    assert_eq!(team.places(9), ["c"; 9]);
}

#[test]
fn an_earlier_one_takes_over_again_after_healthy_for() {
    let team = team_of(FAIL_OVER, 3);
    team.eject("a");
    team.wait_for("a");
    assert_eq!(team.run(Success), "a", "its trial");
    team.news();
    team.pass(30 * S - 1);
    assert_eq!((team.places(9), team.news()), (vec!["b".to_owned(); 9], vec![]));
    team.pass(1);
    assert_eq!((team.run(Success), team.news()), ("a".into(), vec!["b -> a: fail_back".into()]));
}

#[test]
fn healthy_for_counts_from_the_last_time_it_became_healthy() {
    let (team, judges) = judged(FAIL_OVER, 2);
    judges[0].say(Unhealthy);
    team.run(Success);
    judges[0].say(Healthy);
    team.run(Success);
    // It is neither used nor ill, and still it is seen to fail for a moment.
    team.pass(20 * S);
    judges[0].say(Unhealthy);
    team.run(Success);
    judges[0].say(Healthy);
    team.run(Success);
    team.pass(30 * S - 1);
    assert_eq!(team.run(Success), "b");
    team.pass(1);
    assert_eq!(team.run(Success), "a");
}

#[test]
fn one_that_died_before_its_return_does_not_take_over() {
    let (team, judges) = judged(FAIL_OVER, 2);
    judges[0].say(Unhealthy);
    team.run(Success);
    judges[0].say(Healthy);
    team.run(Success);
    team.news();
    judges[0].say(Unhealthy);
    team.pass(60 * S);
    assert_eq!((team.run(Success), team.news()), ("b".into(), vec![]));
}

#[test]
fn while_it_waits_it_is_the_next_choice() {
    let (team, judges) = judged(FAIL_OVER, 3);
    judges[0].say(Unhealthy);
    team.run(Success);
    judges[0].say(Healthy);
    team.run(Success);
    judges[1].say(Unhealthy);
    assert_eq!(team.run(Success), "a");
}

#[test]
fn with_the_longest_healthy_for_only_a_hand_brings_it_back() {
    let (team, judges) = judged(Rules { healthy_for: Nanos::MAX, ..FAIL_OVER }, 2);
    judges[0].say(Unhealthy);
    team.run(Success);
    judges[0].say(Healthy);
    team.run(Success);
    team.now.set(u64::MAX - 1);
    assert_eq!(team.run(Success), "b");
    team.by_hand(Roster::promote, "a");
    assert_eq!(team.run(Success), "a");
}

#[test]
fn with_no_healthy_for_it_takes_over_at_once() {
    let (team, judges) = judged(Rules { healthy_for: Nanos(0), ..FAIL_OVER }, 2);
    judges[0].say(Unhealthy);
    team.run(Success);
    judges[0].say(Healthy);
    assert_eq!(team.run(Success), "a");
}

#[test]
fn one_that_is_promoted_takes_over_at_once_and_stays() {
    let team = team_of(FAIL_OVER, 3);
    team.by_hand(Roster::promote, "b");
    assert_eq!(team.news(), ["a -> b: by_hand"]);
    team.pass(3_600 * S);
    assert_eq!((team.places(9), team.news()), (vec!["b".to_owned(); 9], vec![]));
}

#[test]
fn fail_back_is_to_the_one_that_was_promoted() {
    let team = team_of(FAIL_OVER, 3);
    team.by_hand(Roster::promote, "b");
    team.eject("b");
    assert_eq!(team.run(Success), "a");
    team.wait_for("b");
    assert_eq!(team.run(Success), "b", "its trial");
    assert_eq!(team.run(Success), "a");
    team.pass(30 * S);
    assert_eq!(team.run(Success), "b");
}

#[test]
fn one_that_is_promoted_while_it_is_ill_takes_over_when_it_may() {
    let (team, judges) = judged(FAIL_OVER, 3);
    judges[1].say(Unhealthy);
    team.see("b");
    team.by_hand(Roster::promote, "b");
    assert_eq!((team.places(3), team.news()), (vec!["a".to_owned(); 3], vec![]));
    judges[1].say(Healthy);
    assert_eq!(team.run(Success), "a");
    team.pass(30 * S);
    assert_eq!(team.run(Success), "b");
}

#[test]
fn one_that_is_drained_hands_over() {
    let team = team_of(FAIL_OVER, 2);
    team.by_hand(Roster::drain, "a");
    assert_eq!(team.news(), ["a -> b: unhealthy", "a drained"]);
    team.by_hand(Roster::drain, "b");
    assert!(team.try_call(0, &[]).is_none());
}

#[test]
fn one_that_is_removed_hands_over() {
    let team = team_of(FAIL_OVER, 2);
    drop(team.call());
    team.remove("a");
    assert_eq!(team.news(), ["- -> b: unhealthy"]);
}

#[test]
fn a_call_that_was_refused_goes_on_in_order() {
    let team = team_of(FAIL_OVER, 3);
    let first = team.call();
    let second = team.try_call(0, &[first.member.id()]).unwrap();
    let third = team.try_call(0, &[first.member.id(), second.member.id()]).unwrap();
    assert_eq!([first.at(), second.at(), third.at()], ["a", "b", "c"]);
    assert_eq!(team.news(), [""; 0], "a refusal is no takeover");
}
