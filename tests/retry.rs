//! The retry, line by line of what it means.

#![expect(clippy::unwrap_used, reason = "what a test unwraps is what it claims")]

mod support;

use std::{
    future::{Ready, pending, ready},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    thread,
    time::Duration,
};

use futures_util::FutureExt;
use palisade::{
    Backoff, Budget, BulkheadLayer, CircuitBreakerLayer, Deadline, Error, Jitter, Outcome, Rejection, RejectionReason,
    RetryBuilder, RetryLayer, TimeoutLayer,
};
use tokio::time::{Instant, advance};
use tokio_test::{assert_pending, assert_ready, task};
use tower::{BoxError, Layer, Service, ServiceBuilder, ServiceExt};
use tracing::Level;

use support::{
    Down, Script, Strict,
    events::{Events, Recorded},
    io_error, strict,
};

const TARGET: &str = "palisade::retry";
const MS: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);
const TICK: Duration = Duration::from_nanos(1);

fn just_before(duration: Duration) -> Duration {
    duration.saturating_sub(TICK)
}

/// A retry that never waits.
fn hasty() -> RetryBuilder {
    RetryLayer::builder("retry").backoff(Backoff::none())
}

/// A retry that waits `delay` each time.
fn patient(delay: Duration) -> RetryBuilder {
    RetryLayer::builder("retry").backoff(Backoff::constant(delay))
}

/// A budget that gains nothing.
fn fixed_budget(tokens: u32) -> Budget {
    Budget::builder().capacity(tokens).ratio(0.0).per_second(0.0).build().unwrap()
}

/// Withdraws all tokens of a budget that gains nothing by calls.
fn drain(budget: &Budget) {
    let layer = hasty().max_attempts(u32::MAX).budget(budget.clone()).build().unwrap();
    drop(layer.layer(failing()).oneshot(()).now_or_never().unwrap());
}

fn failing() -> Strict<impl FnMut(()) -> Ready<Result<(), Down>> + Clone + Send> {
    strict(|()| ready(Err(Down(1))))
}

fn scripted<T: Clone>(
    results: impl IntoIterator<Item = Result<T, Down>>,
) -> Strict<impl FnMut(()) -> Ready<Result<T, Down>> + Clone> {
    let script = Script::new(results);
    strict(move |()| ready(script.next()))
}

/// A service that gives these results, of which some are rejections.
fn answering<T>(results: Vec<Result<T, Error>>) -> Strict<impl FnMut(()) -> Ready<Result<T, Error>> + Clone> {
    let results = Arc::new(Mutex::new(results.into_iter()));
    strict(move |()| ready(results.lock().unwrap().next().expect("the script is over")))
}

fn rejected() -> Rejection {
    BulkheadLayer::builder(0).name("below").build().unwrap().handle().try_enter().unwrap_err()
}

fn failed<T>(number: u32) -> Result<T, Error> {
    Err(Error::Service(Down(number).into()))
}

fn number_of(error: &Error) -> Option<u32> {
    error.downcast_ref().map(|Down(number)| *number)
}

/// When attempts were made, counted from the start.
#[derive(Clone)]
struct Moments {
    start: Instant,
    at: Arc<Mutex<Vec<Duration>>>,
}

impl Moments {
    #[expect(clippy::disallowed_methods, reason = "a test reads the paused clock")]
    fn passed(&self) -> Duration {
        Instant::now() - self.start
    }

    #[expect(clippy::disallowed_methods, reason = "a test reads the paused clock")]
    fn start() -> Self {
        Self { start: Instant::now(), at: Arc::default() }
    }

    fn mark(&self) {
        self.at.lock().unwrap().push(self.passed());
    }

    fn all(&self) -> Vec<Duration> {
        self.at.lock().unwrap().clone()
    }

    /// The times between attempts.
    fn waits(&self) -> Vec<Duration> {
        self.all().windows(2).map(|pair| pair[1].saturating_sub(pair[0])).collect()
    }

    /// A service that fails, and marks each attempt.
    fn failing(&self) -> Strict<impl FnMut(()) -> Ready<Result<(), Down>> + Clone> {
        let moments = self.clone();
        strict(move |()| {
            moments.mark();
            ready(Err(Down(1)))
        })
    }

    /// A service that asks for a pause, and marks each attempt.
    fn throttling(&self, pause: Option<Duration>) -> Strict<impl FnMut(()) -> Ready<Pause> + Clone> {
        let moments = self.clone();
        strict(move |()| {
            moments.mark();
            ready(Ok(pause))
        })
    }
}

/// An answer that asks for a pause.
type Pause = Result<Option<Duration>, Down>;

fn throttled(result: Result<&Option<Duration>, &Error>) -> Outcome {
    Outcome::Throttled { retry_after: *result.unwrap() }
}

/// The delays that were drawn so far, to the nanosecond.
fn delays(events: &Events) -> Vec<String> {
    let retrying = |event: &Recorded| event.field("message") == "retrying";
    events.of(TARGET).iter().filter(|event| retrying(event)).map(|event| event.field("delay").to_owned()).collect()
}

/// The delays of a call that fails, with the default backoff.
async fn drawn(retry: &RetryLayer) -> Vec<String> {
    let events = Events::record();
    retry.layer(failing()).oneshot(()).await.unwrap_err();
    delays(&events)
}

/// Why the retrying stopped.
fn stop(events: &Events) -> String {
    events.of(TARGET).last().map_or(String::new(), |event| event.field("reason").to_owned())
}

mod attempts {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn three_attempts_are_made_unless_told_otherwise() {
        let service = failing();
        let calls = service.calls();
        RetryLayer::builder("retry").build().unwrap().layer(service).oneshot(()).await.unwrap_err();
        assert_eq!(calls.count(), 3);
    }

    #[test]
    fn the_first_attempt_is_among_max_attempts() {
        let service = failing();
        let calls = service.calls();
        let call = hasty().max_attempts(5).build().unwrap().layer(service).oneshot(());
        call.now_or_never().unwrap().unwrap_err();
        assert_eq!(calls.count(), 5);
    }

    #[test]
    fn a_single_attempt_is_never_followed_by_another() {
        let service = failing();
        let calls = service.calls();
        let call = hasty().max_attempts(1).build().unwrap().layer(service).oneshot(());
        call.now_or_never().unwrap().unwrap_err();
        assert_eq!(calls.count(), 1);
    }

    #[test]
    fn the_most_attempts_are_legal() {
        let layer = hasty().max_attempts(u32::MAX).build().unwrap();
        let service = scripted([Err(Down(1)), Err(Down(2)), Ok("paid")]);
        assert_eq!(layer.layer(service).oneshot(()).now_or_never().unwrap().unwrap(), "paid");
    }

    #[test]
    fn a_success_ends_the_attempts() {
        let service = scripted([Err(Down(1)), Ok("paid")]);
        let answer = hasty().max_attempts(5).build().unwrap().layer(service).oneshot(()).now_or_never();
        assert_eq!(answer.unwrap().unwrap(), "paid");
    }

