use super::*;

#[tokio::test(start_paused = true)]
async fn the_wait_for_it_is_not_in_the_limit() {
    assert_eq!(TimeoutLayer::new(100 * MS).layer(Slow::new(80 * MS)).oneshot(()).await.unwrap(), "paid");
}

#[tokio::test(start_paused = true)]
async fn a_service_that_is_not_ready_is_not_ready_behind_a_timeout() {
    let mut service = TimeoutLayer::new(Duration::ZERO).layer(Gate::new(Poll::Pending));
    assert!(service.ready().now_or_never().is_none());
}

#[test]
fn its_error_is_passed_on() {
    let mut service = TimeoutLayer::new(SECOND).layer(Gate::new(Poll::Ready(Err(Down(7)))));
    let error = service.ready().now_or_never().unwrap().map(drop).unwrap_err();
    assert_eq!(error.downcast_ref(), Some(&Down(7)));
}

#[tokio::test(start_paused = true)]
async fn covered_it_shares_the_limit_with_the_call() {
    let layer = TimeoutLayer::new(100 * MS).cover_readiness();
    let ended = elapsed(layer.layer(Slow::new(80 * MS)).oneshot(()).await);
    assert_eq!((ended.limit(), ended.elapsed()), (100 * MS, 100 * MS));
}

#[tokio::test(start_paused = true)]
async fn covered_it_may_take_its_part_of_the_limit() {
    let layer = TimeoutLayer::new(100 * MS).cover_readiness();
    assert_eq!(layer.layer(Slow::new(49 * MS)).oneshot(()).await.unwrap(), "paid");
}

#[tokio::test(start_paused = true)]
async fn covered_it_is_ended_at_the_limit() {
    let layer = TimeoutLayer::new(100 * MS).cover_readiness();
    assert_eq!(elapsed(layer.layer(Gate::new(Poll::Pending)).oneshot(()).await).elapsed(), 100 * MS);
}

#[tokio::test(start_paused = true)]
async fn covered_it_is_bounded_for_each_request() {
    let layer = TimeoutLayer::by_request(|(): &()| 100 * MS).cover_readiness();
    assert_eq!(elapsed(layer.layer(Gate::new(Poll::Pending)).oneshot(()).await).limit(), 100 * MS);
}

#[test]
fn covered_its_error_is_the_answer() {
    let service = TimeoutLayer::new(SECOND).cover_readiness().layer(Gate::new(Poll::Ready(Err(Down(7)))));
    let error = service.oneshot(()).now_or_never().unwrap().unwrap_err();
    assert_eq!(error.downcast_ref(), Some(&Down(7)));
}

#[test]
fn covered_it_is_not_asked_for_before_the_call() {
    let gate = Gate::new(Poll::Pending);
    let polls = Rc::clone(&gate.polls);
    let mut service = TimeoutLayer::new(SECOND).cover_readiness().layer(gate);
    assert!(service.ready().now_or_never().unwrap().is_ok());
    assert_eq!(polls.get(), 0);
}

#[test]
fn covered_it_is_awaited_on_the_instance_that_is_called() {
    // `strict` panics when a clone is called that was not itself polled ready.
    let mut service = TimeoutLayer::new(SECOND).cover_readiness().layer(prompt());
    for _ in 0..2 {
        assert_eq!(call(&mut service).now_or_never().unwrap().unwrap(), "paid");
    }
}

#[tokio::test(start_paused = true)]
async fn covered_it_may_ask_for_the_deadline() {
    #[derive(Clone)]
    struct Asking;
    impl Service<()> for Asking {
        type Response = ();
        type Error = Down;
        type Future = Ready<Result<(), Down>>;

        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Down>> {
            assert_eq!(Deadline::current().map(Deadline::remaining), Some(SECOND));
            Poll::Ready(Ok(()))
        }

        fn call(&mut self, (): ()) -> Self::Future {
            ready(Ok(()))
        }
    }
    TimeoutLayer::new(SECOND).cover_readiness().layer(Asking).oneshot(()).await.unwrap();
}
