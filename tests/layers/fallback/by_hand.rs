//! The handle: what is switched by hand, and what is seen of it.

use std::time::SystemTime;

use palisade::event::Kind;
use palisade::registry::Reading;
use palisade::test_util::{assert_at_rest, drop_at_every_poll};
use palisade::{Action, Registry, Rejection, RejectionReason, Target};

use super::*;
use crate::support::services::READY;
use crate::support::time::YEAR;

const PENDING: Poll<Result<(), Down>> = Poll::Pending;

#[tokio::test(start_paused = true)]
async fn always_answers_without_asking_or_calling_the_inner_service() {
    let inner = up().stalled();
    let (polls, calls) = (inner.polls(), inner.calls());
    let layer = FallbackLayer::value(7);
    layer.handle().always();
    let mut service = layer.layer(inner);
    for request in 0..3 {
        assert_eq!(call(&mut service, request).await.unwrap(), 7);
    }
    assert_eq!((polls.count(), calls.count()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn auto_sends_calls_again() {
    let layer = FallbackLayer::value(7);
    let handle = layer.handle();
    let mut service = layer.layer(up());
    handle.always();
    assert_eq!((call(&mut service, 1).await.unwrap(), handle.is_always()), (7, true));
    handle.auto();
    assert_eq!((call(&mut service, 1).await.unwrap(), handle.is_always()), (1, false));
}

#[tokio::test(start_paused = true)]
async fn the_step_sees_a_rejection_of_the_fallbacks_own() {
    let step = fallback::function(|failed: Result<&u32, &Error>| {
        let rejection = failed.unwrap_err().rejection().unwrap();
        assert_eq!((rejection.layer(), rejection.name().as_str()), ("fallback", "payments"));
        assert_eq!((rejection.reason(), rejection.retry_after()), (RejectionReason::SwitchedOff, None));
        Ok::<_, Infallible>(7)
    });
    let layer = FallbackLayer::new(step).name(Name::new("payments").unwrap());
    layer.handle().always();
    assert_eq!(layer.layer(up()).oneshot(1).await.unwrap(), 7);
}

#[tokio::test(start_paused = true)]
async fn always_takes_the_fallback_whatever_the_condition_says() {
    let layer = FallbackLayer::value(7).fallback_if(|_: Result<&u32, &Error>| false);
    layer.handle().always();
    assert_eq!(layer.layer(up()).oneshot(1).await.unwrap(), 7);
}

#[tokio::test(start_paused = true)]
async fn where_no_step_answers_the_error_says_whether_anything_was_sent() {
    let layer = FallbackLayer::new(failing_step(2));
    layer.handle().always();
    let error = layer.layer(up()).oneshot(1).await.unwrap_err();
    assert_eq!((down(Err(both(&error).error())), both(&error).before().is_some_and(is_rejection)), (2, true));
    let layer = FallbackLayer::new(fallback::service(BulkheadLayer::new(0).layer(up())));
    layer.handle().always();
    let error = layer.layer(up()).oneshot(1).await.unwrap_err();
    assert_eq!(error.rejection().map(Rejection::layer), Some("bulkhead"));
}

#[tokio::test(start_paused = true)]
async fn a_call_in_flight_goes_on_when_it_is_switched() {
    let layer = FallbackLayer::value(7);
    let late = strict(|request: u32| sleep(SECOND).map(move |()| Ok::<_, Down>(request)));
    let mut call = begin(&mut layer.layer(late), 1);
    layer.handle().always();
    advance(SECOND).await;
    assert!(matches!(call.poll(), Poll::Ready(Ok(1))));
}

/// What a service that was polled ready gives when it is called after the switch.
async fn switched(readiness: Poll<Result<(), Down>>) -> (u32, usize) {
    let layer = FallbackLayer::new(fallback::function(|failed: Result<&u32, &Error>| {
        Ok::<_, Infallible>(if failed.err().is_some_and(is_rejection) { 700 } else { down(failed) })
    }));
    let inner = up().readiness([readiness]);
    let polls = inner.polls();
    let mut service = layer.layer(inner);
    layer.handle().always();
    assert!(poll_ready(&mut service).is_ready());
    layer.handle().auto();
    (service.call(1).await.expect("the step always answers"), polls.count())
}

#[tokio::test(start_paused = true)]
async fn a_call_that_was_let_off_readiness_is_sent_if_the_service_is_ready_now() {
    assert_eq!(switched(READY).await, (1, 1));
    assert_eq!(switched(PENDING).await, (700, 1), "nobody can wait for it in the call");
    assert_eq!(switched(FAILS).await, (3, 1));
}

#[tokio::test(start_paused = true)]
async fn a_service_that_was_ready_before_it_was_switched_is_not_called() {
    let layer = FallbackLayer::value(7);
    let inner = up();
    let (polls, calls) = (inner.polls(), inner.calls());
    let mut service = layer.layer(inner);
    assert!(poll_ready(&mut service).is_ready());
    layer.handle().always();
    assert_eq!((service.call(1).await.unwrap(), calls.count()), (7, 0));
    layer.handle().auto();
    assert_eq!((call(&mut service, 1).await.unwrap(), polls.count()), (1, 2), "it is asked anew");
}

#[tokio::test(start_paused = true)]
async fn a_readiness_error_is_forgotten_while_it_is_switched() {
    let layer = FallbackLayer::value(7);
    let mut service = layer.layer(up().readiness([FAILS]));
    assert!(poll_ready(&mut service).is_ready());
    layer.handle().always();
    assert_eq!(service.call(1).await.unwrap(), 7);
    layer.handle().auto();
    assert_eq!(call(&mut service, 1).await.unwrap(), 1);
}

#[tokio::test(start_paused = true)]
async fn one_handle_switches_all_services_of_the_layer_and_no_other() {
    let layer = FallbackLayer::value(7);
    let service = layer.layer(up());
    let renamed = layer.clone().name(Name::new("other").unwrap());
    layer.handle().always();
    assert_eq!(service.clone().oneshot(1).await.unwrap(), 7);
    assert_eq!(layer.clone().layer(up()).oneshot(1).await.unwrap(), 7);
    let set = layer.clone().or(fallback::value(8)).fallback_if(|_: Result<&u32, &Error>| false);
    assert_eq!(set.layer(up()).oneshot(1).await.unwrap(), 7, "what is set later leaves it as it is");
    assert_eq!(renamed.layer(up()).oneshot(1).await.unwrap(), 1);
    assert!(!renamed.handle().is_always());
}

#[tokio::test(start_paused = true)]
async fn a_call_dropped_at_any_poll_while_it_is_switched_leaves_nothing() {
    let registry = Registry::new();
    let place = BulkheadLayer::builder(1).registry(&registry).build().unwrap();
    let late = strict(|request: u32| sleep(SECOND).map(move |()| Ok::<_, Down>(request + 6)));
    let layer = FallbackLayer::new(fallback::service(place.layer(late))).registry(&registry);
    layer.handle().always();
    let service = layer.layer(up());
    let answer = drop_at_every_poll(|| service.clone().oneshot(1), async |_| assert_at_rest(&registry)).await;
    assert_eq!(answer.unwrap(), 7);
}

/// A layer of a registry of its own.
fn listed() -> (Registry, FallbackLayer<fallback::Value<u32>>) {
    let registry = Registry::new();
    let layer = FallbackLayer::value(7).registry(&registry);
    (registry, layer)
}

#[tokio::test(start_paused = true)]
async fn each_change_is_told_once() {
    let events = EventLog::of_thread();
    let handle = FallbackLayer::value(7).handle();
    for switch in [true, true, false, false] {
        if switch { handle.always() } else { handle.auto() }
    }
    let told = events.of("palisade::fallback").into_iter();
    let told: Vec<_> = told.map(|event| (event.level, event.field("message").to_owned())).collect();
    let expected = [(Level::WARN, "fallback answers always"), (Level::INFO, "fallback answers where calls fail")];
    assert_eq!(told, expected.map(|(level, message)| (level, message.to_owned())));
}

#[tokio::test(start_paused = true)]
async fn it_is_steered_through_the_registry_which_shows_it() {
    let (registry, layer) = listed();
    let target = Target::new(Kind::Fallback, "fallback");
    let seen = || {
        let metrics = registry.metrics();
        let gauge = metrics.iter().find(|metric| metric.name == "palisade_fallback_always").unwrap();
        (registry.instances()[0].snapshot[0].to_string(), gauge.samples[0].value.clone())
    };
    assert_eq!(seen(), ("is_always off".to_owned(), Reading::Level(0.0)));
    assert_eq!(registry.steer(&target, &Action::Always, "ann"), Ok(1));
    assert_eq!(seen(), ("is_always on".to_owned(), Reading::Level(1.0)));
    assert!(layer.handle().is_always());
    assert_eq!(registry.steer(&target, &Action::Auto, "ann"), Ok(1));
    assert!(!layer.handle().is_always());
    let timeline = registry.timeline(SystemTime::UNIX_EPOCH, SystemTime::UNIX_EPOCH + 1_000 * YEAR);
    let told: Vec<_> = timeline.happenings.iter().map(|happening| happening.what.to_string()).collect();
    let expected = ["always by ann", "answers always (by hand)", "auto by ann", "answers where calls fail (by hand)"];
    assert_eq!(told, expected);
}

#[tokio::test(start_paused = true)]
async fn its_answers_are_told_and_counted_as_any_other() {
    let (registry, layer) = listed();
    layer.handle().always();
    let events = EventLog::of_thread();
    layer.layer(up()).oneshot(1).await.unwrap();
    let degraded = &events.of("palisade::fallback")[0];
    let error = "fallback `fallback` rejected the call: it is switched off";
    assert_eq!(["message", "step", "error"].map(|field| degraded.field(field)), ["degraded", "1", error]);
    let metrics = registry.metrics();
    let answers = metrics.iter().find(|metric| metric.name == "palisade_fallback_answers_total").unwrap();
    assert_eq!(answers.samples[0].value, Reading::Count(1));
}

/// A response that has a place for it.
#[derive(Clone, Debug, PartialEq)]
struct Price(u32, Option<fallback::Degraded>);

#[tokio::test(start_paused = true)]
async fn a_response_of_ones_own_is_marked_by_a_function() {
    let down = strict(|request: u32| ready(if request == 1 { Ok(Price(1, None)) } else { Err(Down(request)) }));
    let first = fallback::function_of(
        |request: &u32| *request,
        |kept, _: Result<&Price, &Error>| if kept == 2 { Ok(Price(2, None)) } else { Err(Down(2)) },
    );
    let layer = FallbackLayer::new(first).mark(|price: &mut Price, degraded| price.1 = Some(degraded));
    let layer = layer.or(fallback::value(Price(3, None))).classify(|result: Result<&Price, &Error>| match result {
        Ok(_) => Outcome::Success,
        Err(_) => Outcome::Failed,
    });
    for (request, step) in [(1, None), (2, Some(1)), (3, Some(2))] {
        let price = layer.layer(down.clone()).oneshot(request).await.unwrap();
        assert_eq!((price.0, price.1.map(|degraded| degraded.step)), (request, step));
    }
}
