//! Each caller gets the same kind of error, and the service's own is shared.

use std::error::Error as _;
use std::time::Duration;

use palisade::{CircuitBreakerLayer, CoalesceLayer, Elapsed, Error, TimeoutLayer};
use tokio_test::{assert_ready, task};
use tower::{Layer, Service, ServiceBuilder, service_fn};

use super::{by_tens, callers, end};
use crate::support::inner::Answer::Held;
use crate::support::inner::Inner;
use crate::support::{Down, chain};

/// The errors of callers who share a call that fails.
fn errors(callers: u32) -> Vec<Error> {
    let (layer, inner) = (by_tens(), Inner::default().ever_answers(Held(Err(Down(7)))));
    let mut callers = self::callers(&layer, &inner, callers);
    inner.release();
    callers.iter_mut().map(|caller| end(caller).expect_err("the call failed")).collect()
}

#[test]
fn the_services_own_error_is_seen_by_each() {
    for error in errors(3) {
        assert_eq!(error.downcast_ref(), Some(&Down(7)));
        assert!(matches!(&error, Error::Service(_)));
        assert_eq!(chain(&error).last().and_then(|last| last.downcast_ref()), Some(&Down(7)));
        assert!(chain(&error).any(|cause| cause.to_string() == "down 7"));
    }
}

#[test]
fn the_last_who_has_the_error_gets_it_by_value() {
    let mut errors = errors(3).into_iter();
    let [one, two, last] = std::array::from_fn(|_| errors.next().unwrap());
    let one = one.downcast::<Down>().unwrap_err();
    assert_eq!(one.downcast_ref(), Some(&Down(7)), "it is as it was");
    drop((one, two));
    assert_eq!(last.downcast::<Down>().unwrap(), Down(7));
}

#[test]
fn an_error_that_nobody_shares_is_as_the_service_made_it() {
    let [error] = errors(1).try_into().unwrap();
    assert!(error.source().unwrap().is::<Down>());
    assert_eq!(error.downcast::<Down>().unwrap(), Down(7));
}

#[test]
fn a_rejection_stays_one_for_each_with_its_retry_after() {
    let breaker = CircuitBreakerLayer::consecutive(1);
    breaker.handle().try_enter().unwrap().failure();
    let layer = CoalesceLayer::by(|_: &u32| ());
    let service = layer.layer(breaker.layer(Inner::default()));
    let mut callers = [1, 2, 3].map(|request| {
        let mut service = service.clone();
        task::spawn(service.call(request))
    });
    for caller in &mut callers {
        match assert_ready!(caller.poll()) {
            Err(Error::Rejected(rejection)) => {
                assert_eq!(rejection.layer(), "circuit breaker");
                assert!(rejection.retry_after().is_some());
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((breaker.handle().snapshot().rejected, layer.handle().shared()), (1, 2));
}

#[tokio::test(start_paused = true)]
async fn a_timeout_below_ends_the_call_for_each() {
    const SECOND: Duration = Duration::from_secs(1);
    let service = ServiceBuilder::new()
        .layer(CoalesceLayer::by(|_: &u32| ()))
        .layer(TimeoutLayer::new(SECOND))
        .service(service_fn(|_: u32| std::future::pending::<Result<u32, Down>>()));
    let calls = [1, 2, 3].map(|request| {
        let mut service = service.clone();
        service.call(request)
    });
    for result in futures_util::future::join_all(calls).await {
        let Err(Error::TimedOut(elapsed)) = result else { panic!("{result:?}") };
        assert_eq!((elapsed.limit(), elapsed.by_caller(), Elapsed::was_sent(elapsed)), (SECOND, false, true));
    }
}
