//! Claims about what retries may spend.

use loom::model;

use super::race;
use crate::{state::budget::Tokens, sync::Arc, time::Nanos};

#[test]
fn one_token_is_withdrawn_by_one() {
    model(|| {
        let tokens = Arc::new(Tokens::new(1, 0.5, 0.0));
        let other = Arc::clone(&tokens);
        let withdraw = |tokens: &Tokens| {
            tokens.deposit();
            tokens.withdraw(Nanos(0))
        };
        let (one, two) = race(move || withdraw(&other), || withdraw(&tokens));
        // One token to start with, which is the capacity, and two halves deposited.
        let withdrawn = u32::from(one) + u32::from(two);
        assert_eq!(withdrawn, 1);
        assert_eq!(tokens.available(Nanos(0)), 0);
    });
}
