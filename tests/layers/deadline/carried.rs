use super::*;

#[tokio::test(start_paused = true)]
async fn it_ends_the_call_of_a_timeout_below_where_it_is_nearer() {
    for (claim, limit, carried, ends, limited) in [
        ("the deadline is nearer", 10 * SECOND, SECOND, SECOND, SECOND),
        ("the limit is nearer", SECOND, 10 * SECOND, SECOND, SECOND),
        ("the farthest deadline bounds nothing", SECOND, Duration::MAX, SECOND, SECOND),
        ("the deadline has come", 10 * SECOND, Duration::ZERO, Duration::ZERO, Duration::ZERO),
    ] {
        let (start, call) = (now(), TimeoutLayer::new(limit).layer(hung()).oneshot(()));
        let ended = elapsed(Deadline::after(carried).scope(call).await);
        assert_eq!((now() - start, ended.limit()), (ends, limited), "{claim}");
        assert_eq!(ended.by_caller(), carried < limit, "{claim}");
    }
}

#[tokio::test(start_paused = true)]
async fn it_ends_the_call_no_tick_before() {
    let mut call = task::spawn(after(1).scope(limit(10).layer(hung()).oneshot(())));
    assert_pending!(call.poll());
    advance(just_before(SECOND)).await;
    assert_pending!(call.poll());
}

#[tokio::test(start_paused = true)]
async fn the_error_says_what_it_left() {
    let deadline = after(1);
    advance(400 * MILLI).await;
    let ended = elapsed(deadline.scope(limit(10).layer(hung()).oneshot(())).await);
    assert_eq!((ended.limit(), ended.elapsed()), (600 * MILLI, 600 * MILLI));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_ready_at_once_passes_after_it() {
    let call = Deadline::at(now()).scope(limit(10).layer(asking()).oneshot(()));
    assert_eq!(call.await.unwrap(), Some(Duration::ZERO));
}

#[tokio::test(start_paused = true)]
async fn it_holds_in_a_spawned_task_and_between_two_timeouts() {
    let start = now();
    elapsed(tokio::spawn(after(1).scope(limit(10).layer(hung()).oneshot(()))).await.unwrap());
    assert_eq!(now() - start, SECOND);
    let (inner, deadline) = (limit(10).layer(hung()), after(1));
    let service = strict(move |()| deadline.scope(inner.clone().oneshot(())));
    elapsed(limit(5).layer(service).oneshot(()).await);
    assert_eq!(now() - start, 2 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn of_two_timeouts_the_outer_one_ends_the_call_at_it() {
    let inner = limit(20).layer(hung());
    let service = strict(move |()| inner.clone().oneshot(()).inspect(|_| panic!("the inner one ended it")));
    assert!(elapsed(after(1).scope(limit(10).layer(service).oneshot(())).await).by_caller());
}

#[tokio::test(start_paused = true)]
async fn a_call_under_way_that_comes_under_it_keeps_its_limit() {
    let mut call = task::spawn(Box::pin(limit(10).layer(hung()).oneshot(())));
    assert_pending!(call.poll());
    let ended = elapsed(after(1).scope(call.into_inner()).await);
    assert_eq!((ended.elapsed(), ended.by_caller()), (10 * SECOND, false));
}

#[tokio::test(start_paused = true)]
async fn a_call_under_way_that_leaves_it_is_ended_at_it() {
    let mut call = Box::pin(limit(10).layer(hung()).oneshot(()));
    let mut scoped = task::spawn(after(1).scope(&mut call));
    assert_pending!(scoped.poll());
    drop(scoped);
    let ended = elapsed(call.await);
    assert_eq!((ended.elapsed(), ended.by_caller()), (SECOND, true));
}