    #[test]
    fn a_failure_that_will_not_pass_is_not_retried() {
        let service = failing();
        let calls = service.calls();
        let layer = hasty().classify(|_: Result<&(), &Error>| Outcome::Failed).build().unwrap();
        layer.layer(service).oneshot(()).now_or_never().unwrap().unwrap_err();
        assert_eq!(calls.count(), 1);
    }

    #[test]
    fn an_ignored_result_is_not_retried() {
        let service = failing();
        let calls = service.calls();
        let layer = hasty().classify(|_: Result<&(), &Error>| Outcome::Ignored).build().unwrap();
        layer.layer(service).oneshot(()).now_or_never().unwrap().unwrap_err();
        assert_eq!(calls.count(), 1);
    }

    #[test]
    fn an_answer_that_means_trouble_is_retried() {
        let service = scripted([Ok(503), Ok(200)]);
        let layer = hasty().classify(|result: Result<&u16, &Error>| match result {
            Ok(500..) | Err(_) => Outcome::Transient,
            Ok(_) => Outcome::Success,
        });
        let answer = layer.build().unwrap().layer(service).oneshot(()).now_or_never();
        assert_eq!(answer.unwrap().unwrap(), 200);
    }

    #[tokio::test(start_paused = true)]
    async fn an_attempt_that_timed_out_is_retried() {
        let service = strict(|()| pending::<Result<(), Down>>());
        let calls = service.calls();
        let stack = ServiceBuilder::new().layer(hasty().build().unwrap()).layer(TimeoutLayer::new(SECOND));
        assert!(stack.service(service).oneshot(()).await.unwrap_err().is_timeout());
        assert_eq!(calls.count(), 3);
    }
}

mod backoff {
    use super::*;

    /// The waits of many calls that fail, by the step that they belong to.
    async fn waits_by_step(retry: RetryBuilder, steps: usize) -> Vec<Vec<Duration>> {
        let layer = retry.max_attempts(u32::try_from(steps).unwrap() + 1).without_budget().seed(7).build().unwrap();
        let mut by_step = vec![Vec::new(); steps];
        for _ in 0..200 {
            let moments = Moments::start();
            layer.layer(moments.failing()).oneshot(()).await.unwrap_err();
            by_step.iter_mut().zip(moments.waits()).for_each(|(step, wait)| step.push(wait));
        }
        by_step
    }

