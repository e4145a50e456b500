use super::*;

#[tokio::test(start_paused = true)]
async fn a_fallback_is_taken_as_the_classifier_says() {
    for (outcome, is_taken) in [
        (Outcome::Transient, true),
        (Outcome::Throttled { retry_after: None }, true),
        (Outcome::Throttled { retry_after: Some(LIMIT) }, true),
        (Outcome::Failed, true),
        (Outcome::Success, false),
        (Outcome::Ignored, false),
    ] {
        let layer = FallbackLayer::value(777).classify(move |_: Result<&u32, &Error>| outcome);
        for result in [&[200], &[1], &[TIMED_OUT]] {
            let answer = code(&layer.layer(coded(result)).oneshot(0).await);
            assert_eq!(answer, if is_taken { 777 } else { result[0] }, "{outcome:?} of {result:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn without_a_classifier_it_is_taken_for_all_but_a_response() {
    for (result, answer) in [(&[200], 200), (&[1], 777), (&[TIMED_OUT], 777), (&[REJECTED], 777)] {
        assert_eq!(code(&FallbackLayer::value(777).layer(coded(result)).oneshot(0).await), answer, "{result:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn it_is_taken_for_a_rejection_without_asking_a_classifier() {
    let layer = FallbackLayer::value(7).classify(|result: Result<&u32, &Error>| -> Outcome { panic!("{result:?}") });
    let rejecting = BulkheadLayer::new(0).layer(up());
    assert_eq!(layer.layer(rejecting.clone()).oneshot(1).await.unwrap(), 7);
    let through_a_foreign_layer = tower::timeout::TimeoutLayer::new(LIMIT).layer(rejecting);
    assert_eq!(layer.layer(through_a_foreign_layer).oneshot(1).await.unwrap(), 7);
}

#[tokio::test(start_paused = true)]
async fn it_is_taken_where_a_function_says_so() {
    let taken_for_one = FallbackLayer::value(777).fallback_if(|result: Result<&u32, &Error>| match result {
        Ok(response) => *response == 201,
        Err(error) => down(Err(error)) == 1,
    });
    for (result, answer) in [(&[200], 200), (&[201], 777), (&[1], 777), (&[2], 2), (&[REJECTED], REJECTED)] {
        assert_eq!(code(&taken_for_one.layer(coded(result)).oneshot(0).await), answer, "{result:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_function_is_asked_once() {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let layer =
        FallbackLayer::new(failing_step(2)).or(fallback::value(7)).fallback_if(move |_: Result<&u32, &Error>| {
            count.fetch_add(1, SeqCst);
            true
        });
    assert_eq!(layer.layer(failing()).oneshot(1).await.unwrap(), 7);
    assert_eq!(asked.load(SeqCst), 1);
}
