//! Waiting for a place outside a service.

use std::sync::mpsc;

use futures_util::poll;
use tokio::task::spawn_blocking;

use super::*;

#[tokio::test(start_paused = true)]
async fn who_waits_outside_stands_in_one_queue_with_the_services() {
    let layer = queue(1, 3);
    let handle = layer.handle();
    let place = handle.enter().await.unwrap();
    let mut first = spawn(handle.enter());
    assert!(first.poll().is_pending());
    let second = begin(&mut layer.layer(inner()), Ask::Hang);
    let mut third = spawn(handle.enter());
    assert!(third.poll().is_pending());
    assert_eq!((handle.in_flight(), handle.queued()), (1, 3));
    drop(place);
    assert_eq!([first.is_woken(), second.is_woken(), third.is_woken()], [true, false, false]);
    let Poll::Ready(Ok(place)) = first.poll() else { panic!("it was handed the place") };
    drop(place);
    assert_eq!([second.is_woken(), third.is_woken()], [true, false]);
    drop(second);
    assert!(third.poll().is_ready());
}

/// Why a bulkhead without a place rejects a call of a service, and one outside.
async fn rejections<L>(layer: &L, handle: BulkheadHandle) -> [RejectionReason; 2]
where
    L: Layer<Inner>,
    L::Service: Service<Ask, Response = u32, Error = Error>,
{
    let _place = handle.enter().await.expect("it is free");
    let call = layer.layer(inner()).oneshot(Ask::Answer).await.expect_err("no place is free");
    let call = call.rejection().expect("it was rejected");
    [call, handle.enter().await.expect_err("no place is free")].map(Rejection::reason)
}

#[tokio::test(start_paused = true)]
async fn it_is_rejected_as_the_calls_of_services_are() {
    let (none, no_room, bounded, patient) =
        (BulkheadLayer::new(1), queue(1, 0), BulkheadLayer::builder(1).max_wait(LONG).build().unwrap(), queue(1, 1));
    for (reasons, expected) in [
        (rejections(&none, none.handle()).await, RejectionReason::Full),
        (rejections(&no_room, no_room.handle()).await, RejectionReason::QueueFull),
        (rejections(&bounded, bounded.handle()).await, RejectionReason::WaitedTooLong),
        (Deadline::after(LONG).scope(rejections(&patient, patient.handle())).await, RejectionReason::WaitedTooLong),
    ] {
        assert_eq!(reasons, [expected; 2]);
    }
}

#[tokio::test(start_paused = true)]
async fn the_handle_of_a_key_waits_in_the_queue_of_the_key() {
    let layer = BulkheadLayer::builder(1).max_queue(1).per_key(|_: &Ask| 7).build().unwrap();
    assert!(layer.layer(inner()).oneshot(Ask::Answer).await.is_ok());
    let _held = begin(&mut layer.layer(inner()), Ask::Hang);
    let handle = layer.handle().get(&7).unwrap();
    let mut waiter = Box::pin(handle.enter());
    assert!(poll!(&mut waiter).is_pending());
    assert_eq!((handle.queued(), handle.enter().await.unwrap_err().reason()), (1, RejectionReason::QueueFull));
}

#[tokio::test(start_paused = true)]
async fn dropping_the_wait_gives_all_back() {
    let handle = queue(1, 2).handle();
    let place = handle.enter().await.unwrap();
    let (mut waits, mut handed) = (Box::pin(handle.enter()), Box::pin(handle.enter()));
    assert!(poll!(&mut waits).is_pending() && poll!(&mut handed).is_pending());
    drop(waits);
    assert_eq!(handle.queued(), 1);
    drop(place);
    assert_eq!((handle.queued(), handle.in_flight()), (0, 1), "the place was handed over");
    drop(handed);
    assert_eq!(handle.in_flight(), 0);
    assert!(handle.enter().await.is_ok());
}

#[tokio::test]
async fn a_guard_in_blocking_work_keeps_its_place_when_the_caller_has_left() {
    let handle = queue(1, 1).handle();
    let place = handle.enter().await.unwrap();
    let (end, ends) = mpsc::channel::<()>();
    let call = async {
        let work = spawn_blocking(move || {
            let _place = place;
            ends.recv().ok();
        });
        work.await
    };
    let mut call = Box::pin(call);
    assert!(poll!(&mut call).is_pending());
    drop(call);
    let mut next = Box::pin(handle.enter());
    assert!(poll!(&mut next).is_pending());
    drop(end);
    assert!(next.await.is_ok(), "the work has ended");
}
