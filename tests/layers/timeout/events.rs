use super::*;

#[tokio::test(start_paused = true)]
async fn the_end_of_a_call_is_told_with_its_limit_and_time() {
    let plain = TimeoutLayer::new(SECOND);
    for (layer, name) in [(plain.clone(), "timeout"), (plain.name(Name::new("payments").unwrap()), "payments")] {
        let events = EventLog::of_thread();
        let mut call = begin(&mut layer.layer(hung()), ());
        advance(1500 * MILLI).await;
        elapsed(assert_ready!(call.poll()));
        let [event] = &events.of(TARGET)[..] else { panic!("{:?}", events.all()) };
        let fields = ["name", "limit", "elapsed"].map(|name| event.field(name));
        assert_eq!((event.level, fields), (Level::DEBUG, [name, "1s", "1.5s"]));
    }
}

#[tokio::test(start_paused = true)]
async fn neither_a_response_nor_a_caller_that_went_away_is_told() {
    let events = EventLog::of_thread();
    TimeoutLayer::new(SECOND).layer(up()).oneshot(()).await.unwrap();
    let call = begin(&mut TimeoutLayer::new(SECOND).layer(hung()), ());
    advance(2 * SECOND).await;
    drop(call);
    assert_eq!(events.all(), []);
}
