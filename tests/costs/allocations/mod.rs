//! What the paths of a call allocate after the first call on each: nothing, but for the box of an error with something in it.

#![expect(clippy::unwrap_used, reason = "an unwrap in vain fails the test, as it should")]

mod breaker;
mod bulkhead;
#[cfg(feature = "chaos")]
mod chaos;
mod claims;
mod clones;
mod coalesce;
mod fallback;
mod feature;
mod handles;
mod hedge;
#[cfg(feature = "http")]
mod http;
mod measure;
mod rate_limit;
mod replicas;
mod retry;
mod services;
mod stack;
mod throttle;
mod timeout;

use tokio::runtime::Builder;
use tokio::task::unconstrained;

use crate::allocations::claims::Claims;
use crate::heap::Heap;
use crate::support::alone::alone;

/// One test for all paths, because what is counted is the allocations of the whole process.
#[test]
fn no_path_allocates_but_to_box_an_error_of_the_service() {
    alone(module_path!(), "no_path_allocates_but_to_box_an_error_of_the_service", || {
        Heap::come_to_rest();
        let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let mut claims = Claims::default();
        runtime.block_on(unconstrained(async {
            breaker::claim(&mut claims).await;
            bulkhead::claim(&mut claims).await;
            rate_limit::claim(&mut claims).await;
            throttle::claim(&mut claims).await;
            timeout::claim(&mut claims).await;
            retry::claim(&mut claims).await;
            hedge::claim(&mut claims).await;
            fallback::claim(&mut claims).await;
            feature::claim(&mut claims).await;
            measure::claim(&mut claims).await;
            replicas::claim(&mut claims).await;
            stack::claim(&mut claims).await;
            clones::claim(&mut claims).await;
            coalesce::claim(&mut claims).await;
            handles::claim(&mut claims).await;
            #[cfg(feature = "chaos")]
            chaos::claim(&mut claims).await;
            #[cfg(feature = "http")]
            http::claim(&mut claims).await;
        }));
        claims.hold();
    });
}
