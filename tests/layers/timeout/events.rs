use super::*;

#[tokio::test(start_paused = true)]
async fn the_end_of_a_call_is_told_with_its_limit_and_time() {
    let events = Events::record();
    let mut call = pin!(TimeoutLayer::new(SECOND).layer(stuck()).oneshot(()));
    assert!(futures_util::poll!(&mut call).is_pending());
    advance(1500 * MS).await;
    call.await.unwrap_err();
    let [event] = &events.of(TARGET)[..] else { panic!("{:?}", events.all()) };
    let fields = ["name", "limit", "elapsed"].map(|name| event.field(name));
    assert_eq!((event.level, fields), (Level::DEBUG, ["timeout", "1s", "1.5s"]));
}

#[tokio::test(start_paused = true)]
async fn a_name_is_shown() {
    let events = Events::record();
    TimeoutLayer::new(SECOND).name("payments").unwrap().layer(stuck()).oneshot(()).await.unwrap_err();
    assert_eq!(events.of(TARGET)[0].field("name"), "payments");
}

#[test]
fn an_answer_is_not_told() {
    let events = Events::record();
    TimeoutLayer::new(SECOND).layer(prompt()).oneshot(()).now_or_never().unwrap().unwrap();
    assert_eq!(events.all(), []);
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_went_away_is_not_told_as_a_timeout() {
    let events = Events::record();
    let mut call = task::spawn(TimeoutLayer::new(SECOND).layer(stuck()).oneshot(()));
    assert_pending!(call.poll());
    advance(2 * SECOND).await;
    drop(call);
    assert_eq!(events.all(), []);
}

#[test]
fn a_name_must_be_of_1_to_64_bytes() {
    let layer = TimeoutLayer::new(SECOND);
    assert_eq!(layer.name("").unwrap_err().setting(), "name");
    assert_eq!(layer.name("x".repeat(65)).unwrap_err().setting(), "name");
    assert!(layer.name("x".repeat(64)).is_ok());
}
