//! Mistakes that others have made, and that are not made here.
//!
//! One more, state that is made in `layer()` and so does nothing behind axum, needs a real server: it is in `tests/http/axum`.

#![expect(
    clippy::unchecked_time_subtraction,
    reason = "moments just before a boundary, all of them later than the start"
)]

use crate::support;

use std::{
    collections::HashSet,
    error, fmt,
    future::{pending, ready},
    panic::AssertUnwindSafe,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
    thread,
    time::Duration,
};

use futures_util::FutureExt;
use palisade::{
    Backoff, Budget, BulkheadHandle, BulkheadLayer, CircuitBreakerBuilder, CircuitBreakerLayer, CircuitGuard,
    CircuitHandle, Deadline, Error, FallbackError, FallbackLayer, Jitter, Outcome, Phase, Rejection, RejectionReason,
    RetryBuilder, RetryLayer, TimeoutLayer, fallback,
};
use support::{Calls, Down, events::Events, strict};
use tokio::{
    sync::oneshot,
    time::{Instant, advance},
};
use tokio_test::{assert_pending, assert_ready, task};
use tower::{Layer, Service, ServiceBuilder, ServiceExt};
use tracing::{Event, Subscriber};
use tracing_subscriber::{layer, prelude::*, registry::Registry};

const NANO: Duration = Duration::from_nanos(1);
const MILLI: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);

/// Opens at the first failure, for a second, and lets one probe through.
fn touchy() -> CircuitBreakerBuilder {
    CircuitBreakerLayer::builder("payments").min_calls(1).probes(1).open_for(Backoff::constant(SECOND))
}

fn circuit(builder: CircuitBreakerBuilder) -> CircuitHandle {
    builder.build().expect("the settings are legal").handle()
}

fn enter(circuit: &CircuitHandle) -> CircuitGuard {
    circuit.try_enter().expect("the circuit lets calls pass")
}

async fn open_time(circuit: &CircuitHandle) {
    advance(circuit.snapshot().retry_after.expect("the circuit is open")).await;
}

/// A circuit that was opened, with its open time over.
async fn recovering(builder: CircuitBreakerBuilder) -> CircuitHandle {
    let circuit = circuit(builder);
    enter(&circuit).failure();
    open_time(&circuit).await;
    circuit
}

fn retry() -> RetryBuilder {
    RetryLayer::builder("payments").backoff(Backoff::none())
}

/// A budget that gains nothing.
fn budget(tokens: u32) -> Budget {
    Budget::builder().capacity(tokens).ratio(0.0).per_second(0.0).build().expect("the settings are legal")
}

fn now() -> Instant {
    Deadline::after(Duration::ZERO).instant()
}

fn reason<T>(result: &Result<T, Error>) -> Option<RejectionReason> {
    result.as_ref().err().and_then(Error::rejection).map(Rejection::reason)
}

type Answers<T> = std::future::Ready<Result<T, Down>>;

fn up() -> support::Strict<fn(()) -> Answers<()>> {
    strict(|()| ready(Ok(())))
}

fn down() -> support::Strict<fn(()) -> Answers<()>> {
    strict(|()| ready(Err(Down(1))))
}

type Stuck = support::Strict<fn(()) -> std::future::Pending<Result<(), Down>>>;

fn stuck() -> Stuck {
    strict(|()| pending())
}

type Told = oneshot::Receiver<()>;

/// A service that answers when it is told to.
macro_rules! told {
    () => {
        strict(|told: Told| told.map(|told| told.map_err(|_| Down(1))))
    };
}

// A count window that never slides.

#[tokio::test(start_paused = true)]
async fn a_count_window_opens_after_half_its_length_of_failures_however_many_successes_came_before() {
    let circuit = circuit(touchy().count_window(100).min_calls(100));
    (0..10_000).for_each(|_| enter(&circuit).success());
    (0..49).for_each(|_| enter(&circuit).failure());
    assert_eq!(circuit.phase(), Phase::Closed);
    enter(&circuit).failure();
    assert_eq!(circuit.phase(), Phase::Open);
}

// A time window that costs more the more calls it holds.

#[tokio::test(start_paused = true)]
async fn a_time_window_holds_no_more_for_many_calls_than_for_few() {
    let size_after = |calls: usize| async move {
        let circuit = circuit(CircuitBreakerLayer::builder("payments").without_failure_rate().slow_rate(1.0, SECOND));
        for _ in 0..10 {
            (0..calls).for_each(|_| enter(&circuit).failure());
            advance(3 * SECOND).await;
        }
        format!("{circuit:?}").len()
    };
    assert!(size_after(5_000).await < 2 * size_after(5).await);
}

// Half-open with no limit on concurrent probes.

