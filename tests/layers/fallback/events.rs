use palisade::test_util::LoggedEvent;

use super::*;

/// The only event.
fn only(events: &EventLog) -> LoggedEvent {
    let [event] = &events.of("palisade::fallback")[..] else { panic!("not one event") };
    event.clone()
}

fn fields<const N: usize>(event: &LoggedEvent, names: [&str; N]) -> [String; N] {
    names.map(|name| event.field(name).to_owned())
}

#[tokio::test(start_paused = true)]
async fn a_degraded_answer_is_told_with_its_step_and_what_failed() {
    let layer = FallbackLayer::value(7).name(Name::new("payments").unwrap());
    let rejection = rejected().to_string();
    for (result, error) in [(&[2], "the service failed: down 2"), (&[200], ""), (&[REJECTED], &*rejection)] {
        let events = EventLog::of_thread();
        layer
            .clone()
            .classify(|_: Result<&u32, &Error>| Outcome::Failed)
            .layer(coded(result))
            .oneshot(1)
            .await
            .unwrap();
        let event = only(&events);
        let expected = ["degraded", "payments", "1", error];
        assert_eq!(fields(&event, ["message", "name", "step", "error"]), expected);
        assert!(event.level >= Level::DEBUG);
    }
}

#[tokio::test(start_paused = true)]
async fn the_step_that_answered_is_told_by_its_number_in_the_chain() {
    let events = EventLog::of_thread();
    let step = |n: u32| {
        fallback::function_of(
            |request: &u32| *request,
            move |kept, _: Result<&u32, &Error>| if kept == n { Ok(7) } else { Err(Down(n)) },
        )
    };
    let layer = FallbackLayer::new(step(1)).or(step(2)).or(step(3)).or(step(4));
    for request in 1..=4 {
        layer.layer(failing()).oneshot(request).await.unwrap();
    }
    let steps: Vec<_> = events.of("palisade::fallback").iter().map(|event| event.field("step").to_owned()).collect();
    assert_eq!(steps, ["1", "2", "3", "4"]);
}

#[tokio::test(start_paused = true)]
async fn what_passes_tells_nothing() {
    let events = EventLog::of_thread();
    FallbackLayer::value(7).layer(up()).oneshot(1).await.unwrap();
    let layer = FallbackLayer::value(7).fallback_if(|_: Result<&u32, &Error>| false);
    layer.layer(failing()).oneshot(1).await.unwrap_err();
    assert_eq!(events.all(), []);
}

#[tokio::test(start_paused = true)]
async fn a_fallback_that_failed_is_told_once_as_that() {
    let events = EventLog::of_thread();
    let layer = FallbackLayer::new(failing_step(2)).or(failing_step(3));
    layer.layer(failing()).oneshot(1).await.unwrap_err();
    assert_eq!(fields(&only(&events), ["message", "name"]), ["fallback failed", "fallback"]);
}
