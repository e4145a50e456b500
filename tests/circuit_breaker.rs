//! The circuit breaker, line by line of what it means.

#![expect(
    clippy::unchecked_time_subtraction,
    reason = "moments just before a boundary, all of them later than the start"
)]

mod support;

use std::{
    collections::VecDeque,
    future::{pending, ready},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex},
    task::{Context, Poll, Waker},
    time::Duration,
};

use futures_util::FutureExt;
use palisade::{
    Backoff, BulkheadLayer, CircuitBreakerBuilder, CircuitBreakerLayer, CircuitGuard, CircuitHandle, ConfigError,
    Deadline, Error, Jitter, Outcome, Phase, Rejection, RejectionReason, TimeoutLayer,
};
use support::{Down, events::Events, strict};
use tokio::{
    sync::oneshot,
    time::{Instant, advance, sleep},
};
use tokio_test::{assert_pending, assert_ready, assert_ready_ok, task};
use tower::{Layer, Service, ServiceBuilder, ServiceExt};
use tracing::Level;

const TARGET: &str = "palisade::circuit_breaker";
const NANO: Duration = Duration::from_nanos(1);
const MILLI: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);
const THROTTLED: Outcome = Outcome::Throttled { retry_after: None };

/// All defaults.
fn builder() -> CircuitBreakerBuilder {
    CircuitBreakerLayer::builder("payments")
}

/// Opens at the first failure, for a second, and lets one probe through.
fn touchy() -> CircuitBreakerBuilder {
    builder().min_calls(1).probes(1).open_for(Backoff::constant(SECOND))
}

fn circuit(builder: CircuitBreakerBuilder) -> CircuitHandle {
    builder.build().expect("the settings are legal").handle()
}

fn enter(circuit: &CircuitHandle) -> CircuitGuard {
    circuit.try_enter().expect("the circuit lets calls pass")
}

fn rejection(circuit: &CircuitHandle) -> Rejection {
    circuit.try_enter().expect_err("the circuit rejects calls")
}

fn settle(circuit: &CircuitHandle, outcomes: impl IntoIterator<Item = Outcome>) {
    outcomes.into_iter().for_each(|outcome| enter(circuit).settle(outcome));
}

fn succeed(circuit: &CircuitHandle, calls: usize) {
    settle(circuit, [Outcome::Success].repeat(calls));
}

fn fail(circuit: &CircuitHandle, calls: usize) {
    settle(circuit, [Outcome::Failed].repeat(calls));
}

/// A call that takes this long.
async fn take(circuit: &CircuitHandle, duration: Duration, outcome: Outcome) {
    let call = enter(circuit);
    advance(duration).await;
    call.settle(outcome);
}

/// Lets the open time pass, so that the next call is a probe.
async fn open_time(circuit: &CircuitHandle) {
    advance(circuit.snapshot().retry_after.expect("the circuit is open")).await;
}

/// A circuit that has been opened by failures, with its open time over.
async fn recovering(builder: CircuitBreakerBuilder) -> CircuitHandle {
    let circuit = circuit(builder);
    while circuit.phase() == Phase::Closed {
        fail(&circuit, 1);
    }
    open_time(&circuit).await;
    circuit
}

/// Calls, failures and slow calls.
fn counted(circuit: &CircuitHandle) -> (u64, u64, u64) {
    let counts = circuit.snapshot().counts;
    (counts.calls, counts.failures, counts.slow)
}

fn now() -> Instant {
    Deadline::after(Duration::ZERO).instant()
}

fn reason<T>(result: &Result<T, Error>) -> Option<RejectionReason> {
    result.as_ref().err().and_then(Error::rejection).map(Rejection::reason)
}

type Echo = support::Strict<fn(Result<u32, Down>) -> std::future::Ready<Result<u32, Down>>>;

/// A service that is its requests' results.
fn echo() -> Echo {
    strict(ready::<Result<u32, Down>>)
}

fn broken() -> Result<(), Down> {
    panic!("in poll")
}

type Readiness = Poll<Result<(), Down>>;

/// What the next polls for readiness give; ready when there is nothing left. Panics when called before ready.
#[derive(Clone, Debug, Default)]
struct Gate {
    readiness: Arc<Mutex<VecDeque<Readiness>>>,
    /// Whether each poll came with a waker that does nothing.
    noop_polls: Arc<Mutex<Vec<bool>>>,
    ready: bool,
}

impl Gate {
    fn new(readiness: impl IntoIterator<Item = Readiness>) -> Self {
        let readiness = Arc::new(Mutex::new(readiness.into_iter().collect()));
        Self { readiness, ..Self::default() }
    }

    fn polls(&self) -> usize {
        self.noop_polls.lock().expect("no poll panics").len()
    }
}

impl Service<()> for Gate {
    type Response = ();
    type Error = Down;
    type Future = std::future::Ready<Result<(), Down>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Readiness {
        self.noop_polls.lock().expect("no poll panics").push(cx.waker().will_wake(Waker::noop()));
        let polled = self.readiness.lock().expect("no poll panics").pop_front().unwrap_or(Poll::Ready(Ok(())));
        self.ready = matches!(polled, Poll::Ready(Ok(())));
        polled
    }

    fn call(&mut self, (): ()) -> Self::Future {
        assert!(std::mem::take(&mut self.ready), "called without having been polled ready");
        ready(Ok(()))
    }
}

fn poll_ready<S: Service<R>, R>(service: &mut S) -> Poll<Result<(), S::Error>> {
    service.poll_ready(&mut Context::from_waker(Waker::noop()))
}

// Defaults.

#[tokio::test(start_paused = true)]
async fn a_circuit_starts_closed() {
    assert_eq!(circuit(builder()).phase(), Phase::Closed);
}

#[tokio::test(start_paused = true)]
async fn by_default_nineteen_failures_are_too_few_to_open() {
    let circuit = circuit(builder());
    fail(&circuit, 19);
    assert_eq!(circuit.phase(), Phase::Closed);
}

#[tokio::test(start_paused = true)]
async fn by_default_the_twentieth_failure_opens() {
    let circuit = circuit(builder());
    fail(&circuit, 20);
    assert_eq!(circuit.phase(), Phase::Open);
}

#[tokio::test(start_paused = true)]
async fn by_default_half_of_twenty_opens() {
    let circuit = circuit(builder());
    succeed(&circuit, 10);
    fail(&circuit, 9);
    assert_eq!(circuit.phase(), Phase::Closed);
    fail(&circuit, 1);
    assert_eq!(circuit.phase(), Phase::Open);
}

#[tokio::test(start_paused = true)]
async fn by_default_less_than_half_does_not_open() {
    let circuit = circuit(builder());
    succeed(&circuit, 11);
    fail(&circuit, 10);
    assert_eq!(circuit.phase(), Phase::Closed);
    fail(&circuit, 1);
    assert_eq!(circuit.phase(), Phase::Open);
}

