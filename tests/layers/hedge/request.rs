use super::*;

#[tokio::test(start_paused = true)]
async fn a_request_that_is_not_copied_is_sent_once() {
    let budget = fixed_budget(1);
    let layer = ten().classify(by_code).copy_request(|_: &u32| None).budget(budget.clone()).build().unwrap();
    assert_eq!(send(&layer, &[(50, 200), (5, 201)]).await, seen(200, &[0], 50));
    assert_eq!(send(&layer, &[(5, 503)]).await, seen(503, &[0], 5));
    assert_eq!(budget.available(), 1);
}

#[tokio::test(start_paused = true)]
async fn only_what_may_be_hedged_is() {
    let allowed = ten().hedge_if(|request: &u32| *request == 7).build().unwrap();
    assert_eq!(send(&allowed, &[(50, 200), (5, 201)]).await, seen(201, &[0, 10], 15));
    let forbidden = ten().hedge_if(|request: &u32| *request != 7).copy_request(|_: &u32| panic!("it is sent once"));
    assert_eq!(send(&forbidden.build().unwrap(), &[(50, 200), (5, 201)]).await, seen(200, &[0], 50));
}

#[tokio::test(start_paused = true)]
async fn each_hedge_is_sent_the_same_request() {
    let requests = Arc::<Mutex<Vec<u32>>>::default();
    let sent = Arc::clone(&requests);
    let service = strict(move |request| {
        sent.lock().unwrap().push(request);
        async { Ok::<_, Error>(std::future::pending::<u32>().await) }
    });
    let layer = (TimeoutLayer::new(50 * MILLI), ten().max_hedges(2).build().unwrap());
    layer.layer(service).oneshot(7).await.unwrap_err();
    assert_eq!(*requests.lock().unwrap(), [7, 7, 7]);
}

#[tokio::test(start_paused = true)]
async fn a_copy_that_fails_later_ends_the_hedging() {
    // The first copy is kept, and each hedge takes one more.
    for (copies, hedges) in [(0, 0), (1, 0), (2, 1), (3, 2), (4, 3), (5, 3)] {
        let (made, budget) = (Arc::new(AtomicUsize::new(0)), fixed_budget(9));
        let copy = move |request: &u32| (made.fetch_add(1, Ordering::SeqCst) < copies).then_some(*request);
        let layer = ten().max_hedges(3).copy_request(copy).budget(budget.clone()).build().unwrap();
        let call = send(&layer, &[(50, 200)]).await;
        assert_eq!((call.at.len(), budget.available()), (1 + hedges, 9 - hedges as u64), "{copies} copies");
    }
}
