//! Claims about what calls gain, and what a withdrawal takes.

use super::{START, deposit, drain, empty};
use crate::state::budget::Tokens;

#[test]
fn a_budget_starts_full() {
    let tokens = Tokens::new(100, 0.2, 10.0);
    assert_eq!(tokens.available(START), 100);
    assert_eq!(drain(&tokens, START), 100);
}

#[test]
fn a_budget_of_one_holds_one() {
    let tokens = Tokens::new(1, 0.0, 0.0);
    assert!(tokens.withdraw(START));
    assert!(!tokens.withdraw(START));
}

#[test]
fn the_greatest_budget_starts_full() {
    assert_eq!(Tokens::new(u32::MAX, 0.2, 10.0).available(START), u64::from(u32::MAX));
}

#[test]
fn a_withdrawal_takes_exactly_one() {
    let tokens = Tokens::new(3, 0.0, 0.0);
    assert!(tokens.withdraw(START));
    assert_eq!(tokens.available(START), 2);
}

#[test]
fn looking_takes_nothing() {
    let tokens = Tokens::new(3, 0.0, 0.0);
    assert_eq!((tokens.available(START), tokens.available(START)), (3, 3));
}

#[test]
fn a_withdrawal_that_is_refused_takes_nothing() {
    let tokens = empty(2, 0.5, 0.0);
    deposit(&tokens, 1);
    assert!(!tokens.withdraw(START));
    deposit(&tokens, 1);
    assert!(tokens.withdraw(START));
}

#[test]
fn five_times_a_fifth_is_one_token() {
    let tokens = empty(100, 0.2, 0.0);
    deposit(&tokens, 4);
    assert!(!tokens.withdraw(START));
    deposit(&tokens, 1);
    assert!(tokens.withdraw(START));
    assert!(!tokens.withdraw(START));
}

#[test]
fn a_million_millionths_are_one_token() {
    let tokens = empty(2, 1e-6, 0.0);
    deposit(&tokens, 999_999);
    assert!(!tokens.withdraw(START));
    deposit(&tokens, 1);
    assert_eq!(drain(&tokens, START), 1);
}

#[test]
fn a_ratio_finer_than_a_millionth_is_rounded_to_one() {
    let (up, down) = (empty(2, 0.000_000_6, 0.0), empty(2, 0.000_000_4, 0.0));
    deposit(&up, 1_000_000);
    deposit(&down, 1_000_000);
    assert_eq!((drain(&up, START), drain(&down, START)), (1, 0));
}

#[test]
fn a_ratio_of_zero_gains_nothing() {
    let tokens = empty(100, 0.0, 0.0);
    deposit(&tokens, 10_000);
    assert!(!tokens.withdraw(START));
}

#[test]
fn a_ratio_above_one_gains_several_at_once() {
    let tokens = empty(10_000, 1_000.0, 0.0);
    deposit(&tokens, 3);
    assert_eq!(drain(&tokens, START), 3_000);
}

#[test]
fn looking_between_deposits_loses_no_part() {
    let tokens = empty(100, 0.3, 0.0);
    for calls in 1..=100 {
        deposit(&tokens, 1);
        assert_eq!(tokens.available(START), calls * 3 / 10);
    }
}

#[test]
fn deposits_stop_at_the_capacity() {
    let tokens = empty(5, 1.0, 0.0);
    deposit(&tokens, 1_000);
    assert_eq!(drain(&tokens, START), 5);
}

#[test]
fn what_was_deposited_above_the_capacity_is_gone() {
    let tokens = Tokens::new(5, 1.0, 0.0);
    deposit(&tokens, 10);
    assert_eq!(drain(&tokens, START), 5);
    assert_eq!(tokens.available(START), 0);
}

#[test]
fn a_part_of_a_token_above_the_capacity_is_gone() {
    let tokens = Tokens::new(1, 0.5, 0.0);
    deposit(&tokens, 1);
    assert!(tokens.withdraw(START));
    deposit(&tokens, 1);
    assert!(!tokens.withdraw(START));
}
