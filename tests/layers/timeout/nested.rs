use super::*;

type Shared<F> = Rc<RefCell<Option<task::Spawn<F>>>>;

/// A call of `inner`, made within a service and polled there by a task of its own, which outlives that service's call.
fn observed<S>(inner: S) -> (Shared<S::Future>, impl Service<(), Response = S::Response, Error = S::Error>)
where
    S: Service<()>,
{
    let shared = Shared::default();
    let seen = Rc::clone(&shared);
    let mut inner = inner;
    let service = strict(move |()| {
        *shared.borrow_mut() = Some(task::spawn(call(&mut inner)));
        let shared = Rc::clone(&shared);
        poll_fn(move |_| shared.borrow_mut().as_mut().unwrap().poll())
    });
    (seen, service)
}

#[tokio::test(start_paused = true)]
async fn where_the_outer_end_is_nearer_the_outer_one_ends_the_call() {
    let stack = ServiceBuilder::new()
        .layer(TimeoutLayer::new(SECOND).name("outer").unwrap())
        .layer(TimeoutLayer::new(2 * SECOND).name("inner").unwrap());
    let events = Events::record();
    let ended = elapsed(stack.service(stuck()).oneshot(()).await);
    let names: Vec<_> = events.of(TARGET).iter().map(|event| event.field("name").to_owned()).collect();
    assert_eq!((names, ended.limit()), (vec!["outer".to_owned()], SECOND));
}

#[tokio::test(start_paused = true)]
async fn where_both_ends_are_one_the_call_is_ended_once() {
    let stack = ServiceBuilder::new()
        .layer(TimeoutLayer::new(SECOND).name("outer").unwrap())
        .layer(TimeoutLayer::new(SECOND).name("inner").unwrap());
    let events = Events::record();
    elapsed(stack.service(stuck()).oneshot(()).await);
    assert_eq!(events.of(TARGET).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn where_the_inner_end_is_nearer_the_inner_one_ends_the_call() {
    let stack = ServiceBuilder::new()
        .layer(TimeoutLayer::new(2 * SECOND).name("outer").unwrap())
        .layer(TimeoutLayer::new(SECOND).name("inner").unwrap());
    let events = Events::record();
    let ended = elapsed(stack.service(stuck()).oneshot(()).await);
    let names: Vec<_> = events.of(TARGET).iter().map(|event| event.field("name").to_owned()).collect();
    assert_eq!((names, ended.limit()), (vec!["inner".to_owned()], SECOND));
}

#[tokio::test(start_paused = true)]
async fn an_inner_one_whose_end_is_further_off_arms_no_timer() {
    let (inner, service) = observed(TimeoutLayer::new(2 * SECOND).layer(stuck()));
    elapsed(TimeoutLayer::new(SECOND).layer(service).oneshot(()).await);
    advance(10 * SECOND).await;
    assert!(!inner.borrow().as_ref().unwrap().is_woken());
}

#[tokio::test(start_paused = true)]
async fn an_inner_one_whose_end_is_nearer_arms_a_timer() {
    let (inner, service) = observed(TimeoutLayer::new(SECOND).layer(stuck()));
    let mut call = task::spawn(TimeoutLayer::new(2 * SECOND).layer(service).oneshot(()));
    assert_pending!(call.poll());
    advance(SECOND).await;
    assert!(inner.borrow().as_ref().unwrap().is_woken());
}

#[tokio::test(start_paused = true)]
async fn an_inner_one_is_bounded_by_what_the_outer_one_has_left() {
    let inner = TimeoutLayer::new(50 * MS).layer(stuck());
    let service = strict(move |()| {
        let inner = inner.clone();
        async move {
            sleep(80 * MS).await;
            inner.oneshot(()).await
        }
    });
    let ended = elapsed(TimeoutLayer::new(100 * MS).layer(service).oneshot(()).await);
    assert_eq!((ended.limit(), ended.elapsed()), (100 * MS, 100 * MS));
}

#[tokio::test(start_paused = true)]
async fn an_inner_one_that_ended_leaves_the_outer_one_the_rest() {
    let inner = TimeoutLayer::new(60 * MS).layer(stuck());
    let service = strict(move |()| {
        let inner = inner.clone();
        async move {
            for _ in 0..3 {
                elapsed(inner.clone().oneshot(()).await);
            }
            Ok::<_, Down>(())
        }
    });
    let start = now();
    let ended = elapsed(TimeoutLayer::new(150 * MS).layer(service).oneshot(()).await);
    assert_eq!((ended.limit(), now() - start), (150 * MS, 150 * MS));
}

#[tokio::test(start_paused = true)]
async fn three_end_with_the_nearest() {
    for limits in [[1, 2, 3], [2, 1, 3], [3, 2, 1], [3, 1, 2]] {
        let [outer, middle, inner] = limits.map(|seconds| TimeoutLayer::new(seconds * SECOND));
        let stack = ServiceBuilder::new().layer(outer).layer(middle).layer(inner);
        let ended = elapsed(stack.service(stuck()).oneshot(()).await);
        assert_eq!((ended.limit(), ended.elapsed()), (SECOND, SECOND), "{limits:?}");
    }
}
