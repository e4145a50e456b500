//! Which calls are handed over, and what callers get.

use std::iter::repeat;

use super::*;

/// The requests that are handed over of calls with these results, and the codes of the results that callers get.
async fn handed_over(codes: &'static [u32]) -> (Vec<u32>, Vec<u32>) {
    let kept = Kept::default();
    let classifier = |result: Result<&u32, &Error>| match result {
        Ok(200) => Outcome::Success,
        Ok(201) => Outcome::Ignored,
        Ok(202) => Outcome::Throttled { retry_after: None },
        Ok(_) => Outcome::Failed,
        Err(_) => Outcome::Transient,
    };
    let service = DeadLetterLayer::new(kept.sink()).classify(classifier).layer(coded(codes));
    let mut results = Vec::new();
    for request in 0..u32::try_from(codes.len()).unwrap() {
        results.push(code(&service.clone().oneshot(request).await));
    }
    (kept.requests(), results)
}

#[tokio::test(start_paused = true)]
async fn failures_rejections_and_timeouts_are_handed_over_and_returned() {
    let codes = &[1, REJECTED, TIMED_OUT, 202, 203];
    assert_eq!(handed_over(codes).await, (vec![0, 1, 2, 3, 4], codes.to_vec()));
}

#[tokio::test(start_paused = true)]
async fn what_is_a_success_or_ignored_makes_no_letter() {
    assert_eq!(handed_over(&[200, 201]).await, (vec![], vec![200, 201]));
}

#[tokio::test(start_paused = true)]
async fn a_letter_says_how_the_call_failed() {
    let kept = Kept::default();
    let layer = DeadLetterLayer::new(kept.sink()).name(Name::new("orders").unwrap());
    let service = layer.layer(coded(&[7, REJECTED, TIMED_OUT]));
    for _ in 0..3 {
        service.clone().oneshot(1).await.unwrap_err();
    }
    let [failed, rejected, timed_out] = &kept.all()[..] else { panic!("three calls failed") };
    assert_eq!(failed.reason, Reason::Failed("the service failed: down 7".to_owned()));
    assert!(matches!(&rejected.reason, Reason::Rejected(text) if text.contains("rejected the call")));
    assert!(matches!(&timed_out.reason, Reason::TimedOut(_)));
    assert_eq!((failed.name.as_str(), failed.attempts), ("orders", 1));
    assert!(failed.first_at <= failed.last_at);
    assert_ne!(failed.id, rejected.id);
}

#[tokio::test(start_paused = true)]
async fn a_long_error_is_cut() {
    let kept = Kept::default();
    let service = strict(|_| ready(Err::<u32, _>(Error::from(BoxError::from("ä".repeat(1_000))))));
    DeadLetterLayer::new(kept.sink()).layer(service).oneshot(1).await.unwrap_err();
    assert_eq!(kept.all()[0].reason.text().chars().count(), 200);
}

