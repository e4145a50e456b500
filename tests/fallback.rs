//! The fallback, line by line of what it means.

mod support;

use std::{
    convert::Infallible,
    future::{Ready, pending, ready},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    task::{Context, Poll, Waker},
    time::Duration,
};

use palisade::{
    BulkheadLayer, CircuitBreakerLayer, Error, FallbackError, FallbackLayer, Outcome, Rejection, RejectionReason,
    TimeoutLayer, fallback,
};
use support::{Down, Script, Strict, events::Events, strict};
use tokio::time::{advance, sleep};
use tokio_test::task::spawn;
use tower::{Layer, Service, ServiceExt};
use tracing::Level;

const LIMIT: Duration = Duration::from_millis(100);
/// A tick less than [`LIMIT`].
const NEARLY: Duration = Duration::from_millis(99);
const TICK: Duration = Duration::from_millis(1);

/// A service that fails, telling the request.
fn failing() -> Strict<impl Fn(u32) -> Ready<Result<u32, Down>> + Clone> {
    strict(|request| ready(Err(Down(request))))
}

/// A service that answers the request.
fn answering() -> Strict<impl Fn(u32) -> Ready<Result<u32, Down>> + Clone> {
    strict(|request| ready(Ok(request)))
}

/// A service that never answers.
fn hanging() -> Strict<impl Fn(u32) -> std::future::Pending<Result<u32, Down>> + Clone> {
    strict(|_| pending())
}

/// A step that fails with `Down(n)`.
fn failing_step(n: u32) -> fallback::Function<impl Fn(Result<&u32, &Error>) -> Result<u32, Down> + Clone + use<>> {
    fallback::function(move |_: Result<&u32, &Error>| Err(Down(n)))
}

fn panics<T>(f: impl FnOnce() -> T) -> bool {
    catch_unwind(AssertUnwindSafe(f)).is_err()
}

fn poll_ready<S: Service<u32>>(service: &mut S) -> Poll<Result<(), S::Error>> {
    service.poll_ready(&mut Context::from_waker(Waker::noop()))
}

/// The service's own error, if it is the one.
fn down(error: &Error) -> Option<u32> {
    error.downcast_ref().map(|Down(n)| *n)
}

mod steps {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_value_answers_for_a_failed_call() {
        assert_eq!(FallbackLayer::value(7).layer(failing()).oneshot(1).await.unwrap(), 7);
    }

