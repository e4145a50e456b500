//! Claims about what time gains.

use super::{SECOND, START, deposit, drain, empty};
use crate::state::budget::Tokens;
use crate::time::Nanos;

#[test]
fn time_gains_a_token_at_the_nanosecond_when_it_is_due() {
    let tokens = empty(100, 0.0, 10.0);
    assert!(!tokens.withdraw(Nanos(SECOND / 10 - 1)));
    assert!(tokens.withdraw(Nanos(SECOND / 10)));
    assert!(!tokens.withdraw(Nanos(SECOND / 5 - 1)));
    assert!(tokens.withdraw(Nanos(SECOND / 5)));
}

#[test]
fn time_gains_evenly_within_the_second() {
    let tokens = empty(100, 0.0, 10.0);
    let available = |tenths| tokens.available(Nanos(SECOND / 10 * tenths));
    assert_eq!((0..=10).map(available).collect::<Vec<_>>(), (0..=10).collect::<Vec<_>>());
}

#[test]
fn reading_at_every_nanosecond_loses_nothing() {
    let tokens = empty(100, 0.0, 333_333.333_333);
    for now in 0..=40_000 {
        assert_eq!(tokens.available(Nanos(now)), now * 333_333_333_333 / 1_000_000_000_000_000);
    }
}

#[test]
fn withdrawing_at_every_nanosecond_loses_nothing() {
    let tokens = empty(100, 0.0, 333_333.333_333);
    let taken: u64 = (0..=40_000).map(|now| u64::from(tokens.withdraw(Nanos(now)))).sum();
    assert_eq!(taken, 40_000 * 333_333_333_333 / 1_000_000_000_000_000);
}

/// Both times gain more millionths of billionths than 64 bits hold.
#[test]
fn reading_after_a_long_time_loses_nothing() {
    let tokens = empty(100_000, 0.0, 0.999_999);
    let due = Nanos(50_000 * SECOND + 50_000_051);
    assert_eq!(tokens.available(Nanos(20_000 * SECOND + 1)), 19_999);
    assert_eq!(tokens.available(due.saturating_sub(Nanos(1))), 49_999);
    assert_eq!(tokens.available(due), 50_000);
}

#[test]
fn a_millionth_a_second_is_a_token_after_a_million_seconds() {
    let tokens = empty(1, 0.0, 1e-6);
    assert!(!tokens.withdraw(Nanos(1_000_000 * SECOND - 1)));
    assert!(tokens.withdraw(Nanos(1_000_000 * SECOND)));
}

#[test]
fn nothing_a_second_gains_nothing_ever() {
    let tokens = empty(5, 0.0, 0.0);
    assert!(!tokens.withdraw(Nanos::MAX));
}

#[test]
fn time_and_calls_add_up() {
    let tokens = empty(5, 0.25, 1.0);
    deposit(&tokens, 3);
    assert!(!tokens.withdraw(Nanos(SECOND / 4 - 1)));
    assert!(tokens.withdraw(Nanos(SECOND / 4)));
}

#[test]
fn time_stops_at_the_capacity() {
    let tokens = empty(5, 0.0, 10.0);
    assert_eq!(drain(&tokens, Nanos(60 * SECOND)), 5);
}

#[test]
fn a_full_budget_saves_no_time() {
    let tokens = Tokens::new(1, 0.0, 1.0);
    let taken = 10 * SECOND;
    assert!(tokens.withdraw(Nanos(taken)));
    assert!(!tokens.withdraw(Nanos(taken + SECOND - 1)));
    assert!(tokens.withdraw(Nanos(taken + SECOND)));
}

/// Less than a millionth of a token is more than the capacity, too.
#[test]
fn a_full_budget_saves_not_even_the_smallest_part() {
    let tokens = Tokens::new(1, 0.0, 1.0);
    let taken = 999;
    assert!(tokens.withdraw(Nanos(taken)));
    assert!(!tokens.withdraw(Nanos(taken + SECOND - 1)));
    assert!(tokens.withdraw(Nanos(taken + SECOND)));
}

#[test]
fn a_clock_that_stands_still_gains_nothing() {
    let tokens = empty(5, 0.0, 10.0);
    let now = Nanos(SECOND / 10);
    assert!(tokens.withdraw(now));
    assert!((0..1_000).all(|_| !tokens.withdraw(now)));
}

#[test]
fn a_clock_that_goes_back_gains_nothing() {
    let tokens = empty(50, 0.0, 10.0);
    assert_eq!(drain(&tokens, Nanos(SECOND)), 10);
    assert_eq!(drain(&tokens, Nanos(SECOND / 2)), 0);
    assert_eq!(drain(&tokens, START), 0);
}

#[test]
fn time_that_is_seen_twice_gains_once() {
    let tokens = empty(50, 0.0, 10.0);
    assert_eq!(drain(&tokens, Nanos(SECOND)), 10);
    assert_eq!(drain(&tokens, Nanos(SECOND / 2)), 0);
    assert_eq!(drain(&tokens, Nanos(SECOND)), 0);
    assert_eq!(drain(&tokens, Nanos(SECOND + SECOND / 10)), 1);
}

#[test]
fn a_clock_that_jumps_to_the_end_fills_to_the_capacity() {
    let tokens = empty(7, 0.0, 0.5);
    assert_eq!(drain(&tokens, Nanos::MAX), 7);
    assert!(!tokens.withdraw(Nanos::MAX));
}

#[test]
fn the_most_gains_over_the_longest_time_fill_the_largest_budget() {
    let tokens = Tokens::new(u32::MAX, 1_000.0, 1_000_000.0);
    assert!(tokens.withdraw(START));
    deposit(&tokens, 1_000);
    assert_eq!(tokens.available(Nanos::MAX), u64::from(u32::MAX));
}

#[test]
fn the_greatest_gain_over_the_longest_time_does_not_overflow() {
    let tokens = empty(100_000, 0.0, 1_000_000.0);
    assert_eq!(tokens.available(Nanos::MAX), 100_000);
}

#[test]
fn calls_still_deposit_at_the_end_of_time() {
    let tokens = Tokens::new(1, 1.0, 1.0);
    assert_eq!(drain(&tokens, Nanos::MAX), 1);
    deposit(&tokens, 1);
    assert_eq!(drain(&tokens, Nanos::MAX), 1);
}
