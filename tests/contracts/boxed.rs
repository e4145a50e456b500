//! Errors of ours that come in a box, as a service gives them by `?` that uses a handle or a layer itself.

use std::{future::pending, time::Duration};

use palisade::{BulkheadLayer, Error, TimeoutLayer};
use tower::{BoxError, Layer, ServiceExt, service_fn};

#[test]
fn a_rejection_in_a_box_is_a_rejection() {
    let rejection = BulkheadLayer::new(0).handle().try_enter().unwrap_err();
    let error = Error::from(BoxError::from(rejection));
    assert!(matches!(error, Error::Rejected(own) if own == rejection), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn a_timeout_in_a_box_is_a_timeout() {
    let limit = Duration::from_secs(60);
    let hangs = service_fn(|()| pending::<Result<(), Error>>());
    let late = TimeoutLayer::new(limit).layer(hangs).oneshot(()).await.unwrap_err();
    let error = Error::from(BoxError::from(*late.elapsed().unwrap()));
    assert!(matches!(error, Error::TimedOut(own) if own.limit() == limit), "{error:?}");
}
