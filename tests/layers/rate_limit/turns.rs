//! Calls that wait for their turn.

use super::*;

#[tokio::test(start_paused = true)]
async fn calls_wait_for_their_turns_in_the_order_in_which_they_came() {
    let layer = pacing(1, 9 * SECOND);
    let mut service = layer.layer(up());
    assert!(matches!(call(&mut service, 0).poll(), Poll::Ready(Ok(0))));
    let mut waiters = [1, 2, 3].map(|number| begin(&mut service, number));
    assert_eq!(layer.handle().snapshot().waiting, 3);
    for turn in 0..3 {
        advance(SECOND).await;
        let woken: Vec<_> = waiters.iter().map(Spawn::is_woken).collect();
        assert_eq!(woken.iter().filter(|woken| **woken).count(), 1, "{woken:?} at turn {turn}");
        assert!(matches!(waiters[turn].poll(), Poll::Ready(Ok(number)) if number == turn + 1));
        assert_eq!(layer.handle().snapshot().waiting, 2 - u32::try_from(turn).unwrap());
    }
}

#[tokio::test(start_paused = true)]
async fn a_turn_at_the_longest_wait_is_waited_for_and_no_later_one() {
    for (max_wait, waits) in [(SECOND, true), (just_before(SECOND), false), (YEAR, true), (Duration::MAX, true)] {
        let layer = pacing(1, max_wait);
        let mut service = layer.layer(up());
        assert!(call(&mut service, 0).poll().is_ready());
        let mut next = call(&mut service, 1);
        match next.poll() {
            Poll::Pending => assert!(waits, "{max_wait:?}"),
            Poll::Ready(result) => {
                let rejection = result.unwrap_err().rejection().unwrap();
                assert_eq!((rejection.reason(), rejection.retry_after()), (RejectionReason::RateLimited, Some(SECOND)));
                assert!(!waits, "{max_wait:?}");
                assert_eq!(layer.handle().snapshot().next, Some(SECOND), "it took nothing");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_turn_at_the_deadline_or_after_it_is_rejected_at_once() {
    for (left, waits) in [(SECOND + NANO, true), (SECOND, false), (SECOND / 2, false), (Duration::ZERO, false)] {
        for by_timeout in [false, true] {
            let layer = pacing(1, YEAR);
            let mut service = layer.layer(up());
            assert!(call(&mut service, 0).poll().is_ready());
            let waiting = if by_timeout {
                spawn(TimeoutLayer::new(left).layer(service).oneshot(1)).poll().is_pending()
            } else {
                spawn(Deadline::after(left).scope(service.call(1))).poll().is_pending()
            };
            assert_eq!(waiting, waits, "{left:?}");
            assert_eq!(layer.handle().snapshot().rejected, u64::from(!waits), "{left:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_need_not_wait_does_not_ask_for_its_deadline() {
    let mut service = pacing(1, YEAR).layer(up());
    let passed = Deadline::after(Duration::ZERO).scope(service.call(1)).await;
    assert_eq!(passed.unwrap(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_polled_too_late_is_not_sent() {
    let service = up();
    let sent = service.calls();
    let mut service = pacing(1, YEAR).layer(service);
    assert!(call(&mut service, 0).poll().is_ready());
    let mut late = spawn(Deadline::after(2 * SECOND).scope(service.call(1)));
    assert!(late.poll().is_pending());
    advance(2 * SECOND).await;
    let Poll::Ready(Err(Error::TimedOut(elapsed))) = late.poll() else { panic!("its deadline has come") };
    assert!(!elapsed.was_sent());
    assert_eq!(sent.count(), 1);
}

/// Outside a runtime there is no timer.
#[test]
fn a_wait_of_zero_never_touches_a_timer() {
    let layer = pacing(3, YEAR);
    let mut service = layer.layer(up());
    for number in 0..3 {
        assert!(matches!(call(&mut service, number).poll(), Poll::Ready(Ok(_))));
    }
    let mut service = pacing(1, Duration::ZERO).layer(up());
    assert!(call(&mut service, 0).poll().is_ready());
    assert!(matches!(call(&mut service, 0).poll(), Poll::Ready(result) if reason(&result) == LIMITED));
}

#[tokio::test(start_paused = true)]
async fn a_waiter_that_leaves_gives_back_the_last_turn_and_no_other() {
    for (leaves, next) in [(1, 2), (0, 3)] {
        let layer = pacing(1, YEAR);
        let mut service = layer.layer(up());
        assert!(call(&mut service, 0).poll().is_ready());
        let mut waiters = vec![begin(&mut service, 1), begin(&mut service, 2)];
        drop(waiters.remove(leaves));
        let left = layer.handle().snapshot();
        assert_eq!((left.next, left.waiting), (Some(next * SECOND), 1), "the waiter number {leaves} left");
    }
}

#[tokio::test(start_paused = true)]
async fn only_the_first_poll_reserves_a_turn() {
    let layer = pacing(1, YEAR);
    let mut service = layer.layer(up());
    let unpolled = call(&mut service, 0);
    assert_eq!(layer.handle().snapshot().available, 1);
    let mut first = call(&mut service, 1);
    assert!(first.poll().is_ready());
    drop(unpolled);
    assert_eq!(layer.handle().snapshot().next, Some(SECOND));
}

#[tokio::test(start_paused = true)]
async fn a_waiter_that_is_woken_early_waits_on() {
    let mut service = pacing(1, YEAR).layer(up());
    assert!(call(&mut service, 0).poll().is_ready());
    let mut waiter = begin(&mut service, 1);
    advance(just_before(SECOND)).await;
    assert!(waiter.poll().is_pending());
    advance(NANO).await;
    assert!(waiter.poll().is_ready(), "its moment has come, and the timer's tick need not");
}

#[tokio::test(start_paused = true)]
async fn a_turn_whose_call_was_sent_stays_taken() {
    let layer = pacing(1, YEAR);
    let mut service = layer.layer(hung());
    let first = begin(&mut service, 0);
    let mut waiter = begin(&mut service, 1);
    advance(SECOND).await;
    assert!(waiter.poll().is_pending());
    drop((first, waiter));
    assert_eq!((layer.handle().snapshot().next, layer.handle().snapshot().waiting), (Some(SECOND), 0));
}

#[tokio::test(start_paused = true)]
async fn what_costs_more_waits_longer_and_what_costs_nothing_does_not() {
    let layer = builder(3).cost(|cost: &u32| *cost).max_wait(YEAR).build().unwrap();
    let mut service = layer.layer(up());
    assert!(call(&mut service, 3).poll().is_ready());
    let mut waiter = begin(&mut service, 2);
    assert!(call(&mut service, 0).poll().is_ready());
    assert!(matches!(call(&mut service, 4).poll(), Poll::Ready(result) if reason(&result) == LIMITED));
    advance(just_before(2 * SECOND)).await;
    assert!(waiter.poll().is_pending());
    advance(NANO).await;
    assert!(waiter.poll().is_ready());
}

#[tokio::test(start_paused = true)]
async fn an_inner_service_is_readied_when_the_turn_comes() {
    let service = up();
    let sent = service.calls();
    let mut service = ServiceBuilder::new().layer(pacing(1, YEAR)).service(service);
    assert!(call(&mut service, 0).poll().is_ready());
    let mut waiter = begin(&mut service, 1);
    assert_eq!(sent.count(), 1);
    advance(SECOND).await;
    assert!(waiter.poll().is_ready());
    assert_eq!(sent.count(), 2);
}
