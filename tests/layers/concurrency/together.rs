use super::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stack_that_was_hammered_is_at_rest_and_answers() {
    let breaker = CircuitBreakerLayer::builder("together")
        .consecutive(3)
        .failure_rate(0.5)
        .min_calls(10)
        .probes(2)
        .open_for(Backoff::none())
        .build()
        .unwrap();
    let bulkhead = BulkheadLayer::builder(3).max_queue(4).build().unwrap();
    let retry = RetryLayer::builder("together").backoff(Backoff::none()).build().unwrap();
    let (circuit, places) = (breaker.handle(), bulkhead.handle());
    let (gauge, is_down) = (Gauge::default(), Arc::new(AtomicBool::new(true)));
    let service = strict({
        let (gauge, is_down) = (gauge.clone(), Arc::clone(&is_down));
        move |n: usize| {
            let (gauge, is_down) = (gauge.clone(), Arc::clone(&is_down));
            async move {
                let _inside = gauge.enter();
                yield_now().await;
                if is_down.load(Ordering::SeqCst) && n % 3 > 0 { Err(Down(0)) } else { Ok(n) }
            }
        }
    });
    let service = tower::ServiceBuilder::new().layer(retry).layer(breaker).layer(bulkhead).service(service);
    tasks(|n| {
        let service = service.clone();
        async move {
            for turn in 0..100 {
                match (n + turn) % 4 {
                    0 => drop(abandoned_after(turn % 5, service.clone().oneshot(n)).await),
                    _ => drop(service.clone().oneshot(n).await),
                }
            }
        }
    })
    .await;
    assert!(gauge.most() <= 3, "{gauge:?}");
    assert_eq!((places.in_flight(), places.queued(), gauge.now()), (0, 0, 0));
    is_down.store(false, Ordering::SeqCst);
    // As many as complete the least calls of a window, which may open it once more, and then close it.
    for n in 0..20 {
        assert_eq!(service.clone().oneshot(n).await.unwrap(), n);
    }
    assert_eq!(circuit.phase(), Phase::Closed);
}
