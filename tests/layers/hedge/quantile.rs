use super::*;

fn quantile() -> HedgeLayer {
    HedgeLayer::builder("hedge").build().unwrap()
}

/// Makes calls, one after another, that take so many milliseconds.
async fn warm(layer: &HedgeLayer, calls: usize, plan: &'static [(u64, u32)]) {
    for _ in 0..calls {
        send(layer, plan).await;
    }
}

#[tokio::test(start_paused = true)]
async fn under_twenty_samples_there_is_no_hedge() {
    let layer = quantile();
    warm(&layer, 19, &[(10, 200)]).await;
    advance(SECOND).await;
    assert_eq!(layer.handle().delay(), None);
    assert_eq!(send(&layer, &[(90, 1), (5, 201)]).await, seen(1, &[0], 90), "nor where the first fails");
    warm(&layer, 1, &[(10, 200)]).await;
    advance(SECOND).await;
    assert_eq!(send(&layer, &[(90, 200), (5, 201)]).await.at.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn the_delay_is_never_less_than_the_quantile_and_at_most_a_twentieth_more() {
    let layer = quantile();
    warm(&layer, 100, &[(10, 200)]).await;
    let delay = layer.handle().delay().unwrap();
    assert!((10 * MILLI..=Duration::from_micros(10_500)).contains(&delay), "{delay:?}");
}

#[tokio::test(start_paused = true)]
async fn the_delay_is_at_least_the_least() {
    let short = quantile();
    warm(&short, 20, &[(0, 200)]).await;
    advance(SECOND).await;
    assert_eq!(short.handle().delay(), Some(MILLI), "a millisecond by default");
    let layer = HedgeLayer::builder("hedge").min_delay(SECOND).build().unwrap();
    warm(&layer, 20, &[(10, 200)]).await;
    advance(SECOND).await;
    assert_eq!(layer.handle().delay(), Some(SECOND));
}

#[tokio::test(start_paused = true)]
async fn what_is_older_than_thirty_seconds_is_forgotten() {
    let layer = quantile();
    warm(&layer, 100, &[(10, 200)]).await;
    advance(24 * SECOND).await;
    assert!(layer.handle().delay().is_some());
    advance(6 * SECOND).await;
    assert_eq!(layer.handle().delay(), None);
}

#[tokio::test(start_paused = true)]
async fn a_first_attempt_that_lost_counts_with_its_time_in_flight() {
    let layer = HedgeLayer::builder("hedge").after_quantile(0.5).budget(fixed_budget(1_000)).build().unwrap();
    warm(&layer, 20, &[(10, 200)]).await;
    advance(SECOND).await;
    // From now on each first attempt loses after some 15 ms. If none of them counted, the median would stay.
    warm(&layer, 100, &[(NEVER, 200), (5, 201)]).await;
    let delay = layer.handle().delay().unwrap();
    assert!(delay > 14 * MILLI, "{delay:?}");
}

#[tokio::test(start_paused = true)]
async fn failures_and_dropped_calls_are_no_samples() {
    let layer = HedgeLayer::builder("hedge").classify(by_code).build().unwrap();
    for _ in 0..30 {
        send(&layer, &[(10, 503)]).await;
        send(&layer, &[(10, 500)]).await;
        drop(tokio::time::timeout(10 * MILLI, send(&layer, &[(NEVER, 200)])).await);
    }
    assert_eq!(layer.handle().delay(), None);
}

#[tokio::test(start_paused = true)]
async fn the_delay_runs_from_the_first_poll_of_the_call() {
    let layer = quantile();
    warm(&layer, 20, &[(10, 200)]).await;
    advance(SECOND).await;
    let sent = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&sent);
    let service = planned(&[(NEVER, 200)], move || {
        counted.fetch_add(1, Ordering::SeqCst);
    });
    let mut service = layer.layer(service);
    let mut call = task::spawn(service.ready().await.unwrap().call(7));
    advance(SECOND).await;
    assert_pending!(call.poll());
    assert_eq!(sent.load(Ordering::SeqCst), 1, "nobody has asked the first attempt for a second");
}
