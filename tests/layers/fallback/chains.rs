use super::*;

#[tokio::test(start_paused = true)]
async fn each_step_is_taken_once_and_in_order_until_one_answers() {
    let (first, second, unneeded) = (failing(), failing(), up());
    let calls = [first.calls(), second.calls(), unneeded.calls()];
    let seen = calls.clone();
    let answering = fallback::function(move |_: Result<&u32, &Error>| {
        assert_eq!(seen.each_ref().map(Calls::count), [1, 1, 0]);
        Ok::<_, Infallible>(7)
    });
    let layer = FallbackLayer::new(fallback::service(first)).or(fallback::service(second)).or(answering);
    let layer = layer.or(fallback::service(unneeded));
    assert_eq!(layer.layer(failing()).oneshot(1).await.unwrap(), 7);
    assert_eq!(calls.each_ref().map(Calls::count), [1, 1, 0]);
}

#[tokio::test(start_paused = true)]
async fn a_step_sees_the_failure_of_the_one_before_and_keeps_its_own() {
    let first =
        fallback::function_of(|request: &u32| request * 2, |kept, _: Result<&u32, &Error>| Err::<u32, _>(Down(kept)));
    let second = fallback::function_of(
        |request: &u32| request * 3,
        |kept, failed: Result<&u32, &Error>| Ok::<_, Infallible>(kept * 100 + down(failed)),
    );
    assert_eq!(FallbackLayer::new(first).or(second).layer(failing()).oneshot(1).await.unwrap(), 302);
}

#[tokio::test(start_paused = true)]
async fn a_step_that_is_rejected_makes_way_for_the_next() {
    let rejecting = fallback::service(BulkheadLayer::new(0).layer(up()));
    assert_eq!(FallbackLayer::new(rejecting).or(fallback::service(up())).layer(failing()).oneshot(4).await.unwrap(), 4);
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
    let mut call = begin(&mut FallbackLayer::new(slow).or(fallback::value(7)).layer(failing()), 1);
    advance(LIMIT).await;
    assert!(matches!(call.poll(), Poll::Ready(Ok(7))));
}
