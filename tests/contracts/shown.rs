//! What is printed: types under their own names, and the words of phases, outcomes and errors.

use std::collections::HashSet;
use std::fmt::Debug;
use std::future::{Ready, ready};
use std::time::Duration;

use palisade::call::Plain;
use palisade::fallback::Step;
use palisade::{
    BulkheadLayer, CircuitBreakerLayer, DefaultClassifier, Error, FallbackError, FallbackLayer, Name, Outcome, Phase,
    RateLimitLayer, Rejection, RejectionReason, RetryLayer, TimeoutLayer, fallback, retry,
};
use tower::util::ServiceFn;
use tower::{Layer, Service, ServiceExt, service_fn};

use crate::layers::{pace, throttle};
use crate::support::Down;

const LIMIT: Duration = Duration::from_secs(1);

type Echo = fn(u32) -> Ready<Result<u32, Down>>;

const ECHO: Echo = |request| ready(Ok(request));

/// How the future of a call through `layer` is shown.
fn future<L>(layer: &L) -> String
where
    L: Layer<ServiceFn<Echo>>,
    L::Service: Service<u32, Future: Debug>,
{
    shown(layer.layer(service_fn(ECHO)).call(1))
}

/// How the future of a step is shown.
fn answer<F: Step<u32, u32, Future: Debug>>(step: F) -> String {
    let kept = step.keep(&1);
    shown(step.answer(kept, Ok(&1), false))
}

fn shown(value: impl Debug) -> String {
    format!("{value:?}")
}

fn rejection() -> Rejection {
    BulkheadLayer::builder(0).name(Name::new("writes").unwrap()).build().unwrap().handle().try_enter().unwrap_err()
}

macro_rules! is_shown_under_its_own_name {
    ($($name:ident: $shown:expr, $form:expr;)+) => {
        mod it_is_shown_under_its_own_name {
            use super::*;

            $(
                #[tokio::test(start_paused = true)]
                async fn $name() {
                    let shown = $shown;
                    assert!(shown.starts_with($form), "{shown}");
                }
            )+
        }
    };
}

is_shown_under_its_own_name! {
    a_call_through_a_circuit_breaker: future(&CircuitBreakerLayer::consecutive(5)), "ResponseFuture {";
    a_call_that_may_be_retried: future(&RetryLayer::builder("retry").build().unwrap()), "ResponseFuture { attempts: 1";
    a_call_with_a_limit: future(&TimeoutLayer::new(LIMIT)), "ResponseFuture {";
    a_call_with_a_limit_on_readiness_too: future(&TimeoutLayer::new(LIMIT).cover_readiness()), "ResponseFuture {";
    a_call_through_a_bulkhead: future(&BulkheadLayer::new(1)), "ResponseFuture {";
    a_call_that_may_queue: future(&BulkheadLayer::builder(1).max_queue(1).build().unwrap()), "WaitingFuture {";
    a_call_through_a_rate_limit: future(&RateLimitLayer::per_second(1)), "ResponseFuture {";
    a_call_through_a_throttle: future(&throttle()), "ResponseFuture {";
    a_call_that_may_wait_for_its_turn: future(&pace()), "WaitingFuture {";
    a_call_with_a_fallback: future(&FallbackLayer::value(1)), r#"ResponseFuture { name: "fallback""#;
    a_fallback_to_a_service: answer(fallback::service(service_fn(ECHO))), "ServiceFuture {";
    a_step: shown(fallback::function(|_| Ok::<u32, Down>(1))), "Function(";
    rules_of_a_fallback: shown(fallback::ByOutcome::<DefaultClassifier>::default()), "ByOutcome(";
    rules_of_a_retry: shown(retry::Rules::<DefaultClassifier>::default()), "Rules(";
    the_end_of_a_call_through_a_circuit_breaker: shown(Plain::<DefaultClassifier>::default()), "Plain(";
    a_limit_by_request: shown(TimeoutLayer::by_request(|_: &u32| LIMIT)), "TimeoutLayer { limit: ByRequest(";
    a_rejection: shown(rejection()), r#"Rejection { name: "writes", reason: Full"#;
}

#[test]
fn phases_and_outcomes_read_as_the_events_have_them() {
    let phases = [Phase::Closed, Phase::Open, Phase::HalfOpen, Phase::ForcedOpen];
    assert_eq!(phases.map(Phase::as_str), ["closed", "open", "half_open", "forced_open"]);
    assert_eq!(phases.map(|phase| phase.to_string()), phases.map(Phase::as_str));
    let throttled = Outcome::Throttled { retry_after: None };
    let outcomes = [Outcome::Success, Outcome::Transient, throttled, Outcome::Failed, Outcome::Ignored];
    assert_eq!(outcomes.map(Outcome::as_str), ["success", "transient", "throttled", "failed", "ignored"]);
}

#[test]
fn a_rejection_of_each_reason_reads_differently() {
    use RejectionReason::{
        CircuitOpen, ForcedOpen, Full, NotReady, ProbesTaken, QueueFull, RateLimited, WaitedTooLong,
    };
    let reasons = [CircuitOpen, ForcedOpen, Full, NotReady, ProbesTaken, QueueFull, RateLimited, WaitedTooLong];
    let texts: HashSet<_> = reasons.iter().map(ToString::to_string).collect();
    assert_eq!(texts.len(), reasons.len());
}

#[test]
fn a_name_is_taken_for_its_text() {
    let name: Name = rejection().name();
    assert_eq!(AsRef::<str>::as_ref(&name), "writes");
}

#[tokio::test(start_paused = true)]
async fn a_fallback_that_failed_says_that_there_was_a_response() {
    let failing = fallback::function(|_: Result<&u32, &Error>| Err(Down(7)));
    let layer = FallbackLayer::new(failing).classify(|_: Result<&u32, &Error>| Outcome::Failed);
    let error = layer.layer(service_fn(ECHO)).oneshot(1).await.unwrap_err();
    let text = error.downcast_ref::<FallbackError>().unwrap().to_string();
    assert_eq!(text, "the fallback failed, after a response that was taken for a failure");
}
