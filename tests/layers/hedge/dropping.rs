use super::*;

#[tokio::test(start_paused = true)]
async fn a_call_dropped_after_any_poll_gives_back_what_it_did_not_use() {
    // The hedge is due at poll 2, and ready at poll 3. Its token comes back as long as it was not sent.
    for (polls, sent, tokens) in [(0, 1, 2), (1, 1, 2), (2, 1, 2), (3, 2, 1), (4, 2, 1)] {
        let (alive, budget, bulkhead) = (Arc::new(()), fixed_budget(2), BulkheadLayer::new(5));
        let (held, places) = (Arc::clone(&alive), bulkhead.handle());
        let inner = strict(move |_: u32| {
            let held = Arc::clone(&held);
            async move {
                sleep(SECOND).await;
                drop(held);
                Err::<u32, _>(Down(1))
            }
        });
        let calls = inner.calls();
        let layer = ten().budget(budget.clone()).build().unwrap();
        let gate = inner.readiness([READY, Poll::Pending]);
        let mut service = layer.layer(bulkhead.layer(gate));
        let mut call = task::spawn(service.ready().await.unwrap().call(7));
        drop(service);
        for _ in 0..polls {
            assert_pending!(call.poll());
            advance(10 * MILLI).await;
        }
        drop(call);
        assert_eq!((calls.count(), budget.available()), (sent, tokens), "after {polls} polls");
        assert_eq!((Arc::strong_count(&alive), places.in_flight()), (1, 0), "after {polls} polls nothing is in flight");
    }
}

#[tokio::test(start_paused = true)]
async fn the_attempts_that_lost_are_dropped_when_the_call_ends() {
    for (plan, ends) in [([200, NEVER], 200), ([NEVER, 50], 60)] {
        let (bulkhead, sent) = (BulkheadLayer::new(5), Arc::new(AtomicUsize::new(0)));
        let places = bulkhead.handle();
        let service = service_fn(move |_: u32| {
            let millis = plan[sent.fetch_add(1, Ordering::SeqCst)];
            async move {
                sleep(Duration::from_millis(millis)).await;
                Ok::<_, Error>(200)
            }
        });
        let mut call = task::spawn(ten().build().unwrap().layer(bulkhead.layer(service)).oneshot(7));
        assert_pending!(call.poll());
        advance(10 * MILLI).await;
        assert_pending!(call.poll());
        assert_eq!(places.in_flight(), 2);
        advance(Duration::from_millis(ends)).await;
        assert_eq!(code(&assert_ready!(call.poll())), 200);
        assert_eq!(places.in_flight(), 0, "before the call is dropped");
    }
}

#[tokio::test(start_paused = true)]
async fn a_panic_of_one_attempt_ends_the_call_and_leaks_nothing() {
    for panicking in [0, 1] {
        let (bulkhead, sent, budget) = (BulkheadLayer::new(5), Arc::new(AtomicUsize::new(0)), fixed_budget(1));
        let places = bulkhead.handle();
        let service = service_fn(move |_: u32| {
            let number = sent.fetch_add(1, Ordering::SeqCst);
            async move {
                sleep(20 * MILLI).await;
                assert!(number != panicking, "by plan");
                std::future::pending::<Result<u32, Error>>().await
            }
        });
        let layer = ten().budget(budget.clone()).build().unwrap();
        let mut call = task::spawn(layer.layer(bulkhead.layer(service)).oneshot(7));
        assert_pending!(call.poll());
        advance(10 * MILLI).await;
        assert_pending!(call.poll());
        advance(20 * MILLI).await;
        assert!(panics(|| drop(call.poll())));
        drop(call);
        assert_eq!((places.in_flight(), budget.available()), (0, 0), "attempt {panicking}");
    }
}
