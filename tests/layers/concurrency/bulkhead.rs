use super::*;

fn queue(places: usize, max_queue: usize) -> QueueLayer {
    BulkheadLayer::builder(places).max_queue(max_queue).build().unwrap()
}

/// Asserts that nothing is left, and that there were never more than so many at once.
fn assert_at_rest(places: &BulkheadHandle, gauge: &Gauge, most: usize) {
    assert_eq!((places.in_flight(), places.queued(), gauge.now()), (0, 0, 0));
    assert!(gauge.most() <= most, "{gauge:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bulkhead_that_rejects_never_lets_more_in_than_its_limit() {
    let (bulkhead, gauge) = (BulkheadLayer::new(3), Gauge::default());
    let rejected = hammer(bulkhead.layer(gauged(&gauge)), 200, |service, n| async move {
        let result = service.oneshot(n % 4).await;
        yield_now().await;
        result.is_err_and(|error| error.rejection().is_some())
    });
    let rejected = rejected.await.into_iter().filter(|rejected| *rejected).count();
    assert_eq!(gauge.came() + rejected, 200 * TASKS);
    assert_at_rest(&bulkhead.handle(), &gauge, 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bulkhead_that_queues_all_serves_all_within_its_limit() {
    let (bulkhead, gauge) = (queue(3, usize::MAX), Gauge::default());
    let service = bulkhead.layer(gauged(&gauge));
    hammer(service, 200, |service, n| async move { service.oneshot(n % 4).await.unwrap() }).await;
    assert_at_rest(&bulkhead.handle(), &gauge, 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_queue_is_never_longer_than_it_may_be() {
    let (bulkhead, gauge) = (queue(1, 3), Gauge::default());
    let service = (bulkhead.layer(gauged(&gauge)), bulkhead.handle());
    hammer(service, 100, |(service, places), n| async move {
        assert!(places.queued() <= 3);
        if let Err(error) = service.oneshot(n % 4).await {
            assert_eq!(error.rejection().unwrap().reason(), RejectionReason::QueueFull);
        }
        assert!(places.queued() <= 3);
        yield_now().await;
    })
    .await;
    assert_at_rest(&bulkhead.handle(), &gauge, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_that_are_dropped_or_panic_lose_no_place_and_no_turn() {
    let (bulkhead, gauge) = (queue(2, usize::MAX), Gauge::default());
    let service = bulkhead.layer(gauged(&gauge));
    hammer(service, 100, |service, n| async move {
        // Some wait for as long as it takes, and would hang if a place were lost.
        match n % 9 {
            8 => assert!(AssertUnwindSafe(service.oneshot(102)).catch_unwind().await.is_err()),
            7 => service.oneshot(2).await.unwrap(),
            polls => drop(abandoned_after(polls, service.oneshot(2)).await),
        }
    })
    .await;
    assert_at_rest(&bulkhead.handle(), &gauge, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_resize_among_calls_loses_nobody() {
    let (bulkhead, gauge) = (queue(1, usize::MAX), Gauge::default());
    let service = (bulkhead.layer(gauged(&gauge)), bulkhead.handle());
    hammer(service, 100, |(service, places), n| async move {
        if n % TASKS == 0 {
            places.resize(1 + n / TASKS % 4);
        }
        service.oneshot(n % 4).await.unwrap();
    })
    .await;
    assert_at_rest(&bulkhead.handle(), &gauge, 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn guards_and_services_share_the_places() {
    let (bulkhead, gauge) = (queue(2, usize::MAX), Gauge::default());
    let service = (bulkhead.layer(gauged(&gauge)), bulkhead.handle(), gauge.clone());
    hammer(service, 100, |(service, places, gauge), n| async move {
        if n % 2 == 0 {
            service.oneshot(1).await.unwrap();
        } else if let Ok(guard) = places.try_enter() {
            let inside = gauge.enter();
            yield_now().await;
            drop(inside);
            drop(guard);
        }
        yield_now().await;
    })
    .await;
    assert_at_rest(&bulkhead.handle(), &gauge, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shrunken_bulkhead_fills_its_new_limit_as_old_calls_end() {
    for _ in 0..20 {
        let bulkhead = queue(8, usize::MAX);
        let places = bulkhead.handle();
        let [one, other] = [(); 2].map(|()| [(); 4].map(|()| places.try_enter().unwrap()));
        let crowd = Crowd::queue_at(&bulkhead).await;
        places.resize(2);
        race(|| drop(one), || drop(other));
        crowd.assert_always_in(2, &places).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn growing_from_nothing_lets_exactly_its_new_limit_in() {
    for _ in 0..20 {
        let bulkhead = queue(0, usize::MAX);
        let places = bulkhead.handle();
        let crowd = Crowd::queue_at(&bulkhead).await;
        places.resize(2);
        crowd.assert_always_in(2, &places).await;
    }
}

/// Calls that stay in flight until they are let go: whether all places are in use does not depend on the scheduler.
struct Crowd {
    gauge: Gauge,
    gate: Arc<Semaphore>,
    calls: JoinSet<Result<(), Error>>,
}

impl Crowd {
    /// Waits until all of them queue.
    async fn queue_at(bulkhead: &QueueLayer) -> Self {
        let (gauge, gate) = (Gauge::default(), Arc::new(Semaphore::new(0)));
        let service = bulkhead.layer(strict({
            let (gauge, gate) = (gauge.clone(), Arc::clone(&gate));
            move |()| {
                let (gauge, gate) = (gauge.clone(), Arc::clone(&gate));
                async move {
                    let _inside = gauge.enter();
                    gate.acquire().await.unwrap().forget();
                    Ok::<_, Down>(())
                }
            }
        }));
        let mut calls = JoinSet::new();
        for _ in 0..TASKS {
            calls.spawn(service.clone().oneshot(()));
        }
        while bulkhead.handle().queued() < TASKS {
            yield_now().await;
        }
        Self { gauge, gate, calls }
    }

    /// Lets one call go after another; each time the rest must fill the places, or this never ends.
    async fn assert_always_in(mut self, limit: usize, places: &BulkheadHandle) {
        while !self.calls.is_empty() {
            while self.gauge.now() < limit.min(self.calls.len()) {
                yield_now().await;
            }
            self.gate.add_permits(1);
            self.calls.join_next().await.unwrap().unwrap().unwrap();
        }
        assert_eq!(self.gauge.most(), limit);
        assert_at_rest(places, &self.gauge, limit);
    }
}
