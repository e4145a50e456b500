use super::*;

/// A stack with this breaker in it, over a service that never answers.
type Stack = fn(CircuitBreakerLayer) -> BoxService<(), (), Error>;

/// A breaker that shows each call.
fn counting() -> (CircuitBreakerLayer, CircuitHandle) {
    let layer = CircuitBreakerLayer::builder("breaker").build().unwrap();
    let handle = layer.handle();
    (layer, handle)
}

/// The calls and the failures that a circuit has counted.
fn counts(circuit: &CircuitHandle) -> (u64, u64) {
    let counts = circuit.snapshot().counts;
    (counts.calls, counts.failures)
}

/// Carries a deadline of its own to a breaker below another timeout.
fn scoped(breaker: CircuitBreakerLayer, deadline: impl Fn() -> Deadline + Send + 'static) -> BoxService<(), (), Error> {
    let inner = (limit(20), breaker).layer(hung());
    let service = strict(move |()| deadline().scope(inner.clone().oneshot(())));
    BoxService::new(limit(1).layer(service))
}

#[tokio::test(start_paused = true)]
async fn counts_what_a_limit_ended_and_not_what_its_caller_ended() {
    let below: Stack = |breaker| BoxService::new((limit(5), breaker).layer(hung()));
    let above: Stack = |breaker| BoxService::new((breaker, limit(5)).layer(hung()));
    let below_two: Stack = |breaker| BoxService::new((limit(5), limit(10), breaker).layer(hung()));
    let farther_scope: Stack = |breaker| scoped(breaker, || after(10));
    let own_scope: Stack = |breaker| scoped(breaker, || Deadline::current().unwrap());
    for (claim, stack, carried, is_counted) in [
        ("below a limit", below, 1000, true),
        ("below a limit, with a deadline after it", below, 10, true),
        ("below a limit, with a deadline before it", below, 1, false),
        ("below a limit, and it had more than half of that at the deadline", below, 4, false),
        ("below a limit, with a deadline at its end", below, 5, false),
        ("above a timeout that ends at its own limit", above, 10, true),
        ("above a timeout that ends at the caller's deadline", above, 1, false),
        ("below two, where the outer one ends", below_two, 1000, true),
        ("below two, where the deadline ends", below_two, 1, false),
        ("below a limit around a scope of a farther deadline", farther_scope, 1000, true),
        ("below a limit around a scope of its own deadline", own_scope, 1000, true),
    ] {
        let (breaker, circuit) = counting();
        let ended = elapsed(after(carried).scope(stack(breaker).oneshot(())).await);
        assert_eq!(ended.by_caller(), !is_counted, "{claim}");
        assert_eq!(counts(&circuit), if is_counted { (1, 1) } else { (0, 0) }, "{claim}");
    }
}

#[tokio::test(start_paused = true)]
async fn does_not_count_a_call_whose_caller_went_away() {
    let (breaker, circuit) = counting();
    let call = begin(&mut (limit(1), breaker).layer(hung()), ());
    advance(2 * SECOND).await;
    drop(call);
    assert_eq!(counts(&circuit), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn does_not_count_a_call_dropped_after_another_ran_out_of_time() {
    struct Bomb(bool);
    impl Drop for Bomb {
        fn drop(&mut self) {
            assert!(!self.0, "in drop");
        }
    }
    for panicking in [false, true] {
        let service = strict(move |()| async move {
            let _bomb = Bomb(panicking);
            pending::<Result<(), Down>>().await
        });
        let mut cut = begin(&mut limit(1).layer(service), ());
        advance(SECOND).await;
        assert_eq!(panics(|| drop(cut.poll())), panicking);

        let (breaker, circuit) = counting();
        let left = begin(&mut breaker.layer(hung()), ());
        // In flight for as long as a limit would have to be to blame the service.
        advance(SECOND).await;
        drop(left);
        assert_eq!(counts(&circuit), (0, 0));
    }
}
