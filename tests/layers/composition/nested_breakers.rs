use super::*;

fn named(name: &'static str, failures: u32) -> CircuitBreakerLayer {
    CircuitBreakerLayer::builder(name).consecutive(failures).min_calls(1000).build().unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_failure_counts_in_both_circuits() {
    let (outer, inner) = (named("outer", 9), named("inner", 9));
    let (above, below) = (outer.handle(), inner.handle());
    (outer, inner).layer(down()).oneshot(0).await.unwrap_err();
    assert_eq!((counted(&above), counted(&below)), ((1, 1), (1, 1)));
}

#[tokio::test(start_paused = true)]
async fn a_rejection_by_the_inner_circuit_counts_in_neither() {
    let (outer, inner) = (named("outer", 1), named("inner", 1));
    let (above, below) = (outer.handle(), inner.handle());
    below.force_open();
    let stack = (outer, inner).layer(up());
    for _ in 0..3 {
        call(&stack, 0).await.unwrap_err();
    }
    assert_eq!((above.phase(), counted(&above)), (Phase::Closed, (0, 0)));
    assert_eq!((above.snapshot().rejected, below.snapshot().rejected), (0, 3));
}

#[tokio::test(start_paused = true)]
async fn an_open_outer_circuit_leaves_the_inner_alone() {
    let (outer, inner) = (named("outer", 1), named("inner", 2));
    let (above, below) = (outer.handle(), inner.handle());
    let stack = (outer, inner).layer(down());
    for _ in 0..3 {
        call(&stack, 0).await.unwrap_err();
    }
    assert_eq!((above.phase(), below.phase()), (Phase::Open, Phase::Closed));
    assert_eq!((counted(&below), below.snapshot().rejected), ((1, 1), 0));
}

#[tokio::test(start_paused = true)]
async fn a_rejection_says_which_circuit_it_was() {
    let (outer, inner) = (named("outer", 9), named("inner", 9));
    let (above, below) = (outer.handle(), inner.handle());
    let stack = (outer, inner).layer(up());
    below.force_open();
    assert_eq!(name(&call(&stack, 0).await.unwrap_err()), "inner");
    above.force_open();
    assert_eq!(name(&call(&stack, 0).await.unwrap_err()), "outer");
}

#[tokio::test(start_paused = true)]
async fn a_rejection_says_which_bulkhead_it_was() {
    let named = |name, places| BulkheadLayer::builder(places).name(name).build().unwrap();
    let (outer, inner) = (named("all", 1), named("one", 0));
    let places = outer.handle();
    let stack = (outer, inner).layer(up());
    assert_eq!(name(&call(&stack, 0).await.unwrap_err()), "one");
    places.resize(0);
    assert_eq!(name(&call(&stack, 0).await.unwrap_err()), "all");
}

#[tokio::test(start_paused = true)]
async fn a_probe_that_an_inner_circuit_rejects_gives_its_place_back() {
    let (outer, inner) = (consecutive(1).build().unwrap(), named("inner", 9));
    let (above, below) = (outer.handle(), inner.handle());
    above.try_enter().unwrap().failure();
    advance(5 * SECOND).await;
    below.force_open();
    let stack = (outer, inner).layer(up());
    for _ in 0..3 {
        assert_eq!(name(&call(&stack, 0).await.unwrap_err()), "inner");
    }
    assert_eq!(above.phase(), Phase::HalfOpen);
    below.reset();
    call(&stack, 0).await.unwrap();
    assert_eq!(above.phase(), Phase::Closed);
}

#[tokio::test(start_paused = true)]
async fn a_timeout_around_both_counts_in_both() {
    let (outer, inner) = (named("outer", 1), named("inner", 1));
    let (above, below) = (outer.handle(), inner.handle());
    (TimeoutLayer::new(SECOND), outer, inner).layer(hung()).oneshot(0).await.unwrap_err();
    assert_eq!((above.phase(), below.phase()), (Phase::Open, Phase::Open));
}
