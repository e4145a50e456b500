//! Which attempts a call makes, and which of their results it has: also the cases of gRFC A6, named.

use super::*;

#[tokio::test(start_paused = true)]
async fn the_first_result_that_is_no_failure_is_that_of_the_call() {
    let one = ten().classify(by_code).budget(fixed_budget(1_000)).build().unwrap();
    let two = ten().classify(by_code).budget(fixed_budget(1_000)).max_hedges(2).build().unwrap();
    for (what, layer, plan, expected) in [
        ("fast enough", &one, &[(9, 200)][..], seen(200, &[0], 9)),
        ("slow, and the hedge is faster", &one, &[(100, 200), (5, 201)], seen(201, &[0, 10], 15)),
        ("slow, and still first", &one, &[(12, 200), (5, 201)], seen(200, &[0, 10], 12)),
        ("no more than one by default", &one, &[(100, 200), (100, 201)], seen(200, &[0, 10], 100)),
        ("each a delay after the one before", &two, &[(100, 200), (100, 201), (5, 202)], seen(202, &[0, 10, 20], 25)),
        ("an ignored result is no failure", &two, &[(100, 200), (5, 404)], seen(404, &[0, 10], 15)),
        ("transient starts the next at once (A6: non-fatal)", &one, &[(3, 503), (5, 201)], seen(201, &[0, 3], 8)),
        ("and the next delay counts from there", &two, &[(3, 503), (90, 201), (5, 202)], seen(202, &[0, 3, 13], 18)),
        ("at once, also at the first poll", &one, &[(0, 503), (0, 201)], seen(201, &[0, 0], 0)),
        ("a hedge's failure waits for the first", &one, &[(30, 200), (5, 503)], seen(200, &[0, 10], 30)),
        ("all failed: the last failure (A6)", &one, &[(30, 1), (5, 2)], seen(1, &[0, 10], 30)),
        ("all failed, in their order", &two, &[(1, 1), (1, 2), (1, 3)], seen(3, &[0, 1, 2], 3)),
        ("failed ends the call (A6: fatal)", &two, &[(5, 500)], seen(500, &[0], 5)),
        ("also a hedge's, while the first runs", &two, &[(90, 200), (5, 500)], seen(500, &[0, 10], 15)),
        ("throttled starts none", &two, &[(5, 429)], seen(429, &[0], 5)),
        ("throttled waits for the others", &two, &[(90, 200), (5, 429)], seen(200, &[0, 10], 90)),
        ("throttled first, and the hedge wins", &two, &[(12, 429), (15, 201)], seen(201, &[0, 10], 25)),
        ("a rejection starts nothing, and is returned", &two, &[(5, REJECTED)], seen(REJECTED, &[0], 5)),
        ("a rejected hedge ends the hedging", &two, &[(90, 200), (5, REJECTED)], seen(200, &[0, 10], 90)),
        ("and never hides what was sent", &two, &[(3, 503), (5, REJECTED)], seen(503, &[0, 3], 8)),
        ("nor does a later one", &two, &[(12, REJECTED), (5, 503)], seen(503, &[0, 10], 15)),
        ("a timeout of ours is transient", &two, &[(3, TIMED_OUT), (5, 201)], seen(201, &[0, 3], 8)),
    ] {
        assert_eq!(send(layer, plan).await, expected, "{what}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_earlier_attempt_wins_a_tie() {
    let layer = ten().classify(by_code).max_hedges(2).build().unwrap();
    for (what, plan, expected) in [
        ("the first", &[(15, 200), (5, 201)][..], seen(200, &[0, 10], 15)),
        ("the second", &[(90, 200), (15, 201), (5, 202)], seen(201, &[0, 10, 20], 25)),
        ("a failure is no winner, and starts none", &[(15, 503), (5, 201)], seen(201, &[0, 10], 15)),
        ("the last of those that all fail", &[(25, 1), (15, 2), (5, 3)], seen(3, &[0, 10, 20], 25)),
    ] {
        assert_eq!(send(&layer, plan).await, expected, "{what}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_ends_when_the_next_is_due_leaves_it_no_reason() {
    let layer = ten().build().unwrap();
    assert_eq!(send(&layer, &[(10, 200), (0, 201)]).await, seen(200, &[0], 10));
}

#[tokio::test(start_paused = true)]
async fn without_a_delay_all_attempts_start_in_the_first_poll() {
    let layer = HedgeLayer::builder("hedge").after(Duration::ZERO).max_hedges(3).build().unwrap();
    assert_eq!(send(&layer, &[(9, 200), (9, 201), (5, 202), (9, 203)]).await, seen(202, &[0, 0, 0, 0], 5));
    assert_eq!(send(&layer, &[(0, 200)]).await, seen(200, &[0], 0), "a result of that poll needs no other");
}

#[test]
fn a_call_that_ends_at_once_needs_no_timer() {
    let layer = ten().build().unwrap();
    let result = layer.layer(up()).oneshot(7).now_or_never().unwrap();
    assert_eq!(code(&result), 7);
}

#[tokio::test(start_paused = true)]
async fn no_hedges_are_a_legal_number_of_hedges() {
    let layer = HedgeLayer::builder("hedge").after(Duration::ZERO).max_hedges(0).classify(by_code).build().unwrap();
    assert_eq!(send(&layer, &[(50, 200)]).await, seen(200, &[0], 50));
    assert_eq!(send(&layer, &[(50, 503)]).await, seen(503, &[0], 50));
}

#[tokio::test(start_paused = true)]
async fn the_longest_delay_and_the_most_hedges_are_legal() {
    let never = HedgeLayer::builder("hedge").after(Duration::MAX).max_hedges(u32::MAX).build().unwrap();
    assert_eq!(send(&never, &[(50, 200)]).await, seen(200, &[0], 50));
    let many = HedgeLayer::builder("hedge").after(Duration::ZERO).max_hedges(u32::MAX).budget(fixed_budget(100));
    let seen = send(&many.build().unwrap(), &[(50, 200)]).await;
    assert_eq!((seen.at.len(), seen.end), (101, 50), "as many as the budget has");
}

#[tokio::test(start_paused = true)]
async fn around_a_retry_each_attempt_is_a_call_of_its_own() {
    let retry = RetryLayer::builder("retry").backoff(Backoff::none()).build().unwrap();
    let hedged = send(&(retry, ten().build().unwrap()), &[(90, 1), (5, 2), (90, 200), (5, 201)]).await;
    // The hedge fails at 15, so the first attempt is waited for.
    assert_eq!(hedged, seen(201, &[0, 10, 90, 100], 105));
}
