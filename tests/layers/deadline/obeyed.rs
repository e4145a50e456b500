use super::*;

/// Runs a call below a timeout, and in a task of its own below a carried deadline: what it ends with, and when.
async fn both_ways<F>(left: Duration, call: impl Fn() -> F) -> [(Result<u32, Error>, Duration); 2]
where
    F: Future<Output = Result<u32, Error>> + Send + 'static,
{
    let start = now();
    let below = TimeoutLayer::new(left).layer(strict(|()| call())).oneshot(()).await;
    let middle = now();
    let spawned = tokio::spawn(Deadline::after(left).scope(call())).await.unwrap();
    [(below, middle - start), (spawned, now() - middle)]
}

#[tokio::test(start_paused = true)]
async fn by_the_wait_of_a_bulkhead() {
    let full = BulkheadLayer::builder(0).max_queue(1).max_wait(10 * SECOND).build().unwrap();
    for (result, took) in both_ways(SECOND, || full.layer(up()).oneshot(1)).await {
        assert_eq!((reason(&result), took), (Some(RejectionReason::WaitedTooLong), SECOND));
    }
}

#[tokio::test(start_paused = true)]
async fn by_a_retry() {
    let retry = RetryLayer::builder("retry").backoff(Backoff::constant(SECOND)).build().unwrap();
    for (result, took) in both_ways(1500 * MILLI, || retry.layer(coded(&[1, 2, 3])).oneshot(1)).await {
        assert_eq!((code(&result), took), (2, SECOND));
    }
}

#[tokio::test(start_paused = true)]
async fn by_each_attempt_in_its_turn() {
    for (total, limited, seen) in [
        // The attempts begin at 0 and 500 ms, and at the deadline there is none.
        (1000 * MILLI, 400 * MILLI, [400 * MILLI, 400 * MILLI]),
        (700 * MILLI, 700 * MILLI, [400 * MILLI, 200 * MILLI]),
    ] {
        let log = Arc::<Mutex<Vec<Duration>>>::default();
        let lefts = Arc::clone(&log);
        let service = strict(move |()| {
            lefts.lock().unwrap().push(left().unwrap());
            pending::<Result<(), Down>>()
        });
        let retry = RetryLayer::builder("retry").backoff(Backoff::constant(100 * MILLI)).build().unwrap();
        let stack = (TimeoutLayer::new(total), retry, TimeoutLayer::new(400 * MILLI)).layer(service);
        assert_eq!(elapsed(stack.oneshot(()).await).limit(), limited);
        assert_eq!(*log.lock().unwrap(), seen, "{total:?}");
    }
}
