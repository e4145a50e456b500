use super::*;

/// Two breakers of these names. Each opens at so many failures in a row.
fn nested(outer: u32, inner: u32) -> (CircuitBreakerLayer, CircuitBreakerLayer, [CircuitHandle; 2]) {
    let named = |name: &'static str, failures| {
        CircuitBreakerLayer::builder(name).consecutive(failures).min_calls(1000).build().unwrap()
    };
    let (outer, inner) = (named("outer", outer), named("inner", inner));
    let handles = [outer.handle(), inner.handle()];
    (outer, inner, handles)
}

#[tokio::test(start_paused = true)]
async fn a_failure_and_a_timeout_count_in_both_circuits() {
    let (outer, inner, circuits) = nested(9, 9);
    (&outer, &inner).layer(down()).oneshot(0).await.unwrap_err();
    assert_eq!(circuits.each_ref().map(counted), [(1, 1); 2]);
    (TimeoutLayer::new(SECOND), outer, inner).layer(hung()).oneshot(0).await.unwrap_err();
    assert_eq!(circuits.each_ref().map(counted), [(2, 2); 2]);
}

#[tokio::test(start_paused = true)]
async fn a_rejection_by_the_inner_circuit_counts_in_neither() {
    let (outer, inner, [above, below]) = nested(1, 1);
    below.force_open();
    let stack = (outer, inner).layer(up());
    for _ in 0..3 {
        assert_eq!(rejected_by(&call(&stack, 0).await), "inner");
    }
    assert_eq!((above.phase(), counted(&above)), (Phase::Closed, (0, 0)));
    assert_eq!((above.snapshot().rejected, below.snapshot().rejected), (0, 3));
}

#[tokio::test(start_paused = true)]
async fn an_open_outer_circuit_leaves_the_inner_alone() {
    let (outer, inner, [above, below]) = nested(1, 2);
    let stack = (outer, inner).layer(down());
    for _ in 0..3 {
        call(&stack, 0).await.unwrap_err();
    }
    assert_eq!((above.phase(), below.phase()), (Phase::Open, Phase::Closed));
    assert_eq!((counted(&below), below.snapshot().rejected), ((1, 1), 0));
    assert_eq!(rejected_by(&call(&stack, 0).await), "outer");
}

#[tokio::test(start_paused = true)]
async fn a_rejection_says_which_bulkhead_it_was() {
    let named = |name, places| BulkheadLayer::builder(places).name(Name::new(name).unwrap()).build().unwrap();
    let (outer, inner) = (named("all", 1), named("one", 0));
    let places = outer.handle();
    let stack = (outer, inner).layer(up());
    assert_eq!(rejected_by(&call(&stack, 0).await), "one");
    places.resize(0);
    assert_eq!(rejected_by(&call(&stack, 0).await), "all");
}
