//! Claims about the times in which a page fires.

use super::*;

/// The failures, in steps.
fn failures(objective: &mut Objective) -> Vec<[u64; 2]> {
    objective.look();
    let each = objective.ledger.failures().each(objective.now());
    each.map(|(began, ended)| [began, ended].map(|time| time.0 / STEP.0)).collect()
}

#[test]
fn a_failure_lasts_while_a_page_fires() {
    let mut objective = over(MONTH);
    objective.go_on(10, [0, 10]);
    // Until all but the last bad step have left the half hour: 10 bad calls of 1,800 burn at less than 6.
    objective.go_on(10, [10, 0]);
    objective.go_on(HOUR, [0, 10]);
    assert_eq!(failures(&mut objective), [[11, 18 + 180]]);
}

#[test]
fn a_failure_that_has_not_ended_lasts_until_now() {
    let mut objective = over(MONTH);
    objective.go_on(10, [10, 0]);
    assert_eq!(failures(&mut objective), [[1, 10]]);
    objective.go_on(10, [10, 0]);
    assert_eq!(failures(&mut objective), [[1, 20]]);
}

#[test]
fn nobody_need_look_for_a_failure_to_end() {
    for hours in [1, 24, 24 * 30] {
        let mut objective = over(MONTH);
        objective.go_on(10, [10, 0]);
        objective.step += hours * HOUR;
        assert_eq!(failures(&mut objective), [[1, 9 + 180]], "{hours}");
    }
}

#[test]
fn the_longest_is_of_what_is_asked_for() {
    let mut objective = over(MONTH);
    objective.go_on(10, [10, 0]);
    objective.step += HOUR;
    objective.look();
    let longest = |since: u64| objective.ledger.failures().longest(Nanos(since * STEP.0), objective.now()).0 / STEP.0;
    assert_eq!([0, 1, 101, 188, 189, 1_000].map(longest), [188, 188, 88, 1, 0, 0]);
}

#[test]
fn a_thousand_failures_are_kept() {
    let mut objective = over(MONTH);
    for _ in 0..1_002 {
        objective.go_on(1, [10, 0]);
        objective.step += HOUR;
    }
    let failures = failures(&mut objective);
    assert_eq!((failures.len(), failures[0][0]), (1_000, 2 * (HOUR + 1) + 1));
}
