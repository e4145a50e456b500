use super::*;

#[test]
fn every_limit_makes_a_layer() {
    const LONGEST: TimeoutLayer = TimeoutLayer::new(Duration::MAX);
    for layer in [TimeoutLayer::new(Duration::ZERO), TimeoutLayer::new(TICK), LONGEST] {
        assert_eq!(layer.layer(prompt()).oneshot(()).now_or_never().unwrap().unwrap(), "paid");
    }
}

#[test]
fn a_call_that_is_ready_at_once_needs_no_runtime() {
    let service = TimeoutLayer::new(SECOND).layer(prompt());
    assert_eq!(service.oneshot(()).now_or_never().unwrap().unwrap(), "paid");
}

#[test]
fn an_error_that_is_there_at_once_is_passed_on() {
    let service = TimeoutLayer::new(SECOND).layer(strict(|()| ready(Err::<(), _>(Down(7)))));
    let error = service.oneshot(()).now_or_never().unwrap().unwrap_err();
    assert_eq!(error.downcast::<Down>().unwrap(), Down(7));
}

#[tokio::test(start_paused = true)]
async fn a_call_pends_until_one_tick_before_the_limit() {
    let mut call = task::spawn(TimeoutLayer::new(100 * MS).layer(stuck()).oneshot(()));
    assert_pending!(call.poll());
    advance(just_before(100 * MS)).await;
    assert_pending!(call.poll());
}

#[tokio::test(start_paused = true)]
async fn a_call_is_ended_at_the_limit() {
    let mut call = task::spawn(TimeoutLayer::new(100 * MS).layer(stuck()).oneshot(()));
    assert_pending!(call.poll());
    advance(100 * MS).await;
    assert!(call.is_woken());
    elapsed(assert_ready!(call.poll()));
}

#[tokio::test(start_paused = true)]
async fn an_answer_just_before_the_limit_is_passed_on() {
    let service = strict(|()| async {
        sleep(99 * MS).await;
        Ok::<_, Down>("paid")
    });
    assert_eq!(TimeoutLayer::new(100 * MS).layer(service).oneshot(()).await.unwrap(), "paid");
}

#[tokio::test(start_paused = true)]
async fn a_zero_limit_polls_once() {
    let polls = Rc::new(Cell::new(0));
    let counted = Rc::clone(&polls);
    let service = strict(move |()| {
        let polls = Rc::clone(&counted);
        poll_fn(move |_| {
            polls.set(polls.get() + 1);
            Poll::<Result<(), Down>>::Pending
        })
    });
    let mut call = task::spawn(TimeoutLayer::new(Duration::ZERO).layer(service).oneshot(()));
    elapsed(assert_ready!(call.poll()));
    assert_eq!(polls.get(), 1);
}

#[test]
fn a_zero_limit_touches_no_timer() {
    let call = TimeoutLayer::new(Duration::ZERO).layer(stuck()).oneshot(());
    elapsed(call.now_or_never().expect("there is no runtime to wait in"));
}

#[test]
fn a_zero_limit_within_a_zero_limit_polls_once() {
    let zero = TimeoutLayer::new(Duration::ZERO);
    let call = ServiceBuilder::new().layer(zero).layer(zero).service(stuck()).oneshot(());
    elapsed(call.now_or_never().expect("there is no runtime to wait in"));
}

#[test]
fn a_zero_limit_around_a_longer_one_polls_once() {
    let stack = ServiceBuilder::new().layer(TimeoutLayer::new(Duration::ZERO)).layer(TimeoutLayer::new(SECOND));
    let ended = elapsed(stack.service(stuck()).oneshot(()).now_or_never().expect("there is no runtime to wait in"));
    assert_eq!(ended.limit(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn the_longest_limit_is_as_good_as_never() {
    let service = strict(|()| async {
        sleep(1000 * DAY).await;
        Ok::<_, Down>("paid")
    });
    assert_eq!(TimeoutLayer::new(Duration::MAX).layer(service).oneshot(()).await.unwrap(), "paid");
}

#[tokio::test(start_paused = true)]
async fn a_function_gives_each_request_its_limit() {
    let layer = TimeoutLayer::by_request(|limit: &Duration| *limit);
    let service = layer.layer(strict(|_: Duration| pending::<Result<(), Down>>()));
    for limit in [3 * SECOND, SECOND] {
        assert_eq!(elapsed(service.clone().oneshot(limit).await).limit(), limit);
    }
}
