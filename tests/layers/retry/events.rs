use super::*;

#[tokio::test(start_paused = true)]
async fn each_retry_is_told_with_its_delay_and_what_it_is_for() {
    let events = Events::record();
    let layer = patient(10 * MS).max_attempts(2).build().unwrap();
    layer.layer(failing()).oneshot(()).await.unwrap_err();
    let event = &events.of(TARGET)[0];
    let fields = ["name", "attempt", "delay", "outcome"].map(|name| event.field(name));
    assert_eq!((event.level, fields), (Level::DEBUG, ["retry", "2", "10ms", "transient"]));
    assert!(event.field("error").starts_with("the service failed: "), "{event:?}");
}

#[tokio::test(start_paused = true)]
async fn the_end_of_the_retrying_is_told_with_its_reason() {
    let events = Events::record();
    hasty().build().unwrap().layer(failing()).oneshot(()).await.unwrap_err();
    let event = events.of(TARGET).pop().unwrap();
    let fields = ["name", "attempt", "reason"].map(|name| event.field(name));
    assert_eq!((event.level, fields), (Level::DEBUG, ["retry", "3", "max_attempts"]));
}

#[tokio::test(start_paused = true)]
async fn a_success_is_not_told() {
    let events = Events::record();
    hasty().build().unwrap().layer(scripted([Ok(())])).oneshot(()).await.unwrap();
    assert_eq!(events.all(), []);
}

#[tokio::test(start_paused = true)]
async fn the_deadline_is_a_reason() {
    let events = Events::record();
    let call = patient(SECOND).build().unwrap().layer(failing()).oneshot(());
    Deadline::after(SECOND).scope(call).await.unwrap_err();
    assert_eq!(stop(&events), "deadline");
}

#[tokio::test(start_paused = true)]
async fn too_long_a_pause_is_a_reason() {
    let events = Events::record();
    let layer = hasty().classify(throttled).build().unwrap();
    layer.layer(Moments::start().throttling(Some(31 * SECOND))).oneshot(()).await.unwrap();
    assert_eq!(stop(&events), "retry_after");
}

#[tokio::test(start_paused = true)]
async fn a_request_without_a_copy_is_a_reason() {
    let events = Events::record();
    hasty().copy_request(|(): &()| None).build().unwrap().layer(failing()).oneshot(()).await.unwrap_err();
    assert_eq!(stop(&events), "no_copy");
}

#[tokio::test(start_paused = true)]
async fn the_last_word_is_a_reason() {
    let events = Events::record();
    let layer = hasty().retry_if(|(): &(), _: Result<&(), &Error>| false).build().unwrap();
    layer.layer(failing()).oneshot(()).await.unwrap_err();
    assert_eq!(stop(&events), "retry_if");
}

#[test]
fn an_error_of_another_kind_names_no_rejection() {
    let events = Events::record();
    let service = strict(|()| ready(Err::<(), _>(io_error("reset"))));
    hasty().build().unwrap().layer(service).oneshot(()).now_or_never().unwrap().unwrap_err();
    assert!(!events.of(TARGET).pop().unwrap().fields.contains_key("rejection"));
}
