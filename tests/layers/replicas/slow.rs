//! A replica that is slower than the others.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use tokio::time::{Duration, sleep};
use tower::service_fn;

use super::*;

/// Replicas that take as long as this, and how many calls each was sent.
#[derive(Clone, Default)]
struct Site {
    millis: Arc<AtomicU64>,
    calls: Arc<AtomicU32>,
}

impl Site {
    fn taking(millis: u64) -> Self {
        let site = Self::default();
        site.take(millis);
        site
    }

    fn take(&self, millis: u64) {
        self.millis.store(millis, Ordering::Relaxed);
    }

    fn service(
        &self,
    ) -> impl Service<u32, Response = u32, Error = Error, Future: Send> + Clone + Send + Sync + 'static + use<> {
        let Self { millis, calls } = self.clone();
        service_fn(move |request| {
            calls.fetch_add(1, Ordering::Relaxed);
            let millis = millis.load(Ordering::Relaxed);
            async move {
                sleep(Duration::from_millis(millis)).await;
                Ok(request)
            }
        })
    }
}

/// Makes so many calls one after another, and returns how many the first site was sent.
async fn share<S>(service: &Replicas<S>, site: &Site, calls: u32) -> u32
where
    Replicas<S>: Service<u32, Response = u32, Error = Error> + Clone,
{
    site.calls.store(0, Ordering::Relaxed);
    for _ in 0..calls {
        assert_eq!(service.clone().oneshot(1).await.ok(), Some(1));
    }
    site.calls.load(Ordering::Relaxed)
}

#[tokio::test(start_paused = true)]
async fn a_slow_replica_is_left_until_it_has_recovered() {
    let sites = [100, 10].map(Site::taking);
    let [a, b] = &sites;
    let service = Replicas::builder("orders").seed(1).add("a", a.service()).add("b", b.service()).build().unwrap();
    share(&service, a, 10).await;
    assert_eq!(share(&service, a, 400).await, 0);
    a.take(10);
    share(&service, a, 800).await;
    let share = share(&service, a, 400).await;
    assert!((150..250).contains(&share), "{share} of 400");
}
