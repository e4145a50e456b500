//! Claims about tokens that come back unspent.

use super::{SECOND, START, deposit, drain, empty};
use crate::state::budget::Tokens;
use crate::time::Nanos;

#[test]
fn a_budget_filled_by_giving_back_saves_not_the_smallest_part() {
    let tokens = empty(1, 0.0, 1.0);
    assert!(!tokens.withdraw(Nanos(999)));
    tokens.give_back();
    assert!(tokens.withdraw(Nanos(999)));
    assert!(!tokens.withdraw(Nanos(999 + SECOND - 1)));
    assert!(tokens.withdraw(Nanos(999 + SECOND)));
}

#[test]
fn a_token_that_is_given_back_can_be_withdrawn_again() {
    let tokens = empty(2, 0.0, 0.0);
    tokens.give_back();
    assert_eq!(drain(&tokens, START), 1);
}

#[test]
fn giving_back_stops_at_the_capacity() {
    let tokens = Tokens::new(2, 1.0, 0.0);
    assert!(tokens.withdraw(START));
    deposit(&tokens, 1);
    assert_eq!(tokens.available(START), 2);
    tokens.give_back();
    assert_eq!(drain(&tokens, START), 2);
}

#[test]
fn giving_back_to_the_greatest_budget_stops_at_the_capacity() {
    let tokens = Tokens::new(u32::MAX, 0.0, 0.0);
    tokens.give_back();
    assert_eq!(tokens.available(START), u64::from(u32::MAX));
}

#[test]
fn giving_back_loses_no_deposit_that_was_not_yet_counted() {
    let tokens = empty(10, 0.5, 0.0);
    deposit(&tokens, 3);
    tokens.give_back();
    deposit(&tokens, 1);
    assert_eq!(drain(&tokens, START), 3);
}
