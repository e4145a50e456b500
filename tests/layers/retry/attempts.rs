use super::*;

#[tokio::test(start_paused = true)]
async fn three_attempts_are_made_unless_told_otherwise() {
    let service = failing();
    let calls = service.calls();
    RetryLayer::builder("retry").build().unwrap().layer(service).oneshot(()).await.unwrap_err();
    assert_eq!(calls.count(), 3);
}

#[test]
fn the_first_attempt_is_among_max_attempts() {
    let service = failing();
    let calls = service.calls();
    let call = hasty().max_attempts(5).build().unwrap().layer(service).oneshot(());
    call.now_or_never().unwrap().unwrap_err();
    assert_eq!(calls.count(), 5);
}

#[test]
fn a_single_attempt_is_never_followed_by_another() {
    let service = failing();
    let calls = service.calls();
    let call = hasty().max_attempts(1).build().unwrap().layer(service).oneshot(());
    call.now_or_never().unwrap().unwrap_err();
    assert_eq!(calls.count(), 1);
}

#[test]
fn the_most_attempts_are_legal() {
    let layer = hasty().max_attempts(u32::MAX).build().unwrap();
    let service = scripted([Err(Down(1)), Err(Down(2)), Ok("paid")]);
    assert_eq!(layer.layer(service).oneshot(()).now_or_never().unwrap().unwrap(), "paid");
}

#[test]
fn a_success_ends_the_attempts() {
    let service = scripted([Err(Down(1)), Ok("paid")]);
    let answer = hasty().max_attempts(5).build().unwrap().layer(service).oneshot(()).now_or_never();
    assert_eq!(answer.unwrap().unwrap(), "paid");
}

#[test]
fn a_failure_that_will_not_pass_is_not_retried() {
    let service = failing();
    let calls = service.calls();
    let layer = hasty().classify(|_: Result<&(), &Error>| Outcome::Failed).build().unwrap();
    layer.layer(service).oneshot(()).now_or_never().unwrap().unwrap_err();
    assert_eq!(calls.count(), 1);
}

#[test]
fn an_ignored_result_is_not_retried() {
    let service = failing();
    let calls = service.calls();
    let layer = hasty().classify(|_: Result<&(), &Error>| Outcome::Ignored).build().unwrap();
    layer.layer(service).oneshot(()).now_or_never().unwrap().unwrap_err();
    assert_eq!(calls.count(), 1);
}

#[test]
fn an_answer_that_means_trouble_is_retried() {
    let service = scripted([Ok(503), Ok(200)]);
    let layer = hasty().classify(|result: Result<&u16, &Error>| match result {
        Ok(500..) | Err(_) => Outcome::Transient,
        Ok(_) => Outcome::Success,
    });
    let answer = layer.build().unwrap().layer(service).oneshot(()).now_or_never();
    assert_eq!(answer.unwrap().unwrap(), 200);
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_timed_out_is_retried() {
    let service = strict(|()| pending::<Result<(), Down>>());
    let calls = service.calls();
    let stack = ServiceBuilder::new().layer(hasty().build().unwrap()).layer(TimeoutLayer::new(SECOND));
    assert!(stack.service(service).oneshot(()).await.unwrap_err().is_timeout());
    assert_eq!(calls.count(), 3);
}