    #[tokio::test(start_paused = true)]
    async fn the_default_doubles_from_fifty_milliseconds() {
        let by_step = waits_by_step(RetryLayer::builder("retry"), 3).await;
        for (waits, longest) in by_step.iter().zip([50 * MS, 100 * MS, 200 * MS]) {
            let most = *waits.iter().max().unwrap();
            assert!(most <= longest && most > longest * 9 / 10, "{most:?} of {longest:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_default_jitter_is_full() {
        let by_step = waits_by_step(RetryLayer::builder("retry"), 3).await;
        for (waits, longest) in by_step.iter().zip([50 * MS, 100 * MS, 200 * MS]) {
            let least = *waits.iter().min().unwrap();
            assert!(least < longest / 10, "{least:?} of {longest:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_default_cap_is_twenty_seconds() {
        let by_step = waits_by_step(RetryLayer::builder("retry"), 14).await;
        // 50 milliseconds doubled nine times are 25.6 seconds.
        for waits in &by_step[9..] {
            let most = *waits.iter().max().unwrap();
            assert!(most <= 20 * SECOND && most > 18 * SECOND, "{most:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_last_step_below_the_default_cap_is_not_capped() {
        let by_step = waits_by_step(RetryLayer::builder("retry"), 9).await;
        let most = *by_step[8].iter().max().unwrap();
        assert!(most <= 12_800 * MS && most > 11_000 * MS, "{most:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn each_step_waits_twice_as_long_up_to_the_cap() {
        let moments = Moments::start();
        let backoff = Backoff::exponential(10 * MS, 35 * MS).jitter(Jitter::None);
        let layer = RetryLayer::builder("retry").backoff(backoff).max_attempts(5).build().unwrap();
        layer.layer(moments.failing()).oneshot(()).await.unwrap_err();
        assert_eq!(moments.waits(), [10 * MS, 20 * MS, 35 * MS, 35 * MS]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_base_at_the_cap_is_legal() {
        let moments = Moments::start();
        let backoff = Backoff::exponential(10 * MS, 10 * MS).jitter(Jitter::None);
        let layer = RetryLayer::builder("retry").backoff(backoff).build().unwrap();
        layer.layer(moments.failing()).oneshot(()).await.unwrap_err();
        assert_eq!(moments.waits(), [10 * MS, 10 * MS]);
    }

    #[tokio::test(start_paused = true)]
    async fn the_delay_does_not_overflow_after_many_retries() {
        let moments = Moments::start();
        let backoff = Backoff::exponential(MS, SECOND).jitter(Jitter::None);
        let layer = RetryLayer::builder("retry").backoff(backoff).max_attempts(100).without_budget().build().unwrap();
        layer.layer(moments.failing()).oneshot(()).await.unwrap_err();
        assert!(moments.waits()[10..].iter().all(|wait| *wait == SECOND));
    }

    #[tokio::test(start_paused = true)]
    async fn the_longest_backoff_is_legal() {
        let backoff = Backoff::exponential(Duration::MAX, Duration::MAX);
        let layer = RetryLayer::builder("retry").backoff(backoff.jitter(Jitter::Equal)).build().unwrap();
        let mut call = task::spawn(layer.layer(failing()).oneshot(()));
        assert_pending!(call.poll());
        advance(1000 * SECOND).await;
        assert!(!call.is_woken());
    }

    #[tokio::test(start_paused = true)]
    async fn jitter_never_leaves_the_cap() {
        for jitter in [Jitter::Full, Jitter::Equal] {
            let backoff = Backoff::exponential(8 * MS, 10 * MS).jitter(jitter);
            let by_step = waits_by_step(RetryLayer::builder("retry").backoff(backoff), 3).await;
            assert!(by_step.iter().flatten().all(|wait| *wait <= 10 * MS), "{jitter:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn equal_jitter_waits_at_least_half() {
        let backoff = Backoff::constant(100 * MS).jitter(Jitter::Equal);
        let waits = waits_by_step(RetryLayer::builder("retry").backoff(backoff), 1).await.concat();
        assert!(waits.iter().all(|wait| *wait >= 50 * MS));
        assert!(waits.iter().any(|wait| *wait < 60 * MS));
    }

    #[tokio::test(start_paused = true)]
    async fn each_call_draws_its_own_jitter() {
        let layer = RetryLayer::builder("retry").seed(7).build().unwrap();
        let service = layer.layer(failing());
        let events = Events::record();
        for _ in 0..2 {
            service.clone().oneshot(()).await.unwrap_err();
        }
        let delays = delays(&events);
        assert_ne!(delays[..2], delays[2..]);
    }

    #[tokio::test(start_paused = true)]
    async fn services_of_one_layer_draw_different_jitter() {
        let layer = RetryLayer::builder("retry").seed(7).build().unwrap();
        assert_ne!(drawn(&layer).await, drawn(&layer).await);
    }

    #[tokio::test(start_paused = true)]
    async fn a_seed_repeats_the_delays() {
        let layer = || RetryLayer::builder("retry").seed(7).build().unwrap();
        assert_eq!(drawn(&layer()).await, drawn(&layer()).await);
    }

    #[tokio::test(start_paused = true)]
    async fn another_seed_draws_other_delays() {
        let layer = |seed| RetryLayer::builder("retry").seed(seed).build().unwrap();
        assert_ne!(drawn(&layer(7)).await, drawn(&layer(8)).await);
    }

    #[tokio::test(start_paused = true)]
    async fn without_a_seed_each_layer_draws_its_own() {
        let layer = || RetryLayer::builder("retry").build().unwrap();
        assert_ne!(drawn(&layer()).await, drawn(&layer()).await);
    }

    #[test]
    fn a_zero_delay_touches_no_timer() {
        let service = scripted([Err(Down(1)), Ok("paid")]);
        let answer = hasty().build().unwrap().layer(service).oneshot(()).now_or_never();
        assert_eq!(answer.expect("there is no runtime to wait in").unwrap(), "paid");
    }
}

mod deadline {
    use super::*;

    /// Attempts made by a retry that waits `delay`, under a deadline that is carried.
    async fn attempts(delay: Duration, left: Duration) -> usize {
        let service = failing();
        let calls = service.calls();
        let call = patient(delay).max_attempts(2).build().unwrap().layer(service).oneshot(());
        Deadline::after(left).scope(call).await.unwrap_err();
        calls.count()
    }

    #[tokio::test(start_paused = true)]
    async fn an_attempt_that_begins_before_the_deadline_is_made() {
        assert_eq!(attempts(99 * MS, 100 * MS).await, 2);
    }

    #[tokio::test(start_paused = true)]
    async fn an_attempt_that_would_begin_at_the_deadline_is_not_made() {
        assert_eq!(attempts(100 * MS, 100 * MS).await, 1);
    }

    #[tokio::test(start_paused = true)]
    async fn an_attempt_that_would_begin_after_the_deadline_is_not_made() {
        assert_eq!(attempts(100 * MS + TICK, 100 * MS).await, 1);
    }

    #[tokio::test(start_paused = true)]
    async fn an_attempt_without_delay_is_not_made_at_the_deadline() {
        assert_eq!(attempts(Duration::ZERO, Duration::ZERO).await, 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_timer_that_rounds_up_to_the_deadline_makes_no_attempt_there() {
        // The timer counts whole milliseconds: this wait ends at the deadline, not half a millisecond before.
        assert_eq!(attempts(Duration::from_micros(9500), 10 * MS).await, 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_task_that_is_polled_too_late_makes_no_attempt_after_the_deadline() {
        let service = failing();
        let calls = service.calls();
        let call = patient(10 * MS).build().unwrap().layer(service).oneshot(());
        let mut call = task::spawn(Deadline::after(20 * MS).scope(call));
        assert_pending!(call.poll());
        advance(25 * MS).await;
        let _polled = call.poll();
        assert_eq!(calls.count(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn the_last_result_is_returned_at_once() {
        let moments = Moments::start();
        let stack = ServiceBuilder::new().layer(TimeoutLayer::new(SECOND)).layer(patient(SECOND).build().unwrap());
        let error = stack.service(failing()).oneshot(()).await.unwrap_err();
        assert_eq!((number_of(&error), moments.passed()), (Some(1), Duration::ZERO));
    }

    #[tokio::test(start_paused = true)]
    async fn what_earlier_attempts_took_is_gone() {
        let moments = Moments::start();
        let stack = ServiceBuilder::new().layer(TimeoutLayer::new(25 * MS)).layer(patient(10 * MS).build().unwrap());
        let marks = moments.clone();
        let service = strict(move |()| {
            marks.mark();
            async {
                tokio::time::sleep(5 * MS).await;
                Err::<(), _>(Down(1))
            }
        });
        // Attempts take 0..5 and 15..20; the third would begin at 30.
        let error = stack.service(service).oneshot(()).await.unwrap_err();
        assert_eq!(
            (number_of(&error), moments.all(), moments.passed()),
            (Some(1), vec![Duration::ZERO, 15 * MS], 20 * MS)
        );
    }

    #[tokio::test(start_paused = true)]
    async fn stopping_for_the_deadline_costs_no_token() {
        let budget = fixed_budget(1);
        let call = patient(SECOND).budget(budget.clone()).build().unwrap().layer(failing()).oneshot(());
        Deadline::after(SECOND).scope(call).await.unwrap_err();
        assert_eq!(budget.available(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_hint_beyond_the_deadline_stops_the_retrying_at_once() {
        let moments = Moments::start();
        let layer = hasty().classify(throttled).build().unwrap();
        let call = layer.layer(moments.throttling(Some(2 * SECOND))).oneshot(());
        Deadline::after(SECOND).scope(call).await.unwrap();
        assert_eq!((moments.all().len(), moments.passed()), (1, Duration::ZERO));
    }
}

mod throttled {
    use super::*;

    /// The waits of a retry that backs off by 10 ms, from a service that asks for a pause.
    async fn waits(longest: Option<Duration>, pause: Option<Duration>) -> Vec<Duration> {
        let moments = Moments::start();
        let retry = patient(10 * MS).max_attempts(2).classify(throttled);
        let retry = longest.into_iter().fold(retry, RetryBuilder::max_retry_after);
        retry.build().unwrap().layer(moments.throttling(pause)).oneshot(()).await.unwrap();
        moments.waits()
    }

    #[tokio::test(start_paused = true)]
    async fn the_backoff_comes_on_top_of_the_hint() {
        assert_eq!(waits(None, Some(200 * MS)).await, [210 * MS]);
    }

    #[tokio::test(start_paused = true)]
    async fn without_a_hint_it_backs_off() {
        assert_eq!(waits(None, None).await, [10 * MS]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_hint_of_max_retry_after_is_kept_to() {
        assert_eq!(waits(Some(SECOND), Some(SECOND)).await, [1010 * MS]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_hint_above_max_retry_after_stops_the_retrying() {
        assert_eq!(waits(Some(SECOND), Some(SECOND + TICK)).await, []);
    }

    #[tokio::test(start_paused = true)]
    async fn max_retry_after_is_thirty_seconds_by_default() {
        assert_eq!(waits(None, Some(30 * SECOND)).await, [30 * SECOND + 10 * MS]);
        assert_eq!(waits(None, Some(30 * SECOND + TICK)).await, []);
    }

    #[tokio::test(start_paused = true)]
    async fn a_max_retry_after_of_zero_keeps_to_no_hint() {
        assert_eq!(waits(Some(Duration::ZERO), Some(TICK)).await, []);
        assert_eq!(waits(Some(Duration::ZERO), Some(Duration::ZERO)).await, [10 * MS]);
    }

    #[tokio::test(start_paused = true)]
    async fn the_longest_hint_is_legal() {
        let moments = Moments::start();
        let layer = patient(Duration::MAX).max_retry_after(Duration::MAX).classify(throttled).build().unwrap();
        let mut call = task::spawn(layer.layer(moments.throttling(Some(Duration::MAX))).oneshot(()));
        assert_pending!(call.poll());
        advance(1000 * SECOND).await;
        assert!(!call.is_woken());
    }

    #[tokio::test(start_paused = true)]
    async fn clients_that_were_given_one_hint_do_not_all_come_back_at_once() {
        let backoff = Backoff::constant(SECOND).jitter(Jitter::Full);
        let layer = RetryLayer::builder("retry").backoff(backoff).max_attempts(2).seed(7).classify(throttled);
        let layer = layer.build().unwrap();
        let events = Events::record();
        for _ in 0..2 {
            layer.layer(Moments::start().throttling(Some(SECOND))).oneshot(()).await.unwrap();
        }
        let delays = delays(&events);
        assert_ne!(delays[0], delays[1]);
    }

    #[test]
    fn a_zero_hint_with_a_zero_backoff_touches_no_timer() {
        let layer = hasty().classify(throttled).build().unwrap();
        let service = strict(|()| ready(Pause::Ok(Some(Duration::ZERO))));
        let calls = service.calls();
        layer.layer(service).oneshot(()).now_or_never().expect("there is no runtime to wait in").unwrap();
        assert_eq!(calls.count(), 3);
    }
}

mod budget {
    use super::*;

    /// How many attempts a call makes that fails.
    fn attempts(retry: &RetryLayer) -> usize {
        let service = failing();
        let calls = service.calls();
        retry.layer(service).oneshot(()).now_or_never().unwrap().unwrap_err();
        calls.count()
    }

    #[test]
    fn each_layer_has_a_budget_of_a_hundred_tokens_by_default() {
        let layer = RetryLayer::builder("retry").build().unwrap();
        assert_eq!(layer.budget().unwrap().available(), 100);
    }

    #[test]
    fn two_layers_have_two_budgets_by_default() {
        let layer = || hasty().max_attempts(2).build().unwrap();
        let (one, other) = (layer(), layer());
        attempts(&one);
        assert_eq!(other.budget().unwrap().available(), 100);
    }

    #[test]
    fn it_starts_full() {
        assert_eq!(fixed_budget(7).available(), 7);
    }

    #[test]
    fn each_retry_costs_one_token() {
        let budget = fixed_budget(7);
        attempts(&hasty().max_attempts(4).budget(budget.clone()).build().unwrap());
        assert_eq!(budget.available(), 4);
    }

    #[test]
    fn a_first_attempt_costs_nothing() {
        let budget = fixed_budget(7);
        let layer = hasty().budget(budget.clone()).build().unwrap();
        layer.layer(scripted([Ok(())])).oneshot(()).now_or_never().unwrap().unwrap();
        assert_eq!(budget.available(), 7);
    }

    #[test]
    fn no_retry_is_made_without_a_token() {
        let layer = hasty().max_attempts(5).budget(fixed_budget(2)).build().unwrap();
        assert_eq!((attempts(&layer), attempts(&layer)), (3, 1));
    }

    #[test]
    fn less_than_a_token_is_none() {
        let budget = Budget::builder().capacity(1).ratio(0.999_999).per_second(0.0).build().unwrap();
        let layer = hasty().max_attempts(2).budget(budget).build().unwrap();
        assert_eq!((attempts(&layer), attempts(&layer)), (2, 1));
    }

    #[test]
    fn without_a_token_the_last_result_is_returned_as_it_is() {
        let layer = hasty().max_attempts(5).budget(fixed_budget(1)).build().unwrap();
        let service = scripted::<()>([Err(Down(1)), Err(Down(2))]);
        let error = layer.layer(service).oneshot(()).now_or_never().unwrap().unwrap_err();
        assert_eq!(error.downcast::<Down>().unwrap(), Down(2));
    }

    #[test]
    fn an_event_says_that_the_budget_stopped_the_retrying() {
        let layer = hasty().budget(fixed_budget(1)).build().unwrap();
        let events = Events::record();
        attempts(&layer);
        assert_eq!(stop(&events), "budget");
    }

    #[test]
    fn clones_of_a_service_share_it() {
        let layer = hasty().max_attempts(2).budget(fixed_budget(1)).build().unwrap();
        let service = failing();
        let calls = service.calls();
        let service = layer.layer(service);
        for clone in [service.clone(), service] {
            clone.oneshot(()).now_or_never().unwrap().unwrap_err();
        }
        assert_eq!(calls.count(), 3);
    }

    #[test]
    fn clones_of_a_layer_share_it() {
        let layer = hasty().max_attempts(2).budget(fixed_budget(1)).build().unwrap();
        assert_eq!((attempts(&layer.clone()), attempts(&layer)), (2, 1));
    }

    #[test]
    fn layers_share_the_budget_they_are_given() {
        let budget = fixed_budget(1);
        let layer = || hasty().max_attempts(2).budget(budget.clone()).build().unwrap();
        assert_eq!((attempts(&layer()), attempts(&layer())), (2, 1));
    }

    #[test]
    fn without_one_the_retries_are_not_bounded() {
        let layer = hasty().max_attempts(1000).without_budget().build().unwrap();
        assert_eq!((attempts(&layer), layer.budget().is_none()), (1000, true));
    }

    #[tokio::test(start_paused = true)]
    async fn a_fifth_of_a_token_five_times_is_one_by_default() {
        let budget = Budget::builder().capacity(1).per_second(0.0).build().unwrap();
        let layer = hasty().max_attempts(2).budget(budget.clone()).build().unwrap();
        attempts(&layer);
        let mut available = Vec::new();
        for _ in 0..5 {
            layer.layer(scripted([Ok(())])).oneshot(()).await.unwrap();
            available.push(budget.available());
        }
        assert_eq!(available, [0, 0, 0, 0, 1]);
    }

    #[test]
    fn a_call_deposits_as_it_begins() {
        let budget = Budget::builder().capacity(1).ratio(1.0).per_second(0.0).build().unwrap();
        let layer = hasty().max_attempts(2).budget(budget.clone()).build().unwrap();
        attempts(&layer);
        let mut service = layer.layer(failing());
        drop(service.ready().now_or_never().unwrap().unwrap().call(()));
        assert_eq!(budget.available(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn it_gains_ten_tokens_a_second_by_default_one_after_another() {
        let budget = Budget::builder().ratio(0.0).build().unwrap();
        drain(&budget);
        advance(just_before(100 * MS)).await;
        assert_eq!(budget.available(), 0);
        advance(TICK).await;
        assert_eq!(budget.available(), 1);
        advance(900 * MS).await;
        assert_eq!(budget.available(), 10);
    }

    #[tokio::test(start_paused = true)]
    async fn looking_at_it_often_loses_no_part_of_a_token() {
        let budget = Budget::builder().ratio(0.0).per_second(3.0).build().unwrap();
        drain(&budget);
        for _ in 0..1000 {
            advance(MS).await;
            budget.available();
        }
        assert_eq!(budget.available(), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn it_never_holds_more_than_its_capacity() {
        let budget = Budget::builder().capacity(3).ratio(1000.0).build().unwrap();
        let layer = hasty().max_attempts(2).budget(budget.clone()).build().unwrap();
        advance(1_000_000 * SECOND).await;
        for _ in 0..10 {
            layer.layer(scripted([Ok(())])).oneshot(()).await.unwrap();
        }
        assert_eq!(budget.available(), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn a_token_is_withdrawn_before_the_wait() {
        let budget = fixed_budget(1);
        let layer = patient(SECOND).budget(budget.clone()).build().unwrap();
        let mut call = task::spawn(layer.layer(failing()).oneshot(()));
        assert_pending!(call.poll());
        assert_eq!(budget.available(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn of_two_calls_that_want_the_last_token_one_retries() {
        let layer = patient(SECOND).budget(fixed_budget(1)).build().unwrap();
        let mut one = task::spawn(layer.layer(failing()).oneshot(()));
        let mut other = task::spawn(layer.layer(failing()).oneshot(()));
        assert_pending!(one.poll());
        assert_ready!(other.poll()).unwrap_err();
    }

    #[tokio::test(start_paused = true)]
    async fn a_token_given_back_never_overfills_it() {
        let budget = Budget::builder().capacity(1).ratio(0.0).build().unwrap();
        let layer = patient(SECOND).budget(budget.clone()).build().unwrap();
        let mut call = task::spawn(layer.layer(failing()).oneshot(()));
        assert_pending!(call.poll());
        advance(SECOND / 2).await;
        drop(call);
        assert_eq!(budget.available(), 1);
    }

    #[test]
    fn threads_together_get_no_more_than_it_holds() {
        let layer = hasty().max_attempts(2).budget(fixed_budget(50)).build().unwrap();
        let service = failing();
        let calls = service.calls();
        let service = layer.layer(service);
        let hammer = |_| {
            let service = service.clone();
            thread::spawn(move || (0..200).for_each(|_| drop(service.clone().oneshot(()).now_or_never())))
        };
        let threads: Vec<_> = (0..2).map(hammer).collect();
        for thread in threads {
            thread.join().unwrap();
        }
        assert_eq!(calls.count(), 400 + 50);
    }

    #[test]
    fn a_retry_that_panics_once_it_is_sent_has_spent_its_token() {
        let budget = fixed_budget(1);
        let attempt = Arc::new(AtomicUsize::new(0));
        let service = strict(move |()| {
            let number = attempt.fetch_add(1, Ordering::SeqCst);
            async move {
                assert_eq!(number, 0, "the second attempt panics");
                Err::<(), _>(Down(1))
            }
        });
        let layer = hasty().budget(budget.clone()).build().unwrap();
        let call = layer.layer(service).oneshot(());
        catch_unwind(AssertUnwindSafe(|| call.now_or_never())).unwrap_err();
        assert_eq!(budget.available(), 0);
    }

    #[test]
    fn illegal_settings_are_errors() {
        let setting = |builder: palisade::retry::BudgetBuilder| builder.build().unwrap_err().setting();
        assert_eq!(setting(Budget::builder().capacity(0)), "capacity");
        for illegal in [-0.1, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MAX] {
            assert_eq!(setting(Budget::builder().ratio(illegal)), "ratio");
            assert_eq!(setting(Budget::builder().per_second(illegal)), "per_second");
        }
    }

    #[test]
    fn the_largest_settings_are_legal() {
        let budget = Budget::builder().capacity(u32::MAX).ratio(1e3).per_second(1e6).build().unwrap();
        let layer = hasty().max_attempts(2).budget(budget.clone()).build().unwrap();
        attempts(&layer);
        assert!(budget.available() >= u64::from(u32::MAX) - 1);
    }
}

mod result {
    use super::*;

    /// Neither it nor its borrowed form can be copied.
    #[derive(Debug, PartialEq, Eq)]
    struct Answer(u32);

    #[derive(Debug, thiserror::Error)]
    #[error("fault {0}")]
    struct Fault(u32);

    fn numbered<T>(make: impl Fn(u32) -> T + Clone) -> Strict<impl FnMut(()) -> Ready<T> + Clone> {
        let numbers = Arc::new(Mutex::new(1..));
        strict(move |()| ready(make(numbers.lock().unwrap().next().unwrap())))
    }

    #[test]
    fn the_last_response_is_returned_though_it_is_not_clone() {
        let layer = hasty().classify(|_: Result<&Answer, &Error>| Outcome::Transient).build().unwrap();
        let service = numbered(|number| Ok::<_, Fault>(Answer(number)));
        assert_eq!(layer.layer(service).oneshot(()).now_or_never().unwrap().unwrap(), Answer(3));
    }

    #[test]
    fn the_last_error_is_returned_though_it_is_not_clone() {
        let service = numbered(|number| Err::<Answer, _>(Fault(number)));
        let error = hasty().build().unwrap().layer(service).oneshot(()).now_or_never().unwrap().unwrap_err();
        assert_eq!(error.downcast_ref().map(|Fault(number)| *number), Some(3));
    }

    #[test]
    fn an_error_after_a_poor_answer_is_the_last_result() {
        let layer = hasty().max_attempts(2).classify(|_: Result<&u16, &Error>| Outcome::Transient).build().unwrap();
        let error = layer.layer(scripted([Ok(503), Err(Down(2))])).oneshot(()).now_or_never().unwrap().unwrap_err();
        assert_eq!(number_of(&error), Some(2));
    }

    #[test]
    fn a_poor_answer_after_an_error_is_the_last_result() {
        let layer = hasty().max_attempts(2).classify(|_: Result<&u16, &Error>| Outcome::Transient).build().unwrap();
        let answer = layer.layer(scripted([Err(Down(1)), Ok(503)])).oneshot(()).now_or_never().unwrap();
        assert_eq!(answer.unwrap(), 503);
    }

    #[test]
    fn the_result_that_ends_the_attempts_is_returned() {
        let layer = hasty().classify(|result: Result<&u16, &Error>| match result {
            Ok(_) => Outcome::Failed,
            Err(_) => Outcome::Transient,
        });
        let answer = layer.build().unwrap().layer(scripted([Err(Down(1)), Ok(501)])).oneshot(()).now_or_never();
        assert_eq!(answer.unwrap().unwrap(), 501);
    }
}

mod request {
    use super::*;

    /// Cannot be cloned.
    #[derive(Debug, PartialEq, Eq)]
    struct Order(u32);

    type Log = Arc<Mutex<Vec<String>>>;

    /// A service that fails, and logs what it is sent.
    fn logging(log: &Log) -> Strict<impl FnMut(Order) -> Ready<Result<(), Down>> + Clone> {
        let log = Arc::clone(log);
        strict(move |order| {
            log.lock().unwrap().push(format!("sent {order:?}"));
            ready(Err(Down(1)))
        })
    }

    #[test]
    fn it_is_copied_before_the_first_attempt() {
        let log = Log::default();
        let copies = Arc::clone(&log);
        let layer = hasty().max_attempts(2).copy_request(move |order: &Order| {
            copies.lock().unwrap().push("copied".to_owned());
            Some(Order(order.0))
        });
        let call = layer.build().unwrap().layer(logging(&log)).oneshot(Order(1));
        call.now_or_never().unwrap().unwrap_err();
        assert_eq!(log.lock().unwrap()[..2], ["copied", "sent Order(1)"]);
    }

    #[test]
    fn each_attempt_is_sent_the_same() {
        let log = Log::default();
        let layer = hasty().copy_request(|order: &Order| Some(Order(order.0))).build().unwrap();
        layer.layer(logging(&log)).oneshot(Order(7)).now_or_never().unwrap().unwrap_err();
        assert_eq!(*log.lock().unwrap(), ["sent Order(7)"; 3]);
    }

    #[test]
    fn it_is_copied_by_clone_by_default() {
        let sent = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&sent);
        let service = strict(move |request: String| {
            log.lock().unwrap().push(request);
            ready(Err::<(), _>(Down(1)))
        });
        let call = hasty().build().unwrap().layer(service).oneshot("pay".to_owned());
        call.now_or_never().unwrap().unwrap_err();
        assert_eq!(*sent.lock().unwrap(), ["pay"; 3]);
    }

    #[test]
    fn what_is_not_copied_is_sent_once() {
        let log = Log::default();
        let layer = hasty().copy_request(|_: &Order| None).build().unwrap();
        let error = layer.layer(logging(&log)).oneshot(Order(7)).now_or_never().unwrap().unwrap_err();
        assert_eq!((number_of(&error), log.lock().unwrap().len()), (Some(1), 1));
    }

    #[test]
    fn a_copy_that_is_not_copied_again_is_sent_itself() {
        let log = Log::default();
        let layer = hasty().copy_request(|order: &Order| (order.0 == 1).then_some(Order(2))).build().unwrap();
        layer.layer(logging(&log)).oneshot(Order(1)).now_or_never().unwrap().unwrap_err();
        assert_eq!(*log.lock().unwrap(), ["sent Order(1)", "sent Order(2)"]);
    }

    #[test]
    fn what_is_not_copied_costs_no_token() {
        let budget = fixed_budget(1);
        let layer = hasty().budget(budget.clone()).copy_request(|(): &()| None).build().unwrap();
        layer.layer(failing()).oneshot(()).now_or_never().unwrap().unwrap_err();
        assert_eq!(budget.available(), 1);
    }
}

mod retry_if {
    use super::*;

    #[test]
    fn it_sees_the_kept_request_and_the_result() {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&seen);
        let layer = hasty().retry_if(move |kept: &&'static str, result: Result<&(), &Error>| {
            log.lock().unwrap().push((*kept, number_of(result.unwrap_err())));
            true
        });
        let script = Script::new([Err(Down(1)), Err(Down(2)), Err(Down(3))]);
        let service = strict(move |_: &'static str| ready(script.next()));
        layer.build().unwrap().layer(service).oneshot("POST").now_or_never().unwrap().unwrap_err();
        // The third result is the last one allowed: no retry is due.
        assert_eq!(*seen.lock().unwrap(), [("POST", Some(1)), ("POST", Some(2))]);
    }

    #[test]
    fn it_sees_a_poor_answer() {
        let layer = hasty()
            .classify(|_: Result<&u16, &Error>| Outcome::Transient)
            .retry_if(|(): &(), result: Result<&u16, &Error>| result.is_ok_and(|status| *status == 503));
        let answer = layer.build().unwrap().layer(scripted([Ok(503), Ok(500)])).oneshot(()).now_or_never();
        assert_eq!(answer.unwrap().unwrap(), 500);
    }

    #[test]
    fn what_it_refuses_is_returned() {
        let layer = hasty().retry_if(|(): &(), _: Result<&(), &Error>| false).build().unwrap();
        let service = failing();
        let calls = service.calls();
        let error = layer.layer(service).oneshot(()).now_or_never().unwrap().unwrap_err();
        assert_eq!((number_of(&error), calls.count()), (Some(1), 1));
    }

    #[test]
    fn what_it_refuses_costs_no_token() {
        let budget = fixed_budget(1);
        let layer = hasty().budget(budget.clone()).retry_if(|(): &(), _: Result<&(), &Error>| false).build().unwrap();
        layer.layer(failing()).oneshot(()).now_or_never().unwrap().unwrap_err();
        assert_eq!(budget.available(), 1);
    }

    #[test]
    fn it_is_not_asked_where_no_retry_is_due() {
        let layer = hasty()
            .classify(|_: Result<&(), &Error>| Outcome::Failed)
            .retry_if(|(): &(), _: Result<&(), &Error>| panic!("asked"));
        layer.build().unwrap().layer(failing()).oneshot(()).now_or_never().unwrap().unwrap_err();
    }

    #[test]
    fn it_is_not_asked_about_a_rejection() {
        let layer = hasty().retry_if(|(): &(), _: Result<&(), &Error>| panic!("asked")).build().unwrap();
        let service = answering::<()>(vec![Err(rejected().into())]);
        layer.layer(service).oneshot(()).now_or_never().unwrap().unwrap_err();
    }
}

mod rejections {
    use super::*;

    #[test]
    fn they_are_not_retried() {
        let service = answering::<()>(vec![Err(rejected().into())]);
        let calls = service.calls();
        let error = hasty().build().unwrap().layer(service).oneshot(()).now_or_never().unwrap().unwrap_err();
        assert_eq!((error.rejection(), calls.count()), (Some(&rejected()), 1));
    }

    #[test]
    fn one_that_travelled_through_a_foreign_layer_is_not_retried() {
        let service = strict(|()| ready(Err::<(), BoxError>(Error::from(rejected()).into())));
        let calls = service.calls();
        let error = hasty().build().unwrap().layer(service).oneshot(()).now_or_never().unwrap().unwrap_err();
        assert_eq!((error.rejection(), calls.count()), (Some(&rejected()), 1));
    }

    #[test]
    fn they_cost_no_token() {
        let budget = fixed_budget(1);
        let layer = hasty().budget(budget.clone()).build().unwrap();
        layer.layer(answering::<()>(vec![Err(rejected().into())])).oneshot(()).now_or_never().unwrap().unwrap_err();
        assert_eq!(budget.available(), 1);
    }

    #[test]
    fn they_reach_no_classifier() {
        let layer = hasty().retry_rejected().classify(|_: Result<&(), &Error>| panic!("asked")).build().unwrap();
        let service = answering(three_rejections());
        layer.layer(service).oneshot(()).now_or_never().unwrap().unwrap_err();
    }

    fn three_rejections() -> Vec<Result<(), Error>> {
        (0..3).map(|_| Err(rejected().into())).collect()
    }

    #[test]
    fn one_after_an_attempt_returns_what_that_attempt_gave() {
        let service = answering::<()>(vec![failed(1), Err(rejected().into())]);
        let error = hasty().build().unwrap().layer(service).oneshot(()).now_or_never().unwrap().unwrap_err();
        assert_eq!(number_of(&error), Some(1));
    }

    #[test]
    fn one_after_a_poor_answer_returns_the_answer() {
        let layer = hasty().classify(|_: Result<&u16, &Error>| Outcome::Transient).build().unwrap();
        let answer = layer.layer(answering(vec![Ok(503), Err(rejected().into())])).oneshot(()).now_or_never();
        assert_eq!(answer.unwrap().unwrap(), 503);
    }

    #[test]
    fn one_after_a_timeout_returns_the_timeout() {
        let cut = TimeoutLayer::new(Duration::ZERO).layer(strict(|()| pending::<Result<(), Down>>()));
        let timed_out = cut.oneshot(()).now_or_never().unwrap().unwrap_err();
        let service = answering::<()>(vec![Err(timed_out), Err(rejected().into())]);
        let error = hasty().build().unwrap().layer(service).oneshot(()).now_or_never().unwrap().unwrap_err();
        assert!(error.is_timeout());
    }

    #[test]
    fn an_event_names_the_one_that_stopped_the_retrying() {
        let service = answering::<()>(vec![failed(1), Err(rejected().into())]);
        let layer = hasty().build().unwrap();
        let events = Events::record();
        layer.layer(service).oneshot(()).now_or_never().unwrap().unwrap_err();
        let stopped = events.of(TARGET).pop().unwrap();
        assert_eq!((stopped.field("reason"), stopped.field("rejection")), ("rejected", &*rejected().to_string()));
    }

    #[test]
    fn they_are_retried_when_asked_for() {
        let layer = hasty().retry_rejected().build().unwrap();
        let service = answering(vec![Err(rejected().into()), Ok("paid")]);
        assert_eq!(layer.layer(service).oneshot(()).now_or_never().unwrap().unwrap(), "paid");
    }

    #[test]
    fn the_last_is_returned_where_nothing_was_sent() {
        let layer = hasty().retry_rejected().build().unwrap();
        let error = layer.layer(answering(three_rejections())).oneshot(()).now_or_never().unwrap().unwrap_err();
        assert_eq!(error.rejection(), Some(&rejected()));
    }

    #[test]
    fn one_that_was_retried_is_not_returned_after_an_attempt() {
        let layer = hasty().retry_rejected().max_attempts(4).build().unwrap();
        let results = vec![Err(rejected().into()), failed(2), Err(rejected().into()), Err(rejected().into())];
        let error = layer.layer(answering::<()>(results)).oneshot(()).now_or_never().unwrap().unwrap_err();
        assert_eq!(number_of(&error), Some(2));
    }

    #[test]
    fn an_event_names_a_retried_one_that_was_the_last() {
        let layer = hasty().retry_rejected().max_attempts(2).build().unwrap();
        let events = Events::record();
        let service = answering::<()>(vec![failed(1), Err(rejected().into())]);
        layer.layer(service).oneshot(()).now_or_never().unwrap().unwrap_err();
        let stopped = events.of(TARGET).pop().unwrap();
        assert_eq!((stopped.field("reason"), stopped.field("rejection")), ("max_attempts", &*rejected().to_string()));
    }

    #[tokio::test(start_paused = true)]
    async fn an_open_circuit_stops_the_attempts() {
        let service = failing();
        let calls = service.calls();
        let stack = ServiceBuilder::new()
            .layer(hasty().max_attempts(7).build().unwrap())
            .layer(CircuitBreakerLayer::consecutive(3));
        let error = stack.service(service).oneshot(()).await.unwrap_err();
        assert_eq!((number_of(&error), calls.count()), (Some(1), 3));
    }

    #[tokio::test(start_paused = true)]
    async fn a_retried_one_waits_for_as_long_as_it_says() {
        let breaker = CircuitBreakerLayer::builder("breaker")
            .consecutive(1)
            .open_for(Backoff::constant(5 * SECOND))
            .build()
            .unwrap();
        let moments = Moments::start();
        let stack = ServiceBuilder::new().layer(patient(10 * MS).retry_rejected().build().unwrap()).layer(breaker);
        stack.service(moments.failing()).oneshot(()).await.unwrap_err();
        // The second attempt is rejected at 10 ms; the circuit's time is over at 5 s, and the backoff comes on top.
        assert_eq!(moments.all(), [Duration::ZERO, 5 * SECOND + 10 * MS]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_full_bulkhead_below_is_not_retried() {
        let service = failing();
        let calls = service.calls();
        let stack = ServiceBuilder::new().layer(hasty().build().unwrap()).layer(BulkheadLayer::new(0));
        let error = stack.service(service).oneshot(()).await.unwrap_err();
        assert_eq!(error.rejection().map(Rejection::reason), Some(RejectionReason::Full));
        assert_eq!(calls.count(), 0);
    }
}

/// An inner service that is ready at the second poll, and answers at the second poll. A clone starts not ready.
struct Slow {
    polls: u32,
    sent: Arc<AtomicUsize>,
    alive: Arc<()>,
}

impl Slow {
    fn new() -> Self {
        Self { polls: 0, sent: Arc::default(), alive: Arc::default() }
    }

    /// Drives a call of it through this many polls, and drops it; tells how many attempts were sent before.
    ///
    /// First attempt: poll 1 and 2. Wait: up to poll 3. Readiness of the second attempt: poll 3 and 4. Its answer: poll 5.
    async fn drop_call_after(self, polls: u32, budget: &Budget) -> usize {
        let sent = Arc::clone(&self.sent);
        let layer = patient(10 * MS).max_attempts(2).budget(budget.clone()).build().unwrap();
        let mut service = layer.layer(self);
        std::future::poll_fn(|cx| service.poll_ready(cx)).await.unwrap();
        let mut call = task::spawn(service.call(()));
        drop(service);
        for _ in 0..polls {
            assert_pending!(call.poll());
            advance(10 * MS).await;
        }
        drop(call);
        sent.load(Ordering::SeqCst)
    }
}

impl Clone for Slow {
    fn clone(&self) -> Self {
        Self { polls: 0, sent: Arc::clone(&self.sent), alive: Arc::clone(&self.alive) }
    }
}

impl Service<()> for Slow {
    type Response = ();
    type Error = Down;
    type Future = std::pin::Pin<Box<dyn Future<Output = Result<(), Down>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Down>> {
        self.polls += 1;
        if self.polls < 2 {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, (): ()) -> Self::Future {
        assert!(std::mem::take(&mut self.polls) >= 2, "called without having been polled ready");
        self.sent.fetch_add(1, Ordering::SeqCst);
        let alive = Arc::clone(&self.alive);
        Box::pin(async move {
            tokio::task::yield_now().await;
            drop(alive);
            Err(Down(1))
        })
    }
}

mod dropping {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_call_dropped_after_any_poll_sends_nothing_more() {
        for polls in 0..=4 {
            let service = Slow::new();
            let sent = Arc::clone(&service.sent);
            let before = service.drop_call_after(polls, &fixed_budget(1)).await;
            advance(SECOND).await;
            assert_eq!(sent.load(Ordering::SeqCst), before, "after {polls} polls");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_dropped_after_any_poll_drops_what_is_in_flight() {
        for polls in 0..=4 {
            let service = Slow::new();
            let alive = Arc::clone(&service.alive);
            service.drop_call_after(polls, &fixed_budget(1)).await;
            assert_eq!(Arc::strong_count(&alive), 1, "after {polls} polls");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_dropped_while_it_waits_gives_its_token_back() {
        let budget = fixed_budget(1);
        assert_eq!(Slow::new().drop_call_after(2, &budget).await, 1);
        assert_eq!(budget.available(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_dropped_while_its_retry_awaits_readiness_gives_its_token_back() {
        let budget = fixed_budget(1);
        assert_eq!(Slow::new().drop_call_after(3, &budget).await, 1);
        assert_eq!(budget.available(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_dropped_after_its_retry_was_sent_has_spent_its_token() {
        let budget = fixed_budget(1);
        assert_eq!(Slow::new().drop_call_after(4, &budget).await, 2);
        assert_eq!(budget.available(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_timeout_around_gives_the_token_of_a_waiting_call_back() {
        let budget = fixed_budget(1);
        let layer = patient(10 * MS).max_attempts(2).budget(budget.clone()).build().unwrap();
        // Readiness of the second attempt never comes.
        let service = Unready { ready: true };
        let stack = ServiceBuilder::new().layer(TimeoutLayer::new(SECOND)).layer(layer);
        assert!(stack.service(service).oneshot(()).await.unwrap_err().is_timeout());
        assert_eq!(budget.available(), 1);
    }
}

/// An inner service of which no clone ever gets ready.
struct Unready {
    ready: bool,
}

impl Clone for Unready {
    fn clone(&self) -> Self {
        Self { ready: false }
    }
}

impl Service<()> for Unready {
    type Response = ();
    type Error = Down;
    type Future = Ready<Result<(), Down>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Down>> {
        if self.ready { Poll::Ready(Ok(())) } else { Poll::Pending }
    }

    fn call(&mut self, (): ()) -> Self::Future {
        assert!(self.ready, "called without having been polled ready");
        ready(Err(Down(1)))
    }
}

mod readiness {
    use super::*;

    /// An inner service whose readiness is scripted, all clones together; it pays once the script is over.
    #[derive(Clone)]
    struct Broken {
        good: Arc<Mutex<Vec<bool>>>,
    }

    impl Service<()> for Broken {
        type Response = &'static str;
        type Error = Down;
        type Future = Ready<Result<&'static str, Down>>;

        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Down>> {
            let good = self.good.lock().unwrap().pop().unwrap();
            Poll::Ready(if good { Ok(()) } else { Err(Down(9)) })
        }

        fn call(&mut self, (): ()) -> Self::Future {
            ready(if self.good.lock().unwrap().is_empty() { Ok("paid") } else { Err(Down(1)) })
        }
    }

    /// Readiness polls in the order in which they are made.
    fn broken(polls: &[bool]) -> Broken {
        Broken { good: Arc::new(Mutex::new(polls.iter().rev().copied().collect())) }
    }

    #[tokio::test(start_paused = true)]
    async fn it_is_awaited_before_each_attempt() {
        let service = Slow::new();
        let sent = Arc::clone(&service.sent);
        hasty().build().unwrap().layer(service).oneshot(()).await.unwrap_err();
        assert_eq!(sent.load(Ordering::SeqCst), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn it_is_awaited_on_the_instance_that_is_called() {
        // `strict` panics when a clone is called that was not itself polled ready.
        let service = failing();
        let calls = service.calls();
        let mut service = hasty().build().unwrap().layer(service);
        for _ in 0..2 {
            service.ready().await.unwrap().call(()).await.unwrap_err();
        }
        assert_eq!(calls.count(), 6);
    }

    #[test]
    fn a_service_that_is_not_ready_is_not_ready_behind_a_retry() {
        let mut service = hasty().build().unwrap().layer(Unready { ready: false });
        assert!(service.ready().now_or_never().is_none());
    }

    #[test]
    fn an_error_before_the_first_attempt_is_the_callers() {
        let error = hasty().build().unwrap().layer(broken(&[false])).oneshot(()).now_or_never().unwrap().unwrap_err();
        assert_eq!(number_of(&error), Some(9));
    }

    #[test]
    fn an_error_before_a_later_attempt_is_a_result_that_is_retried() {
        let service = broken(&[true, false, true]);
        assert_eq!(hasty().build().unwrap().layer(service).oneshot(()).now_or_never().unwrap().unwrap(), "paid");
    }

    #[test]
    fn an_error_before_the_last_attempt_is_the_last_result() {
        let layer = hasty().max_attempts(2).build().unwrap();
        let error = layer.layer(broken(&[true, false, true])).oneshot(()).now_or_never().unwrap().unwrap_err();
        assert_eq!(number_of(&error), Some(9));
    }

    #[test]
    fn an_attempt_that_was_never_sent_gives_its_token_back() {
        let budget = fixed_budget(1);
        let layer = hasty().max_attempts(2).budget(budget.clone()).build().unwrap();
        layer.layer(broken(&[true, false, true])).oneshot(()).now_or_never().unwrap().unwrap_err();
        assert_eq!(budget.available(), 1);
    }
}

mod builder {
    use super::*;

    #[test]
    fn zero_attempts_are_an_error() {
        let error = hasty().max_attempts(0).build().unwrap_err();
        assert_eq!((error.setting(), error.value(), error.legal()), ("max_attempts", "0", "at least 1"));
    }

    #[test]
    fn a_base_above_its_cap_is_an_error() {
        let backoff = Backoff::exponential(SECOND + TICK, SECOND);
        assert_eq!(hasty().backoff(backoff).build().unwrap_err().setting(), "backoff");
    }

    #[test]
    fn a_name_must_be_of_1_to_64_bytes() {
        assert_eq!(RetryLayer::builder("").build().unwrap_err().setting(), "name");
        assert_eq!(RetryLayer::builder("x".repeat(65)).build().unwrap_err().setting(), "name");
        assert!(RetryLayer::builder("x".repeat(64)).build().is_ok());
    }

    #[test]
    fn an_error_names_the_instance() {
        let error = RetryLayer::builder("payments").max_attempts(0).build().unwrap_err();
        assert!(error.to_string().contains("payments"), "{error}");
    }
}

mod events {
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
}
