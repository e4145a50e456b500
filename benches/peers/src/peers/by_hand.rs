//! What one would write by hand for one client: tokio's parts, a few atomics, and no layer.

use std::convert::Infallible;
use std::future::poll_fn;
use std::hint::black_box;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicI64, AtomicU32, AtomicU64};
use std::task::Poll;
use std::time::Instant;

use ::http::Response;
use bytes::Bytes;
use http_body_util::Full;
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tower::service_fn;

use super::{ATTEMPTS, LIMIT, OPEN_FOR, PLACES, TOTAL_LIMIT, open};
use crate::http::Asked;
use crate::inner::FALLBACK;
use crate::measure::{Contender, answered, answered_but_last, contender};
use crate::rows::{After, Failure, First, Health, Path, Through, Window};
use crate::{http, inner, rows};

pub fn contend(path: Path) -> Option<Contender> {
    Some(match path {
        Path::Closed(Window::Consecutive, Health::Well) => {
            let breaker = Arc::new(Breaker::new(5));
            contender(service_fn(move |n| through(Arc::clone(&breaker), inner::answer(n))), answered)
        }
        Path::Closed(Window::Consecutive, Health::OneInHundred) => {
            let breaker = Arc::new(Breaker::new(5));
            contender(service_fn(move |n| through(Arc::clone(&breaker), inner::one_in_hundred(n))), answered_but_last)
        }
        Path::Open => {
            let breaker = Arc::new(Breaker::new(1));
            let service = service_fn(move |n| through(Arc::clone(&breaker), inner::one_in_hundred(n)));
            contender(open(service, 1), |_, result| matches!(result, Err(Error::Open)))
        }
        Path::Room => contender(bulkhead(PLACES), answered),
        Path::Full => contender(bulkhead(0), |_, result| matches!(result, Err(Error::Full))),
        Path::Ready => contender(service_fn(|n| limited(inner::answer(n))), answered),
        Path::PendingOnce => contender(service_fn(|n| limited(inner::pending_once(n))), answered),
        Path::Unneeded(budget) => {
            let budget = Tokens::new(budget);
            contender(service_fn(move |n| retried(budget.clone(), move || inner::fallible(n))), answered)
        }
        Path::OneFailure(budget, Failure::Error) => {
            let budget = Tokens::new(budget);
            contender(service_fn(move |n| retried(budget.clone(), move || inner::flaky(n))), answered)
        }
        Path::OneFailure(budget, Failure::Sized) => {
            let budget = Tokens::new(budget);
            contender(service_fn(move |n| retried(budget.clone(), move || inner::flaky_sized(n))), answered)
        }
        Path::Hedged(After::Delay, First::Ready) => {
            contender(service_fn(|n| hedged(move || inner::answer(n))), answered)
        }
        Path::Hedged(After::Delay, First::PendingOnce) => {
            contender(service_fn(|n| hedged(move || inner::pending_once(n))), answered)
        }
        Path::NotTaken => contender(service_fn(|n| fallen_back(inner::fallible(n))), answered),
        Path::Taken => {
            contender(service_fn(|n| fallen_back(inner::down(n))), |_, result| matches!(result, Ok(FALLBACK)))
        }
        Path::Measured => {
            let times = Arc::new(Times::default());
            contender(service_fn(move |n| measured(Arc::clone(&times), inner::answer(n))), answered)
        }
        Path::Five => five(),
        Path::Http(Through::Retry | Through::Five, ask) => http::calls(service_fn(copied), ask),
        Path::Closed(..)
        | Path::Found
        | Path::InRate
        | Path::OverRate
        | Path::OneOf(_)
        | Path::Throttled
        | Path::Hedged(After::Quantile, _)
        | Path::Alone
        | Path::Unharmed
        | Path::OneFailure(_, Failure::Response)
        | Path::Http(..)
        | Path::Frame(_) => return None,
    })
}

/// Copies the head of a request, as a client that may send it again must.
async fn copied(request: Asked) -> Result<Response<Full<Bytes>>, Infallible> {
    let head =
        (request.method().clone(), request.uri().clone(), request.headers().clone(), request.extensions().clone());
    let response = http::echo(request).await;
    drop(black_box(head));
    response
}

enum Error<E> {
    Open,
    Full,
    TimedOut,
    Inner(E),
}

/// A breaker that opens after some failures in a row.
struct Breaker {
    most: u32,
    failures: AtomicU32,
    /// In nanoseconds since the start; 0 while closed.
    open_until: AtomicU64,
    start: Instant,
}

