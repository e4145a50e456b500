use palisade::test_util::LoggedEvent;

use super::*;

const TARGET: &str = "palisade::rate_limit";

#[tokio::test(start_paused = true)]
async fn a_rejection_a_shut_limit_and_another_rate_are_told() {
    let throttled = |_: Result<&u32, &Error>| Outcome::Throttled { retry_after: Some(SECOND) };
    let layer = builder(1).heed_throttling().classify(throttled).build().unwrap();
    let events = EventLog::of_thread();
    layer.layer(up()).oneshot(1).await.unwrap();
    layer.handle().try_enter().unwrap_err();
    layer.handle().set_rate(Rate::per(SECOND * 60, 30)).unwrap();
    layer.handle().set_burst(7).unwrap();
    let told = events.of(TARGET);
    let [shut, rejected, rate, burst] = &told[..] else { panic!("{told:?}") };
    let fields = |event: &LoggedEvent, names: &[&str]| -> Vec<String> {
        assert_eq!(event.field("name"), "api");
        names.iter().map(|name| event.field(name).to_owned()).collect()
    };
    assert_eq!((shut.level, fields(shut, &["message", "duration"])), (Level::DEBUG, vec!["shut".into(), "1s".into()]));
    assert_eq!(fields(rejected, &["message", "reason", "retry_after"]), ["rejected", "rate_limited", "1s"]);
    assert_eq!(fields(rate, &["message", "calls", "period", "burst"]), ["rate set", "30", "60s", "1"]);
    assert_eq!((burst.level, fields(burst, &["calls", "burst"])), (Level::INFO, vec!["30".into(), "7".into()]));
}

#[tokio::test(start_paused = true)]
async fn only_what_changes_a_block_is_told() {
    let layer = builder(1).per_key(|key: &u32| *key).capacity(1).reject_when_full().build().unwrap();
    let (limits, events) = (layer.handle(), EventLog::of_thread());
    assert!(limits.block(1, 10 * SECOND) && limits.block(1, SECOND) && limits.block(1, Duration::ZERO));
    assert!(limits.unblock(&1) && !limits.unblock(&1));
    assert!(limits.block(1, SECOND) && !limits.block(2, SECOND), "there is no room for it");
    let told: Vec<_> = events.of(TARGET).iter().map(|event| event.field("duration").to_owned()).collect();
    assert_eq!(told, ["10s", "0ns", "1s"]);
    assert_eq!(events.all().len(), 3, "no call came");
}

#[tokio::test(start_paused = true)]
async fn a_call_that_passes_tells_nothing_though_it_waited() {
    let events = EventLog::of_thread();
    let mut service = pacing(1, YEAR).layer(up());
    assert!(call(&mut service, 0).poll().is_ready());
    let mut waiter = begin(&mut service, 1);
    advance(SECOND).await;
    assert!(waiter.poll().is_ready());
    drop(begin(&mut service, 2));
    assert_eq!(events.all(), []);
}
