//! The bulkhead, line by line of what it means.

mod support;

use std::{
    future::{pending, ready},
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    task::{Context, Poll, Waker},
    time::Duration,
};

use palisade::{BulkheadHandle, BulkheadLayer, Deadline, Error, Rejection, RejectionReason, TimeoutLayer};
use support::{Down, Strict, events::Events, strict};
use tokio::{
    task::{JoinSet, yield_now},
    time::{advance, timeout},
};
use tokio_test::task::{Spawn, spawn};
use tower::{Layer, Service, ServiceBuilder, ServiceExt};
use tracing::Level;

const TICK: Duration = Duration::from_millis(1);
const LONG: Duration = Duration::from_millis(100);
/// A tick less than [`LONG`].
const NEARLY: Duration = Duration::from_millis(99);
const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// What the inner service is to do.
#[derive(Clone, Copy, Debug)]
enum Ask {
    Answer,
    Fail,
    Hang,
    PanicInCall,
    PanicInPoll,
}

type Reply = Pin<Box<dyn Future<Output = Result<u32, Down>> + Send>>;

fn reply(ask: Ask) -> Reply {
    match ask {
        Ask::Answer => Box::pin(ready(Ok(7))),
        Ask::Fail => Box::pin(ready(Err(Down(1)))),
        Ask::Hang => Box::pin(pending()),
        Ask::PanicInCall => panic!("in call"),
        Ask::PanicInPoll => Box::pin(async { panic!("in poll") }),
    }
}

fn inner() -> Strict<fn(Ask) -> Reply> {
    strict(reply)
}

/// Readies the service and calls it, without polling the call.
fn call<S, R>(service: &mut S, request: R) -> Spawn<S::Future>
where
    S: Service<R, Error = Error>,
{
    let readied = service.poll_ready(&mut Context::from_waker(Waker::noop()));
    assert!(matches!(readied, Poll::Ready(Ok(()))), "not ready");
    spawn(service.call(request))
}

/// A call that was polled once and is pending.
fn begin<S, R>(service: &mut S, request: R) -> Spawn<S::Future>
where
    S: Service<R, Error = Error>,
{
    let mut call = call(service, request);
    assert!(call.poll().is_pending(), "a call to be pending is over");
    call
}

/// Why a call was rejected, if it was.
fn reason<T>(poll: Poll<Result<T, Error>>) -> Option<RejectionReason> {
    let Poll::Ready(result) = poll else { return None };
    result.err()?.rejection().map(Rejection::reason)
}

fn panics<T>(f: impl FnOnce() -> T) -> bool {
    catch_unwind(AssertUnwindSafe(f)).is_err()
}

mod without_a_queue {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_full_bulkhead_rejects_at_once() {
        let mut service = BulkheadLayer::new(2).layer(inner());
        let _held = [begin(&mut service, Ask::Hang), begin(&mut service, Ask::Hang)];
        assert_eq!(reason(call(&mut service, Ask::Answer).poll()), Some(RejectionReason::Full));
    }

