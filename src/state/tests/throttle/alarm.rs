//! When calls are drawn, and what is told of it.

use super::*;
use crate::state::keys::Retention;

/// Makes it reject the next calls with the probability of 0.95.
fn overloaded(now: u64) -> Throttle {
    let throttle = throttle();
    throttle.end_many(Failed, 50, now);
    throttle
}

fn told(throttle: &Throttle, now: u64) -> Vec<bool> {
    throttle.enter_many(200, now).1.iter().map(|change| change.rejects).collect()
}

#[test]
fn the_first_rejection_is_told_and_no_other() {
    let throttle = overloaded(0);
    let (_, changes) = throttle.enter_many(200, 0);
    let [Change { rejects: true, asked }] = changes[..] else { panic!("{changes:?}") };
    assert_eq!(asked, Asked { requests: 50, accepts: 0 });
    assert_eq!(told(&throttle, 1), Vec::<bool>::new());
}

#[test]
fn the_end_is_told_a_window_after_the_last_rejection() {
    let (throttle, last) = (overloaded(BUCKET), BUCKET);
    assert_eq!(told(&throttle, last), [true]);
    for now in [last + BUCKET, last + WINDOW - 1] {
        throttle.end_many(Success, 500, now);
        assert_eq!(told(&throttle, now), Vec::<bool>::new(), "at {now}");
    }
    assert_eq!(told(&throttle, last + WINDOW), [false]);
    assert_eq!(told(&throttle, last + WINDOW), Vec::<bool>::new());
}

#[test]
fn a_probability_that_comes_and_goes_is_told_once() {
    let (throttle, mut all) = (throttle(), Vec::new());
    for now in (1..100).map(|turn| turn * BUCKET) {
        throttle.end_many(Failed, 1_000, now);
        assert!(throttle.probability(now) > 0.0);
        all.extend(told(&throttle, now));
        throttle.end_many(Success, 1_200, now);
        assert_eq!(throttle.probability(now), 0.0);
        all.extend(told(&throttle, now));
    }
    assert_eq!(all, [true]);
}

#[test]
fn one_that_rejected_nothing_ends_untold() {
    let throttle = throttle();
    throttle.end(Failed, 0);
    throttle.end(Success, 0);
    assert_eq!(told(&throttle, 0), Vec::<bool>::new());
}

/// Only the clock of this call is never read.
#[test]
fn a_call_of_a_healthy_service_reads_no_clock() {
    #[derive(Clone, Copy)]
    struct NoClock;

    impl crate::time::Now for NoClock {
        fn now(self) -> Nanos {
            unreachable!("nothing needs the time")
        }
    }

    let throttle = throttle();
    throttle.end_many(Success, 2, 0);
    throttle.end(Failed, 0);
    assert!(throttle.enter(Critical, NoClock).passes);
}

#[test]
fn a_rise_by_time_alone_is_seen_with_the_next_failure() {
    let throttle = throttle();
    throttle.end_many(Success, 100, 0);
    throttle.end_many(Failed, 100, BUCKET);
    // Nothing but the failures is left in the window.
    let now = WINDOW;
    assert_eq!((throttle.probability(now), throttle.enter_many(100, now).0), (0.95, 100));
    throttle.end(Failed, now);
    assert!(throttle.enter_many(100, now).0 < 20);
}

#[test]
fn a_key_is_kept_for_a_window_after_its_last_rejection() {
    let throttle = overloaded(50);
    assert_eq!(throttle.retention(), Retention::Free);
    throttle.enter_many(200, 50);
    assert_eq!(throttle.retention(), Retention::Until(Nanos(50 + WINDOW)));
}
