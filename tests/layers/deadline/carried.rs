use super::*;

#[tokio::test(start_paused = true)]
async fn a_timeout_below_ends_the_call_at_it() {
    let start = now();
    let call = TimeoutLayer::new(10 * SECOND).layer(stuck()).oneshot(());
    elapsed(Deadline::after(SECOND).scope(call).await);
    assert_eq!(now() - start, SECOND);
}

#[tokio::test(start_paused = true)]
async fn a_timeout_below_ends_the_call_no_tick_before() {
    let call = TimeoutLayer::new(10 * SECOND).layer(stuck()).oneshot(());
    let mut call = task::spawn(Deadline::after(SECOND).scope(call));
    assert_pending!(call.poll());
    advance(just_before(SECOND)).await;
    assert_pending!(call.poll());
}

#[tokio::test(start_paused = true)]
async fn the_error_says_what_it_left() {
    let deadline = Deadline::after(SECOND);
    advance(400 * MS).await;
    let ended = elapsed(deadline.scope(TimeoutLayer::new(10 * SECOND).layer(stuck()).oneshot(())).await);
    assert_eq!((ended.limit(), ended.elapsed()), (600 * MS, 600 * MS));
}

#[tokio::test(start_paused = true)]
async fn a_nearer_limit_below_ends_the_call_itself() {
    let call = TimeoutLayer::new(SECOND).layer(stuck()).oneshot(());
    assert_eq!(elapsed(Deadline::after(10 * SECOND).scope(call).await).limit(), SECOND);
}

#[tokio::test(start_paused = true)]
async fn one_that_has_passed_polls_once() {
    let deadline = Deadline::after(SECOND);
    advance(3 * SECOND).await;
    let mut call = task::spawn(deadline.scope(TimeoutLayer::new(10 * SECOND).layer(stuck()).oneshot(())));
    elapsed(assert_ready!(call.poll()));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_ready_at_once_passes_under_one_that_has_passed() {
    let deadline = Deadline::at(now());
    let call = TimeoutLayer::new(10 * SECOND).layer(asking()).oneshot(());
    assert_eq!(deadline.scope(call).await.unwrap(), Some(Duration::ZERO));
}

#[tokio::test(start_paused = true)]
async fn the_farthest_one_bounds_nothing() {
    let call = TimeoutLayer::new(SECOND).layer(stuck()).oneshot(());
    assert_eq!(elapsed(Deadline::after(Duration::MAX).scope(call).await).limit(), SECOND);
}

#[tokio::test(start_paused = true)]
async fn in_a_spawned_task_a_timeout_ends_the_call_at_it() {
    let start = now();
    let call = Deadline::after(SECOND).scope(TimeoutLayer::new(10 * SECOND).layer(stuck()).oneshot(()));
    elapsed(tokio::spawn(call).await.unwrap());
    assert_eq!(now() - start, SECOND);
}

#[tokio::test(start_paused = true)]
async fn between_two_timeouts_it_bounds_the_inner_one() {
    let start = now();
    let inner = TimeoutLayer::new(10 * SECOND).layer(stuck());
    let deadline = Deadline::after(SECOND);
    let service = strict(move |()| deadline.scope(inner.clone().oneshot(())));
    elapsed(TimeoutLayer::new(5 * SECOND).layer(service).oneshot(()).await);
    assert_eq!(now() - start, SECOND);
}

#[tokio::test(start_paused = true)]
async fn of_two_timeouts_the_outer_one_ends_the_call_at_it() {
    let inner = TimeoutLayer::new(20 * SECOND).layer(stuck());
    let service = strict(move |()| inner.clone().oneshot(()).inspect(|_| panic!("the inner one ended it")));
    let call = TimeoutLayer::new(10 * SECOND).layer(service).oneshot(());
    assert!(elapsed(Deadline::after(SECOND).scope(call).await).by_caller());
}

#[tokio::test(start_paused = true)]
async fn a_call_under_way_that_comes_under_it_is_ended_at_it() {
    let mut call = task::spawn(Box::pin(TimeoutLayer::new(10 * SECOND).layer(stuck()).oneshot(())));
    assert_pending!(call.poll());
    let start = now();
    elapsed(Deadline::after(SECOND).scope(call.into_inner()).await);
    assert_eq!(now() - start, SECOND);
}

#[tokio::test(start_paused = true)]
async fn a_call_under_way_that_leaves_it_has_its_own_limit() {
    let mut call = Box::pin(TimeoutLayer::new(10 * SECOND).layer(stuck()).oneshot(()));
    let mut scoped = task::spawn(Deadline::after(SECOND).scope(&mut call));
    assert_pending!(scoped.poll());
    drop(scoped);
    assert_eq!(elapsed(call.await).elapsed(), 10 * SECOND);
}