    #[tokio::test(start_paused = true)]
    async fn a_rejected_call_is_not_sent() {
        let inner = inner();
        let calls = inner.calls();
        let mut service = BulkheadLayer::new(1).layer(inner);
        let _held = begin(&mut service, Ask::Hang);
        let _rejected = call(&mut service, Ask::Answer).poll();
        assert_eq!(calls.count(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_deadline_alone_does_not_make_it_queue() {
        let layer = BulkheadLayer::builder(1).build().unwrap();
        let handle = layer.handle();
        let mut service = TimeoutLayer::new(LONG).layer(layer.layer(inner()));
        let _held = begin(&mut service, Ask::Hang);
        assert_eq!(reason(call(&mut service, Ask::Answer).poll()), Some(RejectionReason::Full));
        assert_eq!(handle.queued(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_rejection_says_who_refused_and_why() {
        let layer = BulkheadLayer::builder(0).name("payments").build().unwrap();
        let error = layer.layer(inner()).oneshot(Ask::Answer).await.unwrap_err();
        let rejection = error.rejection().unwrap();
        assert_eq!((rejection.layer(), rejection.name().as_str()), ("bulkhead", "payments"));
        assert_eq!((rejection.reason(), rejection.retry_after()), (RejectionReason::Full, None));
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_frees_its_place() {
        let layer = BulkheadLayer::new(1);
        let mut answered = call(&mut layer.layer(inner()), Ask::Answer);
        assert_eq!(layer.handle().in_flight(), 1);
        assert!(matches!(answered.poll(), Poll::Ready(Ok(7))));
        assert_eq!(layer.handle().in_flight(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_failure_frees_its_place_and_stays_whole() {
        let layer = BulkheadLayer::new(1);
        let mut failed = call(&mut layer.layer(inner()), Ask::Fail);
        let Poll::Ready(Err(error)) = failed.poll() else { panic!("no error") };
        assert_eq!(error.downcast_ref(), Some(&Down(1)));
        assert_eq!(layer.handle().in_flight(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_dropped_before_its_first_poll_frees_its_place() {
        let layer = BulkheadLayer::new(1);
        let mut service = layer.layer(inner());
        drop(call(&mut service, Ask::Hang));
        assert_eq!(layer.handle().in_flight(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_dropped_in_flight_frees_its_place() {
        let layer = BulkheadLayer::new(1);
        let mut service = layer.layer(inner());
        drop(begin(&mut service, Ask::Hang));
        assert_eq!(layer.handle().in_flight(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_dropped_rejection_frees_nothing() {
        let layer = BulkheadLayer::new(1);
        let mut service = layer.layer(inner());
        let _held = begin(&mut service, Ask::Hang);
        drop(call(&mut service, Ask::Hang));
        assert_eq!(layer.handle().in_flight(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_panic_in_call_frees_its_place() {
        let layer = BulkheadLayer::new(1);
        let mut service = layer.layer(inner());
        assert!(panics(|| call(&mut service, Ask::PanicInCall)));
        assert_eq!(layer.handle().in_flight(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_panic_in_poll_frees_its_place_with_the_call() {
        let layer = BulkheadLayer::new(1);
        let mut service = layer.layer(inner());
        let mut panicking = call(&mut service, Ask::PanicInPoll);
        assert!(panics(|| panicking.poll()));
        drop(panicking);
        assert_eq!(layer.handle().in_flight(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn idle_clones_that_were_polled_ready_hold_nothing() {
        let layer = BulkheadLayer::new(1);
        let mut service = layer.layer(inner());
        let mut idle = service.clone();
        idle.ready().await.unwrap();
        assert_eq!(layer.handle().in_flight(), 0);
        assert!(matches!(call(&mut service, Ask::Answer).poll(), Poll::Ready(Ok(7))));
    }

    #[tokio::test(start_paused = true)]
    async fn a_full_bulkhead_is_ready() {
        let layer = BulkheadLayer::new(0);
        assert!(matches!(spawn(layer.layer(inner()).ready()).poll(), Poll::Ready(Ok(_))));
    }

    #[tokio::test(start_paused = true)]
    async fn a_readiness_error_of_the_inner_comes_whole_and_takes_no_place() {
        let layer = BulkheadLayer::new(1);
        let mut service = layer.layer(Inner::new(Readiness::Fails));
        let error = service.ready().await.err().unwrap();
        assert_eq!(error.downcast_ref(), Some(&Down(3)));
        assert_eq!(layer.handle().in_flight(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn an_inner_service_that_is_not_ready_is_waited_for_without_a_place() {
        let layer = BulkheadLayer::new(1);
        let mut service = layer.layer(Inner::new(Readiness::Waits));
        assert!(spawn(service.ready()).poll().is_pending());
        assert_eq!(layer.handle().in_flight(), 0);
    }
}

mod queueing {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_longest_wait_turns_queueing_on() {
        let layer = BulkheadLayer::builder(1).max_wait(LONG).build().unwrap();
        let mut service = layer.layer(inner());
        let _held = begin(&mut service, Ask::Hang);
        let _waiting = begin(&mut service, Ask::Answer);
        assert_eq!(layer.handle().queued(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_longest_queue_turns_queueing_on() {
        let layer = BulkheadLayer::builder(1).max_queue(1).build().unwrap();
        let mut service = layer.layer(inner());
        let _held = begin(&mut service, Ask::Hang);
        let _waiting = begin(&mut service, Ask::Answer);
        assert_eq!(layer.handle().queued(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn the_queue_is_as_long_as_there_are_places_unless_it_is_set() {
        let mut service = BulkheadLayer::builder(2).max_wait(LONG).build().unwrap().layer(inner());
        let _held = [begin(&mut service, Ask::Hang), begin(&mut service, Ask::Hang)];
        let _waiting = [begin(&mut service, Ask::Answer), begin(&mut service, Ask::Answer)];
        assert_eq!(reason(call(&mut service, Ask::Answer).poll()), Some(RejectionReason::QueueFull));
    }

    #[tokio::test(start_paused = true)]
    async fn a_queue_that_is_set_holds_just_so_many() {
        let mut service = BulkheadLayer::builder(1).max_queue(3).build().unwrap().layer(inner());
        let _held = begin(&mut service, Ask::Hang);
        let _waiting = [(); 3].map(|()| begin(&mut service, Ask::Answer));
        assert_eq!(reason(call(&mut service, Ask::Answer).poll()), Some(RejectionReason::QueueFull));
    }

    #[tokio::test(start_paused = true)]
    async fn a_queue_length_holds_whichever_setting_comes_first() {
        let mut service = BulkheadLayer::builder(1).max_queue(0).max_wait(LONG).build().unwrap().layer(inner());
        let _held = begin(&mut service, Ask::Hang);
        assert_eq!(reason(call(&mut service, Ask::Answer).poll()), Some(RejectionReason::QueueFull));
    }

    #[tokio::test(start_paused = true)]
    async fn a_queue_of_none_still_admits_where_there_is_room() {
        let mut service = BulkheadLayer::builder(1).max_queue(0).build().unwrap().layer(inner());
        assert!(matches!(call(&mut service, Ask::Answer).poll(), Poll::Ready(Ok(7))));
    }

    #[tokio::test(start_paused = true)]
    async fn waiters_get_places_in_the_order_in_which_they_came() {
        let mut service = BulkheadLayer::builder(1).max_queue(3).build().unwrap().layer(inner());
        let held = begin(&mut service, Ask::Hang);
        let mut first = begin(&mut service, Ask::Hang);
        let mut second = begin(&mut service, Ask::Answer);
        drop(held);
        assert!((first.is_woken(), second.is_woken()) == (true, false));
        assert!(second.poll().is_pending());
        assert!(first.poll().is_pending());
        drop(first);
        assert!(matches!(second.poll(), Poll::Ready(Ok(7))));
    }

    #[tokio::test(start_paused = true)]
    async fn a_newcomer_does_not_overtake_a_waiter_that_has_yet_to_run() {
        let mut service = BulkheadLayer::builder(1).max_queue(2).build().unwrap().layer(inner());
        let held = begin(&mut service, Ask::Hang);
        let mut waiter = begin(&mut service, Ask::Answer);
        drop(held);
        let mut newcomer = begin(&mut service, Ask::Answer);
        assert!(matches!(waiter.poll(), Poll::Ready(Ok(7))));
        assert!(matches!(newcomer.poll(), Poll::Ready(Ok(7))));
    }

    #[tokio::test(start_paused = true)]
    async fn only_the_first_poll_joins_the_queue() {
        let layer = BulkheadLayer::builder(1).max_queue(1).build().unwrap();
        let mut service = layer.layer(inner());
        let _held = begin(&mut service, Ask::Hang);
        let _unpolled = call(&mut service, Ask::Answer);
        assert_eq!(layer.handle().queued(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_ends_exactly_when_its_limit_does() {
        let mut service = BulkheadLayer::builder(1).max_wait(LONG).build().unwrap().layer(inner());
        let _held = begin(&mut service, Ask::Hang);
        let mut waiter = begin(&mut service, Ask::Answer);
        advance(NEARLY).await;
        assert!(!waiter.is_woken());
        assert!(waiter.poll().is_pending());
        advance(TICK).await;
        assert!(waiter.is_woken());
        assert_eq!(reason(waiter.poll()), Some(RejectionReason::WaitedTooLong));
    }

    #[tokio::test(start_paused = true)]
    async fn a_place_that_comes_free_a_tick_before_the_limit_is_taken() {
        let mut service = BulkheadLayer::builder(1).max_wait(LONG).build().unwrap().layer(inner());
        let held = begin(&mut service, Ask::Hang);
        let mut waiter = begin(&mut service, Ask::Answer);
        advance(NEARLY).await;
        drop(held);
        assert!(matches!(waiter.poll(), Poll::Ready(Ok(7))));
    }

    #[tokio::test(start_paused = true)]
    async fn who_waited_too_long_is_out_of_the_queue() {
        let layer = BulkheadLayer::builder(1).max_wait(LONG).build().unwrap();
        let mut service = layer.layer(inner());
        let _held = begin(&mut service, Ask::Hang);
        let mut waiter = begin(&mut service, Ask::Answer);
        advance(LONG).await;
        let _rejected = waiter.poll();
        assert_eq!((layer.handle().queued(), layer.handle().in_flight()), (0, 1));
    }

    #[tokio::test(start_paused = true)]
    async fn a_place_goes_past_who_waited_too_long_to_who_still_waits() {
        let mut service = BulkheadLayer::builder(1).max_wait(LONG).max_queue(2).build().unwrap().layer(inner());
        let held = begin(&mut service, Ask::Hang);
        let mut early = begin(&mut service, Ask::Answer);
        advance(TICK).await;
        let mut late = begin(&mut service, Ask::Answer);
        advance(NEARLY).await;
        let _rejected = early.poll();
        drop(held);
        assert!(matches!(late.poll(), Poll::Ready(Ok(7))));
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_is_not_in_the_limit_of_the_wait() {
        let mut service = BulkheadLayer::builder(1).max_wait(LONG).build().unwrap().layer(inner());
        let held = begin(&mut service, Ask::Hang);
        let mut waiter = begin(&mut service, Ask::Hang);
        drop(held);
        assert!(waiter.poll().is_pending());
        advance(YEAR).await;
        assert!(!waiter.is_woken());
        assert!(waiter.poll().is_pending());
    }

    #[tokio::test(start_paused = true)]
    async fn without_a_limit_a_wait_lasts_as_long_as_the_deadline_leaves() {
        let bulkhead = BulkheadLayer::builder(1).max_queue(1).build().unwrap().layer(inner());
        let _held = begin(&mut bulkhead.clone(), Ask::Hang);
        let mut waiter = begin(&mut TimeoutLayer::new(LONG).layer(bulkhead), Ask::Answer);
        advance(NEARLY).await;
        assert!(waiter.poll().is_pending());
        advance(TICK).await;
        assert_eq!(reason(waiter.poll()), Some(RejectionReason::WaitedTooLong));
    }

    #[tokio::test(start_paused = true)]
    async fn without_limit_and_deadline_a_wait_lasts_for_ever() {
        let mut service = BulkheadLayer::builder(1).max_queue(1).build().unwrap().layer(inner());
        let held = begin(&mut service, Ask::Hang);
        let mut waiter = begin(&mut service, Ask::Answer);
        advance(100 * YEAR).await;
        assert!(waiter.poll().is_pending());
        drop(held);
        assert!(matches!(waiter.poll(), Poll::Ready(Ok(7))));
    }

    #[tokio::test(start_paused = true)]
    async fn a_limit_sooner_than_the_deadline_ends_the_wait() {
        let bulkhead = BulkheadLayer::builder(1).max_wait(LONG).build().unwrap().layer(inner());
        let mut service = TimeoutLayer::new(2 * LONG).layer(bulkhead);
        let _held = begin(&mut service, Ask::Hang);
        let mut waiter = begin(&mut service, Ask::Answer);
        advance(NEARLY).await;
        assert!(waiter.poll().is_pending());
        advance(TICK).await;
        assert_eq!(reason(waiter.poll()), Some(RejectionReason::WaitedTooLong));
    }

    #[tokio::test(start_paused = true)]
    async fn a_deadline_sooner_than_the_limit_ends_the_wait() {
        let mut service = BulkheadLayer::builder(1).max_wait(2 * LONG).build().unwrap().layer(inner());
        let _held = begin(&mut service, Ask::Hang);
        let mut waiter = spawn(Deadline::after(LONG).scope(service.call(Ask::Answer)));
        assert!(waiter.poll().is_pending());
        advance(NEARLY).await;
        assert!(waiter.poll().is_pending());
        advance(TICK).await;
        assert!(waiter.is_woken());
        assert_eq!(reason(waiter.poll()), Some(RejectionReason::WaitedTooLong));
    }

    #[tokio::test(start_paused = true)]
    async fn a_full_bulkhead_is_not_reported_as_a_timeout() {
        let bulkhead = BulkheadLayer::builder(1).max_queue(1).build().unwrap().layer(inner());
        let _held = begin(&mut bulkhead.clone(), Ask::Hang);
        let error = TimeoutLayer::new(LONG).layer(bulkhead).oneshot(Ask::Answer).await.unwrap_err();
        assert_eq!(error.rejection().map(Rejection::reason), Some(RejectionReason::WaitedTooLong));
    }

    #[tokio::test(start_paused = true)]
    async fn a_timeout_with_the_limit_of_the_wait_does_not_hide_the_rejection() {
        let bulkhead = BulkheadLayer::builder(1).max_wait(LONG).build().unwrap().layer(inner());
        let _held = begin(&mut bulkhead.clone(), Ask::Hang);
        let error = TimeoutLayer::new(LONG).layer(bulkhead).oneshot(Ask::Answer).await.unwrap_err();
        assert_eq!(error.rejection().map(Rejection::reason), Some(RejectionReason::WaitedTooLong));
    }

    #[tokio::test(start_paused = true)]
    async fn a_deadline_off_the_timers_tick_does_not_hide_the_rejection() {
        let bulkhead = BulkheadLayer::builder(1).max_queue(1).build().unwrap().layer(inner());
        let _held = begin(&mut bulkhead.clone(), Ask::Hang);
        let limit = Duration::from_nanos(1_500_001);
        let error = TimeoutLayer::new(limit).layer(bulkhead).oneshot(Ask::Answer).await.unwrap_err();
        assert_eq!(error.rejection().map(Rejection::reason), Some(RejectionReason::WaitedTooLong));
    }

    #[tokio::test(start_paused = true)]
    async fn the_nearest_of_several_timeouts_ends_the_wait_as_a_rejection() {
        let bulkhead = BulkheadLayer::builder(1).max_queue(1).build().unwrap().layer(inner());
        let _held = begin(&mut bulkhead.clone(), Ask::Hang);
        let service =
            ServiceBuilder::new().layer(TimeoutLayer::new(LONG)).layer(TimeoutLayer::new(2 * LONG)).service(bulkhead);
        let error = service.oneshot(Ask::Answer).await.unwrap_err();
        assert_eq!(error.rejection().map(Rejection::reason), Some(RejectionReason::WaitedTooLong));
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_past_its_deadline_does_not_wait() {
        let layer = BulkheadLayer::builder(1).max_wait(LONG).build().unwrap();
        let mut service = layer.layer(inner());
        let _held = begin(&mut service, Ask::Hang);
        let deadline = Deadline::after(TICK);
        advance(2 * TICK).await;
        let mut late = spawn(deadline.scope(service.call(Ask::Answer)));
        assert_eq!(reason(late.poll()), Some(RejectionReason::WaitedTooLong));
        assert_eq!(layer.handle().queued(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_exactly_at_its_deadline_does_not_wait() {
        let mut service = BulkheadLayer::builder(1).max_wait(LONG).build().unwrap().layer(inner());
        let _held = begin(&mut service, Ask::Hang);
        let deadline = Deadline::after(TICK);
        advance(TICK).await;
        let mut late = spawn(deadline.scope(service.call(Ask::Answer)));
        assert_eq!(reason(late.poll()), Some(RejectionReason::WaitedTooLong));
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_with_a_tick_left_waits_for_it() {
        let mut service = BulkheadLayer::builder(1).max_wait(LONG).build().unwrap().layer(inner());
        let held = begin(&mut service, Ask::Hang);
        let deadline = Deadline::after(2 * TICK);
        advance(TICK).await;
        let mut late = spawn(deadline.scope(service.call(Ask::Answer)));
        assert!(late.poll().is_pending());
        drop(held);
        assert!(matches!(late.poll(), Poll::Ready(Ok(7))));
    }

    #[tokio::test(start_paused = true)]
    async fn under_a_timeout_of_zero_a_full_bulkhead_still_says_so() {
        let bulkhead = BulkheadLayer::builder(1).max_wait(LONG).build().unwrap().layer(inner());
        let _held = begin(&mut bulkhead.clone(), Ask::Hang);
        let mut late = call(&mut TimeoutLayer::new(Duration::ZERO).layer(bulkhead), Ask::Answer);
        assert_eq!(reason(late.poll()), Some(RejectionReason::WaitedTooLong));
    }

    #[test]
    fn a_wait_of_zero_is_over_at_once_and_needs_no_timer() {
        let layer = BulkheadLayer::builder(1).max_wait(Duration::ZERO).build().unwrap();
        let mut service = layer.layer(inner());
        let _held = begin(&mut service, Ask::Hang);
        assert_eq!(reason(call(&mut service, Ask::Answer).poll()), Some(RejectionReason::WaitedTooLong));
        assert_eq!(layer.handle().queued(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_of_zero_costs_no_tick_of_the_timer() {
        let mut service = BulkheadLayer::builder(1).max_wait(Duration::ZERO).build().unwrap().layer(inner());
        let _held = begin(&mut service, Ask::Hang);
        advance(TICK / 2).await;
        assert_eq!(reason(call(&mut service, Ask::Answer).poll()), Some(RejectionReason::WaitedTooLong));
    }

    #[test]
    fn a_wait_without_limit_needs_no_timer() {
        let mut service = BulkheadLayer::builder(1).max_queue(1).build().unwrap().layer(inner());
        let held = begin(&mut service, Ask::Hang);
        let mut waiter = begin(&mut service, Ask::Answer);
        drop(held);
        assert!(matches!(waiter.poll(), Poll::Ready(Ok(7))));
    }

    #[tokio::test(start_paused = true)]
    async fn the_longest_of_waits_is_legal() {
        let mut service = BulkheadLayer::builder(1).max_wait(Duration::MAX).build().unwrap().layer(inner());
        let held = begin(&mut service, Ask::Hang);
        let mut waiter = begin(&mut service, Ask::Answer);
        advance(10 * YEAR).await;
        assert!(waiter.poll().is_pending());
        drop(held);
        assert!(matches!(waiter.poll(), Poll::Ready(Ok(7))));
    }

    #[tokio::test(start_paused = true)]
    async fn a_resize_leaves_the_length_of_the_queue() {
        let layer = BulkheadLayer::builder(1).max_wait(LONG).build().unwrap();
        let mut service = layer.layer(inner());
        layer.handle().resize(2);
        let _held = [begin(&mut service, Ask::Hang), begin(&mut service, Ask::Hang)];
        let _waiting = begin(&mut service, Ask::Answer);
        assert_eq!(reason(call(&mut service, Ask::Answer).poll()), Some(RejectionReason::QueueFull));
    }

    #[tokio::test(start_paused = true)]
    async fn a_shrink_leaves_the_length_of_the_queue() {
        let layer = BulkheadLayer::builder(2).max_wait(LONG).build().unwrap();
        let mut service = layer.layer(inner());
        layer.handle().resize(0);
        let _waiting = [begin(&mut service, Ask::Answer), begin(&mut service, Ask::Answer)];
        assert_eq!(reason(call(&mut service, Ask::Answer).poll()), Some(RejectionReason::QueueFull));
    }

    #[tokio::test(start_paused = true)]
    async fn a_waiter_is_not_sent_before_it_has_a_place() {
        let inner = inner();
        let calls = inner.calls();
        let mut service = BulkheadLayer::builder(1).max_queue(1).build().unwrap().layer(inner);
        let _held = begin(&mut service, Ask::Hang);
        let _waiting = begin(&mut service, Ask::Answer);
        assert_eq!(calls.count(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_waiter_that_changes_tasks_is_woken_in_the_last_one() {
        let mut service = BulkheadLayer::builder(1).max_queue(1).build().unwrap().layer(inner());
        let held = begin(&mut service, Ask::Hang);
        let mut waiter = spawn(Box::pin(service.call(Ask::Answer)));
        assert!(waiter.poll().is_pending());
        let mut moved = spawn(waiter.into_inner());
        assert!(moved.poll().is_pending());
        drop(held);
        assert!(moved.is_woken());
    }
}

mod dropped_waiters {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_call_dropped_before_its_first_poll_held_nothing() {
        let layer = BulkheadLayer::builder(1).max_queue(1).build().unwrap();
        let mut service = layer.layer(inner());
        let unpolled = call(&mut service, Ask::Hang);
        assert_eq!(layer.handle().in_flight(), 0);
        drop(unpolled);
        assert_eq!((layer.handle().in_flight(), layer.handle().queued()), (0, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn a_dropped_waiter_leaves_the_queue() {
        let layer = BulkheadLayer::builder(1).max_queue(1).build().unwrap();
        let mut service = layer.layer(inner());
        let _held = begin(&mut service, Ask::Hang);
        drop(begin(&mut service, Ask::Answer));
        assert_eq!((layer.handle().queued(), layer.handle().in_flight()), (0, 1));
        let _next = begin(&mut service, Ask::Answer);
    }

    #[tokio::test(start_paused = true)]
    async fn a_place_freed_after_the_last_waiter_left_is_open_to_all() {
        let layer = BulkheadLayer::builder(1).max_queue(1).build().unwrap();
        let mut service = layer.layer(inner());
        let held = begin(&mut service, Ask::Hang);
        drop(begin(&mut service, Ask::Answer));
        drop(held);
        assert!(layer.handle().try_enter().is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn a_waiter_dropped_from_the_middle_is_passed_over() {
        let mut service = BulkheadLayer::builder(1).max_queue(3).build().unwrap().layer(inner());
        let held = begin(&mut service, Ask::Hang);
        let mut first = begin(&mut service, Ask::Answer);
        let middle = begin(&mut service, Ask::Answer);
        let mut last = begin(&mut service, Ask::Answer);
        drop(middle);
        drop(held);
        assert!(matches!(first.poll(), Poll::Ready(Ok(7))));
        assert!(matches!(last.poll(), Poll::Ready(Ok(7))));
    }

    #[tokio::test(start_paused = true)]
    async fn a_waiter_dropped_after_it_was_handed_a_place_hands_it_on() {
        let mut service = BulkheadLayer::builder(1).max_queue(2).build().unwrap().layer(inner());
        let held = begin(&mut service, Ask::Hang);
        let handed = begin(&mut service, Ask::Answer);
        let mut next = begin(&mut service, Ask::Answer);
        drop(held);
        assert!(handed.is_woken() && !next.is_woken());
        drop(handed);
        assert!(next.is_woken());
        assert!(matches!(next.poll(), Poll::Ready(Ok(7))));
    }

    #[tokio::test(start_paused = true)]
    async fn the_last_waiter_dropped_after_it_was_handed_a_place_frees_it() {
        let layer = BulkheadLayer::builder(1).max_queue(1).build().unwrap();
        let mut service = layer.layer(inner());
        let held = begin(&mut service, Ask::Hang);
        let handed = begin(&mut service, Ask::Answer);
        drop(held);
        assert_eq!((layer.handle().in_flight(), layer.handle().queued()), (1, 0));
        drop(handed);
        assert_eq!((layer.handle().in_flight(), layer.handle().queued()), (0, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn a_place_that_is_handed_on_is_kept_back_where_a_shrink_took_it() {
        let layer = BulkheadLayer::builder(2).max_queue(2).build().unwrap();
        let mut service = layer.layer(inner());
        let [held, other] = [(); 2].map(|()| begin(&mut service, Ask::Hang));
        let [handed, mut next] = [(); 2].map(|()| begin(&mut service, Ask::Answer));
        drop(held);
        layer.handle().resize(1);
        drop(handed);
        assert!(!next.is_woken());
        drop(other);
        assert!(matches!(next.poll(), Poll::Ready(Ok(7))));
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_that_waited_and_is_dropped_in_flight_hands_its_place_on() {
        let mut service = BulkheadLayer::builder(1).max_queue(2).build().unwrap().layer(inner());
        let held = begin(&mut service, Ask::Hang);
        let mut sent = begin(&mut service, Ask::Hang);
        let next = begin(&mut service, Ask::Answer);
        drop(held);
        assert!(sent.poll().is_pending());
        drop(sent);
        assert!(next.is_woken());
    }

    #[tokio::test(start_paused = true)]
    async fn a_waiter_dropped_by_a_foreign_timeout_leaves_the_queue() {
        let layer = BulkheadLayer::builder(1).max_queue(1).build().unwrap();
        let mut service = layer.layer(inner());
        let _held = begin(&mut service, Ask::Hang);
        let foreign = ServiceBuilder::new().timeout(LONG).service(service);
        let error = foreign.oneshot(Ask::Answer).await.unwrap_err();
        assert!(error.is::<tower::timeout::error::Elapsed>());
        assert_eq!(layer.handle().queued(), 0);
    }
}

/// How the clones of [`Inner`] become ready.
#[derive(Clone, Copy)]
enum Readiness {
    /// When [`Inner::ready`] is set.
    Waits,
    Fails,
    Panics,
}

/// A service that is slow, fails or panics in becoming ready, and counts how often it was asked.
#[derive(Clone)]
struct Inner {
    readiness: Readiness,
    ready: Arc<AtomicBool>,
    asked: Arc<AtomicUsize>,
}

impl Inner {
    fn new(readiness: Readiness) -> Self {
        Self { readiness, ready: Arc::default(), asked: Arc::default() }
    }
}

impl Service<Ask> for Inner {
    type Response = u32;
    type Error = Down;
    type Future = Reply;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Down>> {
        self.asked.fetch_add(1, SeqCst);
        match self.readiness {
            Readiness::Waits if self.ready.load(SeqCst) => Poll::Ready(Ok(())),
            Readiness::Waits => Poll::Pending,
            Readiness::Fails => Poll::Ready(Err(Down(3))),
            Readiness::Panics => panic!("in readiness"),
        }
    }

    fn call(&mut self, ask: Ask) -> Reply {
        assert!(self.ready.load(SeqCst), "called before it was ready");
        reply(ask)
    }
}

mod readiness_of_a_queueing_service {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn polling_ready_leaves_the_inner_alone() {
        let inner = Inner::new(Readiness::Fails);
        let asked = Arc::clone(&inner.asked);
        let mut service = BulkheadLayer::builder(1).max_queue(1).build().unwrap().layer(inner);
        assert!(service.ready().await.is_ok());
        assert_eq!(asked.load(SeqCst), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_full_bulkhead_is_ready() {
        let mut service = BulkheadLayer::builder(0).max_queue(0).build().unwrap().layer(inner());
        assert!(matches!(spawn(service.ready()).poll(), Poll::Ready(Ok(_))));
    }

    #[tokio::test(start_paused = true)]
    async fn a_waiter_readies_nothing_before_it_has_a_place() {
        let inner = Inner::new(Readiness::Waits);
        let asked = Arc::clone(&inner.asked);
        let layer = BulkheadLayer::builder(1).max_queue(1).build().unwrap();
        let place = layer.handle().try_enter().unwrap();
        let mut waiter = begin(&mut layer.layer(inner), Ask::Answer);
        assert_eq!(asked.load(SeqCst), 0);
        drop(place);
        assert!(waiter.poll().is_pending());
        assert_eq!(asked.load(SeqCst), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn an_admitted_call_holds_its_place_while_its_clone_becomes_ready() {
        let inner = Inner::new(Readiness::Waits);
        let is_ready = Arc::clone(&inner.ready);
        let layer = BulkheadLayer::builder(1).max_queue(1).build().unwrap();
        let mut admitted = begin(&mut layer.layer(inner), Ask::Answer);
        assert_eq!(layer.handle().in_flight(), 1);
        is_ready.store(true, SeqCst);
        assert!(matches!(admitted.poll(), Poll::Ready(Ok(7))));
        assert_eq!(layer.handle().in_flight(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn an_admitted_call_dropped_before_it_is_ready_frees_its_place() {
        let layer = BulkheadLayer::builder(1).max_queue(1).build().unwrap();
        drop(begin(&mut layer.layer(Inner::new(Readiness::Waits)), Ask::Answer));
        assert_eq!(layer.handle().in_flight(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_readiness_error_is_the_result_and_frees_the_place() {
        let layer = BulkheadLayer::builder(1).max_queue(1).build().unwrap();
        let error = layer.layer(Inner::new(Readiness::Fails)).oneshot(Ask::Answer).await.unwrap_err();
        assert_eq!(error.downcast_ref(), Some(&Down(3)));
        assert_eq!(layer.handle().in_flight(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_panic_in_readiness_frees_the_place() {
        let layer = BulkheadLayer::builder(1).max_queue(1).build().unwrap();
        let mut panicking = call(&mut layer.layer(Inner::new(Readiness::Panics)), Ask::Answer);
        assert!(panics(|| panicking.poll()));
        drop(panicking);
        assert_eq!(layer.handle().in_flight(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn idle_clones_that_were_polled_ready_hold_nothing() {
        let layer = BulkheadLayer::builder(1).max_queue(1).build().unwrap();
        let mut service = layer.layer(inner());
        let mut idle = service.clone();
        idle.ready().await.unwrap();
        assert_eq!(layer.handle().in_flight(), 0);
        assert!(matches!(call(&mut service, Ask::Answer).poll(), Poll::Ready(Ok(7))));
    }
}

mod places {
    use super::*;

    /// A call that tells, when it is dropped, how many places were taken then.
    struct Watched {
        done: bool,
        handle: BulkheadHandle,
        seen: Arc<AtomicUsize>,
    }

    impl Future for Watched {
        type Output = Result<(), Down>;

        fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
            if self.done { Poll::Ready(Ok(())) } else { Poll::Pending }
        }
    }

    impl Drop for Watched {
        fn drop(&mut self) {
            self.seen.store(self.handle.in_flight(), SeqCst);
        }
    }

    fn watched(handle: BulkheadHandle, seen: &Arc<AtomicUsize>) -> Strict<impl Fn(bool) -> Watched + Clone> {
        let seen = Arc::clone(seen);
        strict(move |done| Watched { done, handle: handle.clone(), seen: Arc::clone(&seen) })
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_that_is_done_is_gone_before_its_place_comes_free() {
        let (layer, seen) = (BulkheadLayer::new(1), Arc::default());
        layer.layer(watched(layer.handle(), &seen)).oneshot(true).await.unwrap();
        assert_eq!((seen.load(SeqCst), layer.handle().in_flight()), (1, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_that_is_dropped_is_gone_before_its_place_comes_free() {
        let (layer, seen) = (BulkheadLayer::new(1), Arc::default());
        drop(begin(&mut layer.layer(watched(layer.handle(), &seen)), false));
        assert_eq!((seen.load(SeqCst), layer.handle().in_flight()), (1, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_that_is_cut_by_a_timeout_is_gone_before_its_place_comes_free() {
        let (layer, seen) = (BulkheadLayer::new(1), Arc::default());
        let service = TimeoutLayer::new(LONG).layer(layer.layer(watched(layer.handle(), &seen)));
        assert!(service.oneshot(false).await.unwrap_err().is_timeout());
        assert_eq!((seen.load(SeqCst), layer.handle().in_flight()), (1, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn a_queueing_call_that_is_done_is_gone_before_its_place_comes_free() {
        let layer = BulkheadLayer::builder(1).max_queue(1).build().unwrap();
        let seen = Arc::default();
        layer.layer(watched(layer.handle(), &seen)).oneshot(true).await.unwrap();
        assert_eq!((seen.load(SeqCst), layer.handle().in_flight()), (1, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn a_queueing_call_that_is_dropped_is_gone_before_its_place_comes_free() {
        let layer = BulkheadLayer::builder(1).max_queue(1).build().unwrap();
        let seen = Arc::default();
        drop(begin(&mut layer.layer(watched(layer.handle(), &seen)), false));
        assert_eq!((seen.load(SeqCst), layer.handle().in_flight()), (1, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn a_panic_in_a_queueing_call_hands_its_place_on() {
        let mut service = BulkheadLayer::builder(1).max_queue(1).build().unwrap().layer(inner());
        for ask in [Ask::PanicInCall, Ask::PanicInPoll] {
            let held = begin(&mut service, Ask::Hang);
            let mut panicking = begin(&mut service, ask);
            drop(held);
            let mut next = begin(&mut service, Ask::Answer);
            assert!(panics(|| panicking.poll()));
            drop(panicking);
            assert!(next.is_woken(), "{ask:?}");
            assert!(matches!(next.poll(), Poll::Ready(Ok(7))), "{ask:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_failure_of_a_queueing_call_hands_its_place_on() {
        let mut service = BulkheadLayer::builder(1).max_queue(1).build().unwrap().layer(inner());
        let mut failing = call(&mut service, Ask::Fail);
        let place = failing.poll();
        assert!(matches!(place, Poll::Ready(Err(Error::Service(_)))));
        assert!(matches!(call(&mut service, Ask::Answer).poll(), Poll::Ready(Ok(7))));
    }

    #[tokio::test(start_paused = true)]
    async fn services_of_one_layer_share_its_places() {
        let layer = BulkheadLayer::new(1);
        let _held = begin(&mut layer.layer(inner()), Ask::Hang);
        let mut other = layer.clone().layer(inner());
        assert_eq!(reason(call(&mut other, Ask::Answer).poll()), Some(RejectionReason::Full));
    }

    #[tokio::test(start_paused = true)]
    async fn services_of_one_layer_share_its_queue() {
        let layer = BulkheadLayer::builder(1).max_queue(1).build().unwrap();
        let _held = begin(&mut layer.layer(inner()), Ask::Hang);
        let _waiting = begin(&mut layer.layer(inner()), Ask::Hang);
        assert_eq!(reason(call(&mut layer.layer(inner()), Ask::Answer).poll()), Some(RejectionReason::QueueFull));
    }

    #[tokio::test(start_paused = true)]
    async fn two_layers_share_nothing() {
        let _held = begin(&mut BulkheadLayer::new(1).layer(inner()), Ask::Hang);
        assert!(matches!(call(&mut BulkheadLayer::new(1).layer(inner()), Ask::Answer).poll(), Poll::Ready(Ok(7))));
    }
}

mod handle {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn it_shows_what_is_in_flight_and_what_waits() {
        let layer = BulkheadLayer::builder(2).max_queue(3).name("payments").build().unwrap();
        let mut service = layer.layer(inner());
        let _held = [(); 2].map(|()| begin(&mut service, Ask::Hang));
        let _waiting = [(); 3].map(|()| begin(&mut service, Ask::Hang));
        let handle = layer.handle();
        assert_eq!((handle.in_flight(), handle.queued(), handle.limit()), (2, 3, 2));
        assert_eq!(handle.name().as_str(), "payments");
    }

    #[test]
    fn it_tells_the_limit_as_it_was_set() {
        for limit in [0, 1, 1000, usize::MAX] {
            let handle = BulkheadLayer::new(limit).handle();
            assert_eq!(handle.limit(), limit);
            handle.resize(5);
            handle.resize(limit);
            assert_eq!(handle.limit(), limit);
        }
    }

    #[test]
    fn a_resize_keeps_what_is_in_flight() {
        let handle = BulkheadLayer::new(3).handle();
        let _places = [(); 3].map(|()| handle.try_enter().unwrap());
        for limit in [0, usize::MAX, 1] {
            handle.resize(limit);
            assert_eq!(handle.in_flight(), 3);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn growing_wakes_as_many_waiters_as_there_are_new_places() {
        let layer = BulkheadLayer::builder(1).max_queue(3).build().unwrap();
        let mut service = layer.layer(inner());
        let _held = begin(&mut service, Ask::Hang);
        let waiters = [(); 3].map(|()| begin(&mut service, Ask::Hang));
        layer.handle().resize(3);
        assert_eq!(waiters.each_ref().map(Spawn::is_woken), [true, true, false]);
        assert_eq!((layer.handle().in_flight(), layer.handle().queued()), (3, 1));
    }

    #[tokio::test(start_paused = true)]
    async fn growing_without_end_wakes_all_waiters() {
        let layer = BulkheadLayer::builder(1).max_queue(3).build().unwrap();
        let mut service = layer.layer(inner());
        let _held = begin(&mut service, Ask::Hang);
        let waiters = [(); 3].map(|()| begin(&mut service, Ask::Hang));
        layer.handle().resize(usize::MAX);
        assert_eq!(waiters.each_ref().map(Spawn::is_woken), [true; 3]);
        assert_eq!((layer.handle().in_flight(), layer.handle().queued()), (4, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn shrinking_ends_no_call() {
        let layer = BulkheadLayer::new(2);
        let mut service = layer.layer(inner());
        let mut held = [(); 2].map(|()| begin(&mut service, Ask::Hang));
        layer.handle().resize(0);
        assert!(held.iter_mut().all(|call| call.poll().is_pending()));
        assert_eq!(layer.handle().in_flight(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn after_a_shrink_none_is_let_in_until_enough_have_ended() {
        let layer = BulkheadLayer::new(3);
        let mut service = layer.layer(inner());
        let [first, second, third] = [(); 3].map(|()| begin(&mut service, Ask::Hang));
        layer.handle().resize(1);
        for held in [first, second] {
            drop(held);
            assert_eq!(reason(call(&mut service, Ask::Answer).poll()), Some(RejectionReason::Full));
        }
        drop(third);
        assert!(matches!(call(&mut service, Ask::Answer).poll(), Poll::Ready(Ok(7))));
    }

    #[tokio::test(start_paused = true)]
    async fn after_a_shrink_no_waiter_is_woken_until_enough_have_ended() {
        let layer = BulkheadLayer::builder(3).max_queue(1).build().unwrap();
        let mut service = layer.layer(inner());
        let held = [(); 3].map(|()| begin(&mut service, Ask::Hang));
        let waiter = begin(&mut service, Ask::Answer);
        layer.handle().resize(1);
        let woken = held.map(|held| {
            drop(held);
            waiter.is_woken()
        });
        assert_eq!(woken, [false, false, true]);
    }

    #[tokio::test(start_paused = true)]
    async fn growing_back_wakes_only_beyond_what_is_still_in_flight() {
        let layer = BulkheadLayer::builder(2).max_queue(1).build().unwrap();
        let mut service = layer.layer(inner());
        let _held = [(); 2].map(|()| begin(&mut service, Ask::Hang));
        let waiter = begin(&mut service, Ask::Answer);
        layer.handle().resize(0);
        layer.handle().resize(2);
        assert!(!waiter.is_woken());
        layer.handle().resize(3);
        assert!(waiter.is_woken());
    }

    #[tokio::test(start_paused = true)]
    async fn with_no_places_waiters_wait_for_a_resize() {
        let layer = BulkheadLayer::builder(0).max_queue(1).build().unwrap();
        let mut waiter = begin(&mut layer.layer(inner()), Ask::Answer);
        layer.handle().resize(1);
        assert!(waiter.is_woken());
        assert!(matches!(waiter.poll(), Poll::Ready(Ok(7))));
    }

    #[test]
    fn a_guard_holds_its_place_until_it_is_dropped() {
        let handle = BulkheadLayer::new(1).handle();
        let place = handle.try_enter().unwrap();
        assert_eq!(handle.try_enter().unwrap_err().reason(), RejectionReason::Full);
        drop(place);
        assert!(handle.try_enter().is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn a_guard_takes_a_place_of_the_services() {
        let layer = BulkheadLayer::new(1);
        let _place = layer.handle().try_enter().unwrap();
        let mut service = layer.layer(inner());
        assert_eq!(reason(call(&mut service, Ask::Answer).poll()), Some(RejectionReason::Full));
    }

    #[tokio::test(start_paused = true)]
    async fn a_dropped_guard_hands_its_place_to_a_waiter() {
        let layer = BulkheadLayer::builder(1).max_queue(1).build().unwrap();
        let place = layer.handle().try_enter().unwrap();
        let waiter = begin(&mut layer.layer(inner()), Ask::Answer);
        drop(place);
        assert!(waiter.is_woken());
        assert!(layer.handle().try_enter().is_err());
    }

    #[test]
    fn a_guard_outlives_its_layer() {
        let handle = BulkheadLayer::new(1).handle();
        let place = handle.try_enter().unwrap();
        let other = handle.clone();
        drop(handle);
        drop(place);
        assert_eq!(other.in_flight(), 0);
    }

    #[test]
    fn a_guard_dropped_in_a_panic_frees_its_place() {
        let handle = BulkheadLayer::new(1).handle();
        let place = handle.try_enter().unwrap();
        assert!(panics(move || {
            let _place = place;
            panic!("with a place")
        }));
        assert_eq!(handle.in_flight(), 0);
    }
}

mod limits {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn no_places_reject_every_call() {
        let mut service = BulkheadLayer::new(0).layer(inner());
        assert_eq!(reason(call(&mut service, Ask::Answer).poll()), Some(RejectionReason::Full));
    }

    #[tokio::test(start_paused = true)]
    async fn no_places_with_a_queue_as_long_reject_every_call() {
        let mut service = BulkheadLayer::builder(0).max_wait(LONG).build().unwrap().layer(inner());
        assert_eq!(reason(call(&mut service, Ask::Answer).poll()), Some(RejectionReason::QueueFull));
    }

    #[tokio::test(start_paused = true)]
    async fn as_many_places_as_can_be_reject_nothing() {
        let mut service = BulkheadLayer::new(usize::MAX).layer(inner());
        let _held: Vec<_> = (0..1000).map(|_| begin(&mut service, Ask::Hang)).collect();
        assert!(matches!(call(&mut service, Ask::Answer).poll(), Poll::Ready(Ok(7))));
    }

    #[tokio::test(start_paused = true)]
    async fn all_settings_at_their_most_are_legal() {
        let builder = BulkheadLayer::builder(usize::MAX).max_queue(usize::MAX).max_wait(Duration::MAX);
        let mut service = builder.build().unwrap().layer(inner());
        assert!(matches!(call(&mut service, Ask::Answer).poll(), Poll::Ready(Ok(7))));
    }

    #[tokio::test(start_paused = true)]
    async fn a_queue_without_end_is_legal() {
        let layer = BulkheadLayer::builder(1).max_queue(usize::MAX).build().unwrap();
        let mut service = layer.layer(inner());
        let _held: Vec<_> = (0..1001).map(|_| begin(&mut service, Ask::Hang)).collect();
        assert_eq!(layer.handle().queued(), 1000);
    }

    #[test]
    fn an_empty_name_is_refused() {
        let error = BulkheadLayer::builder(1).name("").build().unwrap_err();
        assert_eq!((error.setting(), error.value()), ("name", r#""""#));
    }

    #[test]
    fn a_name_may_have_64_bytes_and_no_more() {
        assert!(BulkheadLayer::builder(1).name("n".repeat(64)).build().is_ok());
        assert_eq!(BulkheadLayer::builder(1).name("n".repeat(65)).build().unwrap_err().setting(), "name");
    }

    #[test]
    fn a_queueing_bulkhead_refuses_the_same_names() {
        let error = BulkheadLayer::builder(1).max_queue(1).name("n".repeat(65)).build().unwrap_err();
        assert_eq!(error.setting(), "name");
    }

    #[test]
    fn a_name_set_before_the_queue_stays() {
        let layer = BulkheadLayer::builder(1).name("payments").max_wait(LONG).max_queue(1).build().unwrap();
        assert_eq!(layer.handle().name().as_str(), "payments");
    }
}

mod waiting {
    use super::*;

    /// Counts how often a future is polled.
    struct Counted<F> {
        inner: Pin<Box<F>>,
        polls: Arc<AtomicUsize>,
    }

    impl<F: Future> Future for Counted<F> {
        type Output = F::Output;

        fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
            self.polls.fetch_add(1, SeqCst);
            self.inner.as_mut().poll(cx)
        }
    }

    fn counted<F: Future>(inner: F) -> (Counted<F>, Arc<AtomicUsize>) {
        let polls = Arc::default();
        (Counted { inner: Box::pin(inner), polls: Arc::clone(&polls) }, polls)
    }

    #[tokio::test(start_paused = true)]
    async fn a_waiter_sleeps_until_it_has_a_place() {
        let mut service = BulkheadLayer::builder(1).max_wait(LONG).max_queue(1).build().unwrap().layer(inner());
        let held = begin(&mut service, Ask::Hang);
        let (waiter, polls) = counted(service.call(Ask::Answer));
        let waiter = tokio::spawn(waiter);
        for _ in 0..99 {
            advance(TICK).await;
        }
        assert_eq!(polls.load(SeqCst), 1);
        drop(held);
        assert_eq!(waiter.await.unwrap().unwrap(), 7);
        assert_eq!(polls.load(SeqCst), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_waiter_sleeps_until_its_wait_is_over() {
        let mut service = BulkheadLayer::builder(1).max_wait(LONG).build().unwrap().layer(inner());
        let _held = begin(&mut service, Ask::Hang);
        let (waiter, polls) = counted(service.call(Ask::Answer));
        let started = Deadline::after(Duration::ZERO).instant();
        assert!(tokio::spawn(waiter).await.unwrap().is_err());
        assert_eq!(started.elapsed(), LONG);
        assert_eq!(polls.load(SeqCst), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_place_wakes_nobody_but_the_first() {
        let mut service = BulkheadLayer::builder(1).max_queue(100).build().unwrap().layer(inner());
        let held = begin(&mut service, Ask::Hang);
        let waiters: Vec<_> = (0..100).map(|_| begin(&mut service, Ask::Hang)).collect();
        drop(held);
        assert_eq!(waiters.iter().filter(|waiter| waiter.is_woken()).count(), 1);
    }
}

mod events {
    use super::*;

    const TARGET: &str = "palisade::bulkhead";

    #[tokio::test(start_paused = true)]
    async fn each_reason_for_a_rejection_is_told_by_its_own_name() {
        let full = BulkheadLayer::builder(0).name("payments").build().unwrap();
        let queue_full = BulkheadLayer::builder(0).name("payments").max_queue(0).build().unwrap();
        let too_long = BulkheadLayer::builder(0).name("payments").max_queue(1).max_wait(LONG).build().unwrap();
        let events = Events::record();
        assert!(full.layer(inner()).oneshot(Ask::Answer).await.is_err());
        assert!(queue_full.layer(inner()).oneshot(Ask::Answer).await.is_err());
        assert!(too_long.layer(inner()).oneshot(Ask::Answer).await.is_err());
        let told = events.of(TARGET);
        let reasons: Vec<_> = told.iter().map(|event| event.field("reason")).collect();
        assert_eq!(reasons, ["full", "queue_full", "waited_too_long"]);
        assert!(told.iter().all(|event| event.field("name") == "payments" && event.level >= Level::DEBUG));
    }

    #[test]
    fn a_rejected_guard_is_told() {
        let handle = BulkheadLayer::new(0).handle();
        let events = Events::record();
        assert!(handle.try_enter().is_err());
        let [event] = &events.of(TARGET)[..] else { panic!("not one event") };
        assert_eq!((event.field("name"), event.field("reason")), ("bulkhead", "full"));
    }

    #[test]
    fn a_resize_is_told_with_the_new_limit() {
        let handle = BulkheadLayer::new(1).handle();
        let events = Events::record();
        handle.resize(3);
        let [event] = &events.of(TARGET)[..] else { panic!("not one event") };
        assert_eq!((event.field("name"), event.field("limit")), ("bulkhead", "3"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_that_waits_and_is_answered_tells_nothing() {
        let events = Events::record();
        let mut service = BulkheadLayer::builder(1).max_wait(LONG).build().unwrap().layer(inner());
        let held = begin(&mut service, Ask::Hang);
        let mut waiter = begin(&mut service, Ask::Answer);
        drop(held);
        assert!(waiter.poll().is_ready());
        drop(begin(&mut service, Ask::Hang));
        assert_eq!(events.all(), []);
    }

    #[test]
    fn the_reasons_read_differently() {
        let reasons = [RejectionReason::Full, RejectionReason::QueueFull, RejectionReason::WaitedTooLong];
        let [full, queue_full, too_long] = reasons.map(|reason| reason.to_string());
        assert!(full != queue_full && queue_full != too_long && too_long != full);
    }
}

mod threads {
    use super::*;

    /// The calls alive now, and the most that there were at once.
    #[derive(Clone, Default)]
    struct Census {
        alive: Arc<AtomicUsize>,
        most: Arc<AtomicUsize>,
    }

    /// One call; alive until it is dropped.
    struct Alive(Census);

    impl Census {
        fn enter(&self) -> Alive {
            let alive = self.alive.fetch_add(1, SeqCst) + 1;
            self.most.fetch_max(alive, SeqCst);
            Alive(self.clone())
        }
    }

    impl Drop for Alive {
        fn drop(&mut self) {
            self.0.alive.fetch_sub(1, SeqCst);
        }
    }

    type Yielding = Pin<Box<dyn Future<Output = Result<(), Down>> + Send>>;

    /// Pseudo-random numbers, the same in every run.
    fn draw(state: &mut u64) -> u64 {
        *state ^= *state << 13;
        *state ^= *state >> 7;
        *state ^= *state << 17;
        *state >> 3
    }

    async fn yields(times: u64) {
        for _ in 0..times {
            yield_now().await;
        }
    }

    /// A service whose calls last for so many yields as the last digit asks; from 90 on, they panic at last.
    fn yielding(census: Census) -> Strict<impl Fn(u64) -> Yielding + Clone> {
        strict(move |times: u64| -> Yielding {
            let alive = census.enter();
            Box::pin(async move {
                yields(times % 10).await;
                assert!(times < 90, "on purpose");
                drop(alive);
                Ok(())
            })
        })
    }

    /// Makes many calls from many tasks; some are dropped at a random moment, a few panic.
    async fn hammer<S>(service: S, handle: &BulkheadHandle, limits: &[usize])
    where
        S: Service<u64, Response = (), Error = Error> + Clone + Send + 'static,
        S::Future: Send,
    {
        let mut tasks = JoinSet::new();
        for task in 1..=64_u64 {
            let (service, mut seed) = (service.clone(), task.wrapping_mul(0x9E37_79B9_7F4A_7C15));
            let (handle, limits) = (handle.clone(), limits.to_vec());
            tasks.spawn(async move {
                for _ in 0..200 {
                    let call = service.clone().oneshot(draw(&mut seed) % 92);
                    let patience = draw(&mut seed) % 40;
                    let call = tokio::spawn(async move {
                        tokio::select! {
                            biased;
                            result = call => drop(result),
                            () = yields(patience), if patience < 20 => {}
                        }
                    });
                    if let Some(limit) = limits.get(usize::try_from(draw(&mut seed) % 64).expect("it is small")) {
                        handle.resize(*limit);
                    }
                    if let Err(failed) = call.await {
                        assert!(failed.is_panic());
                    }
                }
            });
        }
        // A waiter that nobody wakes shall fail the test, not hang it.
        let all_done = timeout(Duration::from_secs(60), tasks.join_all()).await;
        all_done.expect("somebody is left waiting");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn no_more_calls_than_the_limit_are_alive_at_once() {
        let (layer, census) = (BulkheadLayer::new(3), Census::default());
        hammer(layer.layer(yielding(census.clone())), &layer.handle(), &[]).await;
        assert_eq!(census.most.load(SeqCst), 3);
        assert_eq!(layer.handle().in_flight(), 0);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn no_more_queued_calls_than_the_limit_are_alive_and_nothing_is_lost() {
        let (census, layer) = (Census::default(), BulkheadLayer::builder(3).max_queue(usize::MAX).build().unwrap());
        hammer(layer.layer(yielding(census.clone())), &layer.handle(), &[]).await;
        assert_eq!(census.most.load(SeqCst), 3);
        assert_eq!(census.alive.load(SeqCst), 0);
        assert_eq!((layer.handle().in_flight(), layer.handle().queued()), (0, 0));
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn resizes_let_no_more_in_than_the_largest_limit_and_lose_nothing() {
        let (census, layer) = (Census::default(), BulkheadLayer::builder(2).max_queue(usize::MAX).build().unwrap());
        hammer(layer.layer(yielding(census.clone())), &layer.handle(), &[1, 4, 2, 3]).await;
        assert!(census.most.load(SeqCst) <= 4);
        assert_eq!(census.alive.load(SeqCst), 0);
        assert_eq!((layer.handle().in_flight(), layer.handle().queued()), (0, 0));
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn after_the_storm_all_places_can_be_taken() {
        let (census, layer) = (Census::default(), BulkheadLayer::builder(2).max_queue(4).build().unwrap());
        hammer(layer.layer(yielding(census.clone())), &layer.handle(), &[1, 4]).await;
        layer.handle().resize(3);
        let places = [(); 3].map(|()| layer.handle().try_enter());
        assert!(places.iter().all(Result::is_ok));
        assert!(layer.handle().try_enter().is_err());
    }
}
