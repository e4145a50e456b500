//! What is told.

use super::*;

const TARGET: &str = "palisade::throttle";

#[tokio::test(start_paused = true)]
async fn a_flood_of_rejections_has_one_beginning_and_one_end() {
    let (throttle, events) = (throttle(), EventLog::of_thread());
    passed(&mut throttle.layer(down()), 500).await;
    advance(WINDOW).await;
    passed(&mut throttle.layer(up()), 500).await;
    let told = events.of(TARGET);
    let (often, seldom): (Vec<_>, Vec<_>) = told.iter().partition(|event| event.level == Level::DEBUG);
    assert_eq!(often.len() as u64, throttle.handle().snapshot(Criticality::Critical).rejected);
    let [begins, ends] = seldom[..] else { panic!("{seldom:?}") };
    for (event, level, message) in
        [(begins, Level::WARN, "throttle rejects calls"), (ends, Level::INFO, "throttle rejects no calls")]
    {
        assert_eq!((event.level, event.field("message"), event.field("name")), (level, message, "search"));
        assert_eq!(event.field("criticality"), "critical");
    }
    assert_eq!((begins.field("accepts"), ends.field("requests")), ("0", "0"));
}

#[tokio::test(start_paused = true)]
async fn a_rejection_tells_its_reason_and_class() {
    let throttle = throttle();
    passed(&mut throttle.layer(down()), 500).await;
    let by = CriticalityLayer::by(|_: &u32| Criticality::Critical);
    let service = ServiceBuilder::new().layer(by).layer(throttle).service(up());
    let events = EventLog::of_thread();
    while service.clone().oneshot(1).await.is_ok() {}
    let told = events.of(TARGET);
    let [rejected] = &told[..] else { panic!("{told:?}") };
    assert_eq!((rejected.field("message"), rejected.field("reason")), ("rejected", "throttled"));
    assert_eq!((rejected.field("criticality"), rejected.field("retry_after")), ("critical", ""));
}

#[tokio::test(start_paused = true)]
async fn a_service_that_is_well_tells_nothing() {
    let (throttle, events) = (throttle(), EventLog::of_thread());
    let mut fails = 0;
    let service = service_fn(move |request: u32| {
        fails += 1;
        std::future::ready(if fails % 3 == 0 { Err(Down(1)) } else { Ok(request) })
    });
    assert_eq!(passed(&mut throttle.layer(service), 300).await, 300);
    assert_eq!(events.all(), []);
}
