//! Claims about the times in which a page fires.

use super::*;

#[test]
fn it_fails_while_a_page_fires() {
    let mut objective = over(MONTH);
    objective.go_on(10, [0, 10]);
    // Until all but the last bad step have left the half hour: 10 bad calls of 1,800 burn at less than 6.
    objective.go_on(10, [10, 0]);
    objective.go_on(HOUR, [0, 10]);
    assert_eq!(objective.failures(), [[11, 18 + 180]]);
}

#[test]
fn nobody_need_look_for_a_failure_to_end() {
    for hours in [1, 24, 24 * 30] {
        let mut objective = over(MONTH);
        objective.go_on(10, [10, 0]);
        objective.step += hours * HOUR;
        assert_eq!(objective.failures(), [[1, 9 + 180]], "{hours}");
    }
}

#[test]
fn a_failure_that_has_not_ended_lasts_until_now() {
    let mut objective = over(MONTH);
    objective.go_on(10, [10, 0]);
    assert_eq!(objective.failures(), [[1, 10]]);
    objective.go_on(10, [10, 0]);
    assert_eq!(objective.failures(), [[1, 20]]);
}

#[test]
fn changes_are_numbered_in_their_order() {
    let mut objective = over(MONTH);
    objective.go_on(HOUR, [10, 0]);
    objective.go_on(HOUR, [0, 10]);
    objective.look();
    let numbers = objective.changes.iter().map(|change| change.number);
    assert!(numbers.eq(1..=objective.changes.len() as u64));
    assert!(objective.changes.windows(2).all(|two| two[0].at <= two[1].at));
}

#[test]
fn a_notice_and_a_ticket_are_no_failure() {
    let mut objective = over(MONTH);
    // It burns at 4.
    objective.go_on(HOUR, [1, 249]);
    objective.look();
    assert_eq!(objective.firing(), [false, false, true, true]);
    assert_eq!(objective.failures(), [[0; 2]; 0]);
}

#[test]
fn what_is_asked_of_about_a_window_is_no_less_than_asked() {
    let mut objective = over(MONTH);
    objective.go_on(1_000, [1, 0]);
    objective.step -= 1;
    objective.look();
    let asked = |steps: Option<u64>| {
        let asked = objective.ledger.asked_over(Indicator::Availability, steps.map(|steps| Nanos(steps * STEP.0)));
        asked.map(|asked| asked.calls)
    };
    // Step 999 is the tenth of its bucket.
    let rows = [(0, 1), (1, 1), (45, 45), (360, 360), (361, 12 * 30 + 10), (720, 23 * 30 + 10), (MONTH, 1_000)];
    for (steps, calls) in rows {
        assert_eq!(asked(Some(steps)), Some(calls), "{steps}");
    }
    assert_eq!((asked(None), asked(Some(MONTH + 1))), (Some(1_000), None));
}
