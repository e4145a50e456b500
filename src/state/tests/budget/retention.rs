//! Claims about how long the tokens of a key are kept.

use super::{SECOND, START, deposit, drain, empty};
use crate::state::budget::Tokens;
use crate::state::keys::Retention;
use crate::time::Nanos;

#[test]
fn full_tokens_are_free_to_go() {
    assert_eq!(Tokens::new(3, 0.2, 10.0).retention(), Retention::Free);
}

#[test]
fn spent_tokens_stay_until_time_has_filled_them() {
    for (capacity, per_second) in [(1, 1.0), (3, 7.0), (100, 0.3), (7, 333_333.333_333), (1, 1e-6), (u32::MAX, 1e-6)] {
        let tokens = Tokens::new(capacity, 0.0, per_second);
        for at in [0, 1, 999_999_937] {
            assert!(tokens.withdraw(Nanos(at)));
            // Leaves a rest, which counts.
            tokens.available(Nanos(at + 1));
            let Retention::Until(full) = tokens.retention() else { panic!("a token is missing") };
            assert_eq!(tokens.available(full.saturating_sub(Nanos(1))), u64::from(capacity) - 1, "{per_second} {at}");
            assert_eq!(tokens.available(full), u64::from(capacity), "{per_second} {at}");
            assert_eq!(tokens.retention(), Retention::Free);
        }
    }
}

#[test]
fn spent_tokens_are_free_to_go_once_calls_have_filled_them() {
    let tokens = empty(1, 0.2, 0.0);
    deposit(&tokens, 4);
    assert_ne!(tokens.retention(), Retention::Free);
    deposit(&tokens, 1);
    assert_eq!(tokens.retention(), Retention::Free);
}

#[test]
fn spent_tokens_that_no_time_fills_stay_for_ever() {
    assert_eq!(empty(1, 0.2, 0.0).retention(), Retention::Until(Nanos::MAX));
}

#[test]
fn a_fork_is_full_and_gains_as_its_model_does() {
    let model = empty(9, 0.5, 1.0);
    let fork = model.fork();
    assert_eq!((drain(&fork, START), drain(&model, START)), (9, 0));
    deposit(&fork, 4);
    assert_eq!(drain(&fork, Nanos(SECOND)), 3);
}