#[tokio::test(start_paused = true)]
async fn by_default_a_result_counts_for_thirty_seconds() {
    let circuit = circuit(builder());
    fail(&circuit, 1);
    advance(30 * SECOND - NANO).await;
    assert_eq!(counted(&circuit), (1, 1, 0));
    advance(NANO).await;
    assert_eq!(counted(&circuit), (0, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn by_default_a_bucket_is_three_seconds_long() {
    let circuit = circuit(builder());
    advance(3 * SECOND - NANO).await;
    fail(&circuit, 1);
    advance(NANO).await;
    succeed(&circuit, 1);
    advance(27 * SECOND - NANO).await;
    assert_eq!(counted(&circuit), (2, 1, 0));
    advance(NANO).await;
    assert_eq!(counted(&circuit), (1, 0, 0));
    advance(3 * SECOND - NANO).await;
    assert_eq!(counted(&circuit), (1, 0, 0));
    advance(NANO).await;
    assert_eq!(counted(&circuit), (0, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn by_default_five_probes_pass_and_the_sixth_call_is_rejected() {
    let circuit = recovering(builder()).await;
    let _probes: Vec<_> = (0..5).map(|_| enter(&circuit)).collect();
    assert_eq!(rejection(&circuit).reason(), RejectionReason::ProbesTaken);
}

#[tokio::test(start_paused = true)]
async fn by_default_three_good_probes_close() {
    let circuit = recovering(builder()).await;
    succeed(&circuit, 2);
    assert_eq!(circuit.phase(), Phase::HalfOpen);
    succeed(&circuit, 1);
    assert_eq!(circuit.phase(), Phase::Closed);
}

#[tokio::test(start_paused = true)]
async fn by_default_three_bad_probes_open() {
    let circuit = recovering(builder()).await;
    settle(&circuit, [Outcome::Failed, Outcome::Success, Outcome::Success, Outcome::Failed]);
    assert_eq!(circuit.phase(), Phase::HalfOpen);
    fail(&circuit, 1);
    assert_eq!(circuit.phase(), Phase::Open);
}

#[tokio::test(start_paused = true)]
async fn by_default_it_opens_for_the_upper_half_of_five_seconds() {
    let open_times: Vec<_> = (0..200)
        .map(|seed| {
            let circuit = circuit(builder().seed(seed));
            fail(&circuit, 20);
            circuit.snapshot().retry_after.expect("the circuit is open")
        })
        .collect();
    assert!(open_times.iter().all(|time| (SECOND * 5 / 2..=SECOND * 5).contains(time)), "{open_times:?}");
    assert!(open_times.iter().any(|&time| time < MILLI * 2_600), "{open_times:?}");
    assert!(open_times.iter().any(|&time| time > MILLI * 4_900), "{open_times:?}");
}

#[tokio::test(start_paused = true)]
async fn by_default_open_times_double_to_a_minute() {
    for seed in 0..20 {
        let circuit = circuit(builder().seed(seed));
        fail(&circuit, 20);
        for longest in [5, 10, 20, 40, 60, 60, 60].map(Duration::from_secs) {
            let open_for = circuit.snapshot().retry_after.expect("the circuit is open");
            assert!((longest / 2..=longest).contains(&open_for), "{open_for:?} of {longest:?}");
            open_time(&circuit).await;
            fail(&circuit, 3);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn by_default_a_probe_hangs_after_thirty_seconds() {
    let circuit = recovering(builder().probes(1)).await;
    let _hanging = enter(&circuit);
    advance(30 * SECOND - NANO).await;
    assert_eq!(rejection(&circuit).reason(), RejectionReason::ProbesTaken);
    advance(NANO).await;
    assert_eq!(rejection(&circuit).reason(), RejectionReason::CircuitOpen);
}

#[tokio::test(start_paused = true)]
async fn by_default_slowness_does_not_count() {
    let circuit = circuit(builder().min_calls(1));
    take(&circuit, Duration::from_secs(29), Outcome::Success).await;
    assert_eq!(counted(&circuit), (1, 0, 0));
    assert_eq!(circuit.phase(), Phase::Closed);
}

#[tokio::test(start_paused = true)]
async fn by_default_failures_in_a_row_do_not_open() {
    let circuit = circuit(builder());
    succeed(&circuit, 200);
    fail(&circuit, 199);
    assert_eq!(circuit.phase(), Phase::Closed);
}

// The failure rate.

#[tokio::test(start_paused = true)]
async fn a_rate_of_one_opens_only_when_everything_fails() {
    let circuit = circuit(builder().failure_rate(1.0).min_calls(3));
    settle(&circuit, [Outcome::Success, Outcome::Failed, Outcome::Failed, Outcome::Failed]);
    assert_eq!(circuit.phase(), Phase::Closed);
    circuit.reset();
    fail(&circuit, 3);
    assert_eq!(circuit.phase(), Phase::Open);
}

#[tokio::test(start_paused = true)]
async fn the_least_rate_opens_at_one_failure_of_many() {
    let circuit = circuit(builder().failure_rate(f64::MIN_POSITIVE).min_calls(1));
    succeed(&circuit, 10_000);
    assert_eq!(circuit.phase(), Phase::Closed);
    fail(&circuit, 1);
    assert_eq!(circuit.phase(), Phase::Open);
}

#[tokio::test(start_paused = true)]
async fn three_of_ten_reach_a_rate_of_three_tenths() {
    let circuit = circuit(builder().failure_rate(0.3).min_calls(10));
    succeed(&circuit, 7);
    fail(&circuit, 3);
    assert_eq!(circuit.phase(), Phase::Open);
}

#[tokio::test(start_paused = true)]
async fn the_success_that_completes_min_calls_opens() {
    let circuit = circuit(builder().min_calls(4));
    settle(&circuit, [Outcome::Failed, Outcome::Failed, Outcome::Success]);
    assert_eq!(circuit.phase(), Phase::Closed);
    succeed(&circuit, 1);
    assert_eq!(circuit.phase(), Phase::Open);
}

#[tokio::test(start_paused = true)]
async fn the_success_that_completes_min_calls_opens_with_a_count_window() {
    let circuit = circuit(builder().min_calls(4).count_window(8));
    settle(&circuit, [Outcome::Failed, Outcome::Failed, Outcome::Success]);
    assert_eq!(circuit.phase(), Phase::Closed);
    succeed(&circuit, 1);
    assert_eq!(circuit.phase(), Phase::Open);
}

#[tokio::test(start_paused = true)]
async fn a_success_that_completes_min_calls_again_opens() {
    let circuit = circuit(builder().min_calls(3));
    succeed(&circuit, 3);
    advance(15 * SECOND).await;
    fail(&circuit, 2);
    advance(15 * SECOND).await;
    assert_eq!(circuit.phase(), Phase::Closed);
    succeed(&circuit, 1);
    assert_eq!(circuit.phase(), Phase::Open);
}

#[tokio::test(start_paused = true)]
async fn a_rate_risen_by_expiry_is_not_seen_at_a_success_beyond_min_calls() {
    let circuit = circuit(builder().min_calls(2));
    succeed(&circuit, 3);
    advance(15 * SECOND).await;
    fail(&circuit, 2);
    advance(15 * SECOND).await;
    succeed(&circuit, 1);
    assert_eq!(circuit.phase(), Phase::Closed);
}

#[tokio::test(start_paused = true)]
async fn a_rate_risen_by_expiry_is_seen_at_the_next_failure() {
    let circuit = circuit(builder().min_calls(2));
    succeed(&circuit, 30);
    advance(15 * SECOND).await;
    fail(&circuit, 2);
    advance(15 * SECOND).await;
    fail(&circuit, 1);
    assert_eq!(circuit.phase(), Phase::Open);
}

#[tokio::test(start_paused = true)]
async fn a_rate_risen_by_expiry_is_seen_at_the_next_slow_success() {
    let circuit = circuit(builder().min_calls(2).slow_rate(1.0, SECOND));
    succeed(&circuit, 30);
    advance(15 * SECOND).await;
    fail(&circuit, 2);
    advance(15 * SECOND).await;
    take(&circuit, SECOND + NANO, Outcome::Success).await;
    assert_eq!(circuit.phase(), Phase::Open);
}

#[tokio::test(start_paused = true)]
async fn without_its_rule_failures_do_not_open() {
    let circuit = circuit(builder().without_failure_rate().slow_rate(1.0, SECOND).min_calls(1));
    fail(&circuit, 100);
    assert_eq!(circuit.phase(), Phase::Closed);
}

#[tokio::test(start_paused = true)]
async fn the_largest_min_calls_never_opens_by_rate() {
    let circuit = circuit(builder().min_calls(u32::MAX));
    fail(&circuit, 1_000);
    assert_eq!(circuit.phase(), Phase::Closed);
}

// The rate of slow calls.

#[tokio::test(start_paused = true)]
async fn a_call_of_exactly_slow_after_is_not_slow() {
    let circuit = circuit(builder().slow_rate(1.0, SECOND));
    take(&circuit, SECOND - NANO, Outcome::Success).await;
    take(&circuit, SECOND, Outcome::Success).await;
    assert_eq!(counted(&circuit), (2, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_call_longer_than_slow_after_is_slow() {
    let circuit = circuit(builder().slow_rate(1.0, SECOND));
    take(&circuit, SECOND + NANO, Outcome::Success).await;
    assert_eq!(counted(&circuit), (1, 0, 1));
}

#[tokio::test(start_paused = true)]
async fn a_failure_can_be_slow_too() {
    let circuit = circuit(builder().slow_rate(1.0, SECOND));
    take(&circuit, SECOND + NANO, Outcome::Failed).await;
    assert_eq!(counted(&circuit), (1, 1, 1));
}

#[tokio::test(start_paused = true)]
async fn slow_successes_open_at_their_rate() {
    let circuit = circuit(builder().slow_rate(0.5, MILLI).min_calls(4));
    succeed(&circuit, 2);
    take(&circuit, 2 * MILLI, Outcome::Success).await;
    assert_eq!(circuit.phase(), Phase::Closed);
    take(&circuit, 2 * MILLI, Outcome::Success).await;
    assert_eq!(circuit.phase(), Phase::Open);
}

#[tokio::test(start_paused = true)]
async fn slow_calls_below_their_rate_do_not_open() {
    let circuit = circuit(builder().slow_rate(0.5, MILLI).min_calls(4));
    succeed(&circuit, 3);
    take(&circuit, 2 * MILLI, Outcome::Success).await;
    assert_eq!(circuit.phase(), Phase::Closed);
}

#[tokio::test(start_paused = true)]
async fn slow_calls_wait_for_min_calls() {
    let circuit = circuit(builder().slow_rate(0.5, MILLI));
    for _ in 0..19 {
        take(&circuit, 2 * MILLI, Outcome::Success).await;
    }
    assert_eq!(circuit.phase(), Phase::Closed);
    take(&circuit, 2 * MILLI, Outcome::Success).await;
    assert_eq!(circuit.phase(), Phase::Open);
}

#[tokio::test(start_paused = true)]
async fn slow_calls_open_over_a_count_window() {
    let circuit = circuit(builder().slow_rate(0.5, MILLI).count_window(4).min_calls(4));
    succeed(&circuit, 100);
    take(&circuit, 2 * MILLI, Outcome::Success).await;
    assert_eq!(circuit.phase(), Phase::Closed);
    take(&circuit, 2 * MILLI, Outcome::Success).await;
    assert_eq!(circuit.phase(), Phase::Open);
}

#[tokio::test(start_paused = true)]
async fn with_slow_after_zero_a_call_without_duration_is_not_slow() {
    let circuit = circuit(builder().slow_rate(1.0, Duration::ZERO));
    succeed(&circuit, 1);
    assert_eq!(counted(&circuit), (1, 0, 0));
    take(&circuit, NANO, Outcome::Success).await;
    assert_eq!(counted(&circuit), (2, 0, 1));
}

#[tokio::test(start_paused = true)]
async fn with_the_largest_slow_after_no_call_is_slow() {
    let circuit = circuit(builder().slow_rate(1.0, Duration::MAX));
    take(&circuit, 20 * SECOND, Outcome::Success).await;
    assert_eq!(counted(&circuit), (1, 0, 0));
}

// Failures in a row.

#[tokio::test(start_paused = true)]
async fn failures_in_a_row_do_not_wait_for_min_calls() {
    let circuit = circuit(builder().consecutive(3));
    fail(&circuit, 2);
    assert_eq!(circuit.phase(), Phase::Closed);
    fail(&circuit, 1);
    assert_eq!(circuit.phase(), Phase::Open);
}

#[tokio::test(start_paused = true)]
async fn a_success_sets_failures_in_a_row_back() {
    let circuit = circuit(builder().consecutive(3));
    fail(&circuit, 2);
    succeed(&circuit, 1);
    fail(&circuit, 2);
    assert_eq!(circuit.phase(), Phase::Closed);
    assert_eq!(circuit.snapshot().counts.consecutive, 2);
}

#[tokio::test(start_paused = true)]
async fn a_throttled_answer_leaves_failures_in_a_row_as_they_are() {
    let circuit = circuit(builder().consecutive(3));
    fail(&circuit, 2);
    settle(&circuit, [THROTTLED; 5]);
    assert_eq!(circuit.phase(), Phase::Closed);
    assert_eq!(circuit.snapshot().counts.consecutive, 2);
    fail(&circuit, 1);
    assert_eq!(circuit.phase(), Phase::Open);
}

#[tokio::test(start_paused = true)]
async fn an_ignored_answer_leaves_failures_in_a_row_as_they_are() {
    let circuit = circuit(builder().consecutive(3));
    fail(&circuit, 2);
    settle(&circuit, [Outcome::Ignored]);
    drop(enter(&circuit));
    fail(&circuit, 1);
    assert_eq!(circuit.phase(), Phase::Open);
}

#[tokio::test(start_paused = true)]
async fn any_enabled_rule_opens() {
    let circuit = circuit(builder().min_calls(2).consecutive(100).slow_rate(1.0, SECOND));
    fail(&circuit, 2);
    assert_eq!(circuit.phase(), Phase::Open);
}

#[tokio::test(start_paused = true)]
async fn the_textbook_breaker_opens_at_the_fifth_failure_in_a_row() {
    let circuit = CircuitBreakerLayer::consecutive(5).handle();
    fail(&circuit, 4);
    assert_eq!(circuit.phase(), Phase::Closed);
    fail(&circuit, 1);
    assert_eq!(circuit.phase(), Phase::Open);
}

#[tokio::test(start_paused = true)]
async fn the_textbook_breaker_has_no_rate() {
    let circuit = CircuitBreakerLayer::consecutive(5).handle();
    for _ in 0..50 {
        fail(&circuit, 4);
        succeed(&circuit, 1);
    }
    assert_eq!(circuit.phase(), Phase::Closed);
}

#[tokio::test(start_paused = true)]
async fn the_textbook_breaker_lets_one_probe_through_which_closes_it() {
    let circuit = CircuitBreakerLayer::consecutive(5).handle();
    fail(&circuit, 5);
    open_time(&circuit).await;
    let probe = enter(&circuit);
    assert_eq!(rejection(&circuit).reason(), RejectionReason::ProbesTaken);
    probe.success();
    assert_eq!(circuit.phase(), Phase::Closed);
}

#[tokio::test(start_paused = true)]
async fn the_textbook_breaker_keeps_the_default_open_time() {
    let circuit = CircuitBreakerLayer::consecutive(1).handle();
    fail(&circuit, 1);
    let open_for = circuit.snapshot().retry_after.unwrap();
    assert!((SECOND * 5 / 2..=SECOND * 5).contains(&open_for), "{open_for:?}");
}

#[tokio::test(start_paused = true)]
async fn one_failure_in_a_row_is_the_first() {
    for failures in [0, 1] {
        let circuit = CircuitBreakerLayer::consecutive(failures).handle();
        succeed(&circuit, 3);
        assert_eq!(circuit.phase(), Phase::Closed);
        fail(&circuit, 1);
        assert_eq!(circuit.phase(), Phase::Open);
    }
}

#[tokio::test(start_paused = true)]
async fn a_throttled_answer_alone_opens_no_textbook_breaker() {
    for failures in [0, 1, 2] {
        let circuit = CircuitBreakerLayer::consecutive(failures).handle();
        settle(&circuit, [THROTTLED; 3]);
        assert_eq!(circuit.phase(), Phase::Closed, "consecutive({failures})");
    }
}

#[tokio::test(start_paused = true)]
async fn the_most_failures_in_a_row_are_never_reached() {
    let circuit = CircuitBreakerLayer::consecutive(u32::MAX).handle();
    fail(&circuit, 10_000);
    assert_eq!(circuit.phase(), Phase::Closed);
    assert_eq!(circuit.snapshot().counts.consecutive, 10_000);
}

// Windows.

#[tokio::test(start_paused = true)]
async fn a_window_of_time_counts_its_own_bucket_and_those_before() {
    let circuit = circuit(builder().time_window(10 * MILLI, 2));
    advance(4 * MILLI).await;
    fail(&circuit, 1);
    advance(6 * MILLI - NANO).await;
    assert_eq!(counted(&circuit), (1, 1, 0));
    advance(NANO).await;
    assert_eq!(counted(&circuit), (0, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_window_of_one_bucket_forgets_all_at_its_end() {
    let circuit = circuit(builder().time_window(MILLI, 1));
    advance(MILLI - NANO).await;
    fail(&circuit, 1);
    assert_eq!(counted(&circuit), (1, 1, 0));
    advance(NANO).await;
    assert_eq!(counted(&circuit), (0, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn old_results_expire_on_write() {
    let circuit = circuit(builder().min_calls(2).time_window(10 * MILLI, 10));
    fail(&circuit, 1);
    advance(10 * MILLI).await;
    fail(&circuit, 1);
    assert_eq!(circuit.phase(), Phase::Closed);
    assert_eq!(counted(&circuit), (1, 1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_result_just_inside_the_window_counts_on_write() {
    let circuit = circuit(builder().min_calls(2).time_window(10 * MILLI, 10));
    fail(&circuit, 1);
    advance(10 * MILLI - NANO).await;
    fail(&circuit, 1);
    assert_eq!(circuit.phase(), Phase::Open);
}

#[tokio::test(start_paused = true)]
async fn a_window_left_alone_for_ages_is_empty() {
    let circuit = circuit(builder().time_window(10 * MILLI, 10));
    fail(&circuit, 5);
    for windows in [1, 2, 1 << 20, 1 << 24, 1 << 28] {
        advance(10 * MILLI * windows).await;
        assert_eq!(counted(&circuit), (0, 0, 0), "after {windows} windows");
    }
}

#[tokio::test(start_paused = true)]
async fn a_count_window_holds_the_last_results() {
    let circuit = circuit(builder().min_calls(4).count_window(4).failure_rate(1.0));
    fail(&circuit, 1);
    succeed(&circuit, 3);
    assert_eq!(counted(&circuit), (4, 1, 0));
    succeed(&circuit, 1);
    assert_eq!(counted(&circuit), (4, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_count_window_slides_with_each_failure() {
    let circuit = circuit(builder().min_calls(3).count_window(3).failure_rate(1.0));
    settle(&circuit, [Outcome::Success, Outcome::Failed, Outcome::Failed]);
    assert_eq!(circuit.phase(), Phase::Closed);
    fail(&circuit, 1);
    assert_eq!(circuit.phase(), Phase::Open);
}

#[tokio::test(start_paused = true)]
async fn a_count_window_agrees_with_a_list_of_the_last_results() {
    for len in [1, 2, 3, 63, 64, 65, 100, 128] {
        let circuit = circuit(builder().min_calls(1).count_window(len).without_failure_rate().slow_rate(1.0, SECOND));
        let mut model = VecDeque::new();
        for call in 0_u32..500 {
            let failed = call.wrapping_mul(2_654_435_769) >> 30 == 0;
            settle(&circuit, [if failed { Outcome::Failed } else { Outcome::Success }]);
            model.push_back(failed);
            while model.len() > len as usize {
                model.pop_front();
            }
            let failures = model.iter().filter(|&&failed| failed).count();
            assert_eq!(counted(&circuit), (model.len() as u64, failures as u64, 0), "call {call}, window {len}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_count_window_does_not_age() {
    let circuit = circuit(builder().count_window(20));
    fail(&circuit, 10);
    advance(Duration::from_secs(1_000_000)).await;
    assert_eq!(counted(&circuit), (10, 10, 0));
}

// Open.

#[tokio::test(start_paused = true)]
async fn an_open_circuit_rejects_until_a_nanosecond_before_its_end() {
    let circuit = circuit(touchy());
    fail(&circuit, 1);
    advance(SECOND - NANO).await;
    assert_eq!(rejection(&circuit).reason(), RejectionReason::CircuitOpen);
}

#[tokio::test(start_paused = true)]
async fn a_call_at_exactly_the_end_of_the_open_time_is_admitted() {
    let circuit = circuit(touchy());
    fail(&circuit, 1);
    advance(SECOND).await;
    enter(&circuit).success();
    assert_eq!(circuit.phase(), Phase::Closed);
}

#[tokio::test(start_paused = true)]
async fn a_call_long_after_the_open_time_is_admitted() {
    let circuit = circuit(touchy());
    fail(&circuit, 1);
    advance(SECOND * 1_000_000).await;
    enter(&circuit).success();
    assert_eq!(circuit.phase(), Phase::Closed);
}

#[tokio::test(start_paused = true)]
async fn a_rejection_says_what_is_left_of_the_open_time() {
    let circuit = circuit(touchy());
    fail(&circuit, 1);
    assert_eq!(rejection(&circuit).retry_after(), Some(SECOND));
    advance(400 * MILLI).await;
    assert_eq!(rejection(&circuit).retry_after(), Some(600 * MILLI));
    advance(600 * MILLI - NANO).await;
    assert_eq!(rejection(&circuit).retry_after(), Some(NANO));
}

#[tokio::test(start_paused = true)]
async fn the_open_time_begins_with_the_result_that_tripped_it() {
    let circuit = circuit(touchy());
    take(&circuit, 7 * SECOND, Outcome::Failed).await;
    assert_eq!(rejection(&circuit).retry_after(), Some(SECOND));
}

#[tokio::test(start_paused = true)]
async fn an_open_circuit_stays_open_until_a_call_comes() {
    let circuit = circuit(touchy());
    fail(&circuit, 1);
    advance(10 * SECOND).await;
    assert_eq!(circuit.phase(), Phase::Open);
}

#[tokio::test(start_paused = true)]
async fn each_failed_recovery_takes_the_next_step() {
    let circuit = circuit(touchy().open_for(Backoff::exponential(SECOND, 5 * SECOND).jitter(Jitter::None)));
    fail(&circuit, 1);
    for open_for in [1, 2, 4, 5, 5].map(Duration::from_secs) {
        assert_eq!(rejection(&circuit).retry_after(), Some(open_for));
        open_time(&circuit).await;
        fail(&circuit, 1);
    }
}

#[tokio::test(start_paused = true)]
async fn closing_takes_the_first_step_again() {
    let circuit = circuit(touchy().open_for(Backoff::exponential(SECOND, 5 * SECOND).jitter(Jitter::None)));
    fail(&circuit, 1);
    open_time(&circuit).await;
    fail(&circuit, 1);
    open_time(&circuit).await;
    succeed(&circuit, 1);
    fail(&circuit, 1);
    assert_eq!(rejection(&circuit).retry_after(), Some(SECOND));
}

#[tokio::test(start_paused = true)]
async fn without_an_open_time_the_next_call_is_a_probe() {
    let circuit = circuit(touchy().open_for(Backoff::none()));
    fail(&circuit, 1);
    let _probe = enter(&circuit);
    assert_eq!(circuit.phase(), Phase::HalfOpen);
}

#[tokio::test(start_paused = true)]
async fn the_longest_open_time_does_not_end() {
    let circuit = circuit(touchy().open_for(Backoff::constant(Duration::MAX)));
    advance(SECOND).await;
    fail(&circuit, 1);
    advance(Duration::from_secs(1 << 32)).await;
    assert_eq!(rejection(&circuit).reason(), RejectionReason::CircuitOpen);
}

#[tokio::test(start_paused = true)]
async fn a_rejection_says_what_is_left_of_the_longest_open_time() {
    let circuit = circuit(touchy().open_for(Backoff::constant(Duration::MAX)));
    fail(&circuit, 1);
    assert!(rejection(&circuit).retry_after().is_some());
}

// Half-open.

#[tokio::test(start_paused = true)]
async fn counted_results_keep_the_places_of_their_probes() {
    let circuit = recovering(builder()).await;
    settle(&circuit, [Outcome::Failed, Outcome::Success]);
    let _probes: Vec<_> = (0..3).map(|_| enter(&circuit)).collect();
    assert_eq!(rejection(&circuit).reason(), RejectionReason::ProbesTaken);
}

#[tokio::test(start_paused = true)]
async fn an_abandoned_probe_frees_its_place() {
    let circuit = recovering(touchy()).await;
    drop(enter(&circuit));
    assert_eq!(counted(&circuit), (0, 0, 0));
    enter(&circuit).success();
    assert_eq!(circuit.phase(), Phase::Closed);
}

#[tokio::test(start_paused = true)]
async fn an_ignored_probe_frees_its_place() {
    let circuit = recovering(touchy()).await;
    settle(&circuit, [Outcome::Ignored; 10]);
    assert_eq!(counted(&circuit), (0, 0, 0));
    assert_eq!(circuit.phase(), Phase::HalfOpen);
}

#[tokio::test(start_paused = true)]
async fn a_probe_place_is_freed_once() {
    let circuit = recovering(touchy().probes(2)).await;
    let _held = enter(&circuit);
    for _ in 0..5 {
        drop(enter(&circuit));
    }
    let _also_held = enter(&circuit);
    assert_eq!(rejection(&circuit).reason(), RejectionReason::ProbesTaken);
}

#[tokio::test(start_paused = true)]
async fn the_most_probes_are_all_admitted() {
    let circuit = recovering(touchy().probes(1023)).await;
    let probes: Vec<_> = (0..1023).map(|_| enter(&circuit)).collect();
    assert_eq!(rejection(&circuit).reason(), RejectionReason::ProbesTaken);
    drop(probes);
    let _again: Vec<_> = (0..1023).map(|_| enter(&circuit)).collect();
    assert_eq!(circuit.phase(), Phase::HalfOpen);
}

/// How many failures it takes to open again, with all probes in flight.
async fn failures_to_open(builder: CircuitBreakerBuilder, probes: usize) -> usize {
    let circuit = recovering(builder).await;
    let calls: Vec<_> = (0..probes).map(|_| enter(&circuit)).collect();
    let fail = |call: CircuitGuard| call.failure();
    calls.into_iter().map(fail).take_while(|()| circuit.phase() == Phase::HalfOpen).count() + 1
}

/// How many successes it takes to close, with all probes in flight.
async fn successes_to_close(builder: CircuitBreakerBuilder, probes: usize) -> usize {
    let circuit = recovering(builder).await;
    let calls: Vec<_> = (0..probes).map(|_| enter(&circuit)).collect();
    let succeed = |call: CircuitGuard| call.success();
    calls.into_iter().map(succeed).take_while(|()| circuit.phase() == Phase::HalfOpen).count() + 1
}

#[tokio::test(start_paused = true)]
async fn probes_open_at_the_least_count_that_reaches_the_rate() {
    for (rate, probes, least) in [
        (0.5, 5, 3),
        (0.5, 4, 2),
        (0.5, 1, 1),
        (0.3, 10, 3),
        (0.31, 10, 4),
        (1.0, 5, 5),
        (0.01, 5, 1),
        (0.1, 1023, 103),
    ] {
        let found = failures_to_open(touchy().failure_rate(rate).probes(probes), probes as usize).await;
        assert_eq!(found, least, "{rate} of {probes}");
    }
}

#[tokio::test(start_paused = true)]
async fn probes_close_as_soon_as_no_rule_can_be_reached() {
    for (rate, probes, enough) in [
        (0.5, 5, 3),
        (0.5, 4, 3),
        (0.5, 1, 1),
        (0.3, 10, 8),
        (0.31, 10, 7),
        (1.0, 5, 1),
        (0.01, 5, 5),
        (0.1, 1023, 921),
    ] {
        let found = successes_to_close(touchy().failure_rate(rate).probes(probes), probes as usize).await;
        assert_eq!(found, enough, "{rate} of {probes}");
    }
}

#[tokio::test(start_paused = true)]
async fn with_the_consecutive_rule_the_first_failed_probe_opens() {
    assert_eq!(failures_to_open(touchy().consecutive(10).probes(5), 5).await, 1);
}

#[tokio::test(start_paused = true)]
async fn with_the_consecutive_rule_all_probes_must_succeed() {
    assert_eq!(successes_to_close(touchy().consecutive(10).probes(5), 5).await, 5);
}

#[tokio::test(start_paused = true)]
async fn a_throttled_probe_is_a_failure_to_the_consecutive_rule() {
    let circuit = recovering(builder().without_failure_rate().consecutive(3).probes(2)).await;
    settle(&circuit, [THROTTLED]);
    assert_eq!(circuit.phase(), Phase::Open);
}

#[tokio::test(start_paused = true)]
async fn a_throttled_probe_is_a_failure_to_the_rate() {
    let circuit = recovering(touchy()).await;
    settle(&circuit, [THROTTLED]);
    assert_eq!(circuit.phase(), Phase::Open);
}

#[tokio::test(start_paused = true)]
async fn slow_probes_open_at_their_rate() {
    let circuit = recovering(touchy().slow_rate(0.5, MILLI).probes(4).failure_rate(0.9)).await;
    take(&circuit, 2 * MILLI, Outcome::Success).await;
    assert_eq!(circuit.phase(), Phase::HalfOpen);
    take(&circuit, MILLI + NANO, Outcome::Success).await;
    assert_eq!(circuit.phase(), Phase::Open);
}

#[tokio::test(start_paused = true)]
async fn probes_that_are_just_not_slow_close() {
    let circuit = recovering(touchy().slow_rate(0.5, MILLI).probes(4)).await;
    for _ in 0..3 {
        take(&circuit, MILLI, Outcome::Success).await;
    }
    assert_eq!(circuit.phase(), Phase::Closed);
}

#[tokio::test(start_paused = true)]
async fn without_a_probe_in_flight_half_open_does_not_expire() {
    let circuit = recovering(builder()).await;
    succeed(&circuit, 1);
    advance(Duration::from_secs(1_000_000)).await;
    enter(&circuit).success();
    assert_eq!(counted(&circuit), (2, 0, 0));
    assert_eq!(circuit.phase(), Phase::HalfOpen);
}

#[tokio::test(start_paused = true)]
async fn a_hanging_probe_opens_even_where_places_are_free() {
    let circuit = recovering(builder()).await;
    let _hanging = enter(&circuit);
    advance(30 * SECOND).await;
    assert_eq!(rejection(&circuit).reason(), RejectionReason::CircuitOpen);
    assert_eq!(circuit.phase(), Phase::Open);
}

#[tokio::test(start_paused = true)]
async fn an_admission_puts_off_the_end_of_half_open() {
    let circuit = recovering(builder()).await;
    let _first = enter(&circuit);
    advance(30 * SECOND - NANO).await;
    let _second = enter(&circuit);
    advance(30 * SECOND - NANO).await;
    let _third = enter(&circuit);
    assert_eq!(circuit.phase(), Phase::HalfOpen);
}

#[tokio::test(start_paused = true)]
async fn a_counted_result_puts_off_the_end_of_half_open() {
    let circuit = recovering(builder()).await;
    let (first, _second) = (enter(&circuit), enter(&circuit));
    advance(30 * SECOND - NANO).await;
    first.success();
    advance(30 * SECOND - NANO).await;
    let _third = enter(&circuit);
    assert_eq!(circuit.phase(), Phase::HalfOpen);
}

#[tokio::test(start_paused = true)]
async fn an_abandoned_or_ignored_probe_does_not_put_off_the_end_of_half_open() {
    let circuit = recovering(builder()).await;
    let (first, second, _third) = (enter(&circuit), enter(&circuit), enter(&circuit));
    advance(20 * SECOND).await;
    drop(first);
    second.settle(Outcome::Ignored);
    advance(10 * SECOND).await;
    assert_eq!(rejection(&circuit).reason(), RejectionReason::CircuitOpen);
}

#[tokio::test(start_paused = true)]
async fn a_half_open_that_hung_opens_from_the_call_that_found_it_for_the_next_step() {
    let steps = Backoff::exponential(SECOND, 10 * SECOND).jitter(Jitter::None);
    let circuit = recovering(touchy().open_for(steps)).await;
    let _hanging = enter(&circuit);
    advance(100 * SECOND).await;
    assert_eq!(rejection(&circuit).retry_after(), Some(2 * SECOND));
}

#[tokio::test(start_paused = true)]
async fn without_half_open_time_the_next_call_opens_while_a_probe_is_in_flight() {
    let circuit = recovering(touchy().probes(5).half_open_for(Duration::ZERO)).await;
    let _probe = enter(&circuit);
    assert_eq!(rejection(&circuit).reason(), RejectionReason::CircuitOpen);
}

#[tokio::test(start_paused = true)]
async fn the_longest_half_open_time_does_not_end() {
    let circuit = recovering(touchy().half_open_for(Duration::MAX)).await;
    let _probe = enter(&circuit);
    advance(Duration::from_secs(1 << 32)).await;
    assert_eq!(rejection(&circuit).reason(), RejectionReason::ProbesTaken);
}

#[tokio::test(start_paused = true)]
async fn a_recovered_circuit_starts_with_an_empty_window() {
    let circuit = recovering(builder()).await;
    succeed(&circuit, 3);
    assert_eq!(counted(&circuit), (0, 0, 0));
    fail(&circuit, 19);
    assert_eq!(circuit.phase(), Phase::Closed);
}

#[tokio::test(start_paused = true)]
async fn a_recovered_circuit_starts_with_an_empty_count_window_and_no_run() {
    let circuit = recovering(builder().count_window(20).consecutive(3).probes(1)).await;
    succeed(&circuit, 1);
    assert_eq!(counted(&circuit), (0, 0, 0));
    fail(&circuit, 2);
    assert_eq!(circuit.phase(), Phase::Closed);
}

// Late results.

#[tokio::test(start_paused = true)]
async fn a_late_failure_does_not_open_a_half_open_circuit() {
    let circuit = circuit(touchy());
    let straggler = enter(&circuit);
    fail(&circuit, 1);
    open_time(&circuit).await;
    let _probe = enter(&circuit);
    straggler.failure();
    assert_eq!(circuit.phase(), Phase::HalfOpen);
    assert_eq!(circuit.snapshot().late, 1);
}

#[tokio::test(start_paused = true)]
async fn a_late_success_is_counted_as_late_only() {
    let circuit = circuit(touchy());
    let straggler = enter(&circuit);
    fail(&circuit, 1);
    straggler.success();
    assert_eq!(circuit.snapshot().late, 1);
    assert_eq!(circuit.phase(), Phase::Open);
}

#[tokio::test(start_paused = true)]
async fn a_call_abandoned_late_is_not_a_late_result() {
    let circuit = circuit(touchy());
    let straggler = enter(&circuit);
    fail(&circuit, 1);
    drop(straggler);
    assert_eq!(circuit.snapshot().late, 0);
}

#[tokio::test(start_paused = true)]
async fn a_result_from_before_the_break_does_not_count_after_recovery() {
    let circuit = circuit(touchy());
    let straggler = enter(&circuit);
    fail(&circuit, 1);
    open_time(&circuit).await;
    succeed(&circuit, 1);
    straggler.failure();
    assert_eq!(circuit.phase(), Phase::Closed);
    assert_eq!(counted(&circuit), (0, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_hung_probe_that_comes_back_is_late() {
    let circuit = recovering(touchy()).await;
    let hung = enter(&circuit);
    advance(30 * SECOND).await;
    assert!(circuit.try_enter().is_err());
    hung.success();
    assert_eq!(circuit.phase(), Phase::Open);
    assert_eq!(circuit.snapshot().late, 1);
}

#[tokio::test(start_paused = true)]
async fn results_after_the_verdict_of_the_probes_are_late() {
    let circuit = recovering(builder()).await;
    let probes: Vec<_> = (0..5).map(|_| enter(&circuit)).collect();
    probes.into_iter().for_each(CircuitGuard::failure);
    assert_eq!(circuit.phase(), Phase::Open);
    assert_eq!(circuit.snapshot().late, 2);
}

// By hand.

#[tokio::test(start_paused = true)]
async fn a_forced_open_circuit_rejects_without_a_time() {
    let circuit = circuit(builder());
    circuit.force_open();
    assert_eq!(circuit.phase(), Phase::ForcedOpen);
    let rejection = rejection(&circuit);
    assert_eq!((rejection.reason(), rejection.retry_after()), (RejectionReason::ForcedOpen, None));
}

#[tokio::test(start_paused = true)]
async fn a_forced_closed_circuit_never_rejects_and_counts_nothing() {
    let circuit = circuit(builder().consecutive(1));
    circuit.force_closed();
    fail(&circuit, 100);
    assert_eq!(circuit.phase(), Phase::ForcedClosed);
    assert_eq!(counted(&circuit), (0, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn what_a_forced_closed_circuit_saw_does_not_count_after() {
    let circuit = circuit(builder());
    fail(&circuit, 19);
    circuit.force_closed();
    fail(&circuit, 19);
    circuit.reset();
    fail(&circuit, 19);
    assert_eq!(circuit.phase(), Phase::Closed);
}

#[tokio::test(start_paused = true)]
async fn a_circuit_that_only_measures_starts_with_an_empty_window() {
    let circuit = circuit(builder());
    fail(&circuit, 19);
    circuit.metrics_only();
    assert_eq!(counted(&circuit), (0, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_circuit_that_only_measures_counts() {
    let circuit = circuit(builder());
    circuit.metrics_only();
    settle(&circuit, [Outcome::Failed, Outcome::Success]);
    assert_eq!(counted(&circuit), (2, 1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_circuit_that_only_measures_never_rejects() {
    let circuit = circuit(builder().consecutive(1));
    circuit.metrics_only();
    fail(&circuit, 100);
    assert_eq!(circuit.phase(), Phase::MetricsOnly);
}

#[tokio::test(start_paused = true)]
async fn no_time_and_no_result_leaves_what_was_set_by_hand() {
    for set in [CircuitHandle::force_open, CircuitHandle::force_closed, CircuitHandle::metrics_only] {
        let circuit = recovering(touchy()).await;
        let probe = enter(&circuit);
        set(&circuit);
        let phase = circuit.phase();
        probe.success();
        advance(Duration::from_secs(1_000_000)).await;
        for _ in 0..100 {
            circuit.try_enter().map(CircuitGuard::failure).ok();
            circuit.try_enter().map(CircuitGuard::success).ok();
        }
        assert_eq!(circuit.phase(), phase);
    }
}

#[tokio::test(start_paused = true)]
async fn a_circuit_set_by_hand_can_be_set_otherwise_by_hand() {
    let circuit = circuit(builder());
    for (set, phase) in [
        (CircuitHandle::force_open as fn(&CircuitHandle), Phase::ForcedOpen),
        (CircuitHandle::metrics_only, Phase::MetricsOnly),
        (CircuitHandle::force_closed, Phase::ForcedClosed),
        (CircuitHandle::force_open, Phase::ForcedOpen),
        (CircuitHandle::reset, Phase::Closed),
    ] {
        set(&circuit);
        assert_eq!(circuit.phase(), phase);
    }
}

#[tokio::test(start_paused = true)]
async fn reset_closes_from_any_phase() {
    let circuit = recovering(touchy()).await;
    circuit.reset();
    assert_eq!(circuit.phase(), Phase::Closed);
    fail(&circuit, 1);
    open_time(&circuit).await;
    let _probe = enter(&circuit);
    circuit.reset();
    assert_eq!(circuit.phase(), Phase::Closed);
    for set in [CircuitHandle::force_open, CircuitHandle::force_closed, CircuitHandle::metrics_only] {
        set(&circuit);
        circuit.reset();
        assert_eq!(circuit.phase(), Phase::Closed);
        enter(&circuit).success();
    }
}

#[tokio::test(start_paused = true)]
async fn reset_empties_the_window_of_a_closed_circuit() {
    let circuit = circuit(builder().consecutive(20));
    fail(&circuit, 19);
    circuit.reset();
    assert_eq!(counted(&circuit), (0, 0, 0));
    assert_eq!(circuit.snapshot().counts.consecutive, 0);
    fail(&circuit, 19);
    assert_eq!(circuit.phase(), Phase::Closed);
}

#[tokio::test(start_paused = true)]
async fn reset_empties_a_count_window() {
    let circuit = circuit(builder().count_window(20));
    fail(&circuit, 19);
    circuit.reset();
    assert_eq!(counted(&circuit), (0, 0, 0));
    fail(&circuit, 19);
    assert_eq!(circuit.phase(), Phase::Closed);
}

#[tokio::test(start_paused = true)]
async fn reset_takes_the_first_step_again() {
    let circuit = circuit(touchy().open_for(Backoff::exponential(SECOND, 60 * SECOND).jitter(Jitter::None)));
    for _ in 0..4 {
        fail(&circuit, 1);
        open_time(&circuit).await;
    }
    circuit.reset();
    fail(&circuit, 1);
    assert_eq!(rejection(&circuit).retry_after(), Some(SECOND));
}

#[tokio::test(start_paused = true)]
async fn reset_makes_calls_in_flight_late() {
    let circuit = circuit(touchy());
    let in_flight = enter(&circuit);
    circuit.reset();
    in_flight.failure();
    assert_eq!(circuit.phase(), Phase::Closed);
    assert_eq!(counted(&circuit), (0, 0, 0));
    assert_eq!(circuit.snapshot().late, 1);
}

// Snapshots.

#[tokio::test(start_paused = true)]
async fn a_closed_snapshot_has_the_counts_of_the_window_and_no_time() {
    let circuit = circuit(builder().min_calls(3).slow_rate(1.0, SECOND));
    settle(&circuit, [Outcome::Failed, Outcome::Success, Outcome::Success]);
    take(&circuit, 2 * SECOND, Outcome::Success).await;
    let snapshot = circuit.snapshot();
    assert_eq!((snapshot.phase, snapshot.retry_after), (Phase::Closed, None));
    assert_eq!((snapshot.failure_rate, snapshot.slow_rate), (Some(0.25), Some(0.25)));
    assert_eq!(counted(&circuit), (4, 1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_rate_is_none_below_min_calls() {
    let circuit = circuit(builder().min_calls(2));
    succeed(&circuit, 1);
    assert_eq!((circuit.snapshot().failure_rate, circuit.snapshot().slow_rate), (None, None));
    succeed(&circuit, 1);
    assert_eq!((circuit.snapshot().failure_rate, circuit.snapshot().slow_rate), (Some(0.0), Some(0.0)));
}

#[tokio::test(start_paused = true)]
async fn an_open_snapshot_says_what_is_left_and_zero_once_it_is_over() {
    let circuit = circuit(touchy());
    fail(&circuit, 1);
    assert_eq!(circuit.snapshot().retry_after, Some(SECOND));
    advance(SECOND - NANO).await;
    assert_eq!(circuit.snapshot().retry_after, Some(NANO));
    advance(NANO).await;
    assert_eq!(circuit.snapshot().retry_after, Some(Duration::ZERO));
    advance(SECOND).await;
    assert_eq!(circuit.snapshot().retry_after, Some(Duration::ZERO));
    assert_eq!(circuit.snapshot().phase, Phase::Open);
}

#[tokio::test(start_paused = true)]
async fn a_half_open_snapshot_has_the_counts_of_the_probes() {
    let circuit = recovering(builder().min_calls(2)).await;
    succeed(&circuit, 1);
    assert_eq!(circuit.snapshot().failure_rate, None);
    fail(&circuit, 1);
    let _in_flight = enter(&circuit);
    let snapshot = circuit.snapshot();
    assert_eq!((snapshot.phase, snapshot.retry_after), (Phase::HalfOpen, None));
    assert_eq!(snapshot.failure_rate, Some(0.5));
    assert_eq!(counted(&circuit), (2, 1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_of_what_was_set_by_hand_has_no_time() {
    for set in [CircuitHandle::force_open, CircuitHandle::force_closed, CircuitHandle::metrics_only] {
        let circuit = recovering(touchy()).await;
        set(&circuit);
        assert_eq!(circuit.snapshot().retry_after, None);
    }
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_counts_rejections_since_the_build() {
    let circuit = recovering(touchy()).await;
    assert_eq!(circuit.snapshot().rejected, 0);
    let probe = enter(&circuit);
    rejection(&circuit);
    probe.failure();
    rejection(&circuit);
    circuit.force_open();
    rejection(&circuit);
    circuit.reset();
    assert_eq!(circuit.snapshot().rejected, 3);
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_says_when_each_phase_began() {
    let circuit = circuit(touchy());
    assert_eq!(circuit.snapshot().since, now());
    advance(SECOND).await;
    fail(&circuit, 1);
    assert_eq!(circuit.snapshot().since, now());
    advance(3 * SECOND).await;
    let probe = enter(&circuit);
    assert_eq!(circuit.snapshot().since, now());
    advance(SECOND).await;
    assert_eq!(circuit.snapshot().since, now() - SECOND);
    probe.success();
    assert_eq!(circuit.snapshot().since, now());
    advance(SECOND).await;
    circuit.force_open();
    assert_eq!(circuit.snapshot().since, now());
}

// Outcomes.

/// What a service whose result is classified as `outcome` leaves in the window, and in a row.
async fn classified(outcome: Outcome) -> ((u64, u64, u64), u32) {
    let breaker = builder().consecutive(10).classify(move |_: Result<&u32, &Error>| outcome);
    let breaker = breaker.build().expect("the settings are legal");
    let circuit = breaker.handle();
    let service = breaker.layer(echo());
    service.clone().oneshot(Ok(1)).await.expect("it answers");
    service.oneshot(Err(Down(1))).await.expect_err("it fails");
    (counted(&circuit), circuit.snapshot().counts.consecutive)
}

#[tokio::test(start_paused = true)]
async fn success_counts_as_success() {
    assert_eq!(classified(Outcome::Success).await, ((2, 0, 0), 0));
}

#[tokio::test(start_paused = true)]
async fn transient_counts_as_failure() {
    assert_eq!(classified(Outcome::Transient).await, ((2, 2, 0), 2));
}

#[tokio::test(start_paused = true)]
async fn throttled_counts_in_the_rate_and_not_in_a_row() {
    assert_eq!(classified(Outcome::Throttled { retry_after: Some(SECOND) }).await, ((2, 2, 0), 0));
}

#[tokio::test(start_paused = true)]
async fn failed_counts_as_failure() {
    assert_eq!(classified(Outcome::Failed).await, ((2, 2, 0), 2));
}

#[tokio::test(start_paused = true)]
async fn ignored_counts_as_nothing() {
    assert_eq!(classified(Outcome::Ignored).await, ((0, 0, 0), 0));
}

#[tokio::test(start_paused = true)]
async fn without_a_classifier_an_answer_is_a_success_and_an_error_a_failure() {
    let breaker = builder().build().unwrap();
    let service = breaker.layer(echo());
    service.clone().oneshot(Ok(1)).await.unwrap();
    let error = service.oneshot(Err(Down(7))).await.unwrap_err();
    assert_eq!(error.downcast_ref(), Some(&Down(7)));
    assert_eq!(counted(&breaker.handle()), (2, 1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_timeout_below_counts_as_failure() {
    let breaker = builder().build().unwrap();
    let service = ServiceBuilder::new().layer(&breaker).layer(TimeoutLayer::new(SECOND));
    let service = service.service(strict(|()| pending::<Result<(), Down>>()));
    assert!(service.oneshot(()).await.unwrap_err().is_timeout());
    assert_eq!(counted(&breaker.handle()), (1, 1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_rejection_from_below_is_neutral_and_never_classified() {
    let seen = |result: Result<&u32, &Error>| unreachable!("the classifier was asked about {result:?}");
    let breaker = touchy().classify(seen).build().unwrap();
    let service = ServiceBuilder::new().layer(&breaker).layer(BulkheadLayer::new(0)).service(echo());
    let result = service.oneshot(Ok(1)).await;
    assert_eq!(reason(&result), Some(RejectionReason::Full));
    assert_eq!(counted(&breaker.handle()), (0, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_probe_rejected_from_below_frees_its_place() {
    let breaker = touchy().build().unwrap();
    let circuit = breaker.handle();
    fail(&circuit, 1);
    open_time(&circuit).await;
    let service = ServiceBuilder::new().layer(&breaker).layer(BulkheadLayer::new(0)).service(echo());
    for _ in 0..3 {
        let result = service.clone().oneshot(Ok(1)).await;
        assert_eq!(reason(&result), Some(RejectionReason::Full));
    }
}

// Rejections.

#[tokio::test(start_paused = true)]
async fn a_rejection_says_which_layer_and_which_instance() {
    let circuit = circuit(touchy());
    fail(&circuit, 1);
    let rejection = rejection(&circuit);
    assert_eq!((rejection.layer(), rejection.name().as_str()), ("circuit breaker", "payments"));
}

#[tokio::test(start_paused = true)]
async fn a_rejected_call_does_not_reach_the_service() {
    let breaker = touchy().build().unwrap();
    let inner = echo();
    let calls = inner.calls();
    let mut service = breaker.layer(inner);
    service.ready().await.unwrap().call(Err(Down(1))).await.unwrap_err();
    let result = service.ready().await.unwrap().call(Ok(1)).await;
    assert_eq!(reason(&result), Some(RejectionReason::CircuitOpen));
    assert_eq!(calls.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn when_all_probes_are_taken_a_rejection_has_no_time() {
    let circuit = recovering(touchy()).await;
    let _probe = enter(&circuit);
    assert_eq!(rejection(&circuit).retry_after(), None);
}

// One layer, one circuit.

#[tokio::test(start_paused = true)]
async fn services_of_one_layer_share_one_circuit() {
    let breaker = touchy().build().unwrap();
    breaker.layer(echo()).oneshot(Err(Down(1))).await.unwrap_err();
    let result = breaker.clone().layer(echo()).oneshot(Ok(1)).await;
    assert_eq!(reason(&result), Some(RejectionReason::CircuitOpen));
}

#[tokio::test(start_paused = true)]
async fn services_of_two_layers_do_not_share_a_circuit() {
    let (one, other) = (touchy().build().unwrap(), touchy().build().unwrap());
    one.layer(echo()).oneshot(Err(Down(1))).await.unwrap_err();
    assert_eq!(other.layer(echo()).oneshot(Ok(1)).await.unwrap(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_handle_outlives_the_layer_and_its_services() {
    let circuit = circuit(touchy());
    fail(&circuit.clone(), 1);
    assert_eq!(circuit.phase(), Phase::Open);
}

#[tokio::test(start_paused = true)]
async fn the_same_seed_opens_for_the_same_times() {
    let mut runs = Vec::new();
    for _ in 0..2 {
        let circuit = circuit(touchy().seed(7).open_for(Backoff::exponential(SECOND, 60 * SECOND)));
        let mut run = Vec::new();
        for _ in 0..10 {
            fail(&circuit, 1);
            run.push(circuit.snapshot().retry_after);
            open_time(&circuit).await;
        }
        runs.push(run);
    }
    assert_eq!(runs[0], runs[1]);
}

// Readiness.

#[tokio::test(start_paused = true)]
async fn an_open_circuit_is_ready_without_a_look_at_the_service() {
    let (breaker, gate) = (touchy().build().unwrap(), Gate::new([Poll::Pending]));
    let mut service = breaker.layer(gate.clone());
    for set in [|circuit: &CircuitHandle| fail(circuit, 1), CircuitHandle::force_open] {
        set(&breaker.handle());
        assert!(matches!(poll_ready(&mut service), Poll::Ready(Ok(()))));
    }
    assert_eq!(gate.polls(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_closed_circuit_is_as_ready_as_its_service() {
    let breaker = touchy().build().unwrap();
    let mut service = breaker.layer(Gate::new([Poll::Pending]));
    assert!(poll_ready(&mut service).is_pending());
    assert!(poll_ready(&mut service).is_ready());
}

#[tokio::test(start_paused = true)]
async fn a_call_let_through_after_the_open_time_polls_readiness_once_with_a_noop_waker() {
    let (breaker, gate) = (touchy().build().unwrap(), Gate::new([]));
    let mut service = breaker.layer(gate.clone());
    fail(&breaker.handle(), 1);
    let mut readied = task::spawn(service.ready());
    let service = assert_ready_ok!(readied.poll());
    advance(SECOND).await;
    service.call(()).await.unwrap();
    assert_eq!(*gate.noop_polls.lock().unwrap(), [true]);
}

#[tokio::test(start_paused = true)]
async fn a_call_let_through_to_a_service_that_is_not_ready_is_rejected() {
    let (breaker, gate) = (touchy().build().unwrap(), Gate::new([Poll::Pending]));
    let mut service = breaker.layer(gate.clone());
    fail(&breaker.handle(), 1);
    assert!(poll_ready(&mut service).is_ready());
    advance(SECOND).await;
    let result = service.call(()).await;
    let rejection = *result.as_ref().unwrap_err().rejection().unwrap();
    assert_eq!((rejection.reason(), rejection.retry_after()), (RejectionReason::NotReady, None));
    assert_eq!((rejection.layer(), rejection.name().as_str()), ("circuit breaker", "payments"));
    assert_eq!(gate.polls(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_call_rejected_as_not_ready_gives_its_probe_place_back() {
    let breaker = touchy().build().unwrap();
    let mut service = breaker.layer(Gate::new([Poll::Pending]));
    fail(&breaker.handle(), 1);
    assert!(poll_ready(&mut service).is_ready());
    advance(SECOND).await;
    drop(service.call(()));
    assert_eq!(breaker.handle().snapshot().rejected, 1);
    assert_eq!(counted(&breaker.handle()), (0, 0, 0));
    assert_eq!(breaker.handle().phase(), Phase::HalfOpen);
    enter(&breaker.handle()).success();
    assert_eq!(breaker.handle().phase(), Phase::Closed);
}

#[tokio::test(start_paused = true)]
async fn a_call_rejected_as_not_ready_does_not_call_the_service_later_without_a_new_poll() {
    let (breaker, gate) = (touchy().build().unwrap(), Gate::new([Poll::Pending]));
    let mut service = breaker.layer(gate.clone());
    fail(&breaker.handle(), 1);
    assert!(poll_ready(&mut service).is_ready());
    advance(SECOND).await;
    service.call(()).await.unwrap_err();
    service.ready().await.unwrap().call(()).await.unwrap();
    assert_eq!(gate.polls(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_readiness_error_is_returned_and_recorded_as_a_failure() {
    let breaker = builder().build().unwrap();
    let mut service = breaker.layer(Gate::new([Poll::Ready(Err(Down(3)))]));
    let error = service.ready().await.unwrap_err();
    assert_eq!(error.downcast_ref(), Some(&Down(3)));
    assert_eq!(counted(&breaker.handle()), (1, 1, 0));
}

#[tokio::test(start_paused = true)]
async fn readiness_errors_open() {
    let breaker = builder().build().unwrap();
    let mut service = breaker.layer(Gate::new([Poll::Ready(Err(Down(3))); 20]));
    for _ in 0..20 {
        service.ready().await.unwrap_err();
    }
    assert_eq!(breaker.handle().phase(), Phase::Open);
}

#[tokio::test(start_paused = true)]
async fn a_readiness_error_of_a_call_let_through_is_returned_and_opens_again() {
    let breaker = touchy().build().unwrap();
    let mut service = breaker.layer(Gate::new([Poll::Ready(Err(Down(3)))]));
    fail(&breaker.handle(), 1);
    assert!(poll_ready(&mut service).is_ready());
    advance(SECOND).await;
    let error = service.call(()).await.unwrap_err();
    assert_eq!(error.downcast_ref(), Some(&Down(3)));
    assert_eq!(breaker.handle().phase(), Phase::Open);
}

#[tokio::test(start_paused = true)]
async fn a_readiness_error_in_half_open_counts_as_a_failed_probe() {
    let breaker = touchy().probes(3).build().unwrap();
    let circuit = breaker.handle();
    fail(&circuit, 1);
    open_time(&circuit).await;
    drop(enter(&circuit));
    breaker.layer(Gate::new([Poll::Ready(Err(Down(3)))])).ready().await.unwrap_err();
    assert_eq!(counted(&circuit), (1, 1, 0));
}

#[tokio::test(start_paused = true)]
async fn while_all_probes_are_taken_the_service_is_not_asked_for_readiness() {
    let events = Events::record();
    let breaker = touchy().build().unwrap();
    let circuit = breaker.handle();
    fail(&circuit, 1);
    open_time(&circuit).await;
    let _probe = enter(&circuit);
    breaker.layer(Gate::new([Poll::Ready(Err(Down(3)))])).ready().await.unwrap();
    assert_eq!(circuit.snapshot().rejected, 0);
    assert!(events.of(TARGET).iter().all(|event| event.field("reason") != "probes_taken"));
}

#[tokio::test(start_paused = true)]
async fn a_service_whose_readiness_failed_is_not_called_before_it_is_ready_again() {
    let breaker = touchy().build().unwrap();
    let mut service =
        breaker.layer(Gate::new([Poll::Ready(Ok(())), Poll::Ready(Err(Down(3))), Poll::Pending, Poll::Pending]));
    assert!(matches!(poll_ready(&mut service), Poll::Ready(Ok(()))));
    assert!(matches!(poll_ready(&mut service), Poll::Ready(Err(_))));
    assert_eq!(breaker.handle().phase(), Phase::Open);
    assert!(matches!(poll_ready(&mut service), Poll::Ready(Ok(()))));
    breaker.handle().reset();
    assert_eq!(reason(&service.call(()).await), Some(RejectionReason::NotReady));
}

#[tokio::test(start_paused = true)]
async fn a_rejected_call_leaves_its_service_ready_for_the_next() {
    let (breaker, gate) = (touchy().build().unwrap(), Gate::new([]));
    let mut service = breaker.layer(gate.clone());
    assert!(poll_ready(&mut service).is_ready());
    breaker.handle().force_open();
    service.call(()).await.unwrap_err();
    breaker.handle().reset();
    assert!(poll_ready(&mut service).is_ready());
    service.call(()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_clone_of_a_ready_service_readies_its_own() {
    let (breaker, gate) = (touchy().build().unwrap(), Gate::new([]));
    let mut service = breaker.layer(gate.clone());
    assert!(poll_ready(&mut service).is_ready());
    let mut clone = service.clone();
    clone.ready().await.unwrap().call(()).await.unwrap();
    assert_eq!(gate.polls(), 2);
}

#[tokio::test(start_paused = true)]
async fn an_idle_ready_service_holds_no_probe_place() {
    let breaker = touchy().build().unwrap();
    let circuit = breaker.handle();
    fail(&circuit, 1);
    open_time(&circuit).await;
    drop(enter(&circuit));
    let mut idle = breaker.layer(Gate::new([]));
    assert!(poll_ready(&mut idle).is_ready());
    enter(&circuit).success();
    assert_eq!(circuit.phase(), Phase::Closed);
}

// Dropping.

type Answer = oneshot::Receiver<Result<u32, Down>>;

/// A breaker over a service that answers when it is told to.
macro_rules! told {
    ($breaker:expr) => {
        $breaker.layer(strict(|answer: Answer| async { answer.await.expect("the test answers") }))
    };
}

#[tokio::test(start_paused = true)]
async fn a_call_dropped_before_its_first_poll_is_abandoned() {
    let breaker = touchy().build().unwrap();
    let circuit = breaker.handle();
    fail(&circuit, 1);
    open_time(&circuit).await;
    let mut service = told!(breaker);
    service.ready().await.unwrap();
    drop(service.call(oneshot::channel().1));
    assert_eq!(counted(&circuit), (0, 0, 0));
    let _probe = enter(&circuit);
}

#[tokio::test(start_paused = true)]
async fn a_call_dropped_in_flight_is_abandoned() {
    let breaker = touchy().build().unwrap();
    let circuit = breaker.handle();
    fail(&circuit, 1);
    open_time(&circuit).await;
    let (_answer, answered) = oneshot::channel();
    let mut call = task::spawn(told!(breaker).oneshot(answered));
    assert_pending!(call.poll());
    assert_eq!(rejection(&circuit).reason(), RejectionReason::ProbesTaken);
    drop(call);
    assert_eq!(counted(&circuit), (0, 0, 0));
    let _probe = enter(&circuit);
}

#[tokio::test(start_paused = true)]
async fn a_call_dropped_after_its_result_is_counted_once() {
    let breaker = builder().build().unwrap();
    let (answer, answered) = oneshot::channel();
    let mut call = task::spawn(told!(breaker).oneshot(answered));
    assert_pending!(call.poll());
    answer.send(Err(Down(1))).unwrap();
    assert!(assert_ready!(call.poll()).is_err());
    drop(call);
    assert_eq!(counted(&breaker.handle()), (1, 1, 0));
}

#[tokio::test(start_paused = true)]
async fn impatient_callers_do_not_open() {
    let breaker = touchy().build().unwrap();
    for _ in 0..50 {
        let (_answer, answered) = oneshot::channel();
        tokio::time::timeout(SECOND, told!(breaker).oneshot(answered)).await.unwrap_err();
    }
    assert_eq!(breaker.handle().phase(), Phase::Closed);
    assert_eq!(counted(&breaker.handle()), (0, 0, 0));
}

/// Counts of a breaker over a service that never answers, below a timeout of this limit.
async fn cut(builder: CircuitBreakerBuilder, limit: Duration) -> (u64, u64, u64) {
    let breaker = builder.build().expect("the settings are legal");
    let service = ServiceBuilder::new().layer(TimeoutLayer::new(limit)).layer(&breaker);
    let result = service.service(strict(|()| pending::<Result<(), Down>>())).oneshot(()).await;
    assert!(result.expect_err("nothing answers").is_timeout());
    counted(&breaker.handle())
}

#[tokio::test(start_paused = true)]
async fn a_call_cut_by_a_limit_of_ours_is_a_failure() {
    assert_eq!(cut(builder(), SECOND).await, (1, 1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_call_cut_by_a_limit_of_zero_is_a_failure() {
    assert_eq!(cut(builder(), Duration::ZERO).await, (1, 1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_call_cut_later_than_slow_after_is_a_slow_failure() {
    assert_eq!(cut(builder().slow_rate(1.0, SECOND), SECOND + MILLI).await, (1, 1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_call_cut_sooner_than_slow_after_is_abandoned() {
    assert_eq!(cut(builder().slow_rate(1.0, SECOND), SECOND - MILLI).await, (0, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_call_cut_at_exactly_slow_after_is_no_slow_failure() {
    assert_eq!(cut(builder().slow_rate(1.0, SECOND), SECOND).await, (0, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_probe_cut_sooner_than_slow_after_frees_its_place() {
    let breaker = touchy().slow_rate(1.0, 10 * SECOND).build().unwrap();
    let circuit = breaker.handle();
    fail(&circuit, 1);
    open_time(&circuit).await;
    let service = ServiceBuilder::new().layer(TimeoutLayer::new(SECOND)).layer(&breaker);
    service.service(strict(|()| pending::<Result<(), Down>>())).oneshot(()).await.unwrap_err();
    assert_eq!(circuit.phase(), Phase::HalfOpen);
    let _probe = enter(&circuit);
}

#[tokio::test(start_paused = true)]
async fn a_probe_cut_by_a_limit_of_ours_opens_again() {
    let breaker = touchy().build().unwrap();
    let circuit = breaker.handle();
    fail(&circuit, 1);
    open_time(&circuit).await;
    let service = ServiceBuilder::new().layer(TimeoutLayer::new(SECOND)).layer(&breaker);
    service.service(strict(|()| pending::<Result<(), Down>>())).oneshot(()).await.unwrap_err();
    assert_eq!(circuit.phase(), Phase::Open);
}

#[tokio::test(start_paused = true)]
async fn a_call_cut_after_a_reset_is_late() {
    let breaker = touchy().build().unwrap();
    let circuit = breaker.handle();
    let service = ServiceBuilder::new().layer(TimeoutLayer::new(SECOND)).layer(&breaker);
    let mut call = task::spawn(service.service(strict(|()| pending::<Result<(), Down>>())).oneshot(()));
    assert_pending!(call.poll());
    circuit.reset();
    advance(SECOND).await;
    assert!(assert_ready!(call.poll()).is_err());
    assert_eq!((circuit.phase(), circuit.snapshot().late), (Phase::Closed, 1));
}

#[tokio::test(start_paused = true)]
async fn a_guard_of_a_handle_cut_by_a_limit_of_ours_is_a_failure() {
    let circuit = circuit(builder());
    let held = circuit.clone();
    let service = strict(move |()| {
        let call = enter(&held);
        async move {
            pending::<()>().await;
            call.success();
            Ok::<_, Down>(())
        }
    });
    TimeoutLayer::new(SECOND).layer(service).oneshot(()).await.unwrap_err();
    assert_eq!(counted(&circuit), (1, 1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_call_cut_by_the_deadline_of_its_caller_is_abandoned() {
    let breaker = touchy().build().unwrap();
    let service = ServiceBuilder::new().layer(TimeoutLayer::new(10 * SECOND)).layer(&breaker);
    let call = service.service(strict(|()| pending::<Result<(), Down>>())).oneshot(());
    let started = now();
    let error = Deadline::after(SECOND).scope(call).await.unwrap_err();
    assert!(error.is_timeout());
    assert_eq!(now() - started, SECOND);
    assert_eq!(counted(&breaker.handle()), (0, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_limit_of_ours_nearer_than_the_deadline_of_the_caller_is_a_failure() {
    let breaker = builder().build().unwrap();
    let service = ServiceBuilder::new().layer(TimeoutLayer::new(SECOND)).layer(&breaker);
    let call = service.service(strict(|()| pending::<Result<(), Down>>())).oneshot(());
    Deadline::after(10 * SECOND).scope(call).await.unwrap_err();
    assert_eq!(counted(&breaker.handle()), (1, 1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_call_slow_by_its_own_time_is_slow_through_a_service() {
    let breaker = builder().slow_rate(1.0, SECOND).build().unwrap();
    let service = breaker.layer(strict(|duration| sleep(duration).map(Ok::<_, Down>)));
    service.clone().oneshot(SECOND).await.unwrap();
    assert_eq!(counted(&breaker.handle()), (1, 0, 0));
    service.oneshot(SECOND + MILLI).await.unwrap();
    assert_eq!(counted(&breaker.handle()), (2, 0, 1));
}

// Panics.

#[tokio::test(start_paused = true)]
async fn a_panic_in_call_propagates_and_counts_as_a_failure() {
    let breaker = builder().build().unwrap();
    let mut service = breaker.layer(strict(|()| -> std::future::Ready<Result<(), Down>> { panic!("in call") }));
    service.ready().await.unwrap();
    let panic = catch_unwind(AssertUnwindSafe(|| service.call(()))).unwrap_err();
    assert_eq!(panic.downcast_ref(), Some(&"in call"));
    assert_eq!(counted(&breaker.handle()), (1, 1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_panic_in_poll_propagates_and_counts_as_a_failure() {
    let breaker = builder().build().unwrap();
    let service = breaker.layer(strict(|()| async { broken() }));
    let panic = AssertUnwindSafe(service.oneshot(())).catch_unwind().await.unwrap_err();
    assert_eq!(panic.downcast_ref(), Some(&"in poll"));
    assert_eq!(counted(&breaker.handle()), (1, 1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_probe_that_panics_opens_again() {
    let breaker = touchy().build().unwrap();
    let circuit = breaker.handle();
    fail(&circuit, 1);
    open_time(&circuit).await;
    let service = breaker.layer(strict(|()| async { broken() }));
    AssertUnwindSafe(service.oneshot(())).catch_unwind().await.unwrap_err();
    assert_eq!(circuit.phase(), Phase::Open);
}

#[tokio::test(start_paused = true)]
async fn a_call_dropped_by_the_panic_of_somebody_else_is_abandoned() {
    let breaker = touchy().build().unwrap();
    let circuit = breaker.handle();
    fail(&circuit, 1);
    open_time(&circuit).await;
    let (_answer, answered) = oneshot::channel();
    let mut call = task::spawn(told!(breaker).oneshot(answered));
    assert_pending!(call.poll());
    let unwound = catch_unwind(AssertUnwindSafe(move || {
        let _call = call;
        panic!("of somebody else");
    }));
    assert!(unwound.is_err());
    assert_eq!(counted(&circuit), (0, 0, 0));
    assert_eq!(circuit.phase(), Phase::HalfOpen);
    let _probe = enter(&circuit);
}

#[tokio::test(start_paused = true)]
async fn a_guard_dropped_by_a_panic_of_its_holder_is_abandoned() {
    let circuit = recovering(touchy()).await;
    let probe = enter(&circuit);
    let unwound = catch_unwind(AssertUnwindSafe(move || {
        let _probe = probe;
        panic!("of its holder");
    }));
    assert!(unwound.is_err());
    assert_eq!(circuit.phase(), Phase::HalfOpen);
    let _again = enter(&circuit);
}

#[tokio::test(start_paused = true)]
async fn a_panic_in_the_classifier_frees_the_place() {
    let breaker = touchy().classify(|_: Result<&u32, &Error>| -> Outcome { panic!("in the classifier") });
    let breaker = breaker.build().unwrap();
    let circuit = breaker.handle();
    fail(&circuit, 1);
    open_time(&circuit).await;
    AssertUnwindSafe(breaker.layer(echo()).oneshot(Ok(1))).catch_unwind().await.unwrap_err();
    let _probe = enter(&circuit);
}

#[tokio::test(start_paused = true)]
async fn a_late_panic_decides_nothing() {
    let breaker = touchy().build().unwrap();
    let circuit = breaker.handle();
    let (answer, answered) = oneshot::channel();
    let mut call = task::spawn(told!(breaker).oneshot(answered));
    assert_pending!(call.poll());
    circuit.reset();
    drop(answer);
    assert!(catch_unwind(AssertUnwindSafe(|| call.poll())).is_err());
    drop(call);
    assert_eq!((circuit.phase(), circuit.snapshot().late), (Phase::Closed, 1));
}

// The guard.

#[tokio::test(start_paused = true)]
async fn a_guard_counts_as_it_is_settled() {
    let circuit = circuit(builder());
    enter(&circuit).success();
    assert_eq!(counted(&circuit), (1, 0, 0));
    enter(&circuit).failure();
    assert_eq!(counted(&circuit), (2, 1, 0));
    enter(&circuit).settle(Outcome::Transient);
    assert_eq!(counted(&circuit), (3, 2, 0));
    enter(&circuit).settle(THROTTLED);
    assert_eq!(counted(&circuit), (4, 3, 0));
    enter(&circuit).settle(Outcome::Ignored);
    drop(enter(&circuit));
    assert_eq!(counted(&circuit), (4, 3, 0));
}

#[tokio::test(start_paused = true)]
async fn a_guard_may_be_settled_on_another_thread() {
    let circuit = circuit(touchy());
    let call = enter(&circuit);
    std::thread::spawn(move || call.failure()).join().unwrap();
    assert_eq!(circuit.phase(), Phase::Open);
}

#[tokio::test(start_paused = true)]
async fn guards_and_services_share_one_circuit() {
    let breaker = touchy().build().unwrap();
    fail(&breaker.handle(), 1);
    let result = breaker.layer(echo()).oneshot(Ok(1)).await;
    assert_eq!(reason(&result), Some(RejectionReason::CircuitOpen));
}

#[tokio::test(start_paused = true)]
async fn a_handle_tells_the_name() {
    assert_eq!(circuit(builder()).name().as_str(), "payments");
    assert_eq!(CircuitBreakerLayer::consecutive(5).handle().name().as_str(), "circuit_breaker");
}

// Events.

/// Level, `from`, `to` and `reason` of each transition.
fn transitions(events: &Events) -> Vec<(Level, String, String, String)> {
    let told = |event: &support::events::Recorded, field: &str| event.field(field).to_owned();
    let is_transition = |event: &support::events::Recorded| event.fields.contains_key("to");
    let row = |event| (told(event, "from"), told(event, "to"), told(event, "reason"));
    let level = |event: &support::events::Recorded| event.level;
    let events = events.of(TARGET);
    let rows = events.iter().filter(|&event| is_transition(event)).map(|event| (level(event), row(event)));
    rows.map(|(level, (from, to, reason))| (level, from, to, reason)).collect()
}

fn row(level: Level, from: &str, to: &str, reason: &str) -> (Level, String, String, String) {
    (level, from.into(), to.into(), reason.into())
}

#[tokio::test(start_paused = true)]
async fn opening_and_recovering_are_told() {
    let events = Events::record();
    let circuit = recovering(touchy()).await;
    succeed(&circuit, 1);
    let told = [
        row(Level::WARN, "closed", "open", "failure_rate"),
        row(Level::INFO, "open", "half_open", "open_time_over"),
        row(Level::INFO, "half_open", "closed", "recovered"),
    ];
    assert_eq!(transitions(&events), told);
}

#[tokio::test(start_paused = true)]
async fn opening_tells_which_rule_tripped_and_the_counts_that_decided() {
    let events = Events::record();
    let circuit = circuit(touchy().min_calls(4).slow_rate(1.0, SECOND));
    settle(&circuit, [Outcome::Success, Outcome::Success, Outcome::Failed]);
    take(&circuit, 2 * SECOND, Outcome::Failed).await;
    let told = events.of(TARGET);
    let fields = ["name", "reason", "calls", "failures", "slow", "open_for"].map(|field| told[0].field(field));
    assert_eq!(fields, ["payments", "failure_rate", "4", "2", "1", "1s"]);
}

#[tokio::test(start_paused = true)]
async fn opening_by_slowness_is_told() {
    let events = Events::record();
    let circuit = circuit(touchy().slow_rate(1.0, SECOND));
    take(&circuit, 2 * SECOND, Outcome::Success).await;
    assert_eq!(transitions(&events), [row(Level::WARN, "closed", "open", "slow_rate")]);
}

#[tokio::test(start_paused = true)]
async fn opening_by_failures_in_a_row_is_told_with_their_number() {
    let events = Events::record();
    fail(&CircuitBreakerLayer::consecutive(3).handle(), 3);
    assert_eq!(transitions(&events), [row(Level::WARN, "closed", "open", "consecutive")]);
    assert_eq!(events.of(TARGET)[0].field("consecutive"), "3");
}

#[tokio::test(start_paused = true)]
async fn a_failed_recovery_is_told_with_the_counts_of_the_probes() {
    let circuit = recovering(builder()).await;
    let events = Events::record();
    settle(&circuit, [Outcome::Success, Outcome::Failed, Outcome::Failed, Outcome::Failed]);
    let opened = row(Level::WARN, "half_open", "open", "failure_rate");
    assert_eq!(transitions(&events), [row(Level::INFO, "open", "half_open", "open_time_over"), opened]);
    let told = events.of(TARGET);
    assert_eq!(["calls", "failures", "slow"].map(|field| told[1].field(field)), ["4", "3", "0"]);
}

#[tokio::test(start_paused = true)]
async fn a_recovery_that_hung_is_told() {
    let circuit = recovering(touchy()).await;
    let _hanging = enter(&circuit);
    let events = Events::record();
    advance(30 * SECOND).await;
    rejection(&circuit);
    assert_eq!(transitions(&events), [row(Level::WARN, "half_open", "open", "hung")]);
}

#[tokio::test(start_paused = true)]
async fn changes_by_hand_are_told() {
    let events = Events::record();
    let circuit = circuit(builder());
    circuit.force_open();
    circuit.force_closed();
    circuit.metrics_only();
    circuit.reset();
    let told = [
        row(Level::WARN, "closed", "forced_open", "by_hand"),
        row(Level::INFO, "forced_open", "forced_closed", "by_hand"),
        row(Level::INFO, "forced_closed", "metrics_only", "by_hand"),
        row(Level::INFO, "metrics_only", "closed", "by_hand"),
    ];
    assert_eq!(transitions(&events), told);
}

#[tokio::test(start_paused = true)]
async fn self_transitions_are_not_told() {
    let circuit = circuit(builder());
    for set in
        [CircuitHandle::reset, CircuitHandle::force_open, CircuitHandle::force_closed, CircuitHandle::metrics_only]
    {
        set(&circuit);
        let events = Events::record();
        set(&circuit);
        assert_eq!(events.of(TARGET), []);
    }
}

#[tokio::test(start_paused = true)]
async fn a_circuit_that_only_measures_tells_each_time_it_would_have_opened() {
    let circuit = circuit(touchy().min_calls(2));
    circuit.metrics_only();
    let events = Events::record();
    fail(&circuit, 1);
    assert_eq!(events.of(TARGET), []);
    fail(&circuit, 1);
    assert_eq!(transitions(&events), [row(Level::WARN, "metrics_only", "metrics_only", "failure_rate")]);
    assert_eq!(events.of(TARGET)[0].field("failures"), "2");
    fail(&circuit, 2);
    assert_eq!(transitions(&events).len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_rejection_is_told_at_debug() {
    let circuit = circuit(touchy());
    fail(&circuit, 1);
    let events = Events::record();
    rejection(&circuit);
    let told = events.of(TARGET);
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].level, Level::DEBUG);
    let fields = ["name", "reason", "retry_after"].map(|field| told[0].field(field));
    assert_eq!(fields, ["payments", "circuit_open", "1s"]);
}

#[tokio::test(start_paused = true)]
async fn each_reason_of_a_rejection_has_its_name_in_events() {
    let breaker = touchy().build().unwrap();
    let circuit = breaker.handle();
    fail(&circuit, 1);
    open_time(&circuit).await;
    let events = Events::record();
    drop(enter(&circuit));
    breaker.layer(Gate::new([Poll::Pending])).call(()).await.unwrap_err();
    let _probe = enter(&circuit);
    rejection(&circuit);
    circuit.force_open();
    rejection(&circuit);
    let told = events.of(TARGET);
    let rejected = told.iter().filter(|event| event.level == Level::DEBUG).map(|event| event.field("reason"));
    assert_eq!(rejected.collect::<Vec<_>>(), ["not_ready", "probes_taken", "forced_open"]);
}

#[tokio::test(start_paused = true)]
async fn ordinary_calls_are_not_told() {
    let events = Events::record();
    let circuit = circuit(builder());
    settle(&circuit, [Outcome::Success, Outcome::Failed, Outcome::Ignored, THROTTLED]);
    drop(enter(&circuit));
    assert_eq!(events.all(), []);
}

// Configuration.

/// The setting and the value that are not legal.
fn illegal(builder: CircuitBreakerBuilder) -> (&'static str, String) {
    let error = builder.build().expect_err("it is not legal");
    (error.setting(), error.value().to_owned())
}

fn is_legal(builder: CircuitBreakerBuilder) -> bool {
    builder.build().is_ok()
}

#[test]
fn a_rate_outside_of_zero_to_one_is_an_error() {
    let next_after_one = 1.0 + f64::EPSILON;
    for rate in [0.0, -0.0, -0.1, -1.0, next_after_one, 2.0, f64::MAX, f64::MIN, f64::INFINITY, f64::NEG_INFINITY] {
        assert_eq!(illegal(builder().failure_rate(rate)), ("failure_rate", rate.to_string()));
        assert_eq!(illegal(builder().slow_rate(rate, SECOND)), ("slow_rate", rate.to_string()));
    }
}

#[test]
fn a_rate_that_is_no_number_is_an_error() {
    assert_eq!(illegal(builder().failure_rate(f64::NAN)), ("failure_rate", "NaN".to_owned()));
    assert_eq!(illegal(builder().slow_rate(f64::NAN, SECOND)), ("slow_rate", "NaN".to_owned()));
}

#[test]
fn a_rate_in_zero_to_one_is_legal() {
    for rate in [f64::from_bits(1), f64::MIN_POSITIVE, 0.5, 1.0 - f64::EPSILON, 1.0] {
        assert!(is_legal(builder().failure_rate(rate)), "{rate}");
        assert!(is_legal(builder().slow_rate(rate, SECOND)), "{rate}");
    }
}

#[test]
fn any_slow_after_is_legal() {
    for slow_after in [Duration::ZERO, NANO, Duration::MAX] {
        assert!(is_legal(builder().slow_rate(0.5, slow_after)));
    }
}

#[test]
fn a_count_of_zero_is_an_error() {
    assert_eq!(illegal(builder().min_calls(0)), ("min_calls", "0".to_owned()));
    assert_eq!(illegal(builder().consecutive(0)), ("consecutive", "0".to_owned()));
    assert_eq!(illegal(builder().probes(0)), ("probes", "0".to_owned()));
    assert_eq!(illegal(builder().count_window(0)), ("count_window", "0".to_owned()));
    assert_eq!(illegal(builder().time_window(SECOND, 0)).0, "time_window");
}

#[test]
fn a_count_of_one_is_legal() {
    assert!(is_legal(builder().min_calls(1).consecutive(1).probes(1).count_window(1)));
    assert!(is_legal(builder().time_window(SECOND, 1)));
}

#[test]
fn more_probes_than_the_most_are_an_error() {
    assert!(is_legal(builder().probes(1023)));
    assert_eq!(illegal(builder().probes(1024)), ("probes", "1024".to_owned()));
    assert_eq!(illegal(builder().probes(u32::MAX)), ("probes", u32::MAX.to_string()));
}

#[test]
fn the_largest_counts_are_legal_where_no_other_setting_bounds_them() {
    assert!(is_legal(builder().min_calls(u32::MAX)));
    assert!(is_legal(builder().consecutive(u32::MAX)));
}

#[test]
fn min_calls_above_a_count_window_are_an_error() {
    assert!(is_legal(builder().min_calls(20).count_window(20)));
    assert_eq!(illegal(builder().min_calls(21).count_window(20)), ("min_calls", "21".to_owned()));
    assert_eq!(illegal(builder().count_window(19)), ("min_calls", "20".to_owned()));
}

#[test]
fn a_count_window_that_does_not_fit_is_an_error() {
    assert!(is_legal(builder().count_window(1 << 24)));
    assert_eq!(illegal(builder().count_window((1 << 24) + 1)).0, "count_window");
    assert_eq!(illegal(builder().count_window(u32::MAX)).0, "count_window");
}

#[test]
fn a_window_of_time_that_is_too_fine_is_an_error() {
    assert!(is_legal(builder().time_window(10 * MILLI, 10)));
    assert_eq!(illegal(builder().time_window(10 * MILLI - NANO, 10)).0, "time_window");
    assert_eq!(illegal(builder().time_window(Duration::ZERO, 1)).0, "time_window");
    assert!(is_legal(builder().time_window(SECOND, 1_000)));
    assert_eq!(illegal(builder().time_window(SECOND * 1_000, 1_001)).0, "time_window");
    assert_eq!(illegal(builder().time_window(Duration::MAX, u32::MAX)).0, "time_window");
}

#[test]
fn the_longest_window_of_time_is_legal() {
    let circuit = circuit(builder().time_window(Duration::MAX, 1_000));
    fail(&circuit, 19);
    assert_eq!(counted(&circuit), (19, 19, 0));
}

#[test]
fn an_open_time_with_its_base_above_its_cap_is_an_error() {
    assert!(is_legal(builder().open_for(Backoff::exponential(SECOND, SECOND))));
    assert_eq!(illegal(builder().open_for(Backoff::exponential(SECOND + NANO, SECOND))).0, "open_for");
    assert_eq!(illegal(builder().open_for(Backoff::exponential(NANO, Duration::ZERO))).0, "open_for");
}

#[test]
fn the_extremes_of_open_and_half_open_times_are_legal() {
    for time in [Duration::ZERO, Duration::MAX] {
        assert!(is_legal(builder().open_for(Backoff::constant(time)).half_open_for(time)));
        assert!(is_legal(builder().open_for(Backoff::exponential(time, Duration::MAX))));
    }
}

#[test]
fn a_breaker_without_any_rule_is_an_error() {
    assert_eq!(illegal(builder().without_failure_rate()).0, "failure_rate");
    assert!(is_legal(builder().without_failure_rate().consecutive(1)));
    assert!(is_legal(builder().without_failure_rate().slow_rate(1.0, SECOND)));
}

#[test]
fn a_name_without_text_or_too_long_is_an_error() {
    let named = |name: String| CircuitBreakerLayer::builder(name);
    assert_eq!(illegal(named(String::new())).0, "name");
    assert!(is_legal(named("n".repeat(64))));
    assert_eq!(illegal(named("n".repeat(65))).0, "name");
}

#[test]
fn an_error_says_the_layer_the_name_the_setting_the_value_and_what_is_legal() {
    let error: ConfigError = builder().failure_rate(1.5).build().unwrap_err();
    assert_eq!(error.legal(), "in (0, 1]");
    let message = error.to_string();
    for part in ["circuit breaker", "payments", "failure_rate", "1.5", "in (0, 1]"] {
        assert!(message.contains(part), "{message}");
    }
}

#[test]
fn each_error_says_the_value() {
    let values = [
        (builder().min_calls(21).count_window(20), "21"),
        (builder().time_window(MILLI, 7), "7"),
        (builder().time_window(MILLI, 0), "0"),
        (builder().open_for(Backoff::exponential(9 * SECOND, 8 * SECOND)), "9s"),
        (builder().probes(2_000), "2000"),
    ];
    for (builder, value) in values {
        let error = builder.build().unwrap_err();
        assert!(error.value().contains(value), "{error}");
        assert!(error.to_string().contains("circuit breaker `payments`"), "{error}");
        assert!(!error.legal().is_empty(), "{error}");
    }
}

/// A breaker over a service with room for one call, which hangs; half-open, with that call in flight as its probe.
async fn hung_below_a_limit(
    probes: u32,
) -> (CircuitHandle, impl Service<(), Response = (), Error = Error, Future: Send> + Clone + Send) {
    let open_for = Backoff::constant(Duration::from_secs(5));
    let builder = CircuitBreakerLayer::builder("hung").without_failure_rate().consecutive(1).probes(probes);
    let layer = builder.open_for(open_for).build().expect("legal");
    let circuit = layer.handle();
    let service =
        ServiceBuilder::new().layer(layer).concurrency_limit(1).service(strict(|()| pending::<Result<(), Error>>()));
    circuit.try_enter().expect("closed").failure();
    advance(Duration::from_secs(5)).await;
    tokio::spawn(service.clone().oneshot(()));
    tokio::task::yield_now().await;
    assert_eq!(circuit.phase(), Phase::HalfOpen);
    (circuit, service)
}

#[tokio::test(start_paused = true)]
async fn callers_do_not_wait_for_the_service_while_all_probes_are_taken() {
    let (_, service) = hung_below_a_limit(1).await;
    let result = service.oneshot(()).await;
    assert_eq!(result.unwrap_err().rejection().unwrap().reason(), RejectionReason::ProbesTaken);
}

#[tokio::test(start_paused = true)]
async fn a_hung_probe_that_the_service_waits_for_opens_the_circuit_again() {
    for probes in [1, 2] {
        let (circuit, service) = hung_below_a_limit(probes).await;
        advance(Duration::from_secs(30)).await;
        let result = service.oneshot(()).await;
        assert_eq!(result.unwrap_err().rejection().unwrap().reason(), RejectionReason::CircuitOpen);
        assert_eq!(circuit.phase(), Phase::Open);
    }
}
