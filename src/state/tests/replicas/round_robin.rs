//! Each in its turn, as nginx gives them.

use super::*;

fn weighted(weights: &[u32]) -> Team {
    let newcomers = weights.iter().enumerate();
    let newcomers = newcomers.map(|(number, weight)| Newcomer { weight: *weight, ..newcomer(&nth(number)) });
    Team::new(ROUND_ROBIN, newcomers.collect())
}

#[test]
fn equal_ones_take_turns() {
    assert_eq!(team_of(ROUND_ROBIN, 3).places(7).concat(), "abcabca");
    assert_eq!(weighted(&[4, 4]).places(4).concat(), "abab");
}

#[test]
fn weights_of_5_1_1_give_a_a_b_a_c_a_a() {
    assert_eq!(weighted(&[5, 1, 1]).places(14).concat(), "aabacaaaabacaa");
    assert_eq!(weighted(&[50, 10, 10]).places(7).concat(), "aabacaa");
}

#[test]
fn every_weight_gets_its_share() {
    let cases: [&[u32]; 4] = [&[3, 2, 1], &[1, 7, 13, 2], &[0, 1, 2], &[1, 4_000]];
    for weights in cases {
        let sum: u32 = weights.iter().sum();
        let places = weighted(weights).places(2 * usize::try_from(sum).unwrap());
        let counts: Vec<_> = (0..weights.len()).map(|number| count(&places, &nth(number))).collect();
        let wanted: Vec<_> = weights.iter().map(|weight| 2 * usize::try_from(*weight).unwrap()).collect();
        assert_eq!(counts, wanted);
    }
}

#[test]
fn very_unequal_weights_are_scaled_and_none_is_left_out() {
    let places = weighted(&[1_000_000, 1, 500_000]).places(5_000);
    let counts = ["a", "b", "c"].map(|name| count(&places, name));
    assert!(counts[1] >= 1 && counts[1] <= 3, "{counts:?}");
    assert!(counts[0].abs_diff(2 * counts[2]) < 20, "{counts:?}");
}

#[test]
fn unusable_ones_are_passed_over_evenly() {
    let team = team_of(ROUND_ROBIN, 3);
    team.eject("b");
    let places = team.places(300);
    assert_eq!([count(&places, "a"), count(&places, "c")], [150, 150]);
}

#[test]
fn a_weight_that_was_set_counts_from_then_on() {
    let team = team_of(ROUND_ROBIN, 2);
    team.note(team.roster.set_weight("a", 3, team.now()).unwrap());
    assert_eq!(count(&team.places(8), "a"), 6);
    team.note(team.roster.set_weight("a", 0, team.now()).unwrap());
    assert_eq!(count(&team.places(8), "a"), 0);
}

#[test]
fn a_call_that_was_refused_goes_on_to_each_other_one() {
    let team = weighted(&[5, 1, 1]);
    let mut tried = Vec::new();
    while let Some(call) = team.try_call(0, &tried) {
        tried.push(call.member.id());
    }
    assert_eq!(tried.len(), 3);
}
