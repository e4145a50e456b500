use super::*;

#[tokio::test(start_paused = true)]
async fn a_guard_counts_as_it_is_settled() {
    let circuit = circuit(builder());
    for (call, counts) in [("s", (1, 0, 0)), ("f", (2, 1, 0)), ("t", (3, 1, 0)), ("i", (3, 1, 0)), ("a", (3, 1, 0))] {
        run(&circuit, call).await;
        assert_eq!(counted(&circuit), counts, "{call}");
    }
    enter(&circuit).settle(Outcome::Transient);
    assert_eq!(counted(&circuit), (4, 2, 0));
}

#[tokio::test(start_paused = true)]
async fn a_guard_may_be_settled_on_another_thread() {
    let circuit = circuit(touchy());
    let call = enter(&circuit);
    std::thread::spawn(move || call.failure()).join().unwrap();
    assert_eq!(circuit.phase(), Phase::Open);
}

#[tokio::test(start_paused = true)]
async fn a_guard_dropped_by_a_panic_of_its_holder_is_abandoned() {
    let circuit = recovering(touchy()).await;
    let probe = enter(&circuit);
    assert!(panics(move || {
        let _probe = probe;
        panic!("of its holder");
    }));
    assert_eq!(circuit.phase(), Phase::HalfOpen);
    let _again = enter(&circuit);
}

#[tokio::test(start_paused = true)]
async fn a_rejection_says_who_refused_and_the_open_time_left() {
    let circuit = circuit(touchy());
    fail(&circuit, 1);
    for (pause, left) in [(Duration::ZERO, SECOND), (400 * MILLI, 600 * MILLI), (just_before(600 * MILLI), NANO)] {
        advance(pause).await;
        let rejection = rejection(&circuit);
        assert_eq!((rejection.layer(), rejection.name().as_str()), ("circuit breaker", "payments"));
        assert_eq!((rejection.reason(), rejection.retry_after()), (RejectionReason::CircuitOpen, Some(left)));
    }
}
