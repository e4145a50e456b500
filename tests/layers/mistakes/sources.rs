//! The chain of sources.

use super::*;

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
async fn the_chain_of_sources_survives_every_layer() {
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
