//! What the tests of other libraries expect of a hedge, where it means the same here.

use super::*;

/// From Polly's `HedgingResilienceStrategyTests`, failsafe-go's `hedgepolicy_test` and the hedging of grpc-java's `RetriableStreamTest`.
#[tokio::test(start_paused = true)]
async fn a_call_ends_as_it_does_elsewhere() {
    let after = |delay, hedges| HedgeLayer::builder("hedge").after(delay).max_hedges(hedges);
    let (ten, none, endless) = (10 * MILLI, Duration::ZERO, Duration::MAX);
    for (what, delay, hedges, plan, expected) in [
        (
            "Polly: the fastest of several",
            ten,
            4,
            &[(100, 200), (80, 201), (15, 202), (60, 203)][..],
            seen(202, &[0, 10, 20, 30], 35),
        ),
        ("Polly: failures, and one that is final", ten, 3, &[(1, 1), (1, 2), (1, 500)], seen(500, &[0, 1, 2], 3)),
        ("Polly: failures, and a success", ten, 3, &[(1, 1), (1, 2), (1, 3), (1, 200)], seen(200, &[0, 1, 2, 3], 4)),
        (
            "Polly: with an endless delay, one after another",
            endless,
            3,
            &[(50, 1), (50, 2), (50, 200)],
            seen(200, &[0, 50, 100], 150),
        ),
        (
            "failsafe-go: each hedge is as slow",
            ten,
            2,
            &[(100, 200), (100, 201), (100, 202)],
            seen(200, &[0, 10, 20], 100),
        ),
        (
            "failsafe-go: backups without a delay, until one is good",
            none,
            2,
            &[(0, 1), (0, 2), (0, 203)],
            seen(203, &[0, 0, 0], 0),
        ),
        (
            "failsafe-go: only the third result counts",
            ten,
            4,
            &[(90, 1), (90, 2), (5, 203)],
            seen(203, &[0, 10, 20], 25),
        ),
        (
            "failsafe-go: the results of the last count for nothing",
            ten,
            4,
            &[(100, 200), (100, 201), (100, 202), (0, 1), (0, 2)],
            seen(200, &[0, 10, 20, 30, 30], 100),
        ),
        (
            "grpc-java: one fails while there are more, and then all but one",
            ten,
            5,
            &[(65, 1), (25, 2), (80, 203), (40, 4), (36, 5), (27, 6)],
            seen(203, &[0, 10, 20, 30, 35, 45], 100),
        ),
    ] {
        let layer = after(delay, hedges).classify(by_code).build().unwrap();
        assert_eq!(send(&layer, plan).await, expected, "{what}");
    }
}

/// From Polly's `ExecuteAsync_EnsureDiscardedResultDisposed`.
#[tokio::test(start_paused = true)]
async fn a_response_that_is_not_returned_is_dropped() {
    let (alive, sent) = (Arc::new(()), AtomicUsize::new(0));
    let service = service_fn(|_: u32| {
        let code = [503, 503, 200][sent.fetch_add(1, Ordering::SeqCst)];
        let response = (code, Arc::clone(&alive));
        async { Ok::<_, Error>(response) }
    });
    let by_code = |result: Result<&(u32, Arc<()>), &Error>| by_code(result.map(|(code, _)| code));
    let (code, response) =
        ten().classify(by_code).max_hedges(2).build().unwrap().layer(service).oneshot(7).await.unwrap();
    assert_eq!((code, Arc::strong_count(&alive)), (200, 2));
    drop(response);
}