#[tokio::test(start_paused = true)]
async fn of_a_hundred_calls_at_once_a_half_open_circuit_lets_only_its_probes_through() {
    let breaker = touchy().probes(5).build().unwrap();
    let inner = stuck();
    let calls = inner.calls();
    let service = breaker.layer(inner);
    enter(&breaker.handle()).failure();
    open_time(&breaker.handle()).await;
    let mut in_flight: Vec<_> = (0..100).map(|_| task::spawn(service.clone().oneshot(()))).collect();
    let rejected = in_flight.iter_mut().filter_map(|call| call.poll().is_ready().then_some(())).count();
    assert_eq!((calls.count(), rejected), (5, 95));
}

// Half-open wedged for ever.

#[tokio::test(start_paused = true)]
async fn a_cancelled_probe_does_not_wedge_half_open() {
    let breaker = touchy().build().unwrap();
    let circuit = breaker.handle();
    enter(&circuit).failure();
    open_time(&circuit).await;
    let mut call = task::spawn(breaker.layer(stuck()).oneshot(()));
    assert_pending!(call.poll());
    drop(call);
    breaker.layer(up()).oneshot(()).await.unwrap();
    assert_eq!(circuit.phase(), Phase::Closed);
}

#[tokio::test(start_paused = true)]
async fn an_ignored_probe_does_not_wedge_half_open() {
    let circuit = recovering(touchy()).await;
    enter(&circuit).settle(Outcome::Ignored);
    enter(&circuit).success();
    assert_eq!(circuit.phase(), Phase::Closed);
}

#[tokio::test(start_paused = true)]
async fn a_hung_probe_does_not_wedge_half_open() {
    let circuit = recovering(touchy()).await;
    let _hung = enter(&circuit);
    advance(30 * SECOND).await;
    assert!(circuit.try_enter().is_err());
    open_time(&circuit).await;
    enter(&circuit).success();
    assert_eq!(circuit.phase(), Phase::Closed);
}

#[tokio::test(start_paused = true)]
async fn results_of_probes_do_not_age_out() {
    let circuit = recovering(touchy().probes(5)).await;
    for _ in 0..3 {
        advance(1_000 * SECOND).await;
        enter(&circuit).success();
    }
    assert_eq!(circuit.phase(), Phase::Closed);
}

// Stragglers.