#[tokio::test(start_paused = true)]
async fn the_attempts_of_a_retry_below_are_told() {
    for (codes, attempts) in [(&[1_u32, 1, 1, 1][..], 3), (&[1, REJECTED], 2), (&[TIMED_OUT], 3)] {
        let kept = Kept::default();
        let retry = RetryLayer::builder("retry").backoff(Backoff::constant(MILLI)).build().unwrap();
        let service = ServiceBuilder::new().layer(DeadLetterLayer::new(kept.sink())).layer(retry).service(coded(codes));
        service.oneshot(1).await.unwrap_err();
        assert_eq!(kept.all()[0].attempts, attempts, "{codes:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_failure_that_is_not_retried_is_one_attempt_also_after_others() {
    let kept = Kept::default();
    let failed = |_: Result<&u32, &Error>| Outcome::Failed;
    let retry = RetryLayer::builder("retry").backoff(Backoff::none()).build().unwrap();
    retry.layer(coded(&[1])).oneshot(1).await.unwrap_err();
    DeadLetterLayer::new(kept.sink()).layer(coded(&[1])).oneshot(1).await.unwrap_err();
    let retry = RetryLayer::builder("retry").classify(failed).build().unwrap();
    let layers = ServiceBuilder::new().layer(DeadLetterLayer::new(kept.sink()).classify(failed)).layer(retry);
    layers.service(coded(&[200])).oneshot(1).await.unwrap();
    assert_eq!(kept.all().iter().map(|letter| letter.attempts).collect::<Vec<_>>(), [1, 1]);
}

#[tokio::test(start_paused = true)]
async fn an_abandoned_call_makes_no_letter() {
    let kept = Kept::default();
    let mut service = DeadLetterLayer::new(kept.sink()).layer(hung());
    drop(begin(&mut service, 1));
    timeout(SECOND, service.oneshot(2)).await.unwrap_err();
    assert!(kept.all().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_timeout_of_ours_inside_makes_a_letter() {
    let kept = Kept::default();
    let layers = ServiceBuilder::new().layer(DeadLetterLayer::new(kept.sink())).layer(TimeoutLayer::new(SECOND));
    assert!(layers.service(hung()).oneshot(1).await.unwrap_err().is_timeout());
    assert_eq!(kept.requests(), [1]);
}

#[tokio::test(start_paused = true)]
async fn a_readiness_error_makes_a_letter() {
    use crate::support::services::{FAILS, up};

    let kept = Kept::default();
    let mut service = DeadLetterLayer::new(kept.sink()).layer(up::<u32>().readiness(repeat(FAILS)));
    service.ready().await.unwrap().call(5).await.unwrap_err();
    assert_eq!(kept.requests(), [5]);
}

#[tokio::test(start_paused = true)]
async fn a_request_that_is_not_copied_makes_no_letter_but_an_event() {
    let (kept, events) = (Kept::default(), EventLog::of_thread());
    let layer = DeadLetterLayer::new(kept.sink()).copy_request(|request: &u32| (*request > 1).then_some(*request));
    let service = layer.layer(coded(&[1]));
    for request in 1..=2 {
        service.clone().oneshot(request).await.unwrap_err();
    }
    assert_eq!((kept.requests(), losses(&events)), (vec![2], vec!["no_copy".to_owned()]));
}

#[tokio::test(start_paused = true)]
async fn losses_are_a_warning_once_a_minute() {
    let events = EventLog::of_thread();
    let service = DeadLetterLayer::new(|_| ()).copy_request(|_: &u32| None).layer(coded(&[1]));
    let mut levels = Vec::new();
    for pause in [Duration::ZERO, 59 * SECOND, SECOND] {
        advance(pause).await;
        service.clone().oneshot(1).await.unwrap_err();
        levels.extend(events.of("palisade::dead_letter").last().map(|event| event.level));
    }
    assert_eq!(levels, [Level::WARN, Level::DEBUG, Level::WARN]);
}

/// The codes of what callers get, and how many letters there are.
async fn accepted(unclear: bool, codes: &'static [u32]) -> (Vec<u32>, usize) {
    let kept = Kept::default();
    let layer = DeadLetterLayer::new(kept.sink()).accept(|letter: &DeadLetter<u32>| 1_000 + letter.request);
    let layer = if unclear { layer.accept_unclear() } else { layer };
    let service = layer.layer(coded(codes));
    let mut results = Vec::new();
    for request in 0..u32::try_from(codes.len()).unwrap() {
        results.push(code(&service.clone().oneshot(request).await));
    }
    (results, kept.all().len())
}

#[tokio::test(start_paused = true)]
async fn only_calls_that_were_rejected_are_accepted_unless_it_is_set() {
    let codes = &[REJECTED, TIMED_OUT, 1, 200];
    assert_eq!(accepted(false, codes).await, (vec![1_000, TIMED_OUT, 1, 200], 3));
    assert_eq!(accepted(true, codes).await, (vec![1_000, 1_001, 1_002, 200], 3));
}

#[tokio::test(start_paused = true)]
async fn who_is_accepted_gets_the_failure_if_storing_fails() {
    let store = Slow::of_polls(1);
    let letters = opened(&store).await;
    let layer = DeadLetterLayer::new(letters.clone()).accept(|_: &DeadLetter<u32>| 1_000);
    let service = layer.layer(coded(&[REJECTED]));
    store.fail(0..1);
    let failed = service.clone().oneshot(1).await;
    assert_eq!((code(&failed), letters.waiting()), (REJECTED, 0));
    assert_eq!((service.oneshot(1).await.unwrap(), letters.waiting()), (1_000, 1));
}
