use super::*;

fn reason(error: &Error) -> Option<RejectionReason> {
    error.rejection().map(Rejection::reason)
}

/// A full bulkhead where calls wait for `max_wait`.
fn full(max_wait: Duration) -> QueueLayer {
    BulkheadLayer::builder(0).max_queue(1).max_wait(max_wait).build().unwrap()
}

#[tokio::test(start_paused = true)]
async fn by_the_wait_of_a_bulkhead() {
    let start = now();
    let stack = ServiceBuilder::new().layer(TimeoutLayer::new(SECOND)).layer(full(10 * SECOND));
    let error = stack.service(stuck()).oneshot(()).await.unwrap_err();
    assert_eq!((reason(&error), now() - start), (Some(RejectionReason::WaitedTooLong), SECOND));
}

#[tokio::test(start_paused = true)]
async fn by_the_wait_of_a_bulkhead_in_a_spawned_task() {
    let start = now();
    let call = Deadline::after(SECOND).scope(full(10 * SECOND).layer(stuck()).oneshot(()));
    let error = tokio::spawn(call).await.unwrap().unwrap_err();
    assert_eq!((reason(&error), now() - start), (Some(RejectionReason::WaitedTooLong), SECOND));
}

#[tokio::test(start_paused = true)]
async fn by_a_retry() {
    let start = now();
    let retry = RetryLayer::builder("retry").backoff(Backoff::constant(SECOND)).build().unwrap();
    let service = strict(|()| ready(Err::<(), _>(Down(1))));
    let calls = service.calls();
    let stack = ServiceBuilder::new().layer(TimeoutLayer::new(1500 * MS)).layer(retry);
    let error = stack.service(service).oneshot(()).await.unwrap_err();
    assert_eq!(error.downcast_ref(), Some(&Down(1)));
    assert_eq!((calls.count(), now() - start), (2, SECOND));
}

#[tokio::test(start_paused = true)]
async fn by_a_retry_in_a_spawned_task() {
    let retry = RetryLayer::builder("retry").backoff(Backoff::constant(SECOND)).build().unwrap();
    let service = strict(|()| ready(Err::<(), _>(Down(1))));
    let calls = service.calls();
    let call = Deadline::after(1500 * MS).scope(retry.layer(service).oneshot(()));
    tokio::spawn(call).await.unwrap().unwrap_err();
    assert_eq!(calls.count(), 2);
}

#[tokio::test(start_paused = true)]
async fn by_each_attempt_in_its_turn() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&seen);
    let service = strict(move |()| {
        log.lock().unwrap().push(left().unwrap());
        pending::<Result<(), Down>>()
    });
    let stack = ServiceBuilder::new()
        .layer(TimeoutLayer::new(1000 * MS))
        .layer(RetryLayer::builder("retry").backoff(Backoff::constant(100 * MS)).build().unwrap())
        .layer(TimeoutLayer::new(400 * MS));
    elapsed(stack.service(service).oneshot(()).await);
    // The attempts begin at 0 and 500 ms, and at the deadline there is none.
    assert_eq!(*seen.lock().unwrap(), [400 * MS, 400 * MS]);
}

#[tokio::test(start_paused = true)]
async fn by_a_last_attempt_that_has_less_than_its_own_limit() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&seen);
    let service = strict(move |()| {
        log.lock().unwrap().push(left().unwrap());
        pending::<Result<(), Down>>()
    });
    let stack = ServiceBuilder::new()
        .layer(TimeoutLayer::new(700 * MS))
        .layer(RetryLayer::builder("retry").backoff(Backoff::constant(100 * MS)).build().unwrap())
        .layer(TimeoutLayer::new(400 * MS));
    assert_eq!(elapsed(stack.service(service).oneshot(()).await).limit(), 700 * MS);
    assert_eq!(*seen.lock().unwrap(), [400 * MS, 200 * MS]);
}

#[tokio::test(start_paused = true)]
async fn by_nobody_who_is_not_below() {
    thread_local!(static SEEN: Cell<bool> = const { Cell::new(false) });
    let service = TimeoutLayer::new(SECOND).layer(strict(|()| ready(Ok::<_, Down>(()))));
    let around = strict(move |()| {
        SEEN.set(Deadline::current().is_some());
        service.clone().oneshot(())
    });
    around.oneshot(()).await.unwrap();
    assert!(!SEEN.get());
}