#[tokio::test(start_paused = true)]
async fn a_straggler_from_before_the_break_neither_closes_nor_reopens_half_open() {
    for outcome in [Outcome::Success, Outcome::Failed] {
        let circuit = circuit(touchy());
        let straggler = enter(&circuit);
        enter(&circuit).failure();
        open_time(&circuit).await;
        let _probe = enter(&circuit);
        straggler.settle(outcome);
        assert_eq!(circuit.phase(), Phase::HalfOpen, "{outcome:?}");
        assert_eq!(circuit.snapshot().counts.calls, 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_probe_of_one_half_open_period_does_not_settle_the_next() {
    for outcome in [Outcome::Success, Outcome::Failed] {
        let circuit = recovering(touchy().probes(2)).await;
        let straggler = enter(&circuit);
        enter(&circuit).failure();
        open_time(&circuit).await;
        let _probe = enter(&circuit);
        straggler.settle(outcome);
        assert_eq!(circuit.phase(), Phase::HalfOpen, "{outcome:?}");
        assert_eq!(circuit.snapshot().counts.calls, 0);
    }
}

// More probes than permitted.

#[tokio::test(start_paused = true)]
async fn a_stale_call_returns_no_place() {
    let circuit = circuit(touchy().probes(2));
    let mut stale = vec![enter(&circuit), enter(&circuit), enter(&circuit)];
    enter(&circuit).failure();
    open_time(&circuit).await;
    stale.push(enter(&circuit));
    enter(&circuit).failure();
    open_time(&circuit).await;
    let _probes = [enter(&circuit), enter(&circuit)];
    drop(stale.pop());
    stale.pop().unwrap().settle(Outcome::Ignored);
    stale.pop().unwrap().success();
    drop(stale);
    let rejection = circuit.try_enter().unwrap_err();
    assert_eq!(rejection.reason(), RejectionReason::ProbesTaken);
}

// `ready()` while open, then closed by hand.

#[tokio::test(start_paused = true)]
async fn a_service_readied_while_open_calls_once_the_circuit_was_closed_by_hand() {
    for close in [CircuitHandle::reset, CircuitHandle::force_closed, CircuitHandle::metrics_only] {
        for open in [|circuit: &CircuitHandle| enter(circuit).failure(), CircuitHandle::force_open] {
            let breaker = touchy().build().unwrap();
            let mut service = breaker.layer(up());
            open(&breaker.handle());
            let service = service.ready().await.unwrap();
            close(&breaker.handle());
            service.call(()).await.unwrap();
        }
    }
}

// Forced-open healing itself.

#[tokio::test(start_paused = true)]
async fn a_forced_open_circuit_does_not_heal_itself() {
    let circuit = recovering(touchy()).await;
    let probe = enter(&circuit);
    circuit.force_open();
    probe.success();
    for _ in 0..100 {
        advance(1_000_000 * SECOND).await;
        assert_eq!(circuit.try_enter().unwrap_err().reason(), RejectionReason::ForcedOpen);
    }
    assert_eq!(circuit.phase(), Phase::ForcedOpen);
}

// A valid setting that panics.

/// Readies and calls a service twice.
async fn call_twice<S: Service<(), Error = Error>>(mut service: S) {
    for _ in 0..2 {
        assert!(service.ready().await.expect("it is ready").call(()).await.is_ok());
    }
}

#[tokio::test(start_paused = true)]
async fn no_valid_setting_of_a_circuit_breaker_panics() {
    let most = CircuitBreakerLayer::builder("most")
        .failure_rate(1.0)
        .slow_rate(1.0, Duration::MAX)
        .consecutive(u32::MAX)
        .min_calls(u32::MAX)
        .probes(1023)
        .half_open_for(Duration::MAX)
        .open_for(Backoff::constant(Duration::MAX))
        .time_window(Duration::MAX, 1_000);
    let largest_window = CircuitBreakerLayer::builder("window").count_window(1 << 24).min_calls(1 << 24);
    let least = CircuitBreakerLayer::builder("least")
        .failure_rate(f64::MIN_POSITIVE)
        .slow_rate(f64::MIN_POSITIVE, Duration::ZERO)
        .consecutive(1)
        .min_calls(1)
        .probes(1)
        .half_open_for(Duration::ZERO)
        .open_for(Backoff::none())
        .time_window(MILLI, 1);
    for breaker in [most, largest_window, least] {
        let breaker = breaker.build().unwrap();
        call_twice(breaker.layer(up())).await;
        breaker.layer(down()).oneshot(()).await.unwrap_err();
        advance(1_000_000 * SECOND).await;
        breaker.handle().reset();
        call_twice(breaker.layer(up())).await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_open_time_of_the_longest_duration_does_not_panic() {
    let circuit = circuit(touchy().open_for(Backoff::constant(Duration::MAX)));
    advance(SECOND).await;
    enter(&circuit).failure();
    assert!(circuit.try_enter().unwrap_err().retry_after().is_some());
    assert_eq!(circuit.phase(), Phase::Open);
}

#[tokio::test(start_paused = true)]
async fn no_valid_setting_of_a_retry_panics() {
    for max_attempts in [1, u32::MAX] {
        let most = RetryLayer::builder("most")
            .max_attempts(max_attempts)
            .backoff(Backoff::constant(Duration::MAX))
            .max_retry_after(Duration::MAX)
            .budget(Budget::builder().capacity(u32::MAX).ratio(1e3).per_second(1e6).build().unwrap());
        let service = most.build().unwrap().layer(down());
        let mut call = task::spawn(service.oneshot(()));
        assert_eq!(call.poll().is_ready(), max_attempts == 1);
    }
}

#[tokio::test(start_paused = true)]
async fn no_valid_setting_of_a_timeout_panics() {
    call_twice(TimeoutLayer::new(Duration::MAX).layer(up())).await;
    call_twice(TimeoutLayer::new(Duration::ZERO).layer(up())).await;
    let mut call = task::spawn(TimeoutLayer::new(Duration::MAX).layer(stuck()).oneshot(()));
    assert_pending!(call.poll());
}

#[tokio::test(start_paused = true)]
async fn no_valid_setting_of_a_bulkhead_panics() {
    call_twice(BulkheadLayer::new(usize::MAX).layer(up())).await;
    call_twice(BulkheadLayer::builder(usize::MAX).max_queue(usize::MAX).build().unwrap().layer(up())).await;
    let queueing = BulkheadLayer::builder(0).max_queue(usize::MAX).max_wait(Duration::MAX).build().unwrap();
    let mut waiting = task::spawn(queueing.layer(up()).oneshot(()));
    assert_pending!(waiting.poll());
    queueing.handle().resize(usize::MAX);
    assert!(assert_ready!(waiting.poll()).is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_panic_in_the_service_poisons_nothing() {
    let (breaker, bulkhead) = (touchy().build().unwrap(), BulkheadLayer::builder(1).max_queue(1).build().unwrap());
    let stack = ServiceBuilder::new().layer(retry().build().unwrap()).layer(&breaker).layer(&bulkhead);
    let broken = || -> Result<(), Down> { panic!("broken") };
    let service = stack.clone().service(strict(move |()| async move { broken() }));
    assert!(AssertUnwindSafe(service.oneshot(())).catch_unwind().await.is_err());
    breaker.handle().reset();
    stack.service(up()).oneshot(()).await.unwrap();
}

// A clone that was never polled ready.

#[tokio::test(start_paused = true)]
async fn retry_readies_the_clone_that_it_calls() {
    let inner = down();
    let calls = inner.calls();
    retry().max_attempts(4).build().unwrap().layer(inner).oneshot(()).await.unwrap_err();
    assert_eq!(calls.count(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_queueing_bulkhead_readies_the_clone_that_it_calls() {
    let bulkhead = BulkheadLayer::builder(1).max_queue(1).build().unwrap();
    call_twice(bulkhead.layer(up())).await;
}

#[tokio::test(start_paused = true)]
async fn a_timeout_that_covers_readiness_readies_the_clone_that_it_calls() {
    call_twice(TimeoutLayer::new(SECOND).cover_readiness().layer(up())).await;
}

#[tokio::test(start_paused = true)]
async fn a_fallback_service_is_readied_before_it_is_called() {
    call_twice(FallbackLayer::new(fallback::service(up())).layer(down())).await;
}

// Jitter and delays.

#[tokio::test(start_paused = true)]
async fn each_call_draws_its_own_jitter() {
    let backoff = Backoff::exponential(SECOND, SECOND).jitter(Jitter::Full);
    let retry = retry().backoff(backoff).max_attempts(2).without_budget().seed(1).build().unwrap();
    let service = retry.layer(down());
    let events = Events::record();
    for _ in 0..50 {
        service.clone().oneshot(()).await.unwrap_err();
    }
    let told = events.of("palisade::retry");
    let delays = told.iter().map(|event| event.field("delay")).filter(|delay| !delay.is_empty());
    assert_eq!(delays.collect::<HashSet<_>>().len(), 50);
}

#[tokio::test(start_paused = true)]
async fn two_layers_do_not_draw_the_same_jitter() {
    let backoff = Backoff::constant(1_000_000 * SECOND).jitter(Jitter::Full);
    let open_times: HashSet<_> = (0..20)
        .map(|_| {
            let circuit = circuit(touchy().open_for(backoff));
            enter(&circuit).failure();
            circuit.snapshot().retry_after
        })
        .collect();
    assert!(open_times.len() > 15, "{open_times:?}");
}

/// The times between the attempts of a call.
async fn gaps(backoff: Backoff, attempts: u32) -> Vec<Duration> {
    let retry = retry().backoff(backoff).max_attempts(attempts).without_budget().seed(5).build();
    let times = Arc::new(std::sync::Mutex::new(Vec::new()));
    let sent = Arc::clone(&times);
    let inner = strict(move |()| {
        sent.lock().expect("no attempt panics").push(now());
        ready(Err::<(), _>(Down(1)))
    });
    let service = retry.expect("the settings are legal").layer(inner);
    service.oneshot(()).await.expect_err("all attempts fail");
    let times = times.lock().expect("no attempt panics");
    times.windows(2).map(|pair| pair[1] - pair[0]).collect()
}

#[tokio::test(start_paused = true)]
async fn jitter_is_never_beyond_the_cap() {
    for jitter in [Jitter::None, Jitter::Equal, Jitter::Full] {
        let gaps = gaps(Backoff::exponential(MILLI, 16 * MILLI).jitter(jitter), 200).await;
        assert!(gaps.iter().all(|&gap| gap <= 16 * MILLI), "{jitter:?}: {gaps:?}");
        let longest = gaps.iter().max();
        assert!(longest > Some(&(8 * MILLI)), "{jitter:?}: {gaps:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn delays_are_not_truncated_to_whole_seconds() {
    assert_eq!(gaps(Backoff::constant(1_250 * MILLI), 3).await, [1_250 * MILLI; 2]);
    assert_eq!(gaps(Backoff::constant(3 * MILLI), 2).await, [3 * MILLI]);
}

#[tokio::test(start_paused = true)]
async fn doubling_does_not_overflow_at_any_retry() {
    let gaps = gaps(Backoff::exponential(MILLI, 1_000 * SECOND).jitter(Jitter::None), 300).await;
    assert_eq!(gaps[19], 524_288 * MILLI);
    assert!(gaps[20..].iter().all(|&gap| gap == 1_000 * SECOND), "{gaps:?}");
}

#[tokio::test(start_paused = true)]
async fn open_times_do_not_overflow_at_any_step() {
    let steps = Backoff::exponential(NANO, 100 * SECOND).jitter(Jitter::None);
    let circuit = circuit(touchy().open_for(steps));
    for step in 0..300 {
        enter(&circuit).failure();
        let doubled = NANO.saturating_mul(2_u32.saturating_pow(step)).min(100 * SECOND);
        let open_for = circuit.snapshot().retry_after.unwrap();
        assert!(open_for == doubled || step >= 32 && open_for <= 100 * SECOND && open_for > 4 * SECOND, "step {step}");
        open_time(&circuit).await;
    }
    assert_eq!(circuit.snapshot().retry_after, Some(Duration::ZERO));
}

// The budget.

#[tokio::test(start_paused = true)]
async fn a_retry_withdraws_before_it_sleeps() {
    let budget = budget(1);
    let retry = retry().backoff(Backoff::constant(SECOND)).max_attempts(2).budget(budget.clone()).build().unwrap();
    let inner = down();
    let calls = inner.calls();
    let service = retry.layer(inner);
    let mut first = task::spawn(service.clone().oneshot(()));
    assert_pending!(first.poll());
    assert_eq!(budget.available(), 0);
    let mut second = task::spawn(service.oneshot(()));
    assert!(assert_ready!(second.poll()).is_err());
    advance(SECOND).await;
    assert!(assert_ready!(first.poll()).is_err());
    assert_eq!(calls.count(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_spent_budget_does_not_hide_the_real_error() {
    let budget = budget(1);
    let service = retry().budget(budget.clone()).build().unwrap().layer(down());
    service.clone().oneshot(()).await.unwrap_err();
    assert_eq!(budget.available(), 0);
    let error = service.oneshot(()).await.unwrap_err();
    assert_eq!(error.downcast_ref(), Some(&Down(1)));
}

/// How many retries 4 threads of 20,000 calls each make together.
fn retries_of_threads(budget: Budget) -> usize {
    let inner = down();
    let calls: Calls = inner.calls();
    let service = retry().max_attempts(2).budget(budget).build().expect("the settings are legal").layer(inner);
    thread::scope(|scope| {
        for _ in 0..4 {
            let service = service.clone();
            scope.spawn(move || (0..20_000).for_each(|_| drop(service.clone().oneshot(()).now_or_never())));
        }
    });
    calls.count() - 80_000
}

#[test]
fn a_budget_hands_out_no_more_than_it_holds_however_many_ask_at_once() {
    assert_eq!(retries_of_threads(budget(37)), 37);
    // Half of a token for each call: so there is a last token to be had at any time.
    let gaining = Budget::builder().capacity(10).ratio(0.5).per_second(0.0).build().unwrap();
    let retries = retries_of_threads(gaining);
    assert!((40_000..=40_010).contains(&retries), "{retries}");
}

// An idle clone that was merely polled ready.

#[tokio::test(start_paused = true)]
async fn an_idle_ready_clone_holds_no_place_of_a_bulkhead() {
    let bulkhead = BulkheadLayer::new(1);
    let mut idle = bulkhead.layer(up());
    idle.ready().await.unwrap();
    assert_eq!(bulkhead.handle().in_flight(), 0);
    bulkhead.layer(up()).oneshot(()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_idle_ready_clone_holds_no_place_of_a_queueing_bulkhead() {
    let bulkhead = BulkheadLayer::builder(1).max_queue(0).build().unwrap();
    let mut idle = bulkhead.layer(up());
    idle.ready().await.unwrap();
    assert_eq!(bulkhead.handle().in_flight(), 0);
    bulkhead.layer(up()).oneshot(()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_idle_ready_clone_holds_no_probe() {
    let breaker = touchy().build().unwrap();
    enter(&breaker.handle()).failure();
    open_time(&breaker.handle()).await;
    drop(enter(&breaker.handle()));
    let mut idle = breaker.layer(up());
    idle.ready().await.unwrap();
    breaker.layer(up()).oneshot(()).await.unwrap();
    assert_eq!(breaker.handle().phase(), Phase::Closed);
}

#[tokio::test(start_paused = true)]
async fn an_idle_ready_stack_starves_nobody() {
    let breaker = touchy().build().unwrap();
    let stack = ServiceBuilder::new()
        .layer(TimeoutLayer::new(SECOND))
        .layer(retry().build().unwrap())
        .layer(&breaker)
        .layer(BulkheadLayer::new(1))
        .service(up());
    let mut idle: Vec<_> = (0..10).map(|_| stack.clone()).collect();
    for service in &mut idle {
        service.ready().await.unwrap();
    }
    stack.oneshot(()).await.unwrap();
}

// Waiters that spin.

#[tokio::test(start_paused = true)]
async fn a_waiter_sleeps_until_it_is_handed_a_place() {
    let bulkhead = BulkheadLayer::builder(1).max_queue(1).build().unwrap();
    let place = bulkhead.handle().try_enter().unwrap();
    let mut waiting = task::spawn(bulkhead.layer(up()).oneshot(()));
    assert_pending!(waiting.poll());
    advance(1_000 * SECOND).await;
    assert!(!waiting.is_woken());
    drop(place);
    assert!(waiting.is_woken());
    assert!(assert_ready!(waiting.poll()).is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_waiter_behind_another_is_not_woken_with_it() {
    let bulkhead = BulkheadLayer::builder(1).max_queue(2).build().unwrap();
    let place = bulkhead.handle().try_enter().unwrap();
    let mut first = task::spawn(bulkhead.layer(up()).oneshot(()));
    let mut second = task::spawn(bulkhead.layer(up()).oneshot(()));
    assert_pending!(first.poll());
    assert_pending!(second.poll());
    drop(place);
    assert_eq!((first.is_woken(), second.is_woken()), (true, false));
}

#[tokio::test(start_paused = true)]
async fn a_waiter_with_a_limit_sleeps_until_it_is_over() {
    let bulkhead = BulkheadLayer::builder(0).max_wait(SECOND).max_queue(1).build().unwrap();
    let mut waiting = task::spawn(bulkhead.layer(up()).oneshot(()));
    assert_pending!(waiting.poll());
    advance(SECOND - MILLI).await;
    assert!(!waiting.is_woken());
    advance(2 * MILLI).await;
    assert!(waiting.is_woken());
}

#[tokio::test(start_paused = true)]
async fn a_retry_sleeps_through_its_delay() {
    let retry = retry().backoff(Backoff::constant(SECOND)).build().unwrap();
    let mut call = task::spawn(retry.layer(down()).oneshot(()));
    assert_pending!(call.poll());
    advance(SECOND - MILLI).await;
    assert!(!call.is_woken());
}

#[tokio::test(start_paused = true)]
async fn a_timeout_sleeps_through_its_limit() {
    let mut call = task::spawn(TimeoutLayer::new(SECOND).layer(stuck()).oneshot(()));
    assert_pending!(call.poll());
    advance(SECOND - MILLI).await;
    assert!(!call.is_woken());
}

// A full bulkhead reported as a timeout.

#[tokio::test(start_paused = true)]
async fn a_full_bulkhead_is_no_timeout() {
    let stack = ServiceBuilder::new().layer(TimeoutLayer::new(SECOND)).layer(BulkheadLayer::new(0));
    let result = stack.service(up()).oneshot(()).await;
    assert_eq!(reason(&result), Some(RejectionReason::Full));
}

#[tokio::test(start_paused = true)]
async fn a_full_queue_is_no_timeout() {
    let bulkhead = BulkheadLayer::builder(0).max_queue(0).build().unwrap();
    let stack = ServiceBuilder::new().layer(TimeoutLayer::new(SECOND)).layer(bulkhead);
    let result = stack.service(up()).oneshot(()).await;
    assert_eq!(reason(&result), Some(RejectionReason::QueueFull));
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_the_deadline_ends_is_no_timeout() {
    let bulkhead = BulkheadLayer::builder(0).max_queue(1).build().unwrap();
    let stack = ServiceBuilder::new().layer(TimeoutLayer::new(SECOND)).layer(bulkhead);
    let started = now();
    let result = stack.service(up()).oneshot(()).await;
    assert_eq!(reason(&result), Some(RejectionReason::WaitedTooLong));
    assert_eq!(now() - started, SECOND);
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_was_too_long_is_no_timeout() {
    let bulkhead = BulkheadLayer::builder(0).max_wait(SECOND).max_queue(1).build().unwrap();
    let result = bulkhead.layer(up()).oneshot(()).await;
    assert_eq!(reason(&result), Some(RejectionReason::WaitedTooLong));
}

// `source()` cut off.

/// An error with a cause, as of gRPC.
#[derive(Clone, Copy, Debug)]
struct Status {
    cause: Down,
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("unavailable")
    }
}

impl error::Error for Status {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        Some(&self.cause)
    }
}

type Unavailable = support::Strict<fn(()) -> std::future::Ready<Result<(), Status>>>;

fn unavailable() -> Unavailable {
    strict(|()| ready(Err(Status { cause: Down(9) })))
}

/// Finds an error in the chain of sources.
fn find<E: error::Error + Clone + 'static>(error: &(dyn error::Error + 'static)) -> Option<E> {
    std::iter::successors(Some(error), |error| error.source()).find_map(|error| error.downcast_ref().cloned())
}

#[tokio::test(start_paused = true)]
async fn the_chain_of_sources_survives_all_five_layers_and_one_of_towers() {
    let stack = ServiceBuilder::new()
        .layer(FallbackLayer::value(()).take_if(|_: Result<&(), &Error>| false))
        .layer(TimeoutLayer::new(SECOND))
        .layer(retry().build().unwrap())
        .layer(tower::timeout::TimeoutLayer::new(SECOND))
        .layer(touchy().min_calls(20).build().unwrap())
        .layer(BulkheadLayer::new(1));
    let error = stack.service(unavailable()).oneshot(()).await.unwrap_err();
    assert!(error.downcast_ref::<Status>().is_some(), "{error:?}");
    assert!(find::<Status>(&error).is_some());
    assert_eq!(find(&error), Some(Down(9)));
}

#[tokio::test(start_paused = true)]
async fn a_fallback_that_fails_keeps_both_chains_of_sources() {
    let stack = FallbackLayer::new(fallback::service(unavailable())).layer(down());
    let error = stack.oneshot(()).await.unwrap_err();
    assert_eq!(find(&error), Some(Down(9)));
    let before = error.downcast_ref::<FallbackError>().and_then(FallbackError::before).unwrap();
    assert_eq!(find(before), Some(Down(1)));
}

// A gauge that never returns to zero.

fn assert_idle(bulkhead: &BulkheadHandle, after: &str) {
    assert_eq!((bulkhead.in_flight(), bulkhead.queued()), (0, 0), "after {after}");
}

#[tokio::test(start_paused = true)]
async fn a_bulkhead_is_empty_after_every_end_of_a_call() {
    let bulkhead = BulkheadLayer::builder(1).max_queue(1).build().unwrap();
    let handle = bulkhead.handle();
    bulkhead.layer(up()).oneshot(()).await.unwrap();
    assert_idle(&handle, "a success");
    bulkhead.layer(down()).oneshot(()).await.unwrap_err();
    assert_idle(&handle, "an error");
    TimeoutLayer::new(SECOND).layer(bulkhead.layer(stuck())).oneshot(()).await.unwrap_err();
    assert_idle(&handle, "a timeout");
    let broken = || -> Result<(), Down> { panic!("broken") };
    let in_poll = bulkhead.layer(strict(move |()| async move { broken() }));
    assert!(AssertUnwindSafe(in_poll.oneshot(())).catch_unwind().await.is_err());
    assert_idle(&handle, "a panic in poll");
    let in_call = bulkhead.layer(strict(move |()| ready(broken())));
    assert!(AssertUnwindSafe(in_call.oneshot(())).catch_unwind().await.is_err());
    assert_idle(&handle, "a panic in call");
}

#[tokio::test(start_paused = true)]
async fn a_bulkhead_is_empty_after_a_drop_at_every_point() {
    let bulkhead = BulkheadLayer::builder(1).max_queue(1).build().unwrap();
    let handle = bulkhead.handle();
    let mut service = bulkhead.layer(stuck());
    service.ready().await.unwrap();
    drop(service.call(()));
    assert_idle(&handle, "a drop before the first poll");
    let mut call = task::spawn(bulkhead.layer(stuck()).oneshot(()));
    assert_pending!(call.poll());
    assert_eq!(handle.in_flight(), 1);
    let mut waiting = task::spawn(bulkhead.layer(stuck()).oneshot(()));
    assert_pending!(waiting.poll());
    assert_eq!(handle.queued(), 1);
    drop(waiting);
    assert_eq!((handle.in_flight(), handle.queued()), (1, 0));
    let mut handed = task::spawn(bulkhead.layer(stuck()).oneshot(()));
    assert_pending!(handed.poll());
    drop(call);
    drop(handed);
    assert_idle(&handle, "a drop of a waiter that was handed a place");
}

#[tokio::test(start_paused = true)]
async fn a_bulkhead_without_a_queue_is_empty_after_every_end_of_a_call() {
    let bulkhead = BulkheadLayer::new(1);
    let handle = bulkhead.handle();
    let mut service = bulkhead.layer(told!());
    let (_answer, told) = oneshot::channel();
    let call = service.ready().await.unwrap().call(told);
    assert_eq!(reason(&bulkhead.layer(up()).oneshot(()).await), Some(RejectionReason::Full));
    assert_eq!(handle.in_flight(), 1);
    drop(call);
    assert_idle(&handle, "a drop");
    let in_call = bulkhead.layer(strict(|()| -> Answers<()> { panic!("broken") }));
    assert!(AssertUnwindSafe(in_call.oneshot(())).catch_unwind().await.is_err());
    assert_idle(&handle, "a panic in call");
}

// Listeners called under a lock.

/// Steers a circuit, and looks at it, whenever it hears of one.
struct Meddler {
    circuit: Arc<OnceLock<CircuitHandle>>,
    heard: Arc<AtomicUsize>,
}

impl<S: Subscriber> layer::Layer<S> for Meddler {
    fn on_event(&self, event: &Event<'_>, _: layer::Context<'_, S>) {
        if event.metadata().target() == "palisade::circuit_breaker" {
            let circuit = self.circuit.get().expect("the circuit is made before its first event");
            circuit.snapshot();
            circuit.force_open();
            circuit.reset();
            self.heard.fetch_add(1, Ordering::SeqCst);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_listener_may_use_the_circuit_that_it_hears_of() {
    let (circuit, heard) = (Arc::<OnceLock<_>>::default(), Arc::<AtomicUsize>::default());
    let meddler = Meddler { circuit: Arc::clone(&circuit), heard: Arc::clone(&heard) };
    // With one subscriber only, what is first told while that one listens would be taken for unheard from then on.
    let _second = tracing::Dispatch::new(Registry::default());
    let _guard = tracing::subscriber::set_default(Registry::default().with(meddler));
    let circuit = circuit.get_or_init(|| self::circuit(touchy()));
    enter(circuit).failure();
    circuit.metrics_only();
    circuit.force_closed();
    assert_eq!(heard.load(Ordering::SeqCst), 3);
    assert_eq!(circuit.phase(), Phase::Closed);
}

#[tokio::test(start_paused = true)]
async fn a_classifier_may_use_the_circuit_that_it_classifies_for() {
    let circuit = Arc::<OnceLock<CircuitHandle>>::default();
    let seen = Arc::clone(&circuit);
    let breaker = touchy().classify(move |_: Result<&(), &Error>| {
        let circuit = seen.get().expect("the circuit is made before its first call");
        assert_eq!(circuit.snapshot().counts.calls, 0);
        circuit.reset();
        Outcome::Failed
    });
    let breaker = breaker.build().unwrap();
    circuit.set(breaker.handle()).unwrap();
    breaker.layer(up()).oneshot(()).await.unwrap();
    assert_eq!((breaker.handle().phase(), breaker.handle().snapshot().late), (Phase::Closed, 1));
}

#[tokio::test(start_paused = true)]
async fn retry_if_may_look_at_the_budget() {
    let budget = budget(5);
    let looked = budget.clone();
    let retry = retry().budget(budget.clone()).retry_if(move |(): &(), _: Result<&(), &Error>| looked.available() > 4);
    retry.build().unwrap().layer(down()).oneshot(()).await.unwrap_err();
    assert_eq!(budget.available(), 4);
}

/// Looks at a bulkhead when it wakes.
struct Looker {
    bulkhead: BulkheadHandle,
    woken: AtomicUsize,
}

impl Wake for Looker {
    fn wake(self: Arc<Self>) {
        let seen = self.bulkhead.queued() + self.bulkhead.in_flight();
        self.woken.fetch_add(seen, Ordering::SeqCst);
    }
}

#[tokio::test(start_paused = true)]
async fn a_waker_may_look_at_the_bulkhead_that_wakes_it() {
    let bulkhead = BulkheadLayer::builder(0).max_queue(2).build().unwrap();
    let looker = Arc::new(Looker { bulkhead: bulkhead.handle(), woken: AtomicUsize::new(0) });
    let waker = Waker::from(Arc::clone(&looker));
    let mut calls: Vec<_> = (0..2).map(|_| Box::pin(bulkhead.layer(up()).oneshot(()))).collect();
    for call in &mut calls {
        assert!(call.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    }
    bulkhead.handle().resize(1);
    assert_eq!(looker.woken.load(Ordering::SeqCst), 2);
    drop(calls.remove(0));
    assert_eq!(looker.woken.load(Ordering::SeqCst), 3);
    assert!(matches!(calls[0].as_mut().poll(&mut Context::from_waker(&waker)), Poll::Ready(Ok(()))));
}

// A zero delay that costs a millisecond. There is no runtime here: a timer would panic.

#[test]
fn a_retry_without_delay_touches_no_timer() {
    let inner = down();
    let calls = inner.calls();
    let service = retry().build().unwrap().layer(inner);
    assert!(service.oneshot(()).now_or_never().unwrap().is_err());
    assert_eq!(calls.count(), 3);
}

#[test]
fn a_retry_with_a_hint_of_zero_touches_no_timer() {
    let throttled = |_: Result<&(), &Error>| Outcome::Throttled { retry_after: Some(Duration::ZERO) };
    let service = retry().classify(throttled).build().unwrap().layer(down());
    assert!(service.oneshot(()).now_or_never().unwrap().is_err());
}

#[test]
fn a_timeout_of_zero_touches_no_timer() {
    let result = TimeoutLayer::new(Duration::ZERO).layer(stuck()).oneshot(()).now_or_never().unwrap();
    assert!(result.unwrap_err().is_timeout());
}

#[test]
fn a_wait_of_zero_touches_no_timer() {
    let bulkhead = BulkheadLayer::builder(0).max_queue(1).max_wait(Duration::ZERO).build().unwrap();
    let result = bulkhead.layer(up()).oneshot(()).now_or_never().unwrap();
    assert_eq!(reason(&result), Some(RejectionReason::WaitedTooLong));
}

#[tokio::test(start_paused = true)]
async fn no_time_passes_in_a_retry_without_delay() {
    let started = now();
    retry().max_attempts(50).without_budget().build().unwrap().layer(down()).oneshot(()).await.unwrap_err();
    assert_eq!(now(), started);
}

#[tokio::test(start_paused = true)]
async fn no_time_passes_in_an_open_time_of_zero() {
    let circuit = circuit(touchy().open_for(Backoff::none()));
    enter(&circuit).failure();
    enter(&circuit).success();
    assert_eq!(circuit.phase(), Phase::Closed);
}
