//! What an inner layer said of a call holds, also where a service between passes it on in an error of its own.

use std::error::Error as _;
use std::future::{pending, ready};
use std::io;
use std::time::Duration;

use palisade::{
    Backoff, BulkheadLayer, CircuitBreakerLayer, Deadline, Elapsed, Error, FallbackError, FallbackLayer, Rejection,
    RejectionReason, RetryLayer, TimeoutLayer, fallback,
};
use tower::{BoxError, Layer, ServiceBuilder, ServiceExt, service_fn};

use crate::support::{Down, chain, reason, strict};

/// A user's error, as users write theirs.
#[derive(Debug, thiserror::Error)]
enum Own {
    #[error("over")]
    Over(#[source] BoxError),
    #[error(transparent)]
    Passed(#[from] Error),
    #[error(transparent)]
    Refused(#[from] Rejection),
    #[error(transparent)]
    Late(#[from] Elapsed),
}

/// The error itself, or what it holds, behind one that passes its sources on.
fn bare(error: Error) -> Own {
    match error {
        Error::Rejected(rejection) => rejection.into(),
        Error::TimedOut(elapsed) => elapsed.into(),
        error => error.into(),
    }
}

type Wrap = fn(Error) -> BoxError;

const WRAPS: [(&str, Wrap); 7] = [
    ("as a source", |error| Own::Over(error.into()).into()),
    ("behind two", |error| Own::Over(Own::Over(error.into()).into()).into()),
    ("passed on", |error| Own::Passed(error).into()),
    ("passed on twice", |error| Own::Passed(Error::from(BoxError::from(Own::Passed(error)))).into()),
    ("bare, and passed on", |error| bare(error).into()),
    ("in an I/O error", |error| io::Error::other(error).into()),
    ("in an I/O error of an error", |error| io::Error::other(Own::Over(bare(error).into())).into()),
];

fn rejected() -> Error {
    BulkheadLayer::new(0).handle().try_enter().unwrap_err().into()
}

async fn timed_out() -> Error {
    let hangs = service_fn(|()| pending::<Result<(), Error>>());
    TimeoutLayer::new(Duration::from_secs(2)).layer(hangs).oneshot(()).await.unwrap_err()
}

async fn ended_by_the_caller() -> Error {
    Deadline::after(Duration::from_secs(1)).scope(timed_out()).await
}

/// How often a retry sends a call that ends so, what the circuit below it counts, and the error.
async fn ended(retry_rejected: bool, error: impl Fn() -> BoxError) -> (usize, (u64, u64), Error) {
    let retry = RetryLayer::builder("retry").backoff(Backoff::none()).without_budget();
    let retry = if retry_rejected { retry.retry_rejected() } else { retry }.build().unwrap();
    let breaker = CircuitBreakerLayer::builder("circuit").build().unwrap();
    let (circuit, service) = (breaker.handle(), strict(|()| ready(Err::<(), _>(Error::from(error())))));
    let calls = service.calls();
    let error = ServiceBuilder::new().layer(retry).layer(breaker).service(service).oneshot(()).await.unwrap_err();
    let counts = circuit.snapshot().counts;
    (calls.count(), (counts.calls, counts.failures), error)
}

#[tokio::test(start_paused = true)]
async fn a_wrapped_rejection_is_no_failure_and_not_retried() {
    for (label, wrap) in WRAPS {
        let (calls, counts, error) = ended(false, || wrap(rejected())).await;
        assert_eq!((calls, counts), (1, (0, 0)), "{label}");
        assert_eq!(error.rejection().map(Rejection::reason), Some(RejectionReason::Full), "{label}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_wrapped_rejection_is_retried_where_that_is_asked_for() {
    for (label, wrap) in WRAPS {
        assert_eq!(ended(true, || wrap(rejected())).await.0, 3, "{label}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_wrapped_timeout_is_one_and_counts_by_who_ended_it() {
    for (label, wrap) in WRAPS {
        let (ours, callers) = (timed_out().await.elapsed().unwrap(), ended_by_the_caller().await.elapsed().unwrap());
        assert!(callers.by_caller());
        for (elapsed, calls, counts) in [(ours, 3, (1, 1)), (callers, 1, (0, 0))] {
            let ended = ended(false, || wrap(elapsed.into())).await;
            assert_eq!((ended.0, ended.1, ended.2.elapsed()), (calls, counts, Some(elapsed)), "{label}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_wrapped_rejection_takes_the_fallback() {
    for (label, wrap) in WRAPS {
        let layer =
            FallbackLayer::new(fallback::value(7)).classify(|_: Result<&u32, &Error>| palisade::Outcome::Ignored);
        let service = layer.layer(service_fn(move |()| ready(Err::<u32, _>(wrap(rejected())))));
        assert_eq!(service.oneshot(()).await.unwrap(), 7, "{label}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_users_error_stays_whole_beside_its_verdict() {
    let (.., error) = ended(false, || WRAPS[0].1(rejected())).await;
    assert!(matches!(&error, Error::Service(_)) && error.rejection().is_some());
    assert!(matches!(error.downcast_ref(), Some(Own::Over(_))), "{error:?}");
    assert!(
        chain(&error).any(|cause| cause.downcast_ref::<Error>().is_some_and(|own| matches!(own, Error::Rejected(_))))
    );
    assert!(error.downcast::<Own>().unwrap().source().is_some());
}

/// The call itself was sent, and failed.
#[tokio::test(start_paused = true)]
async fn a_wrapped_rejection_of_a_fallback_is_a_failure() {
    let full = || fallback::service(BulkheadLayer::new(0).layer(service_fn(|()| ready(Ok::<(), Down>(())))));
    let both = FallbackLayer::new(full()).layer(service_fn(|()| ready(Err::<(), _>(Down(1))))).oneshot(()).await;
    assert!(both.as_ref().unwrap_err().downcast_ref::<FallbackError>().is_some() && reason(&both).is_none());
    let wrapped = Error::from(BoxError::from(Own::Over(both.unwrap_err().into())));
    assert_eq!((wrapped.rejection(), wrapped.is_timeout()), (None, false));
}
