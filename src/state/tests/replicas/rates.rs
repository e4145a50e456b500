//! The success rate in comparison with the others.

use super::*;

/// Makes so many calls at each. So many in a hundred succeed.
fn load(team: &Team, rates: &[usize], hundreds: usize) {
    for (number, rate) in rates.iter().enumerate() {
        for call in 0..100 * hundreds {
            let call_at = team.call_at(&nth(number));
            // Spread evenly, so that no streak is long.
            let succeeds = (call + 1) * rate / 100 > call * rate / 100;
            team.end(call_at, if succeeds { Success } else { Failure });
        }
    }
}

/// Who is ejected when calls go on for a while at these rates.
fn ejected(rules: Rules, rates: &[usize]) -> Vec<String> {
    let team = team_of(rules, rates.len());
    load(&team, rates, 1);
    assert_eq!(team.out(), [""; 0], "the first look was at the first call");
    team.pass(S).run_at(&nth(rates.len() - 1), Success, 1);
    team.out()
}

const ONLY: Rules = Rules { consecutive: None, ..RULES };

#[test]
fn envoys_example_ejects_the_one_below_52() {
    assert_eq!(ejected(ONLY, &[50, 100, 100, 100, 100]), ["a"]);
}

#[test]
fn one_of_five_that_is_below_stands_out_whatever_the_gap() {
    // With the deviation of a sample none could: 1.79 deviations are the most.
    assert_eq!(ejected(ONLY, &[90, 100, 100, 100, 100]), ["a"]);
}

#[test]
fn one_within_1_9_deviations_stays() {
    assert_eq!(ejected(ONLY, &[50, 60, 100, 100, 100, 100]), [""; 0]);
    assert_eq!(ejected(ONLY, &[70, 80, 90, 100, 100]), [""; 0]);
}

#[test]
fn one_that_is_less_than_min_gap_below_stays() {
    // {0.95, 1 x 4}: the mean is 0.99.
    assert_eq!(ejected(ONLY, &[95, 100, 100, 100, 100]), [""; 0]);
    assert_eq!(ejected(Rules { min_gap: 0.03, ..ONLY }, &[95, 100, 100, 100, 100]), ["a"]);
}

#[test]
fn where_all_fail_alike_none_is_ejected() {
    assert_eq!(ejected(ONLY, &[50; 5]), [""; 0]);
}

#[test]
fn fewer_than_five_are_not_compared() {
    assert_eq!(ejected(ONLY, &[20, 100, 100, 100]), [""; 0]);
}

#[test]
fn one_with_fewer_than_100_calls_is_not_compared() {
    let team = team_of(ONLY, 5);
    load(&team, &[50, 100, 100, 100], 1);
    team.run_at("e", Success, 98);
    team.pass(S).run_at("e", Success, 1);
    assert_eq!(team.out(), [""; 0], "only four have enough calls");
    team.pass(S).run_at("e", Success, 1);
    assert_eq!(team.out(), ["a"]);
}

#[test]
fn throttled_calls_are_no_calls_of_the_rate() {
    let team = team_of(ONLY, 5);
    load(&team, &[50, 100, 100, 100], 1);
    team.run_at("e", Success, 98);
    team.run_at("e", Throttled, 99);
    team.run_at("e", Nothing, 99);
    team.pass(S).run_at("e", Success, 1);
    assert_eq!(team.out(), [""; 0]);
}

#[test]
fn it_is_looked_at_once_a_second() {
    let team = team_of(ONLY, 5);
    team.run_at("a", Success, 1);
    load(&team, &[50, 100, 100, 100, 100], 1);
    team.pass(S - 1).run_at("e", Success, 1);
    assert_eq!(team.out(), [""; 0]);
    team.pass(1).run_at("e", Success, 1);
    assert_eq!(team.out(), ["a"]);
}

#[test]
fn what_is_older_than_the_window_is_forgotten() {
    let team = team_of(ONLY, 5);
    load(&team, &[50, 100, 100, 100, 100], 1);
    team.pass(31 * S);
    load(&team, &[100; 5], 1);
    team.pass(S).run_at("e", Success, 1);
    assert_eq!(team.out(), [""; 0]);
}

#[test]
fn an_ejection_empties_the_window() {
    let team = team_of(ONLY, 5);
    load(&team, &[50, 100, 100, 100, 100], 1);
    team.by_hand(Roster::eject_by_hand, "a");
    team.by_hand(Roster::readmit_by_hand, "a");
    team.run_at("a", Success, 100);
    team.pass(S).run_at("e", Success, 1);
    assert_eq!(team.out(), [""; 0]);
}

#[test]
fn the_worst_is_ejected_where_one_only_may_be() {
    let mut rates = [100; 20];
    (rates[3], rates[7]) = (40, 20);
    assert_eq!(ejected(ONLY, &rates), ["d", "h"]);
    let one = Rules { max_ejected: 0.05, ..ONLY };
    let team = team_of(one, 20);
    load(&team, &rates, 1);
    team.pass(S).run_at("t", Success, 1);
    assert_eq!(team.news(), ["h ejected: success_rate", "d not ejected: success_rate"]);
}

#[test]
fn one_that_is_out_is_not_compared() {
    // With it the others' mean would be lower, and `b` within its deviations.
    let team = team_of(ONLY, 6);
    load(&team, &[0, 90, 100, 100, 100, 100], 1);
    team.by_hand(Roster::eject_by_hand, "a");
    team.pass(S).run_at("f", Success, 1);
    assert_eq!(team.out(), ["a", "b"]);
}
