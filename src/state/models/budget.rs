//! Claims about the retry budget: each token is withdrawn at most once, and no deposit is lost.

use loom::model;

use super::{race, race_of_three, race_on_one_stripe};
use crate::state::budget::Tokens;
use crate::state::criticality::Criticality;
use crate::sync::Arc;
use crate::time::Nanos;

const SECOND: u64 = 1_000_000_000;

/// What a critical call does.
impl Tokens {
    fn withdraw(&self, now: Nanos) -> bool {
        self.withdraw_as(Criticality::Critical, now)
    }
}

fn withdraw(tokens: &Tokens) -> bool {
    tokens.withdraw(Nanos(0))
}

/// Tokens that are all spent.
fn spent(capacity: u32, per_call: f64, per_second: f64) -> Arc<Tokens> {
    let tokens = Tokens::new(capacity, per_call, per_second);
    assert!((0..capacity).all(|_| withdraw(&tokens)));
    Arc::new(tokens)
}

fn left(tokens: &Tokens) -> u64 {
    tokens.available(Nanos(0))
}

#[test]
fn the_last_token_is_withdrawn_by_one() {
    model(|| {
        let tokens = Arc::new(Tokens::new(1, 0.5, 0.0));
        let other = Arc::clone(&tokens);
        let (one, two) = race(move || withdraw(&other), || withdraw(&tokens));
        assert!(one != two);
        assert_eq!(left(&tokens), 0);
    });
}

#[test]
fn two_tokens_are_withdrawn_by_two_of_three() {
    model(|| {
        let tokens = Arc::new(Tokens::new(2, 0.5, 0.0));
        let (first, second) = (Arc::clone(&tokens), Arc::clone(&tokens));
        let (one, two, three) =
            race_of_three(move || withdraw(&first), move || withdraw(&second), || withdraw(&tokens));
        assert_eq!([one, two, three].into_iter().filter(|withdrawn| *withdrawn).count(), 2);
    });
}

#[test]
fn two_that_deposit_half_a_token_each_withdraw_exactly_one() {
    model(|| {
        let tokens = spent(2, 0.5, 0.0);
        let other = Arc::clone(&tokens);
        let retry = |tokens: &Tokens| {
            tokens.deposit();
            withdraw(tokens)
        };
        let (one, two) = race(move || retry(&other), || retry(&tokens));
        // Two halves are one token, which the last to withdraw has seen whole.
        assert!(one != two);
        assert_eq!(left(&tokens), 0);
    });
}

#[test]
fn deposits_on_one_line_are_both_there() {
    model(|| {
        let tokens = spent(2, 1.0, 0.0);
        let other = Arc::clone(&tokens);
        race_on_one_stripe(move || other.deposit(), {
            let tokens = Arc::clone(&tokens);
            move || tokens.deposit()
        });
        assert_eq!(left(&tokens), 2);
    });
}

#[test]
fn a_deposit_beside_a_withdrawal_is_withdrawn_or_left() {
    model(|| {
        let tokens = spent(2, 1.0, 0.0);
        let other = Arc::clone(&tokens);
        let ((), withdrawn) = race(move || other.deposit(), || withdraw(&tokens));
        assert_eq!(u64::from(withdrawn) + left(&tokens), 1);
    });
}

#[test]
fn a_deposit_beside_two_that_gather_is_gathered_once() {
    model(|| {
        let tokens = spent(2, 1.0, 0.0);
        let (first, second) = (Arc::clone(&tokens), Arc::clone(&tokens));
        let ((), one, two) = race_of_three(move || first.deposit(), move || withdraw(&second), || withdraw(&tokens));
        assert!(!(one && two));
        assert_eq!(u64::from(one || two) + left(&tokens), 1);
    });
}

#[test]
fn a_token_given_back_beside_a_withdrawal_is_withdrawn_or_left() {
    model(|| {
        let tokens = spent(1, 0.0, 0.0);
        let other = Arc::clone(&tokens);
        let ((), withdrawn) = race(move || other.give_back(), || withdraw(&tokens));
        assert_eq!(u64::from(withdrawn) + left(&tokens), 1);
    });
}

#[test]
fn tokens_given_back_together_are_both_there() {
    model(|| {
        let tokens = spent(2, 0.0, 0.0);
        let other = Arc::clone(&tokens);
        race(move || other.give_back(), || tokens.give_back());
        assert_eq!(left(&tokens), 2);
    });
}

#[test]
fn a_deposit_beside_one_that_looks_at_full_tokens_adds_nothing() {
    model(|| {
        let tokens = Arc::new(Tokens::new(1, 1.0, 0.0));
        let other = Arc::clone(&tokens);
        let ((), seen) = race(move || other.deposit(), || left(&tokens));
        assert_eq!((seen, left(&tokens)), (1, 1));
    });
}

#[test]
fn a_look_beside_a_withdrawal_gives_nothing_back() {
    model(|| {
        let tokens = Arc::new(Tokens::new(1, 0.0, 0.0));
        let other = Arc::clone(&tokens);
        let (_, withdrawn) = race(move || left(&other), || withdraw(&tokens));
        assert_eq!((withdrawn, left(&tokens)), (true, 0));
    });
}

#[test]
fn a_token_that_time_deposits_is_withdrawn_by_one() {
    model(|| {
        let tokens = spent(2, 0.0, 1.0);
        let other = Arc::clone(&tokens);
        let (one, two) = race(move || other.withdraw(Nanos(SECOND)), || tokens.withdraw(Nanos(SECOND)));
        assert!(one != two);
    });
}

#[test]
fn time_that_two_clocks_tell_differently_is_deposited_once() {
    model(|| {
        let tokens = spent(3, 0.0, 1.0);
        let other = Arc::clone(&tokens);
        let (one, two) = race(move || other.withdraw(Nanos(SECOND)), || tokens.withdraw(Nanos(2 * SECOND)));
        assert!(one && two);
        assert_eq!(tokens.available(Nanos(2 * SECOND)), 0);
    });
}