    #[tokio::test(start_paused = true)]
    async fn a_value_answers_every_failed_call() {
        let mut service = FallbackLayer::value(7).layer(failing());
        for request in 0..3 {
            assert_eq!(service.ready().await.unwrap().call(request).await.unwrap(), 7);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_function_sees_the_error() {
        let step = fallback::function(|failed: Result<&u32, &Error>| {
            Ok::<_, Infallible>(failed.err().and_then(down).unwrap_or(0) + 10)
        });
        assert_eq!(FallbackLayer::new(step).layer(failing()).oneshot(3).await.unwrap(), 13);
    }

    #[tokio::test(start_paused = true)]
    async fn a_function_sees_the_response() {
        let step = fallback::function(|failed: Result<&u32, &Error>| Ok::<_, Infallible>(failed.map_or(0, |n| n + 10)));
        let layer = FallbackLayer::new(step).classify(|_: Result<&u32, &Error>| Outcome::Failed);
        assert_eq!(layer.layer(answering()).oneshot(3).await.unwrap(), 13);
    }

    #[tokio::test(start_paused = true)]
    async fn a_function_sees_a_rejection_whole() {
        let step = fallback::function(|failed: Result<&u32, &Error>| {
            let rejection = failed.err().and_then(Error::rejection).map(Rejection::reason);
            Ok::<_, Infallible>(u32::from(rejection == Some(RejectionReason::Full)))
        });
        let rejecting = BulkheadLayer::new(0).layer(answering());
        assert_eq!(FallbackLayer::new(step).layer(rejecting).oneshot(3).await.unwrap(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_function_gets_what_was_kept_of_the_request_and_the_error() {
        let keep = |request: &String| request.len();
        let step = fallback::function_of(keep, |kept: usize, failed: Result<&usize, &Error>| {
            Ok::<_, Infallible>(kept * 10 + usize::from(failed.is_err()))
        });
        let inner = strict(|request: String| {
            drop(request);
            ready(Err::<usize, _>(Down(1)))
        });
        assert_eq!(FallbackLayer::new(step).layer(inner).oneshot("four".into()).await.unwrap(), 41);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_kept_is_taken_before_the_request_is_sent() {
        let order = Arc::new(AtomicUsize::new(0));
        let (keeps, sends) = (Arc::clone(&order), Arc::clone(&order));
        let keep = move |_: &u32| keeps.fetch_add(1, SeqCst);
        let step = fallback::function_of(keep, |kept: usize, _: Result<&usize, &Error>| Ok::<_, Infallible>(kept));
        let inner = strict(move |_: u32| {
            sends.fetch_add(1, SeqCst);
            ready(Err::<usize, _>(Down(1)))
        });
        assert_eq!(FallbackLayer::new(step).layer(inner).oneshot(0).await.unwrap(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn each_call_gets_what_was_kept_of_its_own_request() {
        let step = fallback::function_of(|n: &u32| *n, |kept, _: Result<&u32, &Error>| Ok::<_, Infallible>(kept));
        let mut service = FallbackLayer::new(step).layer(failing());
        let first = service.ready().await.unwrap().call(1);
        let second = service.ready().await.unwrap().call(2);
        assert_eq!((second.await.unwrap(), first.await.unwrap()), (2, 1));
    }

    #[tokio::test(start_paused = true)]
    async fn a_future_answers_in_its_own_time() {
        let step = fallback::future_of(
            |request: &u32| *request,
            |kept, failed: Result<&u32, &Error>| {
                let error = failed.err().and_then(down).unwrap_or(0);
                async move {
                    sleep(LIMIT).await;
                    Ok::<_, Infallible>(kept * 10 + error)
                }
            },
        );
        let mut call = spawn(FallbackLayer::new(step).layer(failing()).oneshot(4));
        assert!(call.poll().is_pending());
        advance(NEARLY).await;
        assert!(!call.is_woken());
        advance(TICK).await;
        assert!(call.is_woken());
        assert!(matches!(call.poll(), Poll::Ready(Ok(44))));
    }

    #[tokio::test(start_paused = true)]
    async fn another_service_answers_the_same_request() {
        let other = strict(|request: u32| ready(Ok::<_, Infallible>(request * 10)));
        let layer = FallbackLayer::new(fallback::service(other));
        assert_eq!(layer.layer(failing()).oneshot(4).await.unwrap(), 40);
    }

    #[tokio::test(start_paused = true)]
    async fn a_service_that_cannot_be_readied_is_a_step_that_failed() {
        let step = fallback::service(Unready::new([Err(Down(8))]));
        let error = FallbackLayer::new(step).layer(failing()).oneshot(1).await.unwrap_err();
        assert_eq!(down(both(&error).error()), Some(8));
    }

    #[tokio::test(start_paused = true)]
    async fn a_step_that_is_rejected_makes_way_for_the_next() {
        let layer = FallbackLayer::new(fallback::service(BulkheadLayer::new(0).layer(answering())))
            .or(fallback::service(answering()));
        assert_eq!(layer.layer(failing()).oneshot(4).await.unwrap(), 4);
    }
}

mod chains {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_next_step_is_tried_when_the_one_before_failed() {
        let layer = FallbackLayer::new(failing_step(2)).or(failing_step(3)).or(fallback::value(7));
        assert_eq!(layer.layer(failing()).oneshot(1).await.unwrap(), 7);
    }

    #[tokio::test(start_paused = true)]
    async fn no_step_is_taken_after_one_that_answered() {
        let last = answering();
        let calls = last.calls();
        let layer = FallbackLayer::value(7).or(fallback::service(last));
        assert_eq!(layer.layer(failing()).oneshot(1).await.unwrap(), 7);
        assert_eq!(calls.count(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn each_step_is_taken_once_and_in_order() {
        let (first, second) = (failing(), failing());
        let (first_calls, second_calls) = (first.calls(), second.calls());
        let seen = (first_calls.clone(), second_calls.clone());
        let last = fallback::function(move |_: Result<&u32, &Error>| {
            assert_eq!((seen.0.count(), seen.1.count()), (1, 1));
            Ok::<_, Infallible>(7)
        });
        let layer = FallbackLayer::new(fallback::service(first)).or(fallback::service(second)).or(last);
        assert_eq!(layer.layer(failing()).oneshot(1).await.unwrap(), 7);
        assert_eq!((first_calls.count(), second_calls.count()), (1, 1));
    }

    #[tokio::test(start_paused = true)]
    async fn a_step_of_a_chain_sees_what_the_step_before_failed_with() {
        let last = fallback::function(|failed: Result<&u32, &Error>| {
            Ok::<_, Infallible>(failed.err().and_then(down).unwrap_or(0))
        });
        let layer = FallbackLayer::new(failing_step(2)).or(last);
        assert_eq!(layer.layer(failing()).oneshot(1).await.unwrap(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn every_step_keeps_of_the_request_for_itself() {
        let double = |request: &u32| request * 2;
        let first = fallback::function_of(double, |kept, _: Result<&u32, &Error>| Err::<u32, _>(Down(kept)));
        let triple = |request: &u32| request * 3;
        let second = fallback::function_of(triple, |kept, failed: Result<&u32, &Error>| {
            Ok::<_, Infallible>(kept * 100 + failed.err().and_then(down).unwrap_or(0))
        });
        let layer = FallbackLayer::new(first).or(second);
        assert_eq!(layer.layer(failing()).oneshot(1).await.unwrap(), 302);
    }

    #[tokio::test(start_paused = true)]
    async fn a_chain_waits_for_a_step_that_takes_time_to_fail() {
        let slow = fallback::future_of(
            |_: &u32| (),
            |(), _: Result<&u32, &Error>| async {
                sleep(LIMIT).await;
                Err::<u32, _>(Down(2))
            },
        );
        let mut call = spawn(FallbackLayer::new(slow).or(fallback::value(7)).layer(failing()).oneshot(1));
        assert!(call.poll().is_pending());
        advance(LIMIT).await;
        assert!(matches!(call.poll(), Poll::Ready(Ok(7))));
    }
}

mod taken {
    use super::*;

    /// The answer where a classifier says this of every result.
    async fn where_all_is(outcome: Outcome) -> Result<u32, Error> {
        let layer = FallbackLayer::value(7).classify(move |_: Result<&u32, &Error>| outcome);
        layer.layer(answering()).oneshot(1).await
    }

    #[tokio::test(start_paused = true)]
    async fn for_a_transient_failure() {
        assert_eq!(where_all_is(Outcome::Transient).await.unwrap(), 7);
    }

    #[tokio::test(start_paused = true)]
    async fn for_a_throttled_call() {
        assert_eq!(where_all_is(Outcome::Throttled { retry_after: None }).await.unwrap(), 7);
    }

    #[tokio::test(start_paused = true)]
    async fn for_a_throttled_call_that_says_when_to_come_back() {
        assert_eq!(where_all_is(Outcome::Throttled { retry_after: Some(LIMIT) }).await.unwrap(), 7);
    }

    #[tokio::test(start_paused = true)]
    async fn for_a_failed_call() {
        assert_eq!(where_all_is(Outcome::Failed).await.unwrap(), 7);
    }

    #[tokio::test(start_paused = true)]
    async fn not_for_a_success() {
        assert_eq!(where_all_is(Outcome::Success).await.unwrap(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn not_for_what_is_ignored() {
        assert_eq!(where_all_is(Outcome::Ignored).await.unwrap(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn not_for_an_error_that_is_ignored_which_comes_whole() {
        let layer = FallbackLayer::value(7).classify(|_: Result<&u32, &Error>| Outcome::Ignored);
        let error = layer.layer(failing()).oneshot(1).await.unwrap_err();
        assert_eq!(down(&error), Some(1));
    }

    #[tokio::test(start_paused = true)]
    async fn not_for_an_error_that_is_the_requests_own_fault() {
        let layer = FallbackLayer::value(7).classify(|_: Result<&u32, &Error>| Outcome::Success);
        let error = layer.layer(failing()).oneshot(1).await.unwrap_err();
        assert_eq!(down(&error), Some(1));
    }

    #[tokio::test(start_paused = true)]
    async fn without_a_classifier_for_no_response() {
        assert_eq!(FallbackLayer::value(7).layer(answering()).oneshot(1).await.unwrap(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn for_the_rejection_of_a_bulkhead() {
        let service = FallbackLayer::value(7).layer(BulkheadLayer::new(0).layer(answering()));
        assert_eq!(service.oneshot(1).await.unwrap(), 7);
    }

    #[tokio::test(start_paused = true)]
    async fn for_the_rejection_of_a_circuit() {
        let breaker = CircuitBreakerLayer::consecutive(1);
        breaker.handle().force_open();
        let service = FallbackLayer::value(7).layer(breaker.layer(answering()));
        assert_eq!(service.oneshot(1).await.unwrap(), 7);
    }

    #[tokio::test(start_paused = true)]
    async fn for_a_rejection_that_came_through_a_foreign_layer() {
        let foreign = tower::timeout::TimeoutLayer::new(LIMIT).layer(BulkheadLayer::new(0).layer(answering()));
        let layer = FallbackLayer::value(7).classify(|_: Result<&u32, &Error>| Outcome::Ignored);
        assert_eq!(layer.layer(foreign).oneshot(1).await.unwrap(), 7);
    }

    #[tokio::test(start_paused = true)]
    async fn for_a_rejection_whatever_a_classifier_would_say() {
        let layer = FallbackLayer::value(7).classify(|_: Result<&u32, &Error>| Outcome::Ignored);
        assert_eq!(layer.layer(BulkheadLayer::new(0).layer(answering())).oneshot(1).await.unwrap(), 7);
    }

    #[tokio::test(start_paused = true)]
    async fn without_showing_a_rejection_to_the_classifier() {
        let layer = FallbackLayer::value(7).classify(|result: Result<&u32, &Error>| {
            assert!(result.is_ok(), "a classifier was shown {result:?}");
            Outcome::Success
        });
        assert_eq!(layer.layer(BulkheadLayer::new(0).layer(answering())).oneshot(1).await.unwrap(), 7);
    }

    #[tokio::test(start_paused = true)]
    async fn for_a_timeout() {
        let service = FallbackLayer::value(7).layer(TimeoutLayer::new(LIMIT).layer(hanging()));
        assert_eq!(service.oneshot(1).await.unwrap(), 7);
    }

    #[tokio::test(start_paused = true)]
    async fn not_for_a_timeout_where_a_classifier_says_so() {
        let layer = FallbackLayer::value(7).classify(|_: Result<&u32, &Error>| Outcome::Ignored);
        let error = layer.layer(TimeoutLayer::new(LIMIT).layer(hanging())).oneshot(1).await.unwrap_err();
        assert!(error.is_timeout());
    }

    #[tokio::test(start_paused = true)]
    async fn where_a_function_says_so_for_a_response() {
        let layer = FallbackLayer::value(7).take_if(|result: Result<&u32, &Error>| result.is_ok_and(|n| *n == 1));
        assert_eq!(layer.layer(answering()).oneshot(1).await.unwrap(), 7);
        assert_eq!(layer.layer(answering()).oneshot(2).await.unwrap(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn not_where_a_function_lets_an_error_pass() {
        let layer = FallbackLayer::value(7).take_if(|_: Result<&u32, &Error>| false);
        assert_eq!(down(&layer.layer(failing()).oneshot(1).await.unwrap_err()), Some(1));
    }

    #[tokio::test(start_paused = true)]
    async fn not_where_a_function_lets_a_rejection_pass() {
        let layer = FallbackLayer::value(7)
            .take_if(|result: Result<&u32, &Error>| result.is_err_and(|error| error.rejection().is_none()));
        let error = layer.layer(BulkheadLayer::new(0).layer(answering())).oneshot(1).await.unwrap_err();
        assert_eq!(error.rejection().map(Rejection::reason), Some(RejectionReason::Full));
    }

    #[tokio::test(start_paused = true)]
    async fn once_by_a_function_that_is_asked_once() {
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        let layer =
            FallbackLayer::new(failing_step(2)).or(fallback::value(7)).take_if(move |_: Result<&u32, &Error>| {
                count.fetch_add(1, SeqCst);
                true
            });
        assert_eq!(layer.layer(failing()).oneshot(1).await.unwrap(), 7);
        assert_eq!(asked.load(SeqCst), 1);
    }
}

/// The last error in a chain of sources.
fn root<'a>(error: &'a (dyn std::error::Error + 'static)) -> &'a (dyn std::error::Error + 'static) {
    error.source().map_or(error, root)
}

/// What failed both times.
fn both(error: &Error) -> &FallbackError {
    error.downcast_ref().expect("a fallback's own error")
}

mod own_failures {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn come_with_the_first_error_as_context() {
        let error = FallbackLayer::new(failing_step(2)).layer(failing()).oneshot(1).await.unwrap_err();
        assert_eq!(down(both(&error).error()), Some(2));
        assert_eq!(both(&error).before().and_then(down), Some(1));
    }

    #[tokio::test(start_paused = true)]
    async fn come_without_an_error_as_context_after_a_response() {
        let layer = FallbackLayer::new(failing_step(2)).classify(|_: Result<&u32, &Error>| Outcome::Failed);
        let error = layer.layer(answering()).oneshot(1).await.unwrap_err();
        assert_eq!(down(both(&error).error()), Some(2));
        assert!(both(&error).before().is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn have_what_the_step_failed_with_in_their_source_chain() {
        let error = FallbackLayer::new(failing_step(2)).layer(failing()).oneshot(1).await.unwrap_err();
        assert_eq!(root(&error).downcast_ref(), Some(&Down(2)));
    }

    #[tokio::test(start_paused = true)]
    async fn tell_the_first_error_and_its_sources_in_text() {
        let error = FallbackLayer::new(failing_step(2)).layer(failing()).oneshot(1).await.unwrap_err();
        let text = both(&error).to_string();
        assert!(text.contains("down 1"), "{text}");
    }

    #[tokio::test(start_paused = true)]
    async fn of_a_chain_tell_of_every_step() {
        let layer = FallbackLayer::new(failing_step(2)).or(failing_step(3)).or(failing_step(4));
        let error = layer.layer(failing()).oneshot(1).await.unwrap_err();
        assert_eq!(both(&error).before().and_then(down), Some(1));
        let last = both(both(&error).error());
        assert_eq!(down(last.error()), Some(4));
        let earlier = both(last.before().unwrap());
        assert_eq!((down(earlier.error()), earlier.before().and_then(down)), (Some(3), Some(2)));
    }

    #[tokio::test(start_paused = true)]
    async fn of_a_chain_end_in_the_last_steps_error() {
        let layer = FallbackLayer::new(failing_step(2)).or(failing_step(3)).or(failing_step(4));
        let error = layer.layer(failing()).oneshot(1).await.unwrap_err();
        assert_eq!(root(&error).downcast_ref(), Some(&Down(4)));
    }

    #[tokio::test(start_paused = true)]
    async fn are_no_rejection_when_the_call_was_sent() {
        let rejecting = fallback::service(BulkheadLayer::new(0).layer(answering()));
        let error = FallbackLayer::new(rejecting).layer(failing()).oneshot(1).await.unwrap_err();
        assert!(error.rejection().is_none());
        assert!(both(&error).error().rejection().is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn are_no_rejection_after_a_response() {
        let rejecting = fallback::service(BulkheadLayer::new(0).layer(answering()));
        let layer = FallbackLayer::new(rejecting).classify(|_: Result<&u32, &Error>| Outcome::Failed);
        assert!(layer.layer(answering()).oneshot(1).await.unwrap_err().rejection().is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn are_no_rejection_after_a_timeout() {
        let rejecting = fallback::service(BulkheadLayer::new(0).layer(answering()));
        let service = FallbackLayer::new(rejecting).layer(TimeoutLayer::new(LIMIT).layer(hanging()));
        assert!(service.oneshot(1).await.unwrap_err().rejection().is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn of_a_chain_are_no_rejection_when_the_call_was_sent() {
        let rejecting = || fallback::service(BulkheadLayer::new(0).layer(answering()));
        let error = FallbackLayer::new(rejecting()).or(rejecting()).layer(failing()).oneshot(1).await.unwrap_err();
        assert!(error.rejection().is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn are_no_rejection_when_the_step_was_sent() {
        let rejecting = BulkheadLayer::new(0).layer(answering());
        let error = FallbackLayer::new(failing_step(2)).layer(rejecting).oneshot(1).await.unwrap_err();
        assert!(error.rejection().is_none());
        assert!(both(&error).before().and_then(Error::rejection).is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn pass_a_fallback_around_as_any_error() {
        let within = FallbackLayer::new(failing_step(2)).layer(failing());
        let around = fallback::function(|failed: Result<&u32, &Error>| {
            Ok::<_, Infallible>(failed.err().and_then(|error| down(both(error).error())).unwrap_or(0))
        });
        assert_eq!(FallbackLayer::new(around).layer(within).oneshot(1).await.unwrap(), 2);
    }
}

/// A service whose readiness is by a script, and which answers the request.
#[derive(Clone)]
struct Unready {
    script: Script<()>,
    ready: bool,
    asked: Arc<AtomicUsize>,
    sent: Arc<AtomicUsize>,
}

impl Unready {
    fn new(script: impl IntoIterator<Item = Result<(), Down>>) -> Self {
        Self { script: Script::new(script), ready: false, asked: Arc::default(), sent: Arc::default() }
    }
}

impl Service<u32> for Unready {
    type Response = u32;
    type Error = Down;
    type Future = Ready<Result<u32, Down>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Down>> {
        self.asked.fetch_add(1, SeqCst);
        let result = self.script.next();
        self.ready = result.is_ok();
        Poll::Ready(result)
    }

    fn call(&mut self, request: u32) -> Self::Future {
        assert!(std::mem::take(&mut self.ready), "called without having been polled ready");
        self.sent.fetch_add(1, SeqCst);
        ready(Ok(request))
    }
}

mod readiness_errors {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn are_kept_until_the_call() {
        let inner = Unready::new([Err(Down(9))]);
        let sent = Arc::clone(&inner.sent);
        let mut service = FallbackLayer::value(7).layer(inner);
        assert!(matches!(poll_ready(&mut service), Poll::Ready(Ok(()))));
        assert_eq!(service.call(1).await.unwrap(), 7);
        assert_eq!(sent.load(SeqCst), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn are_what_the_step_sees() {
        let step = fallback::function_of(
            |request: &u32| *request,
            |kept, failed: Result<&u32, &Error>| {
                Ok::<_, Infallible>(kept * 10 + failed.err().and_then(down).unwrap_or(0))
            },
        );
        let mut service = FallbackLayer::new(step).layer(Unready::new([Err(Down(9))]));
        assert!(poll_ready(&mut service).is_ready());
        assert_eq!(service.call(1).await.unwrap(), 19);
    }

    #[tokio::test(start_paused = true)]
    async fn are_the_result_where_no_fallback_is_taken() {
        let layer = FallbackLayer::value(7).take_if(|_: Result<&u32, &Error>| false);
        let mut service = layer.layer(Unready::new([Err(Down(9))]));
        assert!(matches!(poll_ready(&mut service), Poll::Ready(Ok(()))));
        assert_eq!(down(&service.call(1).await.unwrap_err()), Some(9));
    }

    #[tokio::test(start_paused = true)]
    async fn are_the_context_where_the_step_fails_too() {
        let mut service = FallbackLayer::new(failing_step(2)).layer(Unready::new([Err(Down(9))]));
        assert!(poll_ready(&mut service).is_ready());
        let error = service.call(1).await.unwrap_err();
        assert_eq!(both(&error).before().and_then(down), Some(9));
    }

    #[tokio::test(start_paused = true)]
    async fn do_not_make_the_inner_be_asked_again_before_the_call() {
        let inner = Unready::new([Err(Down(9))]);
        let asked = Arc::clone(&inner.asked);
        let mut service = FallbackLayer::value(7).layer(inner);
        assert!(poll_ready(&mut service).is_ready());
        assert!(poll_ready(&mut service).is_ready());
        assert_eq!(asked.load(SeqCst), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn last_for_one_call() {
        let mut service = FallbackLayer::value(7).layer(Unready::new([Err(Down(9)), Ok(())]));
        assert!(poll_ready(&mut service).is_ready());
        assert_eq!(service.call(1).await.unwrap(), 7);
        assert!(poll_ready(&mut service).is_ready());
        assert_eq!(service.call(1).await.unwrap(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn are_not_cloned() {
        let mut service = FallbackLayer::value(7).layer(Unready::new([Err(Down(9)), Ok(())]));
        assert!(poll_ready(&mut service).is_ready());
        let mut clone = service.clone();
        assert!(poll_ready(&mut clone).is_ready());
        assert_eq!(clone.call(1).await.unwrap(), 1);
        assert_eq!(service.call(1).await.unwrap(), 7);
    }
}

mod costs {
    use super::*;

    /// Counts its clones.
    #[derive(Debug)]
    struct Costly(Arc<AtomicUsize>);

    impl Clone for Costly {
        fn clone(&self) -> Self {
            self.0.fetch_add(1, SeqCst);
            Self(Arc::clone(&self.0))
        }
    }

    /// Answers, unless it is asked not to.
    fn costly(clones: &Arc<AtomicUsize>) -> Strict<impl Fn(bool) -> Ready<Result<Costly, Down>> + Clone + use<>> {
        let clones = Arc::clone(clones);
        strict(move |answer: bool| ready(if answer { Ok(Costly(Arc::clone(&clones))) } else { Err(Down(1)) }))
    }

    #[tokio::test(start_paused = true)]
    async fn a_value_that_is_not_needed_is_not_cloned() {
        let clones = Arc::default();
        let layer = FallbackLayer::value(Costly(Arc::clone(&clones))).clone();
        let service = layer.layer(costly(&clones)).clone();
        service.oneshot(true).await.unwrap();
        assert_eq!(clones.load(SeqCst), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_value_that_is_needed_is_cloned_once() {
        let clones = Arc::default();
        let layer = FallbackLayer::value(Costly(Arc::clone(&clones)));
        layer.layer(costly(&clones)).oneshot(false).await.unwrap();
        assert_eq!(clones.load(SeqCst), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_value_behind_a_step_that_answers_is_not_cloned() {
        let (clones, source) = (Arc::default(), Arc::default());
        let first =
            fallback::function(move |_: Result<&Costly, &Error>| Ok::<_, Infallible>(Costly(Arc::clone(&source))));
        let layer = FallbackLayer::new(first).or(fallback::value(Costly(Arc::clone(&clones))));
        layer.layer(costly(&clones)).oneshot(false).await.unwrap();
        assert_eq!(clones.load(SeqCst), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_step_is_not_taken_for_a_call_that_succeeds() {
        let step = fallback::function(|_: Result<&u32, &Error>| -> Result<u32, Down> { panic!("taken") });
        assert_eq!(FallbackLayer::new(step).layer(answering()).oneshot(1).await.unwrap(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_service_that_is_not_needed_is_not_readied() {
        let step = Unready::new([]);
        let asked = Arc::clone(&step.asked);
        let layer = FallbackLayer::new(fallback::service(step));
        assert_eq!(layer.layer(answering()).oneshot(1).await.unwrap(), 1);
        assert_eq!(asked.load(SeqCst), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_step_is_not_taken_while_the_call_lasts() {
        let step = fallback::function(|_: Result<&u32, &Error>| -> Result<u32, Down> { panic!("taken") });
        let mut call = spawn(FallbackLayer::new(step).layer(hanging()).oneshot(1));
        assert!(call.poll().is_pending());
    }

    #[tokio::test(start_paused = true)]
    async fn the_call_is_sent_once() {
        let inner = failing();
        let calls = inner.calls();
        FallbackLayer::value(7).layer(inner).oneshot(1).await.unwrap();
        assert_eq!(calls.count(), 1);
    }

    /// A type that has nothing: no `Clone`, no `Debug`, no `Default`.
    struct Bare(u32);

    fn bare() -> Strict<impl Fn(Bare) -> Ready<Result<Bare, Down>> + Clone> {
        strict(|Bare(request)| ready(Err(Down(request))))
    }

    #[tokio::test(start_paused = true)]
    async fn a_function_asks_nothing_of_requests_and_responses() {
        let step = fallback::function(|_: Result<&Bare, &Error>| Ok::<_, Infallible>(Bare(7)));
        let result = FallbackLayer::new(step).layer(bare()).oneshot(Bare(1)).await;
        assert!(matches!(result, Ok(Bare(7))));
    }

    #[tokio::test(start_paused = true)]
    async fn a_function_of_the_request_asks_nothing_of_requests_responses_and_what_is_kept() {
        let keep = |Bare(request): &Bare| Bare(*request);
        let step = fallback::function_of(keep, |kept: Bare, _: Result<&Bare, &Error>| Ok::<_, Infallible>(kept));
        let result = FallbackLayer::new(step).layer(bare()).oneshot(Bare(1)).await;
        assert!(matches!(result, Ok(Bare(1))));
    }

    #[tokio::test(start_paused = true)]
    async fn a_future_asks_nothing_of_requests_responses_and_what_is_kept() {
        let keep = |Bare(request): &Bare| Bare(*request);
        let step = fallback::future_of(keep, |kept: Bare, _: Result<&Bare, &Error>| ready(Ok::<_, Infallible>(kept)));
        let result = FallbackLayer::new(step).layer(bare()).oneshot(Bare(1)).await;
        assert!(matches!(result, Ok(Bare(1))));
    }

    #[tokio::test(start_paused = true)]
    async fn a_service_asks_nothing_of_responses() {
        let other = strict(|n: u32| ready(Ok::<_, Infallible>(Bare(n))));
        let inner = strict(|n: u32| ready(Err::<Bare, _>(Down(n))));
        let result = FallbackLayer::new(fallback::service(other)).layer(inner).oneshot(1).await;
        assert!(matches!(result, Ok(Bare(1))));
    }

    #[tokio::test(start_paused = true)]
    async fn a_value_asks_nothing_of_requests() {
        let inner = strict(|Bare(request)| ready(Err::<u32, _>(Down(request))));
        assert_eq!(FallbackLayer::value(7).layer(inner).oneshot(Bare(1)).await.unwrap(), 7);
    }

    #[tokio::test(start_paused = true)]
    async fn an_inner_service_need_not_be_clone() {
        struct Single;
        impl Service<u32> for Single {
            type Response = u32;
            type Error = Down;
            type Future = Ready<Result<u32, Down>>;

            fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Down>> {
                Poll::Ready(Ok(()))
            }

            fn call(&mut self, request: u32) -> Self::Future {
                ready(Err(Down(request)))
            }
        }
        assert_eq!(FallbackLayer::value(7).layer(Single).oneshot(1).await.unwrap(), 7);
    }
}

mod cut_short {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_call_dropped_in_flight_gives_all_back() {
        let bulkhead = BulkheadLayer::new(1);
        let mut call = spawn(FallbackLayer::value(7).layer(bulkhead.layer(hanging())).oneshot(1));
        assert!(call.poll().is_pending());
        assert_eq!(bulkhead.handle().in_flight(), 1);
        drop(call);
        assert_eq!(bulkhead.handle().in_flight(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_dropped_before_its_first_poll_takes_no_step() {
        let step = answering();
        let calls = step.calls();
        let bulkhead = BulkheadLayer::new(1);
        let mut service = FallbackLayer::new(fallback::service(step)).layer(bulkhead.layer(failing()));
        assert!(poll_ready(&mut service).is_ready());
        drop(service.call(1));
        assert_eq!((bulkhead.handle().in_flight(), calls.count()), (0, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_dropped_while_the_step_runs_drops_the_step() {
        let bulkhead = BulkheadLayer::new(1);
        let step = fallback::service(bulkhead.layer(hanging()));
        let mut call = spawn(FallbackLayer::new(step).layer(failing()).oneshot(1));
        assert!(call.poll().is_pending());
        assert_eq!(bulkhead.handle().in_flight(), 1);
        drop(call);
        assert_eq!(bulkhead.handle().in_flight(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_dropped_while_a_later_step_runs_drops_that_step() {
        let bulkhead = BulkheadLayer::new(1);
        let last = fallback::service(bulkhead.layer(hanging()));
        let mut call = spawn(FallbackLayer::new(failing_step(2)).or(last).layer(failing()).oneshot(1));
        assert!(call.poll().is_pending());
        drop(call);
        assert_eq!(bulkhead.handle().in_flight(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_step_that_is_dropped_tells_of_no_degraded_answer() {
        let events = Events::record();
        let mut call = spawn(FallbackLayer::new(fallback::service(hanging())).layer(failing()).oneshot(1));
        assert!(call.poll().is_pending());
        drop(call);
        assert_eq!(events.of("palisade::fallback"), []);
    }

    #[tokio::test(start_paused = true)]
    async fn the_call_is_gone_while_the_step_runs() {
        let alive = Arc::new(());
        let held = Arc::clone(&alive);
        let inner = strict(move |_: u32| {
            let held = Arc::clone(&held);
            std::future::poll_fn(move |_| {
                assert_eq!(Arc::strong_count(&held), 3);
                Poll::Ready(Err::<u32, _>(Down(1)))
            })
        });
        let mut service = FallbackLayer::new(fallback::service(hanging())).layer(inner);
        assert!(poll_ready(&mut service).is_ready());
        let mut call = spawn(service.call(1));
        assert!(call.poll().is_pending());
        assert_eq!(Arc::strong_count(&alive), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_panic_in_a_function_propagates_and_the_next_call_is_served() {
        let step = fallback::function_of(
            |request: &u32| *request,
            |kept, _: Result<&u32, &Error>| {
                assert_ne!(kept, 1, "on purpose");
                Ok::<_, Infallible>(7)
            },
        );
        let service = FallbackLayer::new(step).layer(failing());
        let mut call = spawn(service.clone().oneshot(1));
        assert!(panics(|| call.poll()));
        drop(call);
        assert_eq!(service.oneshot(2).await.unwrap(), 7);
    }

    #[tokio::test(start_paused = true)]
    async fn a_panic_in_a_future_propagates_and_leaks_nothing() {
        let bulkhead = BulkheadLayer::new(1);
        let panicking = strict(|_: u32| async { panic!("on purpose") as Result<u32, Down> });
        let step = fallback::service(bulkhead.layer(panicking));
        let mut call = spawn(FallbackLayer::new(step).or(fallback::value(7)).layer(failing()).oneshot(1));
        assert!(panics(|| call.poll()));
        drop(call);
        assert_eq!(bulkhead.handle().in_flight(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_panic_in_the_call_is_not_answered_by_the_fallback() {
        let panicking = strict(|_: u32| async { panic!("on purpose") as Result<u32, Down> });
        let mut call = spawn(FallbackLayer::value(7).layer(panicking).oneshot(1));
        assert!(panics(|| call.poll()));
    }

    #[tokio::test(start_paused = true)]
    async fn a_panic_in_keeping_of_the_request_propagates_before_it_is_sent() {
        let keep = |_: &u32| panic!("on purpose");
        let step = fallback::function_of(keep, |(), _: Result<&u32, &Error>| Ok::<_, Infallible>(7));
        let inner = failing();
        let calls = inner.calls();
        let mut service = FallbackLayer::new(step).layer(inner);
        assert!(poll_ready(&mut service).is_ready());
        assert!(panics(|| service.call(1)));
        assert_eq!(calls.count(), 0);
    }
}

mod events {
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
}

#[tokio::test(start_paused = true)]
async fn a_call_that_was_rejected_everywhere_stays_a_rejection() {
    let answering = || strict(|n: u32| ready(Ok::<_, Down>(n)));
    let replica = BulkheadLayer::builder(0).name("replica").build().expect("legal").layer(answering());
    let primary = BulkheadLayer::new(0).layer(answering());
    let service = FallbackLayer::new(fallback::service(replica)).layer(primary);
    let rejection = service.oneshot(1).await.expect_err("full").rejection().copied().expect("rejected");
    assert_eq!(rejection.name().as_str(), "replica");
}

#[tokio::test(start_paused = true)]
async fn a_degraded_answer_is_told_with_the_whole_chain_of_what_had_failed() {
    let events = Events::record();
    let failing = strict(|_: u32| ready(Err::<u32, _>(Down(7))));
    assert_eq!(FallbackLayer::value(1).layer(failing).oneshot(1).await.expect("degraded"), 1);
    let [event] = &events.of("palisade::fallback")[..] else { panic!("not one event") };
    assert_eq!(event.field("error"), "the service failed: down 7");
}