impl Breaker {
    #[expect(clippy::disallowed_methods, reason = "by hand one reads the clock of the machine")]
    fn new(most: u32) -> Self {
        Self { most, failures: AtomicU32::new(0), open_until: AtomicU64::new(0), start: Instant::now() }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    fn is_open(&self) -> bool {
        let until = self.open_until.load(Relaxed);
        until > 0 && self.now() < until
    }

    fn record<T, E>(&self, result: &Result<T, E>) {
        if result.is_err() {
            if self.failures.fetch_add(1, Relaxed) + 1 >= self.most {
                let open_for = u64::try_from(OPEN_FOR.as_nanos()).unwrap_or(u64::MAX);
                self.open_until.store(self.now() + open_for, Relaxed);
            }
        } else if self.failures.load(Relaxed) > 0 {
            self.failures.store(0, Relaxed);
            self.open_until.store(0, Relaxed);
        }
    }
}

async fn through<E>(breaker: Arc<Breaker>, call: impl Future<Output = Result<u64, E>>) -> Result<u64, Error<E>> {
    if breaker.is_open() {
        return Err(Error::Open);
    }
    let result = call.await;
    breaker.record(&result);
    result.map_err(Error::Inner)
}

fn bulkhead(
    places: usize,
) -> impl tower::Service<u64, Response = u64, Error = Error<Infallible>, Future: Send> + Clone + Send + 'static {
    let places = Arc::new(Semaphore::new(places));
    service_fn(move |n| {
        let places = Arc::clone(&places);
        async move {
            let _place = places.try_acquire().map_err(|_| Error::Full)?;
            inner::answer(n).await.map_err(Error::Inner)
        }
    })
}

async fn limited<E>(call: impl Future<Output = Result<u64, E>>) -> Result<u64, Error<E>> {
    timeout(LIMIT, call).await.map_err(|_| Error::TimedOut)?.map_err(Error::Inner)
}

/// A budget in hundredths of a retry: each call brings one retry's worth, and the purse holds a hundred.
#[derive(Clone)]
struct Tokens(Option<Arc<AtomicI64>>);

impl Tokens {
    const RETRY: i64 = 100;
    const MOST: i64 = 100 * Self::RETRY;

    fn new(budget: rows::Budget) -> Self {
        Self((budget == rows::Budget::On).then(|| Arc::new(AtomicI64::new(Self::MOST))))
    }

    fn deposit(&self) {
        if let Some(tokens) = &self.0
            && tokens.fetch_add(Self::RETRY, Relaxed) >= Self::MOST
        {
            tokens.store(Self::MOST, Relaxed);
        }
    }

    fn withdraw(&self) -> bool {
        self.0.as_ref().is_none_or(|tokens| {
            let had_one = tokens.fetch_sub(Self::RETRY, Relaxed) >= Self::RETRY;
            if !had_one {
                tokens.fetch_add(Self::RETRY, Relaxed);
            }
            had_one
        })
    }
}

async fn retried<E, F, Fut>(budget: Tokens, call: F) -> Result<u64, E>
where
    F: Fn() -> Fut,
    Fut: Future<Output = Result<u64, E>>,
{
    budget.deposit();
    let mut attempts = 1;
    loop {
        let result = call().await;
        if result.is_ok() || attempts == ATTEMPTS || !budget.withdraw() {
            return result;
        }
        attempts += 1;
    }
}

/// Makes a call once more when it takes too long.
async fn hedged<Fut: Future>(call: impl Fn() -> Fut) -> Fut::Output {
    let mut first = pin!(call());
    if let Ok(result) = timeout(LIMIT, first.as_mut()).await {
        return result;
    }
    let mut second = pin!(call());
    poll_fn(|cx| match first.as_mut().poll(cx) {
        Poll::Pending => second.as_mut().poll(cx),
        ended @ Poll::Ready(_) => ended,
    })
    .await
}

async fn fallen_back<E>(call: impl Future<Output = Result<u64, E>>) -> Result<u64, Infallible> {
    Ok(call.await.unwrap_or(FALLBACK))
}

/// What the histogram of a Prometheus client is: the edges of its buckets in seconds, a count for each, and the sum.
#[derive(Default)]
struct Times {
    counts: [AtomicU64; EDGES.len() + 1],
    nanos: AtomicU64,
}

const EDGES: [f64; 11] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

#[expect(clippy::disallowed_methods, reason = "by hand one reads the clock of the machine")]
async fn measured<E>(times: Arc<Times>, call: impl Future<Output = Result<u64, E>>) -> Result<u64, E> {
    let start = Instant::now();
    let result = call.await;
    let took = start.elapsed();
    let bucket = EDGES.iter().position(|edge| took.as_secs_f64() <= *edge).unwrap_or(EDGES.len());
    times.counts[bucket].fetch_add(1, Relaxed);
    times.nanos.fetch_add(u64::try_from(took.as_nanos()).unwrap_or(u64::MAX), Relaxed);
    result
}

#[derive(Clone)]
struct Five {
    budget: Tokens,
    breaker: Arc<Breaker>,
    places: Arc<Semaphore>,
}

impl Five {
    async fn call(self, n: u64) -> Result<u64, Infallible> {
        let attempt = || async {
            let _place = self.places.try_acquire().map_err(|_| Error::Full)?;
            inner::answer(n).await.map_err(Error::Inner)
        };
        let retried = retried(self.budget.clone(), || through(Arc::clone(&self.breaker), attempt()));
        Ok(timeout(TOTAL_LIMIT, retried).await.map_or(FALLBACK, |result| result.unwrap_or(FALLBACK)))
    }
}

fn five() -> Contender {
    let five = Five {
        budget: Tokens::new(rows::Budget::On),
        breaker: Arc::new(Breaker::new(5)),
        places: Arc::new(Semaphore::new(PLACES)),
    };
    contender(service_fn(move |n| five.clone().call(n)), answered)
}
