use super::*;

const TARGET: &str = "palisade::fallback";

#[tokio::test(start_paused = true)]
async fn a_degraded_answer_is_told_with_its_step_and_the_error() {
    let events = Events::record();
    let layer = FallbackLayer::value(7).name("payments").unwrap();
    layer.layer(failing()).oneshot(1).await.unwrap();
    let [event] = &events.of(TARGET)[..] else { panic!("not one event") };
    assert_eq!((event.field("message"), event.field("name"), event.field("step")), ("degraded", "payments", "1"));
    assert!(event.level >= Level::DEBUG);
}

#[tokio::test(start_paused = true)]
async fn the_step_that_answered_is_told_by_its_number_in_the_chain() {
    let events = Events::record();
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
    let steps: Vec<_> = events.of(TARGET).iter().map(|event| event.field("step").to_owned()).collect();
    assert_eq!(steps, ["1", "2", "3", "4"]);
}

#[tokio::test(start_paused = true)]
async fn an_answer_in_place_of_a_response_is_told_too() {
    let events = Events::record();
    let layer = FallbackLayer::value(7).classify(|_: Result<&u32, &Error>| Outcome::Failed);
    layer.layer(answering()).oneshot(1).await.unwrap();
    let [event] = &events.of(TARGET)[..] else { panic!("not one event") };
    assert_eq!((event.field("message"), event.field("step"), event.field("error")), ("degraded", "1", ""));
}

#[tokio::test(start_paused = true)]
async fn an_answer_in_place_of_a_rejection_is_told_with_it() {
    let events = Events::record();
    FallbackLayer::value(7).layer(BulkheadLayer::new(0).layer(answering())).oneshot(1).await.unwrap();
    let [event] = &events.of(TARGET)[..] else { panic!("not one event") };
    assert!(event.field("error").contains("bulkhead"), "{event:?}");
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_not_degraded_tells_nothing() {
    let events = Events::record();
    FallbackLayer::value(7).layer(answering()).oneshot(1).await.unwrap();
    assert_eq!(events.all(), []);
}

#[tokio::test(start_paused = true)]
async fn an_error_that_passes_tells_nothing() {
    let events = Events::record();
    let layer = FallbackLayer::value(7).take_if(|_: Result<&u32, &Error>| false);
    assert!(layer.layer(failing()).oneshot(1).await.is_err());
    assert_eq!(events.all(), []);
}

#[tokio::test(start_paused = true)]
async fn a_fallback_that_failed_is_told_as_that_and_not_as_a_degraded_answer() {
    let events = Events::record();
    let layer = FallbackLayer::new(failing_step(2)).or(failing_step(3));
    assert!(layer.layer(failing()).oneshot(1).await.is_err());
    let [event] = &events.of(TARGET)[..] else { panic!("not one event") };
    assert_eq!((event.field("message"), event.field("name")), ("fallback failed", "fallback"));
}

#[test]
fn a_name_may_have_64_bytes_and_no_more() {
    assert!(FallbackLayer::value(7).name("n".repeat(64)).is_ok());
    assert_eq!(FallbackLayer::value(7).name("n".repeat(65)).unwrap_err().setting(), "name");
}

#[test]
fn an_empty_name_is_refused() {
    assert_eq!(FallbackLayer::value(7).name("").unwrap_err().value(), r#""""#);
}
