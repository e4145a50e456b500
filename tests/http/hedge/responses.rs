//! What a hedge makes of responses, and of their bodies.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_failure_by_status_starts_the_next_at_once() {
    let statuses = [StatusCode::SERVICE_UNAVAILABLE, StatusCode::OK];
    let (next, start) = (AtomicUsize::new(0), now());
    let service = service_fn(|_: Request<ReplayBody<Whole>>| {
        let mut response = Response::new(Whole::from("body"));
        *response.status_mut() = statuses[next.fetch_add(1, Ordering::SeqCst)];
        async { Ok::<_, BoxError>(response) }
    });
    let response = layer().layer(service).oneshot(Request::new(Whole::default())).await.unwrap();
    assert_eq!((response.status(), now() - start), (StatusCode::OK, Duration::ZERO));
}

#[tokio::test(start_paused = true)]
async fn the_last_failure_comes_with_its_body() {
    let next = AtomicUsize::new(0);
    let service = service_fn(|_: Request<ReplayBody<Whole>>| {
        let text = ["first", "last"][next.fetch_add(1, Ordering::SeqCst)];
        async move { Ok::<_, BoxError>(Response::builder().status(503).body(Whole::from(text))?) }
    });
    let response = layer().layer(service).oneshot(Request::new(Whole::default())).await.unwrap();
    assert_eq!(
        (response.status().as_u16(), response.into_body().collect().await.unwrap().to_bytes()),
        (503, "last".into())
    );
}

#[tokio::test(start_paused = true)]
async fn a_failure_frees_its_place_below_before_the_hedge_needs_it() {
    let statuses = [503, 200];
    let sent = AtomicUsize::new(0);
    let service = service_fn(|_: Request<ReplayBody<Whole>>| {
        let status = statuses[sent.fetch_add(1, Ordering::SeqCst)];
        async move { Ok::<_, BoxError>(Response::builder().status(status).body(Whole::from("body"))?) }
    });
    let one = BulkheadLayer::http(1).build().unwrap();
    let response = (layer(), one).layer(service).oneshot(Request::new(Whole::default())).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
}

#[tokio::test(start_paused = true)]
async fn a_failure_that_ends_the_call_streams_on_however_large() {
    let large = Bytes::from(vec![7; 1024 * 1024]);
    for (hedges, failures) in [(0, 1), (1, 2)] {
        let sent = AtomicUsize::new(0);
        let service = service_fn(|_: Request<ReplayBody<Whole>>| {
            sent.fetch_add(1, Ordering::SeqCst);
            let response = Response::builder().status(503).body(Whole::from(large.clone()));
            async move { Ok::<_, BoxError>(response?) }
        });
        let hedge = HedgeLayer::http("search").after(10 * MILLI).max_hedges(hedges).build().unwrap();
        let response = hedge.layer(service).oneshot(Request::new(Whole::default())).await.unwrap();
        assert_eq!(sent.load(Ordering::SeqCst), failures);
        assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), large);
    }
}

/// A bulkhead of one place, which the failure holds until its body ends. Its rest is waited for, for 50 ms.
#[tokio::test(start_paused = true)]
async fn a_failure_whose_body_stalls_does_not_delay_its_hedge() {
    for (what, status, millis, ends) in [
        ("it starts the hedge", 503, 0, 50),
        ("the hedge waits already", 503, 12, 62),
        ("no other starts", 429, 12, 62),
    ] {
        let (_stalls, body) = Channel::<Bytes, Error>::new(1);
        let (body, start) = (Mutex::new(Some(body)), now());
        let service = service_fn(|_: Request<ReplayBody<Whole>>| {
            let first = body.lock().unwrap().take();
            async move {
                let Some(body) = first else { return Ok::<_, BoxError>(Response::new(Channel::new(1).1)) };
                sleep(Duration::from_millis(millis)).await;
                Ok(Response::builder().status(status).body(body)?)
            }
        });
        let queue = BulkheadLayer::http(1).max_wait(Duration::from_secs(1_000)).build().unwrap();
        let response = (layer(), queue).layer(service).oneshot(Request::new(Whole::default())).await.unwrap();
        assert_eq!((response.status().as_u16(), now() - start), (200, Duration::from_millis(ends)), "{what}");
    }
}

