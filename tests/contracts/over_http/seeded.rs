//! With a seed and a paused clock, every run of an HTTP stack is the same.

use super::*;

/// A stack that needs all of its layers, over a server that answers, refuses, breaks and hangs by turns.
fn stack(seed: u64, at: At) -> Boxed {
    let turns = [Echo, After(1, Ok(503)), After(2, Err(Down(1))), After(0, Ok(429)), Never, Echo, After(0, Ok(500))];
    let inner = Inner::default().answers(turns.into_iter().cycle().take(1000));
    let backoff = Backoff::exponential(LIMIT / 200, LIMIT / 2).jitter(Jitter::Full);
    let circuit = CircuitBreakerLayer::http("circuit").consecutive(3).open_for(backoff).seed(seed);
    let retry = RetryLayer::http::<ReplayBody<Plain>>("retry").backoff(backoff).without_budget().seed(seed);
    let service = ServiceBuilder::new()
        .layer(AnswerLayer::http())
        .layer(DeadlineLayer::header(WAIT))
        .layer(retry.build().unwrap())
        .layer(circuit.per_key(host).build().unwrap())
        .layer(BulkheadLayer::http(4).max_queue(4).per_key(host).build().unwrap())
        .layer(TimeoutLayer::http(LIMIT / 10))
        .service(Server { inner, at, tallies: Tallies::default() });
    Boxed::new(Whole::of(service))
}

#[test]
fn a_seed_decides_what_a_stack_over_http_does() {
    assert_seeded("over HTTP", async |seed| run_calls(stack(seed, At::Head)).await);
    assert_same("bodies over HTTP", async |seed| run_calls(stack(seed, At::Body)).await);
}
