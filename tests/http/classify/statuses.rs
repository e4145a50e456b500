//! What a status means.

use http::{HeaderMap, Response};
use palisade::http::{ClassifyEnd, HttpClassifier};
use palisade::{Classify, DefaultClassifier, Error, Outcome};

use super::{answer, by_table, classified, secs, throttled};
use crate::errors::{failed, timed_out};
use crate::support::Down;

#[test]
fn every_status_has_the_outcome_of_the_table() {
    for status in 100..=999 {
        let expected = match status {
            408 | 502 | 503 | 504 => Outcome::Transient,
            429 => throttled(None),
            501 | 505 => Outcome::Ignored,
            500..600 => Outcome::Failed,
            _ => Outcome::Success,
        };
        assert_eq!(by_table(status, &[]), expected, "{status}");
        assert_eq!(by_table(status, &[("retry-after", "soon")]), expected, "{status} with no readable pause");
        let asks_for_less = if matches!(status, 429 | 503) { throttled(secs(7)) } else { expected };
        assert_eq!(by_table(status, &[("retry-after", "7")]), asks_for_less, "{status} with a pause");
    }
}

#[tokio::test(start_paused = true)]
async fn an_error_of_the_service_is_transient_and_so_is_a_timeout() {
    for error in [failed(Down(1)), timed_out().await] {
        assert_eq!(classified(&error), Outcome::Transient, "{error}");
    }
}

#[test]
fn an_override_goes_before_the_table_and_leaves_the_rest_to_it() {
    let classifier = HttpClassifier::new().overrides(|status| match status.as_u16() {
        404 => Some(Outcome::Transient),
        500 | 503 => Some(Outcome::Success),
        _ => None,
    });
    for status in 100..=999 {
        let expected = match status {
            404 => Outcome::Transient,
            500 | 503 => Outcome::Success,
            _ => by_table(status, &[("retry-after", "7")]),
        };
        assert_eq!(classifier.classify(Ok(&answer(status, &[("retry-after", "7")]))), expected, "{status}");
    }
}

#[test]
fn an_override_that_throttles_takes_the_pause_of_the_response() {
    let hinted = answer(403, &[("retry-after", "7")]);
    let without = HttpClassifier::new().overrides(|_| Some(throttled(None)));
    assert_eq!(without.classify(Ok(&hinted)), throttled(secs(7)));
    assert_eq!(without.classify(Ok(&answer(403, &[]))), throttled(None));
    let with = HttpClassifier::new().overrides(|_| Some(throttled(secs(1))));
    assert_eq!(with.classify(Ok(&hinted)), throttled(secs(1)));
}

#[test]
fn a_classifier_that_goes_by_the_table_takes_no_room() {
    assert_eq!(size_of::<HttpClassifier>(), 0);
    let copied: fn(&HttpClassifier) -> HttpClassifier = |classifier| *classifier;
    assert_eq!(copied(&HttpClassifier::new()).classify(Ok(&answer(500, &[]))), Outcome::Failed);
}

/// Compiles for whatever a layer may hold that looks at the end of bodies.
fn at_end<R>(classifier: &impl ClassifyEnd<R>, head: &R) -> (bool, Outcome) {
    (classifier.waits_for_end(head), classifier.classify_end(Some(&HeaderMap::new())))
}

#[test]
fn a_body_that_ends_well_leaves_its_head_a_success() {
    let (head, said) = (answer(200, &[]), (true, Outcome::Success));
    assert_eq!(at_end(&HttpClassifier::new(), &head), said);
    assert_eq!(at_end(&HttpClassifier::new().overrides(|_| Some(Outcome::Failed)), &head), said);
    assert_eq!(at_end(&DefaultClassifier, &head), said);
    assert_eq!(at_end(&|_: Result<&Response<()>, &Error>| Outcome::Failed, &head), said);
    let status = 503;
    let captures = move |result: Result<&Response<()>, &Error>| match result {
        Ok(head) if head.status() == status => Outcome::Failed,
        _ => Outcome::Success,
    };
    assert_eq!(at_end(&captures, &head), said);
}