/// From `hedging_receiveHeaders` of grpc-java's `RetriableStreamTest`.
#[tokio::test(start_paused = true)]
async fn a_head_ends_the_call_while_its_body_streams_on() {
    let (alive, sent, start) = (Arc::new(()), AtomicUsize::new(0), now());
    let (mut sender, body) = Channel::<Bytes, Error>::new(1);
    let body = Mutex::new(Some(body));
    let service = service_fn(|_: Request<ReplayBody<Whole>>| {
        let body = if sent.fetch_add(1, Ordering::SeqCst) == 1 { body.lock().unwrap().take() } else { None };
        let held = Arc::clone(&alive);
        async move {
            let Some(body) = body else { return pending().await };
            drop(held);
            Ok::<_, BoxError>(Response::new(body))
        }
    });
    let hedge = HedgeLayer::http("search").after(10 * MILLI).max_hedges(3).build().unwrap();
    let response = hedge.layer(service).oneshot(Request::new(Whole::default())).await.unwrap();
    assert_eq!((now() - start, sent.load(Ordering::SeqCst), Arc::strong_count(&alive)), (10 * MILLI, 2, 1));
    sender.send_data("late".into()).await.unwrap();
    drop(sender);
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "late");
}

#[tokio::test(start_paused = true)]
async fn a_status_says_whether_another_attempt_starts() {
    for (status, retry_after, attempts) in [
        (200, None, 1),
        (404, None, 1),
        (408, None, 2),
        (429, None, 1),
        (429, Some("0"), 1),
        (500, None, 1),
        (502, None, 2),
        (503, None, 2),
        (503, Some("soon"), 2),
        (503, Some("7"), 1),
        (504, None, 2),
    ] {
        let sent = AtomicUsize::new(0);
        let service = service_fn(|_: Request<ReplayBody<Whole>>| {
            sent.fetch_add(1, Ordering::SeqCst);
            let head = Response::builder().status(status);
            let head = retry_after.into_iter().fold(head, |head, pause: &str| head.header("retry-after", pause));
            async move { Ok::<_, BoxError>(head.body(Whole::default())?) }
        });
        let response = layer().layer(service).oneshot(Request::new(Whole::default())).await.unwrap();
        assert_eq!(response.status(), status);
        assert_eq!(sent.load(Ordering::SeqCst), attempts, "{status}, {retry_after:?}");
    }
}

/// A failure that still holds its place while it is read, a hedge that waits for that place, and a response that is read.
#[tokio::test(start_paused = true)]
async fn dropped_at_every_poll_it_gives_back_its_places() {
    let registry = Registry::new();
    let queue = BulkheadLayer::http(1).max_wait(Duration::from_secs(1)).registry(&registry).build().unwrap();
    let hedge = HedgeLayer::http("search").after(10 * MILLI).registry(&registry).build().unwrap();
    let ended = drop_at_every_poll(
        || {
            let sent = Arc::new(AtomicUsize::new(0));
            let service = service_fn(move |_: Request<ReplayBody<Whole>>| {
                let is_first = sent.fetch_add(1, Ordering::SeqCst) == 0;
                let frame = async move {
                    sleep(if is_first { Duration::from_secs(1) } else { 5 * MILLI }).await;
                    Ok::<_, BoxError>(Frame::data(Bytes::from("body")))
                };
                let response = Response::builder().status(if is_first { 503 } else { 200 });
                async move {
                    sleep(5 * MILLI).await;
                    Ok::<_, BoxError>(response.body(StreamBody::new(stream::once(frame).boxed()))?)
                }
            });
            let call = (hedge.clone(), queue.clone()).layer(service).oneshot(Request::new(Whole::default()));
            async { call.await.unwrap().into_body().collect().await.unwrap().to_bytes() }
        },
        async |_| assert_at_rest(&registry),
    );
    assert_eq!(ended.await, "body");
    assert_at_rest(&registry);
}
