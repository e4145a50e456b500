use super::*;

/// The waits of many calls that fail, by the step that they belong to.
async fn waits_by_step(retry: RetryBuilder, steps: usize) -> Vec<Vec<Duration>> {
    let layer = retry.max_attempts(u32::try_from(steps).unwrap() + 1).without_budget().seed(7).build().unwrap();
    let mut by_step = vec![Vec::new(); steps];
    for _ in 0..200 {
        let moments = Moments::start();
        layer.layer(moments.failing()).oneshot(()).await.unwrap_err();
        by_step.iter_mut().zip(moments.waits()).for_each(|(step, wait)| step.push(wait));
    }
    by_step
}

#[tokio::test(start_paused = true)]
async fn the_default_doubles_from_fifty_milliseconds() {
    let by_step = waits_by_step(RetryLayer::builder("retry"), 3).await;
    for (waits, longest) in by_step.iter().zip([50 * MS, 100 * MS, 200 * MS]) {
        let most = *waits.iter().max().unwrap();
        assert!(most <= longest && most > longest * 9 / 10, "{most:?} of {longest:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_default_jitter_is_full() {
    let by_step = waits_by_step(RetryLayer::builder("retry"), 3).await;
    for (waits, longest) in by_step.iter().zip([50 * MS, 100 * MS, 200 * MS]) {
        let least = *waits.iter().min().unwrap();
        assert!(least < longest / 10, "{least:?} of {longest:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_default_cap_is_twenty_seconds() {
    let by_step = waits_by_step(RetryLayer::builder("retry"), 14).await;
    // 50 milliseconds doubled nine times are 25.6 seconds.
    for waits in &by_step[9..] {
        let most = *waits.iter().max().unwrap();
        assert!(most <= 20 * SECOND && most > 18 * SECOND, "{most:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_last_step_below_the_default_cap_is_not_capped() {
    let by_step = waits_by_step(RetryLayer::builder("retry"), 9).await;
    let most = *by_step[8].iter().max().unwrap();
    assert!(most <= 12_800 * MS && most > 11_000 * MS, "{most:?}");
}

#[tokio::test(start_paused = true)]
async fn each_step_waits_twice_as_long_up_to_the_cap() {
    let moments = Moments::start();
    let backoff = Backoff::exponential(10 * MS, 35 * MS).jitter(Jitter::None);
    let layer = RetryLayer::builder("retry").backoff(backoff).max_attempts(5).build().unwrap();
    layer.layer(moments.failing()).oneshot(()).await.unwrap_err();
    assert_eq!(moments.waits(), [10 * MS, 20 * MS, 35 * MS, 35 * MS]);
}

#[tokio::test(start_paused = true)]
async fn a_base_at_the_cap_is_legal() {
    let moments = Moments::start();
    let backoff = Backoff::exponential(10 * MS, 10 * MS).jitter(Jitter::None);
    let layer = RetryLayer::builder("retry").backoff(backoff).build().unwrap();
    layer.layer(moments.failing()).oneshot(()).await.unwrap_err();
    assert_eq!(moments.waits(), [10 * MS, 10 * MS]);
}

#[tokio::test(start_paused = true)]
async fn the_delay_does_not_overflow_after_many_retries() {
    let moments = Moments::start();
    let backoff = Backoff::exponential(MS, SECOND).jitter(Jitter::None);
    let layer = RetryLayer::builder("retry").backoff(backoff).max_attempts(100).without_budget().build().unwrap();
    layer.layer(moments.failing()).oneshot(()).await.unwrap_err();
    assert!(moments.waits()[10..].iter().all(|wait| *wait == SECOND));
}

#[tokio::test(start_paused = true)]
async fn the_longest_backoff_is_legal() {
    let backoff = Backoff::exponential(Duration::MAX, Duration::MAX);
    let layer = RetryLayer::builder("retry").backoff(backoff.jitter(Jitter::Equal)).build().unwrap();
    let mut call = task::spawn(layer.layer(failing()).oneshot(()));
    assert_pending!(call.poll());
    advance(1000 * SECOND).await;
    assert!(!call.is_woken());
}

#[tokio::test(start_paused = true)]
async fn jitter_never_leaves_the_cap() {
    for jitter in [Jitter::Full, Jitter::Equal] {
        let backoff = Backoff::exponential(8 * MS, 10 * MS).jitter(jitter);
        let by_step = waits_by_step(RetryLayer::builder("retry").backoff(backoff), 3).await;
        assert!(by_step.iter().flatten().all(|wait| *wait <= 10 * MS), "{jitter:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn equal_jitter_waits_at_least_half() {
    let backoff = Backoff::constant(100 * MS).jitter(Jitter::Equal);
    let waits = waits_by_step(RetryLayer::builder("retry").backoff(backoff), 1).await.concat();
    assert!(waits.iter().all(|wait| *wait >= 50 * MS));
    assert!(waits.iter().any(|wait| *wait < 60 * MS));
}

#[tokio::test(start_paused = true)]
async fn each_call_draws_its_own_jitter() {
    let layer = RetryLayer::builder("retry").seed(7).build().unwrap();
    let service = layer.layer(failing());
    let events = Events::record();
    for _ in 0..2 {
        service.clone().oneshot(()).await.unwrap_err();
    }
    let delays = delays(&events);
    assert_ne!(delays[..2], delays[2..]);
}

#[tokio::test(start_paused = true)]
async fn services_of_one_layer_draw_different_jitter() {
    let layer = RetryLayer::builder("retry").seed(7).build().unwrap();
    assert_ne!(drawn(&layer).await, drawn(&layer).await);
}

#[tokio::test(start_paused = true)]
async fn a_seed_repeats_the_delays() {
    let layer = || RetryLayer::builder("retry").seed(7).build().unwrap();
    assert_eq!(drawn(&layer()).await, drawn(&layer()).await);
}

#[tokio::test(start_paused = true)]
async fn another_seed_draws_other_delays() {
    let layer = |seed| RetryLayer::builder("retry").seed(seed).build().unwrap();
    assert_ne!(drawn(&layer(7)).await, drawn(&layer(8)).await);
}

#[tokio::test(start_paused = true)]
async fn without_a_seed_each_layer_draws_its_own() {
    let layer = || RetryLayer::builder("retry").build().unwrap();
    assert_ne!(drawn(&layer()).await, drawn(&layer()).await);
}

#[test]
fn a_zero_delay_touches_no_timer() {
    let service = scripted([Err(Down(1)), Ok("paid")]);
    let answer = hasty().build().unwrap().layer(service).oneshot(()).now_or_never();
    assert_eq!(answer.expect("there is no runtime to wait in").unwrap(), "paid");
}
