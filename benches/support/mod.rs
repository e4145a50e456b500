//! What both benches need: the loop that is timed, the services within, and the stacks.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use std::{error, fmt};

use palisade::{
    Backoff, Budget, BulkheadLayer, CircuitBreaker, CircuitBreakerLayer, CoalesceLayer, Error, FallbackLayer,
    RetryLayer, ThrottleLayer, TimeoutLayer,
};
use tokio::runtime::{self, Runtime};
use tower::retry::Policy;
use tower::retry::budget::{Budget as _, TpsBudget};
use tower::util::ServiceFn;
use tower::{BoxError, Layer, Service, ServiceBuilder, ServiceExt, service_fn};

pub(crate) const PLACES: usize = 64;

/// The loops send the requests 0 to 99 in turn; this is the one that fails where one in a hundred does.
const LAST: u64 = 99;

const TOTAL_LIMIT: Duration = Duration::from_secs(3);
const FALLBACK: u64 = u64::MAX;

/// A service of a function.
pub(crate) type Inner<E> = ServiceFn<fn(u64) -> Ready<Result<u64, E>>>;

/// An error that takes no memory, so that boxing it takes none either.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Down;

impl fmt::Display for Down {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("down")
    }
}

impl error::Error for Down {}

/// Answers at once.
pub(crate) fn bare() -> Inner<Infallible> {
    service_fn(|n| ready(Ok(n)))
}

/// The key of a call, and a number of the thread: no two threads have one key.
type OwnKey = fn(&u64) -> (u64, u64);

/// Shares calls. No two are the same at one time.
pub(crate) fn sharing<E: Into<BoxError> + 'static>() -> CoalesceLayer<Inner<E>, u64, OwnKey> {
    static THREADS: AtomicU64 = AtomicU64::new(0);
    thread_local!(static THREAD: u64 = THREADS.fetch_add(1, Ordering::Relaxed));
    CoalesceLayer::by(|n| (*n, THREAD.with(|thread| *thread)))
}

/// Keeps what it is asked for.
#[cfg(feature = "moka")]
pub(crate) fn cached() -> impl Service<u64, Response = u64, Error = Error, Future: Send> + Clone + Send + 'static {
    let layer = palisade::CacheLayer::builder("bench", |n: &u64| *n).build().expect("legal");
    layer.layer(bare())
}

/// Fails for one request in a hundred.
pub(crate) fn one_in_hundred() -> Inner<Down> {
    service_fn(|n| ready(if n == LAST { Err(Down) } else { Ok(n) }))
}

/// The call was answered by the service.
pub(crate) fn answered<E>(n: u64, result: &Result<u64, E>) -> bool {
    matches!(result, Ok(answer) if *answer == n)
}

/// The call was answered, or failed if it was the one that does.
pub(crate) fn answered_but_last<E>(n: u64, result: &Result<u64, E>) -> bool {
    if n == LAST { result.is_err() } else { answered(n, result) }
}

pub(crate) fn rejected(_: u64, result: &Result<u64, Error>) -> bool {
    matches!(result, Err(Error::Rejected(_)))
}

/// Makes calls, one after another, and sees to it that each ends as intended.
pub(crate) async fn calls<S, F>(service: &mut S, calls: u64, intended: F)
where
    S: Service<u64, Response = u64>,
    F: Fn(u64, &Result<u64, S::Error>) -> bool,
{
    let mut n = 0;
    for _ in 0..calls {
        let result = match service.ready().await {
            Ok(service) => service.call(black_box(n)).await,
            Err(error) => Err(error),
        };
        assert!(intended(n, black_box(&result)), "a call ended otherwise than intended");
        n = if n == LAST { 0 } else { n + 1 };
    }
}

pub(crate) fn runtime() -> Runtime {
    runtime::Builder::new_current_thread().enable_time().build().expect("a thread may have a runtime")
}

/// A breaker of each kind, each time new.
pub(crate) fn breakers() -> [(&'static str, CircuitBreakerLayer); 3] {
    let count = CircuitBreakerLayer::builder("count").count_window(100).build().expect("legal");
    let time = CircuitBreakerLayer::builder("time").build().expect("legal");
    [("consecutive", CircuitBreakerLayer::consecutive(5)), ("count window", count), ("time window", time)]
}

/// A service whose breaker opened, and stays so.
pub(crate) fn open() -> CircuitBreaker<Inner<Down>> {
    let builder = CircuitBreakerLayer::builder("open").consecutive(1);
    let breaker = builder.open_for(Backoff::constant(Duration::from_secs(3600))).build().expect("legal");
    let service = breaker.layer(one_in_hundred());
    let failed = runtime().block_on(service.clone().oneshot(LAST));
    assert!(failed.is_err(), "the request that fails was answered");
    service
}

/// A throttle, each time new.
pub(crate) fn throttle() -> ThrottleLayer {
    ThrottleLayer::builder("bench").seed(1).build().expect("legal")
}

/// A budget that never runs dry.
pub(crate) fn budget() -> Budget {
    Budget::builder().ratio(1.0).build().expect("legal")
}

/// All five layers.
pub(crate) fn five() -> impl Service<u64, Response = u64, Error = Error, Future: Send> + Clone + Send + 'static {
    ServiceBuilder::new()
        .layer(FallbackLayer::value(FALLBACK))
        .layer(TimeoutLayer::new(TOTAL_LIMIT))
        .layer(RetryLayer::builder("five").budget(budget()).build().expect("legal"))
        .layer(CircuitBreakerLayer::builder("five").build().expect("legal"))
        .layer(BulkheadLayer::new(PLACES))
        .service(bare())
}

/// Four of tower's own, which has neither breaker nor fallback.
pub(crate) fn four_of_tower() -> impl Service<u64, Response = u64, Error: Send, Future: Send> + Clone + Send + 'static {
    ServiceBuilder::new()
        .timeout(TOTAL_LIMIT)
        .retry(Attempts::within(Some(tower_budget())))
        .load_shed()
        .concurrency_limit(PLACES)
        .service(bare())
}

/// The policy for tower's retry that its page shows.
#[derive(Clone)]
pub(crate) struct Attempts {
    left: u32,
    budget: Option<Arc<TpsBudget>>,
}

impl Attempts {
    pub(crate) fn within(budget: Option<Arc<TpsBudget>>) -> Self {
        Self { left: 2, budget }
    }
}

pub(crate) fn tower_budget() -> Arc<TpsBudget> {
    Arc::new(TpsBudget::new(Duration::from_secs(10), 10, 1.0))
}

impl<E> Policy<u64, u64, E> for Attempts {
    type Future = Ready<()>;

    fn retry(&mut self, _: &mut u64, result: &mut Result<u64, E>) -> Option<Self::Future> {
        let budget = self.budget.as_ref();
        if result.is_ok() {
            budget.inspect(|budget| budget.deposit());
            return None;
        }
        if self.left == 0 || !budget.is_none_or(|budget| budget.withdraw()) {
            return None;
        }
        self.left -= 1;
        Some(ready(()))
    }

    fn clone_request(&mut self, request: &u64) -> Option<u64> {
        Some(*request)
    }
}
