//! What a hedge decides.

mod latencies;
mod model;

use crate::outcome::Outcome;
use crate::state::hedge::latencies::{Latencies, MIN_SAMPLES};
use crate::state::hedge::{Delay, End, Hedging, Next};
use crate::time::Nanos;

const TEN: Nanos = Nanos(10);

/// A call that began at 5, with this many hedges, each after 10.
fn call(max: u32) -> Hedging {
    Hedging::new(max, &Delay::Fixed(TEN), None, Nanos(5))
}

#[test]
fn each_end_has_its_meaning() {
    let throttled = End::Result(Outcome::Throttled { retry_after: None });
    let transient = End::Result(Outcome::Transient);
    // The end of the first attempt at 7, of two; then what comes next with nothing in flight, and with a hedge in flight.
    for (end, is_final, alone, beside) in [
        (End::Result(Outcome::Success), true, None, None),
        (End::Result(Outcome::Ignored), true, None, None),
        (End::Result(Outcome::Failed), true, None, None),
        (End::Deadline, true, None, None),
        (transient, false, Some(Next::Start), Some(Next::Start)),
        (throttled, false, Some(Next::Fail), Some(Next::Wait)),
        (End::Unsent, false, Some(Next::Fail), Some(Next::Wait)),
    ] {
        assert_eq!(end.is_final(), is_final, "{end:?}");
        let after = |mut call: Hedging| {
            call.end(end, Nanos(7));
            call.next(Nanos(7))
        };
        let mut hedged = call(3);
        hedged.start(Nanos(6));
        let next = (!is_final).then(|| (after(call(2)), after(hedged))).unzip();
        assert_eq!(next, (alone, beside), "{end:?}");
    }
}

#[test]
fn a_hedge_is_due_a_delay_after_the_one_before() {
    let mut call = call(2);
    assert_eq!((call.next(Nanos(14)), call.next(Nanos(15))), (Next::WaitUntil(Nanos(15)), Next::Start));
    assert_eq!(call.start(Nanos(40)), 1, "one is in flight beside it");
    assert_eq!((call.next(Nanos(49)), call.next(Nanos(50))), (Next::WaitUntil(Nanos(50)), Next::Start));
    assert_eq!(call.start(Nanos(50)), 2);
    assert_eq!(call.next(Nanos::MAX), Next::Wait, "there were as many as may be");
}

#[test]
fn a_failure_after_the_last_hedge_starts_none() {
    let mut call = call(1);
    call.start(Nanos(15));
    call.end(End::Result(Outcome::Transient), Nanos(16));
    assert_eq!(call.next(Nanos(16)), Next::Wait);
    call.end(End::Result(Outcome::Transient), Nanos(17));
    assert_eq!(call.next(Nanos(17)), Next::Fail);
}

#[test]
fn a_call_that_stops_waits_for_what_is_in_flight() {
    let mut call = call(5);
    call.stop();
    assert_eq!(call.next(Nanos::MAX), Next::Wait);
    call.end(End::Result(Outcome::Transient), Nanos(6));
    assert_eq!(call.next(Nanos::MAX), Next::Fail);
}

/// A clock that must not be read.
#[derive(Clone, Copy)]
struct Unread;

impl crate::time::Now for Unread {
    fn now(self) -> Nanos {
        panic!("the clock was read")
    }
}

#[test]
fn a_call_that_is_not_hedged_reads_no_clock() {
    let mut call = Hedging::new(0, &Delay::Fixed(TEN), None, Unread);
    assert_eq!(call.next(Unread), Next::Wait);
    call.end(End::Unsent, Unread);
    assert_eq!(call.next(Unread), Next::Fail);
}

#[test]
fn without_a_delay_no_hedge_starts_even_after_a_failure() {
    let cold = Delay::Quantile(Box::new(Latencies::new(0.95, Nanos(0))));
    let mut call = Hedging::new(3, &cold, None, Nanos(5));
    assert_eq!(call.next(Nanos::MAX), Next::Wait);
    call.end(End::Result(Outcome::Transient), Nanos(6));
    assert_eq!(call.next(Nanos::MAX), Next::Fail);
}

#[test]
fn delays_and_times_saturate() {
    let mut call = Hedging::new(u32::MAX, &Delay::Fixed(Nanos::MAX), Some(Nanos(7)), Nanos(9));
    assert_eq!(call.next(Nanos(10)), Next::WaitUntil(Nanos::MAX));
    call.end(End::Result(Outcome::Transient), Nanos::MAX);
    assert_eq!(call.next(Nanos::MAX), Next::Start);
    assert_eq!(call.start(Nanos::MAX), 0);
}
