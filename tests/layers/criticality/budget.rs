//! The budget of retries.

use super::*;

/// How many tokens are left when calls of this class get no more.
fn left_by(class: Criticality, budget: &Budget) -> u64 {
    let retry = RetryLayer::builder("retry").max_attempts(50).backoff(Backoff::none()).budget(budget.clone());
    let failed = by_itself().layer(retry.build().unwrap().layer(down())).oneshot(class).now_or_never();
    assert!(failed.unwrap().is_err());
    budget.available()
}

fn budget(capacity: u32) -> Budget {
    Budget::builder().capacity(capacity).ratio(0.0).per_second(0.0).build().unwrap()
}

#[test]
fn lower_classes_leave_tokens_for_higher_ones() {
    for (class, left) in [(Sheddable, 10), (SheddablePlus, 5), (Critical, 0), (CriticalPlus, 0)] {
        assert_eq!(left_by(class, &budget(20)), left, "{class}");
    }
    let shared = budget(20);
    assert_eq!([Sheddable, SheddablePlus, Sheddable, Critical].map(|class| left_by(class, &shared)), [10, 5, 5, 0]);
}

#[test]
fn the_class_of_a_retry_is_that_of_its_call_in_any_scope() {
    let budget = budget(4);
    let retry = RetryLayer::builder("retry").backoff(Backoff::none()).max_attempts(9).budget(budget.clone());
    let mut service = by_itself().layer(retry.build().unwrap().layer(coded(&[1])).map_request(|_: Criticality| 7));
    let mut failing = call(&mut service, Sheddable);
    assert!(CriticalPlus.scope(lazy(|_| failing.poll().is_ready())).now_or_never().unwrap());
    assert_eq!(budget.available(), 2);
}
