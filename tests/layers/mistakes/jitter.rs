//! Jitter and delays.

use super::*;

#[tokio::test(start_paused = true)]
async fn each_call_draws_its_own_jitter() {
    let backoff = Backoff::exponential(SECOND, SECOND).jitter(Jitter::Full);
    let retry = retry().backoff(backoff).max_attempts(2).without_budget().seed(1).build().unwrap();
    let service = retry.layer(down());
    let events = Events::record();
    for _ in 0..50 {
        service.clone().oneshot(()).await.unwrap_err();
    }
    let told = events.of("palisade::retry");
    let delays = told.iter().map(|event| event.field("delay")).filter(|delay| !delay.is_empty());
    assert_eq!(delays.collect::<HashSet<_>>().len(), 50);
}

#[tokio::test(start_paused = true)]
async fn two_layers_do_not_draw_the_same_jitter() {
    let backoff = Backoff::constant(1_000_000 * SECOND).jitter(Jitter::Full);
    let open_times: HashSet<_> = (0..20)
        .map(|_| {
            let circuit = circuit(touchy().open_for(backoff));
            enter(&circuit).failure();
            circuit.snapshot().retry_after
        })
        .collect();
    assert!(open_times.len() > 15, "{open_times:?}");
}

/// The times between the attempts of a call.
async fn gaps(backoff: Backoff, attempts: u32) -> Vec<Duration> {
    let retry = retry().backoff(backoff).max_attempts(attempts).without_budget().seed(5).build();
    let times = Arc::new(std::sync::Mutex::new(Vec::new()));
    let sent = Arc::clone(&times);
    let inner = strict(move |()| {
        sent.lock().expect("no attempt panics").push(now());
        ready(Err::<(), _>(Down(1)))
    });
    let service = retry.expect("the settings are legal").layer(inner);
    service.oneshot(()).await.expect_err("all attempts fail");
    let times = times.lock().expect("no attempt panics");
    times.windows(2).map(|pair| pair[1] - pair[0]).collect()
}

#[tokio::test(start_paused = true)]
async fn jitter_is_never_beyond_the_cap() {
    for jitter in [Jitter::None, Jitter::Equal, Jitter::Full] {
        let gaps = gaps(Backoff::exponential(MILLI, 16 * MILLI).jitter(jitter), 200).await;
        assert!(gaps.iter().all(|&gap| gap <= 16 * MILLI), "{jitter:?}: {gaps:?}");
        let longest = gaps.iter().max();
        assert!(longest > Some(&(8 * MILLI)), "{jitter:?}: {gaps:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn delays_are_not_truncated_to_whole_seconds() {
    assert_eq!(gaps(Backoff::constant(1_250 * MILLI), 3).await, [1_250 * MILLI; 2]);
    assert_eq!(gaps(Backoff::constant(3 * MILLI), 2).await, [3 * MILLI]);
}

#[tokio::test(start_paused = true)]
async fn doubling_does_not_overflow_at_any_retry() {
    let gaps = gaps(Backoff::exponential(MILLI, 1_000 * SECOND).jitter(Jitter::None), 300).await;
    assert_eq!(gaps[19], 524_288 * MILLI);
    assert!(gaps[20..].iter().all(|&gap| gap == 1_000 * SECOND), "{gaps:?}");
}

#[tokio::test(start_paused = true)]
async fn open_times_do_not_overflow_at_any_step() {
    let steps = Backoff::exponential(NANO, 100 * SECOND).jitter(Jitter::None);
    let circuit = circuit(touchy().open_for(steps));
    for step in 0..300 {
        enter(&circuit).failure();
        let doubled = NANO.saturating_mul(2_u32.saturating_pow(step)).min(100 * SECOND);
        let open_for = circuit.snapshot().retry_after.unwrap();
        assert!(open_for == doubled || step >= 32 && open_for <= 100 * SECOND && open_for > 4 * SECOND, "step {step}");
        open_time(&circuit).await;
    }
    assert_eq!(circuit.snapshot().retry_after, Some(Duration::ZERO));
}
