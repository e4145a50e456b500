//! A call that waits for a call of its own key, and so for itself.

use std::sync::{Arc, OnceLock};

use palisade::{CoalesceHandle, CoalesceLayer, Error, TimeoutLayer};
use tokio::time::{advance, timeout};
use tower::util::BoxCloneSyncService;
use tower::{ServiceBuilder, ServiceExt, service_fn};

use crate::support::time::{MILLI, SECOND};
use palisade::test_util::Calls;

type Service = BoxCloneSyncService<u32, u32, Error>;

/// A service whose first call calls it.
fn calls_itself() -> (CoalesceHandle, Service) {
    let (own, calls) = (Arc::new(OnceLock::<Service>::new()), Calls::default());
    let asks = Arc::clone(&own);
    let inner = service_fn(move |request: u32| {
        calls.add();
        let (service, is_first) = (asks.get().expect("it is set").clone(), calls.count() == 1);
        async move { if is_first { service.oneshot(request).await } else { Ok(request) } }
    });
    let layer = CoalesceLayer::by(|_: &u32| "the key of all");
    let handle = layer.handle();
    let service = ServiceBuilder::new().layer(layer).layer(TimeoutLayer::new(SECOND)).service(inner);
    let service = own.get_or_init(|| Service::new(service)).clone();
    (handle, service)
}

#[tokio::test(start_paused = true)]
async fn a_timeout_below_ends_a_call_that_waits_for_itself() {
    let (handle, service) = calls_itself();
    let (one, other) = tokio::join!(service.clone().oneshot(1), service.clone().oneshot(2));
    assert!([one, other].iter().all(|result| result.as_ref().is_err_and(Error::is_timeout)));
    assert_eq!((handle.flights(), handle.waiting()), (0, 0));
    assert_eq!(service.oneshot(3).await.ok(), Some(3), "the next begins anew");
}

/// It waits on when all others have left, until somebody comes and polls it.
#[tokio::test(start_paused = true)]
async fn a_call_that_waits_for_itself_alone_ends_with_the_next_caller() {
    let (handle, service) = calls_itself();
    assert!(timeout(500 * MILLI, service.clone().oneshot(1)).await.is_err(), "who began it leaves");
    assert_eq!((handle.flights(), handle.waiting()), (1, 1));
    advance(SECOND).await;
    assert!(service.clone().oneshot(2).await.is_err_and(|error| error.is_timeout()));
    assert_eq!((handle.flights(), handle.waiting()), (0, 0));
    assert_eq!(service.oneshot(3).await.ok(), Some(3));
}
