use super::*;

#[tokio::test(start_paused = true)]
async fn the_next_step_is_tried_when_the_one_before_failed() {
    let layer = FallbackLayer::new(failing_step(2)).or(failing_step(3)).or(fallback::value(7));
    assert_eq!(layer.layer(failing()).oneshot(1).await.unwrap(), 7);
}

#[tokio::test(start_paused = true)]
async fn no_step_is_taken_after_one_that_answered() {
    let last = answering();
    let calls = last.calls();
    let layer = FallbackLayer::value(7).or(fallback::service(last));
    assert_eq!(layer.layer(failing()).oneshot(1).await.unwrap(), 7);
    assert_eq!(calls.count(), 0);
}

#[tokio::test(start_paused = true)]
async fn each_step_is_taken_once_and_in_order() {
    let (first, second) = (failing(), failing());
    let (first_calls, second_calls) = (first.calls(), second.calls());
    let seen = (first_calls.clone(), second_calls.clone());
    let last = fallback::function(move |_: Result<&u32, &Error>| {
        assert_eq!((seen.0.count(), seen.1.count()), (1, 1));
        Ok::<_, Infallible>(7)
    });
    let layer = FallbackLayer::new(fallback::service(first)).or(fallback::service(second)).or(last);
    assert_eq!(layer.layer(failing()).oneshot(1).await.unwrap(), 7);
    assert_eq!((first_calls.count(), second_calls.count()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_step_of_a_chain_sees_what_the_step_before_failed_with() {
    let last = fallback::function(|failed: Result<&u32, &Error>| {
        Ok::<_, Infallible>(failed.err().and_then(down).unwrap_or(0))
    });
    let layer = FallbackLayer::new(failing_step(2)).or(last);
    assert_eq!(layer.layer(failing()).oneshot(1).await.unwrap(), 2);
}

#[tokio::test(start_paused = true)]
async fn every_step_keeps_of_the_request_for_itself() {
    let double = |request: &u32| request * 2;
    let first = fallback::function_of(double, |kept, _: Result<&u32, &Error>| Err::<u32, _>(Down(kept)));
    let triple = |request: &u32| request * 3;
    let second = fallback::function_of(triple, |kept, failed: Result<&u32, &Error>| {
        Ok::<_, Infallible>(kept * 100 + failed.err().and_then(down).unwrap_or(0))
    });
    let layer = FallbackLayer::new(first).or(second);
    assert_eq!(layer.layer(failing()).oneshot(1).await.unwrap(), 302);
}

#[tokio::test(start_paused = true)]
async fn a_chain_waits_for_a_step_that_takes_time_to_fail() {
    let slow = fallback::future_of(
        |_: &u32| (),
        |(), _: Result<&u32, &Error>| async {
            sleep(LIMIT).await;
            Err::<u32, _>(Down(2))
        },
    );
    let mut call = spawn(FallbackLayer::new(slow).or(fallback::value(7)).layer(failing()).oneshot(1));
    assert!(call.poll().is_pending());
    advance(LIMIT).await;
    assert!(matches!(call.poll(), Poll::Ready(Ok(7))));
}
