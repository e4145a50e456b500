use super::*;

#[tokio::test(start_paused = true)]
async fn by_default_waits_double_from_fifty_ms_to_twenty_seconds() {
    let layer = RetryLayer::builder("retry").max_attempts(14).without_budget().seed(7).build().unwrap();
    let mut by_step = vec![Vec::new(); 13];
    for _ in 0..200 {
        let waits = timed(&layer, &[1]).await.waits();
        by_step.iter_mut().zip(waits).for_each(|(step, wait)| step.push(wait));
    }
    for (step, waits) in by_step.iter().enumerate() {
        let longest = (50 * MILLI * (1 << step)).min(20 * SECOND);
        let (least, most) = (*waits.iter().min().unwrap(), *waits.iter().max().unwrap());
        assert!(most <= longest && most > longest * 8 / 10, "step {step}: {most:?} of {longest:?}");
        assert!(least < longest / 10, "step {step}: the jitter is full, and {least:?} the least of {longest:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_backoff_says_how_long_each_wait_is() {
    for (backoff, waits) in [
        (Backoff::exponential(10 * MILLI, 35 * MILLI).jitter(Jitter::None), [10, 20, 35, 35]),
        (Backoff::exponential(10 * MILLI, 10 * MILLI).jitter(Jitter::None), [10, 10, 10, 10]),
        (Backoff::constant(1_250 * MILLI), [1_250; 4]),
        (Backoff::none(), [0; 4]),
    ] {
        let layer = RetryLayer::builder("retry").backoff(backoff).max_attempts(5).build().unwrap();
        assert_eq!(timed(&layer, &[1]).await.waits(), waits.map(Duration::from_millis), "{backoff:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_retry_sleeps_through_its_delay() {
    let mut call = begin(&mut patient(SECOND).build().unwrap().layer(down()), ());
    advance(just_before(SECOND)).await;
    assert!(!call.is_woken());
    advance(MILLI).await;
    assert!(call.is_woken());
    assert_pending!(call.poll());
}
