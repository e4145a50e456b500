use super::*;

#[test]
fn a_call_that_is_over_at_once_needs_no_runtime() {
    for limit in [Duration::ZERO, NANO, Duration::MAX] {
        let layer = TimeoutLayer::new(limit);
        layer.layer(up()).oneshot(()).now_or_never().unwrap().unwrap();
        let failing = strict(|()| ready(Err::<(), _>(Down(7))));
        let error = layer.layer(failing).oneshot(()).now_or_never().unwrap().unwrap_err();
        assert_eq!(error.downcast::<Down>().unwrap(), Down(7));
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_pends_until_its_limit_and_is_ended_there() {
    let mut call = begin(&mut TimeoutLayer::new(100 * MILLI).layer(hung()), ());
    advance(just_before(100 * MILLI)).await;
    assert_pending!(call.poll());
    advance(NANO).await;
    assert!(call.is_woken());
    elapsed(assert_ready!(call.poll()));
}

#[tokio::test(start_paused = true)]
async fn a_response_before_the_limit_is_passed_on() {
    for (limit, takes) in [(100 * MILLI, 99 * MILLI), (Duration::MAX, 1000 * DAY)] {
        let service = strict(move |()| async move {
            sleep(takes).await;
            Ok::<_, Down>("paid")
        });
        assert_eq!(TimeoutLayer::new(limit).layer(service).oneshot(()).await.unwrap(), "paid");
    }
}

#[test]
fn a_zero_limit_polls_once_and_touches_no_timer() {
    let mut polls = 0;
    let service = strict(move |()| {
        poll_fn(move |_| {
            polls += 1;
            assert_eq!(polls, 1);
            Poll::<Result<(), Down>>::Pending
        })
    });
    let call = TimeoutLayer::new(Duration::ZERO).layer(service).oneshot(());
    let ended = elapsed(call.now_or_never().expect("there is no runtime to wait in"));
    assert_eq!(ended.limit(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_function_gives_each_request_its_limit() {
    let service = TimeoutLayer::by_request(|limit: &Duration| *limit).layer(hung());
    for limit in [3 * SECOND, SECOND] {
        assert_eq!(elapsed(service.clone().oneshot(limit).await).limit(), limit);
    }
}
