//! Members of a lower tier are asked first, as Envoy's priorities are.

use super::*;

/// `a`, `b` in tier 0, `c`, `d` in tier 1, `e`, `f` in tier 2.
fn tiered(rules: Rules) -> Team {
    let tiers = (0..6).map(|number| Newcomer { tier: number / 2, ..newcomer(&nth(number as usize)) });
    // Their order does not follow from that in which they were added.
    Team::new(rules, tiers.rev().collect())
}

fn eject(team: &Team, names: &[&str]) {
    for name in names {
        team.by_hand(Roster::eject_by_hand, name);
    }
}

/// Who is used.
fn used(team: &Team) -> String {
    let mut places = team.places(300);
    places.sort();
    places.dedup();
    places.concat()
}

#[test]
fn the_first_tier_of_which_enough_are_healthy_is_used() {
    let cases: [(&[&str], &str); 5] =
        [(&[], "ab"), (&["a"], "b"), (&["a", "b"], "cd"), (&["a", "b", "c"], "d"), (&["a", "b", "c", "d"], "ef")];
    for rules in [RULES, ROUND_ROBIN] {
        for (ejected, wanted) in cases {
            let team = tiered(rules);
            eject(&team, ejected);
            assert_eq!(used(&team), wanted, "without {ejected:?} under {rules:?}");
            assert!(!team.news().iter().any(|news| news.starts_with("panic")));
        }
    }
}

#[test]
fn where_no_tier_has_enough_all_are_used() {
    let team = tiered(Rules { panic_below: 0.6, ..RULES });
    eject(&team, &["a", "c", "e"]);
    assert_eq!(team.news().last().unwrap(), "panic on: 3 of 6");
    assert_eq!(used(&team), "abcdef");
}

#[test]
fn without_panic_the_first_tier_with_one_that_is_healthy_is_used() {
    let team = tiered(Rules { panic_below: 0.0, ..RULES });
    eject(&team, &["a"]);
    assert_eq!(used(&team), "b");
    eject(&team, &["b", "c"]);
    assert_eq!(used(&team), "d");
}

#[test]
fn a_tier_that_is_well_again_is_used_again() {
    let team = tiered(RULES);
    eject(&team, &["a", "b"]);
    team.by_hand(Roster::readmit_by_hand, "a");
    assert_eq!(used(&team), "a");
}

#[test]
fn a_call_that_has_tried_a_tier_goes_on_to_the_next() {
    let team = tiered(RULES);
    let mut tried = Vec::new();
    let mut names = Vec::new();
    while let Some(call) = team.try_call(0, &tried) {
        tried.push(call.member.id());
        names.push(call.at().to_owned());
    }
    assert_eq!(names.len(), 6);
    assert!(names[..2].iter().all(|name| "ab".contains(name)) && names[2..4].iter().all(|name| "cd".contains(name)));
}

#[test]
fn calls_that_go_on_are_spread_over_the_next_tier() {
    for rules in [RULES, ROUND_ROBIN] {
        let team = tiered(rules);
        let tried = ["a", "b"].map(|name| team.id(name));
        let calls: Vec<_> = (0..40).map(|_| team.try_call(0, &tried).expect("`c` or `d` takes it")).collect();
        for name in ["c", "d"] {
            assert!(calls.iter().filter(|call| call.at() == name).count() > 15, "{name} under {rules:?}");
        }
    }
}

#[test]
fn a_tier_that_is_drained_is_passed_over() {
    let team = tiered(RULES);
    for name in ["a", "b"] {
        team.by_hand(Roster::drain, name);
    }
    assert_eq!(used(&team), "cd");
}
