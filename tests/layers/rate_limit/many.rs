//! Ten thousand callers.

use super::*;
use std::sync::{Arc, Mutex};
use tokio::task::JoinSet;

const MANY: u32 = 10_000;

/// Sends all at once: when each of those that passed was sent.
async fn sent_at<S>(limit: impl Layer<tower::util::BoxCloneSyncService<u32, u32, Down>, Service = S>) -> Vec<Duration>
where
    S: Service<u32, Response = u32, Error = Error, Future: Send> + Clone + Send + 'static,
{
    let (start, times) = (now(), Arc::<Mutex<Vec<_>>>::default());
    let seen = Arc::clone(&times);
    let inner = service_fn(move |number| {
        seen.lock().expect("nobody panics").push(now() - start);
        std::future::ready(Ok::<_, Down>(number))
    });
    let service = limit.layer(tower::util::BoxCloneSyncService::new(inner));
    let calls: JoinSet<_> = (0..MANY).map(|number| service.clone().oneshot(number)).collect();
    calls.join_all().await;
    let times = times.lock().expect("nobody panics");
    times.clone()
}

#[test]
fn ten_thousand_waiters_pass_at_the_rate_and_none_is_lost() {
    paused(async {
        let layer = RateLimitLayer::builder("api", Rate::per_second(1000)).max_wait(SECOND * 10).build().unwrap();
        let times = sent_at(layer.clone()).await;
        assert_eq!(times.len(), MANY as usize);
        for (time, number) in times.iter().zip(0_u32..) {
            let due = MILLI * number.saturating_sub(99);
            assert!((due..due + 2 * MILLI).contains(time), "number {number} was sent at {time:?}");
        }
        assert_eq!(layer.handle().snapshot().waiting, 0);
    });
}

#[test]
fn those_who_would_wait_too_long_are_rejected_and_take_nothing() {
    paused(async {
        let layer = RateLimitLayer::builder("api", Rate::per_second(1000)).max_wait(SECOND).build().unwrap();
        assert_eq!(sent_at(layer.clone()).await.len(), 1_100);
        assert_eq!(layer.handle().snapshot().rejected, u64::from(MANY) - 1_100);
        advance(SECOND).await;
        assert_eq!(layer.handle().snapshot().available, 100);
    });
}

#[test]
fn ten_thousand_waiters_that_leave_from_the_last_give_all_back() {
    paused(async {
        let layer = pacing(1, YEAR);
        let mut service = layer.layer(up());
        assert!(call(&mut service, 0).poll().is_ready());
        let mut waiters: Vec<_> = (0..MANY).map(|number| begin(&mut service, number)).collect();
        assert_eq!(layer.handle().snapshot().next, Some(SECOND * (MANY + 1)));
        while waiters.pop().is_some() {}
        let left = layer.handle().snapshot();
        assert_eq!((left.next, left.waiting), (Some(SECOND), 0));
    });
}
