use std::iter::repeat;

use super::*;

#[tokio::test(start_paused = true)]
async fn are_kept_until_the_call_which_is_not_sent() {
    let inner = up();
    let calls = inner.calls();
    let gate = inner.readiness([FAILS]);
    let mut service = FallbackLayer::value(7).layer(gate.clone());
    for _ in 0..2 {
        assert!(matches!(poll_ready(&mut service), Poll::Ready(Ok(()))));
    }
    assert_eq!((service.call(1).await.unwrap(), gate.polls().count(), calls.count()), (7, 1, 0));
    assert_eq!(call(&mut service, 1).await.unwrap(), 1, "they last for one call");
}

#[tokio::test(start_paused = true)]
async fn are_what_the_step_sees_and_the_context_where_it_fails_too() {
    let step = fallback::function_of(
        |request: &u32| *request,
        |kept, failed: Result<&u32, &Error>| if kept == 1 { Ok(kept * 10 + down(failed)) } else { Err(Down(2)) },
    );
    let mut service = FallbackLayer::new(step).layer(up().readiness(repeat(FAILS)));
    assert_eq!(call(&mut service, 1).await.unwrap(), 13);
    let error = call(&mut service, 2).await.unwrap_err();
    assert_eq!(both(&error).before().map(|error| down(Err(error))), Some(3));
}

#[tokio::test(start_paused = true)]
async fn are_the_result_where_no_fallback_is_taken() {
    let layer = FallbackLayer::value(7).fallback_if(|_: Result<&u32, &Error>| false);
    let error = call(&mut layer.layer(up().readiness(repeat(FAILS))), 1).await.unwrap_err();
    assert_eq!(down(Err(&error)), 3);
}

#[tokio::test(start_paused = true)]
async fn are_not_cloned() {
    let mut service = FallbackLayer::value(7).layer(up().readiness([FAILS]));
    assert!(poll_ready(&mut service).is_ready());
    assert_eq!(call(&mut service.clone(), 1).await.unwrap(), 1);
    assert_eq!(service.call(1).await.unwrap(), 7);
}
