//! Another rate, by hand.

use super::*;

#[tokio::test(start_paused = true)]
async fn another_rate_holds_for_calls_from_now_on() {
    let limit = builder(2).build().unwrap().handle();
    assert_eq!(drained(&limit), (2, Some(SECOND)));
    limit.set_rate(Rate::per_second(10)).unwrap();
    assert_eq!(drained(&limit), (0, Some(SECOND / 10)));
    advance(SECOND / 5).await;
    assert_eq!(drained(&limit), (2, Some(SECOND / 10)));
    limit.set_rate(Rate::per_second(0)).unwrap();
    advance(YEAR).await;
    assert_eq!(drained(&limit), (0, None));
}

#[tokio::test(start_paused = true)]
async fn another_burst_leaves_what_was_taken() {
    let limit = builder(2).build().unwrap().handle();
    limit.try_enter().unwrap();
    limit.set_burst(5).unwrap();
    assert_eq!(limit.snapshot().available, 4);
    limit.set_burst(1).unwrap();
    assert_eq!((limit.snapshot().available, limit.snapshot().burst), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn those_who_wait_keep_the_moments_they_were_given() {
    for rate in [Rate::per_second(1_000), Rate::per(YEAR, 1), Rate::per_second(0)] {
        let layer = pacing(1, YEAR);
        let mut service = layer.layer(up());
        assert!(call(&mut service, 0).poll().is_ready());
        let mut waiter = begin(&mut service, 1);
        layer.handle().set_rate(rate).unwrap();
        advance(just_before(SECOND)).await;
        assert!(waiter.poll().is_pending(), "{rate}");
        advance(NANO).await;
        assert!(waiter.poll().is_ready(), "{rate}");
    }
}

#[test]
fn what_is_not_legal_is_refused_and_changes_nothing() {
    let limit = builder(2).build().unwrap().handle();
    let before = limit.snapshot();
    for rate in [Rate::per(Duration::ZERO, 1), Rate::per(Duration::ZERO, 0), Rate::per(NANO, 2)] {
        assert_eq!(limit.set_rate(rate).unwrap_err().setting(), "rate", "{rate}");
    }
    let error = limit.set_burst(0).unwrap_err();
    assert_eq!(error.to_string(), "rate limit `api`: `burst` is 0, but must be at least 1");
    assert_eq!(limit.snapshot(), before);
}
