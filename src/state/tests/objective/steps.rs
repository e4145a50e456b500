//! Claims about what each window holds.

use super::*;

/// How many bad calls each window holds, and the period.
fn held(objective: &mut Objective) -> [u64; 8] {
    let seen = objective.availability();
    let windows = seen.windows.map(|asked| asked.bad);
    std::array::from_fn(|number| windows.get(number).copied().unwrap_or(seen.asked.bad))
}

/// How many steps after the one of the call the windows have it for the last time.
#[test]
fn a_window_holds_a_call_until_its_bucket_is_as_old_as_the_window_is_long() {
    let lasts = [30, 180, 360, 720, 2_160, 8_640, 25_920, MONTH];
    for (number, last) in lasts.into_iter().enumerate() {
        let mut objective = over(MONTH);
        // The first step of its longer bucket.
        objective.step = 30 * 7;
        objective.record(Call::Bad, 1);
        let step = objective.step;
        objective.step = step + last - 1;
        assert_eq!(held(&mut objective)[number], 1, "{number}");
        objective.step = step + last;
        assert_eq!(held(&mut objective)[number], 0, "{number}");
    }
}

#[test]
fn a_long_window_forgets_a_whole_bucket_of_five_minutes_at_once() {
    let mut objective = over(MONTH);
    objective.go_on(30, [1, 0]);
    objective.step = 719;
    assert_eq!(held(&mut objective)[3], 30);
    objective.step = 720;
    assert_eq!(held(&mut objective)[3], 0);
}

#[test]
fn what_came_before_a_long_silence_is_counted_once() {
    let mut objective = over(3 * STEPS_PER_DAY);
    objective.go_on(3, [2, 1]);
    for hours in [1, 2, 5, 24] {
        objective.step += hours * HOUR;
        assert_eq!(objective.availability().asked, Asked { calls: 9, bad: 6 });
    }
    objective.step += 3 * STEPS_PER_DAY;
    assert_eq!(objective.availability().asked, Asked::default());
}

#[test]
fn a_clock_that_goes_back_counts_in_the_newest_step() {
    let mut objective = over(MONTH);
    objective.step = 5 * HOUR;
    objective.record(Call::Bad, 1);
    objective.step = 0;
    objective.record(Call::Bad, 1);
    assert_eq!(held(&mut objective), [2; 8]);
    objective.step = 5 * HOUR;
    assert_eq!(held(&mut objective), [2; 8]);
}

#[test]
fn the_end_of_time_is_legal() {
    let mut objective = over(MONTH);
    objective.record(Call::Bad, 1);
    assert!(objective.calls.is_due(Nanos::MAX));
    drop(objective.ledger.look(&objective.calls, Nanos::MAX));
    assert!(!objective.calls.is_due(Nanos(u64::MAX - 1)));
    assert_eq!(held(&mut objective), [0; 8]);
}

#[test]
fn a_step_is_due_once() {
    let calls = Calls::new();
    let due = |seconds: u64| calls.is_due(Nanos(seconds * 1_000_000_000));
    assert_eq!(
        [0, 9, 10, 10, 19, 20, 35, 39, 40].map(due),
        [false, false, true, false, false, true, true, false, true]
    );
}

#[test]
fn the_longest_period_holds_a_call_for_a_year() {
    let year = 366 * STEPS_PER_DAY;
    let mut objective = over(year);
    objective.record(Call::Bad, 1);
    objective.step = year - 1;
    assert_eq!(objective.availability().asked.bad, 1);
    objective.step = year;
    assert_eq!(objective.availability().asked.bad, 0);
}
