//! The queue of a bulkhead: the higher class goes first, and a full queue pushes out the lowest.

use super::*;

fn queue(max_queue: usize) -> QueueLayer {
    BulkheadLayer::builder(1).max_queue(max_queue).build().unwrap()
}

fn behind(
    layer: &QueueLayer,
) -> (impl Service<Criticality, Response = Criticality, Error = Error> + use<>, BulkheadHandle) {
    (by_itself().layer(layer.layer(up())), layer.handle())
}

#[tokio::test(start_paused = true)]
async fn a_higher_class_goes_first_and_in_one_class_who_came_first() {
    let (mut service, handle) = behind(&queue(9));
    let place = handle.try_enter().unwrap();
    let mut calls =
        [Sheddable, Critical, SheddablePlus, CriticalPlus, Critical].map(|class| begin(&mut service, class));
    drop(place);
    let mut served = Vec::new();
    while let Some(next) = calls.iter().position(Spawn::is_woken) {
        assert!(calls[next].poll().is_ready());
        served.push(next);
    }
    assert_eq!(served, [3, 1, 4, 2, 0]);
}

#[tokio::test(start_paused = true)]
async fn one_pushed_out_of_a_full_queue_is_rejected_at_once() {
    let (mut service, handle) = behind(&queue(2));
    let place = handle.try_enter().unwrap();
    let mut calls = [Sheddable, Sheddable, CriticalPlus].map(|class| begin(&mut service, class));
    assert_eq!(calls.each_ref().map(Spawn::is_woken), [false, true, false]);
    let Poll::Ready(result) = calls[1].poll() else { panic!("it is rejected") };
    assert_eq!((reason(&result), handle.queued()), (Some(RejectionReason::QueueFull), 2));
    drop(place);
    for next in [2, 0] {
        assert!(matches!(calls[next].poll(), Poll::Ready(Ok(_))), "{next}");
    }
    assert_eq!((handle.in_flight(), handle.queued()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn one_pushed_out_that_is_dropped_gives_back_nothing() {
    let (mut service, handle) = behind(&queue(1));
    let place = handle.try_enter().unwrap();
    let [low, mut high] = [Sheddable, Critical].map(|class| begin(&mut service, class));
    drop(low);
    assert_eq!((handle.in_flight(), handle.queued(), high.is_woken()), (1, 1, false));
    drop(place);
    assert!(high.poll().is_ready());
}

#[tokio::test(start_paused = true)]
async fn a_queue_full_of_higher_classes_rejects_the_newcomer() {
    let (mut service, handle) = behind(&queue(1));
    let _place = handle.try_enter().unwrap();
    let waiting = begin(&mut service, SheddablePlus);
    for class in [Sheddable, SheddablePlus] {
        let Poll::Ready(result) = call(&mut service, class).poll() else { panic!("the queue is full") };
        assert_eq!(reason(&result), Some(RejectionReason::QueueFull), "{class}");
    }
    assert!(!waiting.is_woken());
}

#[tokio::test(start_paused = true)]
async fn a_waiter_has_the_class_of_its_call_in_any_scope() {
    let (mut service, handle) = behind(&queue(2));
    let place = handle.try_enter().unwrap();
    let mut low = call(&mut service, Sheddable);
    let mut high = begin(&mut service, Critical);
    assert!(CriticalPlus.scope(lazy(|_| low.poll().is_pending())).await);
    drop(place);
    assert!(high.is_woken() && high.poll().is_ready());
}

#[tokio::test(start_paused = true)]
async fn one_waits_for_its_share_while_others_pass() {
    let layer = BulkheadLayer::builder(2).max_wait(YEAR).share(Sheddable, 0.5).build().unwrap();
    let (mut service, handle) = behind(&layer);
    let place = handle.try_enter().unwrap();
    let mut waiting = begin(&mut service, Sheddable);
    assert!(call(&mut service, Critical).poll().is_ready());
    assert!(!waiting.is_woken());
    drop(place);
    assert!(waiting.is_woken() && waiting.poll().is_ready());
}

#[tokio::test(start_paused = true)]
async fn a_lower_class_that_waits_too_long_is_rejected() {
    let layer = BulkheadLayer::builder(1).max_queue(9).max_wait(MILLI).build().unwrap();
    let (mut service, handle) = behind(&layer);
    let place = handle.try_enter().unwrap();
    let mut low = begin(&mut service, Sheddable);
    tokio::time::advance(MILLI / 2).await;
    let mut high = task::spawn(handle.enter());
    assert_pending!(high.poll());
    drop(place);
    let Poll::Ready(Ok(_place)) = high.poll() else { panic!("it goes first") };
    tokio::time::advance(MILLI / 2).await;
    let Poll::Ready(result) = low.poll() else { panic!("its wait is over") };
    assert_eq!((reason(&result), handle.in_flight()), (Some(RejectionReason::WaitedTooLong), 1));
}
