use std::iter::repeat;

use super::*;

#[tokio::test(start_paused = true)]
async fn a_value_answers_for_every_failed_call() {
    let mut service = FallbackLayer::value(7).layer(failing());
    for request in 0..3 {
        assert_eq!(service.ready().await.unwrap().call(request).await.unwrap(), 7);
    }
}

#[tokio::test(start_paused = true)]
async fn a_function_sees_the_result_whole() {
    let step = fallback::function(|failed: Result<&u32, &Error>| {
        Ok::<_, Infallible>(match failed {
            Ok(response) => response + 10,
            Err(Error::Rejected(rejection)) => 1000 + u32::from(rejection.layer() == "bulkhead"),
            Err(error) => 100 + down(Err(error)),
        })
    });
    let layer = FallbackLayer::new(step).classify(|_: Result<&u32, &Error>| Outcome::Failed);
    for (result, answer) in [(&[200], 210), (&[3], 103), (&[REJECTED], 1001)] {
        assert_eq!(layer.layer(coded(result)).oneshot(0).await.unwrap(), answer);
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_kept_is_taken_before_the_request_is_sent() {
    let order = Arc::new(AtomicUsize::new(0));
    let (keeps, sends) = (Arc::clone(&order), Arc::clone(&order));
    let keep = move |request: &String| request.len() * 10 + keeps.fetch_add(1, SeqCst);
    let step = fallback::function_of(keep, |kept: usize, _: Result<&usize, &Error>| Ok::<_, Infallible>(kept));
    let inner = strict(move |request: String| {
        drop(request);
        sends.fetch_add(1, SeqCst);
        ready(Err::<usize, _>(Down(1)))
    });
    assert_eq!(FallbackLayer::new(step).layer(inner).oneshot("four".into()).await.unwrap(), 40);
}

#[tokio::test(start_paused = true)]
async fn each_call_gets_what_was_kept_of_its_own_request() {
    let step = fallback::function_of(|n: &u32| *n, |kept, _: Result<&u32, &Error>| Ok::<_, Infallible>(kept));
    let mut service = FallbackLayer::new(step).layer(failing());
    let first = service.ready().await.unwrap().call(1);
    let second = service.ready().await.unwrap().call(2);
    assert_eq!((second.await.unwrap(), first.await.unwrap()), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn a_future_answers_in_its_own_time() {
    let step = fallback::future_of(
        |request: &u32| *request,
        |kept, failed: Result<&u32, &Error>| {
            let error = down(failed);
            async move {
                sleep(LIMIT).await;
                Ok::<_, Infallible>(kept * 10 + error)
            }
        },
    );
    let mut call = begin(&mut FallbackLayer::new(step).layer(failing()), 4);
    advance(just_before(LIMIT)).await;
    assert!(!call.is_woken());
    advance(SECOND).await;
    assert!(call.is_woken());
    assert!(matches!(call.poll(), Poll::Ready(Ok(44))));
}

#[tokio::test(start_paused = true)]
async fn another_service_answers_the_same_request() {
    let other = strict(|request: u32| ready(Ok::<_, Infallible>(request * 10)));
    assert_eq!(FallbackLayer::new(fallback::service(other)).layer(failing()).oneshot(4).await.unwrap(), 40);
}

#[tokio::test(start_paused = true)]
async fn a_service_that_cannot_be_readied_is_a_step_that_failed() {
    let step = fallback::service(up().readiness(repeat(FAILS)));
    let error = FallbackLayer::new(step).layer(failing()).oneshot(1).await.unwrap_err();
    assert_eq!(down(Err(both(&error).error())), 3);
}

/// Fails at the end of a second.
fn failing_late() -> Strict<impl Fn(u32) -> BoxFuture<'static, Result<u32, Down>> + Clone> {
    strict(|request| sleep(SECOND).map(move |()| Err(Down(request))).boxed())
}

#[tokio::test(start_paused = true)]
async fn a_service_is_not_called_at_the_deadline_or_later() {
    for (left, called) in [(SECOND + MILLI, 1), (SECOND, 0), (999 * MILLI, 0)] {
        let step = up();
        let calls = step.calls();
        let service = FallbackLayer::new(fallback::service(step)).layer(failing_late());
        let result = Deadline::after(left).scope(service.oneshot(1)).await;
        assert_eq!((result.is_ok(), calls.count()), (called > 0, called), "{left:?}");
        if let Err(error) = result {
            assert_eq!(both(&error).error().elapsed().map(Elapsed::was_sent), Some(false), "{left:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_step_that_sends_nothing_answers_at_the_deadline() {
    let step = up();
    let calls = step.calls();
    let layer = FallbackLayer::new(fallback::service(step)).or(fallback::value(7));
    let answer = Deadline::after(SECOND).scope(layer.layer(failing_late()).oneshot(1)).await;
    assert_eq!((answer.unwrap(), calls.count()), (7, 0));
}

#[tokio::test(start_paused = true)]
async fn nobody_looks_at_the_deadline_who_has_not_waited() {
    let layer = FallbackLayer::new(fallback::service(up()));
    assert_eq!(TimeoutLayer::new(Duration::ZERO).layer(layer.layer(failing())).oneshot(1).await.unwrap(), 1);
    let past = Deadline::after(Duration::ZERO);
    assert_eq!(past.scope(layer.layer(failing()).oneshot(1)).await.unwrap(), 1);
}
