//! Degraded members are used where no healthy one is left.

use super::*;
use Judgement::{Degraded, Healthy, Unhealthy};

fn used(team: &Team) -> String {
    let mut places = team.places(200);
    places.sort();
    places.dedup();
    places.concat()
}

#[test]
fn degraded_ones_are_used_where_no_healthy_one_is_left() {
    let cases = [
        ([Healthy, Degraded, Degraded], "a"),
        ([Healthy, Healthy, Degraded], "ab"),
        ([Degraded, Degraded, Degraded], "abc"),
        ([Unhealthy, Degraded, Degraded], "bc"),
        ([Unhealthy, Healthy, Degraded], "b"),
    ];
    for rules in [RULES, ROUND_ROBIN] {
        for (said, wanted) in cases {
            let (team, judges) = judged(rules, 3);
            for (judge, judgement) in judges.iter().zip(said) {
                judge.say(judgement);
            }
            // The first calls find out.
            team.places(30);
            assert_eq!(used(&team), wanted, "{said:?} under {rules:?}");
            assert!(!team.news().iter().any(|news| news.starts_with("panic")), "degraded ones count as healthy");
        }
    }
}

#[test]
fn a_call_goes_on_to_a_degraded_one_where_the_healthy_were_tried() {
    let (team, judges) = judged(RULES, 2);
    judges[1].say(Degraded);
    let first = team.call();
    let second = team.try_call(0, &[first.member.id()]).unwrap();
    assert_eq!([first.at(), second.at()], ["a", "b"]);
}

#[test]
fn a_healthy_one_of_a_later_tier_comes_before_degraded_ones() {
    let judge = Arc::new(Told::default());
    judge.say(Degraded);
    let degraded = Newcomer { judges: vec![judge], ..newcomer("a") };
    let team = Team::new(RULES, vec![degraded, Newcomer { tier: 1, ..newcomer("b") }]);
    assert_eq!(used(&team), "b");
}

#[test]
fn fail_over_leaves_one_that_is_degraded_for_a_healthy_one() {
    let (team, judges) = judged(FAIL_OVER, 3);
    judges[0].say(Degraded);
    assert_eq!((team.run(Success), team.news()), ("b".into(), vec!["a -> b: unhealthy".into()]));
    judges[1].say(Degraded);
    judges[2].say(Degraded);
    assert_eq!(team.places(9), ["b"; 9], "where none is better, the one in use stays");
}
