//! Claims about a budget that goes on from another.

use proptest::prelude::*;

use super::*;

#[test]
fn it_has_what_was_left_and_what_time_has_deposited() {
    let saved = empty(10, 0.0, 2.0).saved(START);
    for (age, there) in [(0, 0), (SECOND / 2 - 1, 0), (SECOND / 2, 1), (5 * SECOND, 10), (u64::MAX, 10)] {
        let tokens = Tokens::new(10, 0.0, 2.0);
        assert!(tokens.restore(saved, Nanos(age), Nanos(7)));
        assert_eq!(tokens.available(Nanos(7)), there, "{age}");
    }
}

#[test]
fn a_smaller_budget_is_full() {
    let tokens = Tokens::new(3, 0.0, 0.0);
    assert!(tokens.restore(Tokens::new(10, 0.0, 0.0).saved(START), Nanos(0), START));
    assert_eq!(tokens.available(START), 3);
}

#[test]
fn a_budget_that_is_shared_is_restored_by_each() {
    let (saved, tokens) = (empty(10, 0.0, 0.0).saved(START), Tokens::new(10, 0.0, 0.0));
    assert!(tokens.restore(saved, Nanos(0), START) && tokens.restore(saved, Nanos(0), START));
    assert_eq!(tokens.available(START), 0);
}

#[test]
fn a_budget_that_a_call_has_used_stays() {
    let tokens = Tokens::new(10, 0.0, 0.0);
    deposit(&tokens, 1);
    assert!(!tokens.restore(empty(10, 0.0, 0.0).saved(START), Nanos(0), START));
    assert_eq!(tokens.available(START), 10);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_restored_budget_decides_as_the_first_one_would(
        capacity in 1..6_u32,
        per_call in 0.0..1.0_f64,
        per_second in 0.0..20.0_f64,
        before in prop::collection::vec((any::<bool>(), 0..SECOND / 4), 0..60),
        between in 0..SECOND,
        after in prop::collection::vec((any::<bool>(), 0..SECOND / 4), 0..60),
    ) {
        let make = || Tokens::new(capacity, per_call, per_second);
        let act = |tokens: &Tokens, withdraws: bool, now: u64| {
            if withdraws { tokens.withdraw(Nanos(now)) } else { deposit(tokens, 1); false }
        };
        let (first, mut now) = (make(), 0);
        for (withdraws, passed) in before {
            now += passed;
            act(&first, withdraws, now);
        }
        let saved = first.saved(Nanos(now));
        now += between;
        let second = make();
        prop_assert!(second.restore(saved, Nanos(between), Nanos(now)));
        for (withdraws, passed) in after {
            now += passed;
            prop_assert_eq!(act(&first, withdraws, now), act(&second, withdraws, now));
        }
    }
}
