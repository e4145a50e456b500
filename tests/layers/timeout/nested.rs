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
        *shared.borrow_mut() = Some(call(&mut inner, ()));
        let shared = Rc::clone(&shared);
        poll_fn(move |_| shared.borrow_mut().as_mut().unwrap().poll())
    });
    (seen, service)
}

#[tokio::test(start_paused = true)]
async fn the_one_whose_end_is_nearest_ends_the_call_and_tells_so() {
    for (limits, name) in [
        ([1, 2, 3], "outer"),
        ([1, 3, 2], "outer"),
        ([2, 1, 3], "middle"),
        ([3, 1, 2], "middle"),
        ([3, 2, 1], "inner"),
        // Of two whose ends are one, the inner ends the call, and it alone.
        ([1, 1, 2], "middle"),
        ([2, 1, 1], "inner"),
    ] {
        let layer = |seconds, name| TimeoutLayer::new(seconds * SECOND).name(Name::new(name).unwrap());
        let [outer, middle, inner] = limits;
        let events = EventLog::of_thread();
        let stack = (layer(outer, "outer"), layer(middle, "middle"), layer(inner, "inner")).layer(hung());
        let ended = elapsed(stack.oneshot(()).await);
        assert_eq!((ended.limit(), ended.elapsed()), (SECOND, SECOND), "{limits:?}");
        let names: Vec<_> = events.of(TARGET).iter().map(|event| event.field("name").to_owned()).collect();
        assert_eq!(names, [name], "{limits:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_inner_one_ends_its_call_whether_the_outer_one_does_or_not() {
    for outer in [SECOND, 2 * SECOND, 3 * SECOND] {
        let (inner, mut service) = observed(TimeoutLayer::new(2 * SECOND).layer(hung()));
        let _call = begin(&mut TimeoutLayer::new(outer).layer(&mut service), ());
        advance(just_before(2 * SECOND)).await;
        assert!(!inner.borrow().as_ref().unwrap().is_woken(), "below {outer:?}");
        advance(NANO).await;
        assert!(inner.borrow().as_ref().unwrap().is_woken(), "below {outer:?}");
        let ended = elapsed(assert_ready!(inner.borrow_mut().as_mut().unwrap().poll()));
        assert_eq!((ended.limit(), ended.elapsed()), (2 * SECOND, 2 * SECOND), "below {outer:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_inner_one_is_bounded_by_what_the_outer_one_has_left() {
    for (before, calls) in [(80 * MILLI, 1), (Duration::ZERO, 3)] {
        let inner = TimeoutLayer::new(50 * MILLI).layer(hung());
        let service = strict(move |()| {
            let inner = inner.clone();
            async move {
                sleep(before).await;
                for _ in 0..calls {
                    elapsed(inner.clone().oneshot(()).await);
                }
                Ok::<_, Down>(())
            }
        });
        let ended = elapsed(TimeoutLayer::new(100 * MILLI).layer(service).oneshot(()).await);
        assert_eq!((ended.limit(), ended.elapsed()), (100 * MILLI, 100 * MILLI), "{calls} calls after {before:?}");
    }
}
