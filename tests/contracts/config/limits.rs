//! The limits of a timeout, the places of a bulkhead, the rate of a rate limit, and the formula of a throttle.

use super::*;

#[tokio::test(start_paused = true)]
async fn every_limit_of_a_timeout_runs() {
    for limit in [Duration::ZERO, NANO, MAX] {
        let ready = TimeoutLayer::new(limit).layer(Inner::default());
        assert_eq!(ready.oneshot(1).await.unwrap(), 1, "{limit:?}");
        let covered = TimeoutLayer::new(limit).cover_readiness().layer(Inner::default());
        assert_eq!(covered.oneshot(1).await.unwrap(), 1, "{limit:?}");
        let asked = TimeoutLayer::by_request(move |_: &u32| limit).layer(Inner::default());
        assert_eq!(asked.oneshot(1).await.unwrap(), 1, "{limit:?}");
        if limit < MAX {
            let hung = TimeoutLayer::new(limit).layer(Inner::hanging()).oneshot(1).await;
            assert!(hung.unwrap_err().is_timeout(), "{limit:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_longest_limit_lets_a_call_take_its_time() {
    let slow = service_fn(|()| async {
        tokio::time::sleep(Duration::from_secs(1 << 25)).await;
        Ok::<_, Down>(1)
    });
    let service = TimeoutLayer::new(MAX).layer(TimeoutLayer::new(MAX).layer(slow));
    assert_eq!(service.oneshot(()).await.unwrap(), 1);
}

#[tokio::test(start_paused = true)]
async fn every_size_of_a_bulkhead_runs() {
    for places in [1, 2, (1 << 29) - 1, 1 << 29, 1 << 30, 1 << 32, usize::MAX] {
        assert_eq!(BulkheadLayer::new(places).layer(Inner::default()).oneshot(1).await.unwrap(), 1, "{places}");
        for queue in [0, 1, usize::MAX] {
            let layer = BulkheadLayer::builder(places).max_queue(queue).max_wait(MAX).build().unwrap();
            assert_eq!(layer.layer(Inner::default()).oneshot(1).await.unwrap(), 1, "{places}, {queue}");
        }
    }
}

#[test]
fn bounds_of_an_adaptive_limit_that_leave_no_room_are_refused() {
    let build = |places, min, max| {
        let adaptive = Adaptive::aimd().min(min).max(max);
        let queue = BulkheadLayer::builder(places).max_queue(1).adaptive(adaptive.clone()).build().map(drop);
        [BulkheadLayer::builder(places).adaptive(adaptive).build().map(drop), queue]
    };
    assert_illegal("min", build(1, 0, 9));
    assert_illegal("max", build(5, 5, 4).into_iter().chain(build(5, 1, 0)));
    assert_illegal("max_concurrent", build(0, 1, 9).into_iter().chain(build(4, 5, 9)).chain(build(10, 5, 9)));
    for (places, min, max) in [(1, 1, 1), (5, 5, 9), (9, 5, 9), (usize::MAX, 1, usize::MAX)] {
        assert!(build(places, min, max).iter().all(Result::is_ok), "{places} from {min} to {max}");
    }
}

#[tokio::test(start_paused = true)]
async fn every_round_of_an_adaptive_limit_runs() {
    for round in [Duration::ZERO, NANO, MAX] {
        for adaptive in [Adaptive::aimd(), Adaptive::vegas(), Adaptive::gradient()] {
            let layer = BulkheadLayer::builder(usize::MAX).adaptive(adaptive.max(usize::MAX).round(round));
            let layer = layer.build().unwrap();
            for _ in 0..30 {
                assert_eq!(layer.layer(Inner::default()).oneshot(1).await.unwrap(), 1, "{round:?}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_bulkhead_without_places_rejects_or_queues() {
    let full = BulkheadLayer::new(0).layer(Inner::default()).oneshot(1).await;
    assert!(full.unwrap_err().rejection().is_some());
    for wait in [Duration::ZERO, NANO, MILLI] {
        let layer = BulkheadLayer::builder(0).max_queue(1).max_wait(wait).build().unwrap();
        let waited = layer.layer(Inner::default()).oneshot(1).await;
        assert!(waited.unwrap_err().rejection().is_some());
        assert_eq!((layer.handle().in_flight(), layer.handle().queued()), (0, 0));
    }
}

#[tokio::test(start_paused = true)]
async fn the_longest_wait_ends_with_a_place() {
    for queue in [1, usize::MAX] {
        let layer = BulkheadLayer::builder(0).max_queue(queue).max_wait(MAX).build().unwrap();
        let mut call = task::spawn(layer.layer(Inner::default()).oneshot(1));
        assert!(call.poll().is_pending());
        advance(Duration::from_secs(1 << 20)).await;
        assert!(call.poll().is_pending());
        layer.handle().resize(usize::MAX);
        assert!(call.is_woken());
        assert!(call.poll().is_ready());
    }
}

#[test]
fn every_resize_is_taken_and_told() {
    let bulkhead = BulkheadLayer::new(3).handle();
    for places in [0, 1, 1 << 28, (1 << 29) - 2, usize::MAX, 0, 5] {
        bulkhead.resize(places);
        assert_eq!(bulkhead.limit(), places);
        assert_eq!(bulkhead.try_enter().is_ok(), places > 0);
    }
}

#[test]
fn a_rate_or_a_burst_that_is_not_legal_is_refused() {
    let of = |rate| RateLimitLayer::builder("rate", rate);
    let rates =
        [Rate::per(Duration::ZERO, 0), Rate::per(Duration::ZERO, 1), Rate::per(NANO, 2), Rate::per(MILLI, u32::MAX)];
    assert_illegal("rate", rates.map(|rate| of(rate).build()));
    assert_illegal("rate", rates.map(|rate| of(rate).max_wait(MAX).build()));
    assert_illegal("rate", [of(Rate::per_second(u32::MAX)).build()]);
    assert_illegal("rate", [of(rates[0]).per_key(|&n: &u32| n).build()]);
    assert_illegal("burst", [of(Rate::per_second(1)).burst(0).build()]);
}

#[tokio::test(start_paused = true)]
async fn every_rate_that_is_legal_runs() {
    for rate in [
        Rate::per_second(1),
        Rate::per_second(1_000_000_000),
        Rate::per(MAX, 1),
        Rate::per(NANO, 1),
        Rate::per(MAX, u32::MAX),
    ] {
        for burst in [1, u32::MAX] {
            for wait in [Duration::ZERO, NANO, MAX] {
                let builder =
                    RateLimitLayer::builder("rate", rate).burst(burst).max_retry_after(wait).heed_throttling();
                let layer = builder.clone().build().unwrap();
                assert_eq!(layer.layer(Inner::default()).oneshot(1).await.unwrap(), 1, "{rate}, {burst}");
                let layer = builder.max_wait(wait).build().unwrap();
                assert_eq!(layer.layer(Inner::default()).oneshot(1).await.unwrap(), 1, "{rate}, {burst}, {wait:?}");
                assert_eq!(layer.handle().snapshot().rate, rate);
            }
        }
    }
    for calls in [1, u32::MAX] {
        assert_eq!(RateLimitLayer::per_second(calls).layer(Inner::default()).oneshot(1).await.unwrap(), 1, "{calls}");
    }
    assert!(RateLimitLayer::per_second(0).layer(Inner::default()).oneshot(1).await.is_err());
}

fn throttle() -> ThrottleBuilder {
    ThrottleLayer::builder("search")
}

#[test]
fn a_throttle_that_would_reject_a_healthy_service_is_refused() {
    let below = [0.999_999, 0.0, -0.0, -2.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY];
    assert_illegal("k", below.map(|k| throttle().k(k).build()));
}

#[test]
fn a_throttle_that_never_probes_or_never_rejects_is_refused() {
    let outside = [1.0, 0.0, -0.0, 1.5, -0.5, f64::NAN, f64::INFINITY];
    assert_illegal("max_rejection", outside.map(|most| throttle().max_rejection(most).build()));
}

#[test]
fn a_window_of_a_throttle_that_is_too_fine_is_refused() {
    let windows = [(SECOND, 0), (SECOND, 1001), (MAX, u32::MAX), (MILLI, 2), (Duration::ZERO, 1), (NANO, 1)];
    assert_illegal("time_window", windows.map(|(span, buckets)| throttle().time_window(span, buckets).build()));
}

#[tokio::test(start_paused = true)]
async fn every_formula_of_a_throttle_runs() {
    for k in [1.0, 1.000_001, 2.0, f64::MAX] {
        for max_rejection in [f64::MIN_POSITIVE, 0.5, 1.0 - f64::EPSILON] {
            for (span, buckets) in [(MILLI, 1), (SECOND, 1000), (MAX, 1), (MAX, 1000)] {
                let throttle = throttle().k(k).max_rejection(max_rejection).time_window(span, buckets).build().unwrap();
                assert_eq!(throttle.layer(Inner::default()).oneshot(1).await.unwrap(), 1, "{k}, {max_rejection}");
                for _ in 0..100 {
                    throttle.handle().try_enter().map(ThrottleGuard::failure).ok();
                }
                let probability = throttle.handle().snapshot(Criticality::Critical).probability;
                assert!((0.0..=max_rejection).contains(&probability), "{probability} of {max_rejection}");
                advance(Duration::from_secs(1 << 25)).await;
                throttle.handle().try_enter().map(ThrottleGuard::success).ok();
            }
        }
    }
}
