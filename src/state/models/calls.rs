//! Claims about calls that are counted while others look.
//!
//! Who looks is the thread that is spawned: loom finds no race of a look with a store that comes after a load of the same thread's.

use loom::model;

use super::{race, race_on_one_stripe};
use crate::state::calls::{Calls, Ended};
use crate::state::histogram::Histogram;
use crate::sync::Arc;
use crate::time::Nanos;

#[test]
fn no_more_calls_have_ended_than_begun() {
    model(|| {
        let calls = Arc::new(Calls::new());
        let other = Arc::clone(&calls);
        let call = || {
            calls.begin();
            calls.end(Ended::Success, Nanos(1));
        };
        let (in_flight, ()) = race(move || other.in_flight(), call);
        assert!(in_flight <= 1, "less than none is a lot");
        assert_eq!(calls.in_flight(), 0);
    });
}

#[test]
fn a_time_that_is_counted_is_in_the_sum() {
    model(|| {
        let histogram = Arc::new(Histogram::new());
        let other = Arc::clone(&histogram);
        let (seen, ()) = race(move || other.read(), || histogram.record(Nanos(7)));
        assert!(seen.count() == 0 || seen.sum().as_nanos() == 7, "{seen:?}");
    });
}

#[test]
fn threads_that_share_a_stripe_lose_no_time() {
    model(|| {
        let histogram = Arc::new(Histogram::new());
        let (one, two) = (Arc::clone(&histogram), Arc::clone(&histogram));
        race_on_one_stripe(move || one.record(Nanos(u64::MAX)), move || two.record(Nanos(u64::MAX)));
        let all = histogram.read();
        assert_eq!((all.count(), all.sum().as_nanos()), (2, 2 * u128::from(u64::MAX)));
    });
}
