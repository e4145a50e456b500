use super::*;

fn assert_at_rest(places: &BulkheadHandle, gauge: &Gauge) {
    assert_eq!((places.in_flight(), places.queued(), gauge.now()), (0, 0, 0));
}

fn is_full(result: &Result<(), Error>) -> bool {
    result.as_ref().is_err_and(|error| error.rejection().is_some())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bulkhead_that_rejects_never_lets_more_in_than_its_limit() {
    let (bulkhead, gauge) = (BulkheadLayer::new(3), Gauge::default());
    let service = bulkhead.layer(gauged(&gauge));
    let rejected = tasks(|n| {
        let service = service.clone();
        async move {
            let mut rejected = 0;
            for turn in 0..200 {
                rejected += usize::from(is_full(&service.clone().oneshot((n + turn) % 4).await));
                yield_now().await;
            }
            rejected
        }
    })
    .await;
    assert_eq!(gauge.came() + rejected.into_iter().sum::<usize>(), 200 * TASKS);
    assert!(gauge.most() <= 3, "{gauge:?}");
    assert_at_rest(&bulkhead.handle(), &gauge);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bulkhead_that_queues_all_serves_all_and_never_more_at_once_than_its_limit() {
    let bulkhead = BulkheadLayer::builder(3).max_queue(usize::MAX).build().unwrap();
    let gauge = Gauge::default();
    let service = bulkhead.layer(gauged(&gauge));
    tasks(|n| {
        let service = service.clone();
        async move {
            for turn in 0..200 {
                service.clone().oneshot((n + turn) % 4).await.unwrap();
            }
        }
    })
    .await;
    assert!(gauge.most() <= 3, "{gauge:?}");
    assert_at_rest(&bulkhead.handle(), &gauge);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_queue_is_never_longer_than_it_may_be() {
    let bulkhead = BulkheadLayer::builder(1).max_queue(3).build().unwrap();
    let (places, gauge) = (bulkhead.handle(), Gauge::default());
    let service = bulkhead.layer(gauged(&gauge));
    let longest = tasks(|n| {
        let (service, places) = (service.clone(), places.clone());
        async move {
            let mut longest = 0;
            for turn in 0..100 {
                longest = longest.max(places.queued());
                let result = service.clone().oneshot((n + turn) % 4).await;
                if let Err(error) = result {
                    assert_eq!(error.rejection().unwrap().reason(), RejectionReason::QueueFull);
                }
                longest = longest.max(places.queued());
                yield_now().await;
            }
            longest
        }
    })
    .await;
    assert!(longest.iter().all(|&longest| longest <= 3), "{longest:?}");
    assert_at_rest(&places, &gauge);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_dropped_at_any_poll_lose_no_place_and_no_turn() {
    let bulkhead = BulkheadLayer::builder(2).max_queue(usize::MAX).build().unwrap();
    let gauge = Gauge::default();
    let service = bulkhead.layer(gauged(&gauge));
    tasks(|n| {
        let service = service.clone();
        async move {
            for turn in 0..100 {
                // Some wait for as long as it takes, and would hang if a place were lost.
                match (n + turn) % 8 {
                    7 => service.clone().oneshot(2).await.unwrap(),
                    polls => drop(abandoned_after(polls, service.clone().oneshot(2)).await),
                }
            }
        }
    })
    .await;
    assert!(gauge.most() <= 2, "{gauge:?}");
    assert_at_rest(&bulkhead.handle(), &gauge);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_resize_among_calls_loses_nobody() {
    let bulkhead = BulkheadLayer::builder(1).max_queue(usize::MAX).build().unwrap();
    let (places, gauge) = (bulkhead.handle(), Gauge::default());
    let service = bulkhead.layer(gauged(&gauge));
    tasks(|n| {
        let (service, places) = (service.clone(), places.clone());
        async move {
            for turn in 0..100 {
                if n == 0 {
                    places.resize(1 + turn % 4);
                }
                service.clone().oneshot((n + turn) % 4).await.unwrap();
            }
        }
    })
    .await;
    assert!(gauge.most() <= 4, "{gauge:?}");
    assert_at_rest(&places, &gauge);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shrunken_bulkhead_lets_exactly_its_new_limit_in_when_the_old_calls_have_ended() {
    for _ in 0..20 {
        let bulkhead = BulkheadLayer::builder(8).max_queue(usize::MAX).build().unwrap();
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
        let bulkhead = BulkheadLayer::builder(0).max_queue(usize::MAX).build().unwrap();
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
        assert_at_rest(places, &self.gauge);
    }
}

#[test]
fn two_threads_that_come_and_go_never_share_the_only_place_and_leave_it_free() {
    let (places, gauge) = (BulkheadLayer::new(1).handle(), Gauge::default());
    let come_and_go = || {
        for _ in 0..200_000 {
            if let Ok(guard) = places.try_enter() {
                drop(gauge.enter());
                drop(guard);
            }
        }
    };
    race(come_and_go, come_and_go);
    assert_eq!(gauge.most(), 1);
    assert_at_rest(&places, &gauge);
}

#[test]
fn the_last_place_goes_to_one_of_two() {
    let places = BulkheadLayer::new(1).handle();
    for _ in 0..300 {
        let (entered, held) = (AtomicUsize::new(0), Barrier::new(2));
        let enter = || {
            let guard = places.try_enter();
            entered.fetch_add(usize::from(guard.is_ok()), Ordering::SeqCst);
            held.wait();
        };
        race(enter, enter);
        assert_eq!((entered.into_inner(), places.in_flight()), (1, 0));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn guards_and_services_share_the_places() {
    let bulkhead = BulkheadLayer::builder(2).max_queue(usize::MAX).build().unwrap();
    let (places, gauge) = (bulkhead.handle(), Gauge::default());
    let service = bulkhead.layer(gauged(&gauge));
    tasks(|n| {
        let (service, places, gauge) = (service.clone(), places.clone(), gauge.clone());
        async move {
            for _ in 0..100 {
                if n % 2 == 0 {
                    service.clone().oneshot(1).await.unwrap();
                } else if let Ok(guard) = places.try_enter() {
                    let inside = gauge.enter();
                    yield_now().await;
                    drop(inside);
                    drop(guard);
                }
                yield_now().await;
            }
        }
    })
    .await;
    assert!(gauge.most() <= 2, "{gauge:?}");
    assert_at_rest(&places, &gauge);
}

#[test]
fn a_place_that_is_handed_over_while_its_waiter_leaves_is_handed_on() {
    let bulkhead = BulkheadLayer::builder(1).max_queue(2).build().unwrap();
    let places = bulkhead.handle();
    let service = bulkhead.layer(strict(|()| ready(Ok::<_, Down>(()))));
    for _ in 0..300 {
        let place = places.try_enter().unwrap();
        let mut first = tokio_test::task::spawn(service.clone().oneshot(()));
        let mut second = tokio_test::task::spawn(service.clone().oneshot(()));
        assert!(first.poll().is_pending());
        assert!(second.poll().is_pending());
        race(|| drop(place), || drop(first));
        assert!(second.is_woken());
        assert!(second.poll().is_ready());
        assert_eq!((places.in_flight(), places.queued()), (0, 0));
    }
}
