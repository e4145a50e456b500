//! What gRPC responses mean, at their head and at their end, and which calls may be sent again.

mod status;

use std::cell::RefCell;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode};
use palisade::grpc::{Code, GrpcClassifier, Pushback};
use palisade::http::ClassifyEnd;
use palisade::retry::RetryIf;
use palisade::{Classify, Error, Outcome};

use crate::errors::{failed, timed_out};
use crate::support::Down;

const PUSHBACK: &str = "grpc-retry-pushback-ms";
const UNAVAILABLE: &str = "14";
const RESOURCE_EXHAUSTED: &str = "8";

type Headers<'a> = &'a [(&'a str, &'a str)];

fn headers(headers: Headers<'_>) -> HeaderMap {
    let header = |(name, value): &(&str, &str)| {
        (HeaderName::from_bytes(name.as_bytes()).unwrap(), HeaderValue::from_bytes(value.as_bytes()).unwrap())
    };
    let mut map = HeaderMap::new();
    for (name, value) in headers.iter().map(header) {
        map.append(name, value);
    }
    map
}

fn head(status: u16, fields: Headers<'_>) -> Response<()> {
    let mut head = Response::new(());
    *head.status_mut() = StatusCode::from_u16(status).unwrap();
    *head.headers_mut() = headers(fields);
    head
}

/// What a response of nothing but trailers means.
fn alone(fields: Headers<'_>) -> Outcome {
    GrpcClassifier::new().classify(Ok(&head(200, fields)))
}

fn end<F>(classifier: &GrpcClassifier<F>, trailers: Option<&HeaderMap>) -> Outcome
where
    GrpcClassifier<F>: ClassifyEnd<Response<()>>,
{
    ClassifyEnd::<Response<()>>::classify_end(classifier, trailers)
}

/// What these trailers mean after a head that said nothing yet.
fn trailing(fields: Headers<'_>) -> Outcome {
    end(&GrpcClassifier::new(), Some(&headers(fields)))
}

fn waits(head: &Response<()>) -> bool {
    GrpcClassifier::new().waits_for_end(head)
}

fn allows(head: &Response<()>) -> bool {
    Pushback.allows(&Request::new(()), Ok(head))
}

fn allows_after(error: &Error) -> bool {
    let result: Result<&Response<()>, _> = Err(error);
    Pushback.allows(&Request::new(()), result)
}

fn classify_error(error: &Error) -> Outcome {
    let result: Result<&Response<()>, _> = Err(error);
    GrpcClassifier::new().classify(result)
}

const fn throttled(retry_after: Option<Duration>) -> Outcome {
    Outcome::Throttled { retry_after }
}

#[expect(clippy::unnecessary_wraps, reason = "it is compared with hints, which there may be none of")]
const fn millis(millis: u64) -> Option<Duration> {
    Some(Duration::from_millis(millis))
}

/// The outcome of a code, by its number.
fn by_table(number: u32) -> Outcome {
    match number {
        14 => Outcome::Transient,
        8 => throttled(None),
        1 | 2 | 4 | 13 | 15 => Outcome::Failed,
        0 | 3 | 5..=7 | 9..=12 | 16 => Outcome::Success,
        _ => by_table(2),
    }
}

#[test]
fn every_code_has_the_outcome_of_the_table_in_either_place() {
    for number in 0..=20 {
        let code = number.to_string();
        let fields = &[("grpc-status", &*code)];
        assert_eq!([alone(fields), trailing(fields)], [by_table(number); 2], "{number}");
        assert_eq!(allows(&head(200, fields)), number != 8, "{number}: only exhaustion is not retried");
        let pushed = if matches!(number, 8 | 14) { throttled(millis(250)) } else { by_table(number) };
        let fields = &[("grpc-status", &*code), (PUSHBACK, "250")];
        assert_eq!([alone(fields), trailing(fields)], [pushed; 2], "{number} with a pushback");
    }
}

/// The code that an override is asked about.
fn asked(fields: Headers<'_>) -> Code {
    let asked = RefCell::new(None);
    let classifier = GrpcClassifier::new().overrides(|code| {
        assert_eq!(asked.replace(Some(code)), None, "it is asked once");
        None
    });
    classifier.classify(Ok(&head(200, fields)));
    asked.into_inner().unwrap()
}

#[test]
fn a_code_is_read_by_its_number() {
    for number in 0..=16 {
        assert_eq!(asked(&[("grpc-status", &number.to_string())]) as i32, number);
    }
    assert_eq!(asked(&[("grpc-status", "14"), ("grpc-status", "0")]), Code::Unavailable, "the first counts");
}

#[test]
fn a_code_that_is_unreadable_or_not_assigned_is_unknown() {
    for garbage in ["17", "99", "", "-1", "+0", "0.0", "OK", "0x0", " 0", "1 4", "\u{ff}", "18446744073709551616"] {
        assert_eq!(asked(&[("grpc-status", garbage)]), Code::Unknown, "{garbage:?}");
        assert_eq!(trailing(&[("grpc-status", garbage)]), Outcome::Failed, "{garbage:?}");
    }
}

#[test]
fn a_head_without_a_code_is_mapped_from_its_http_status() {
    for status in (100..=999).filter(|&status| status != 200) {
        let code = match status {
            400 => Code::Internal,
            401 => Code::Unauthenticated,
            403 => Code::PermissionDenied,
            404 => Code::Unimplemented,
            429 | 502 | 503 | 504 => Code::Unavailable,
            _ => Code::Unknown,
        };
        let head = head(status, &[]);
        let only = GrpcClassifier::new().overrides(|asked| {
            assert_eq!(asked, code, "{status}");
            None
        });
        assert_eq!(only.classify(Ok(&head)), by_table(code as u32), "{status}");
        assert!(!waits(&head), "{status}");
    }
}

/// What is at the head: the outcome, and whether the trailers may say otherwise.
#[test]
fn a_code_goes_before_the_http_status_and_that_before_the_type() {
    let page = ("content-type", "text/html");
    let rows: [(u16, Headers<'_>, Outcome, bool); 17] = [
        (200, &[], Outcome::Success, true),
        (200, &[("content-type", "application/grpc")], Outcome::Success, true),
        (200, &[("content-type", "application/grpc+proto")], Outcome::Success, true),
        (200, &[("content-type", "application/grpc;charset=utf-8")], Outcome::Success, true),
        (200, &[("content-type", "Application/gRPC")], Outcome::Success, true),
        (200, &[page], Outcome::Failed, false),
        (200, &[("content-type", "text/html; charset=utf-8")], Outcome::Failed, false),
        (200, &[("content-type", "application/json")], Outcome::Failed, false),
        (200, &[("content-type", "application/x-grpc")], Outcome::Failed, false),
        (200, &[("content-type", "application")], Outcome::Failed, false),
        (200, &[("content-type", "")], Outcome::Failed, false),
        (200, &[("grpc-status", "0")], Outcome::Success, false),
        (200, &[page, ("grpc-status", "0")], Outcome::Success, false),
        (200, &[page, ("grpc-status", UNAVAILABLE)], Outcome::Transient, false),
        (503, &[page], Outcome::Transient, false),
        (503, &[("grpc-status", "0")], Outcome::Success, false),
        (404, &[("grpc-status", UNAVAILABLE)], Outcome::Transient, false),
    ];
    for (status, fields, outcome, may_change) in rows {
        let head = head(status, fields);
        assert_eq!(
            (GrpcClassifier::new().classify(Ok(&head)), waits(&head)),
            (outcome, may_change),
            "{status} {fields:?}"
        );
        if outcome == Outcome::Failed {
            assert_eq!(asked(fields), Code::Unknown, "{fields:?}");
        }
    }
}

#[test]
fn a_stream_that_ends_without_a_code_has_failed() {
    assert_eq!(end(&GrpcClassifier::new(), None), Outcome::Failed);
    assert_eq!(trailing(&[]), Outcome::Failed);
    assert_eq!(trailing(&[("checksum", "1")]), Outcome::Failed);
    assert_eq!(trailing(&[("grpc-status", "0")]), Outcome::Success);
}

#[test]
fn an_override_goes_before_the_table_at_the_head_and_at_the_end() {
    let classifier = GrpcClassifier::new().overrides(|code| match code {
        Code::Aborted => Some(Outcome::Transient),
        Code::Internal | Code::Unavailable => Some(Outcome::Ignored),
        Code::NotFound => Some(throttled(None)),
        _ => None,
    });
    for number in 0..=20 {
        let expected = match number {
            10 => Outcome::Transient,
            13 | 14 => Outcome::Ignored,
            5 | 8 => throttled(millis(7)),
            _ => by_table(number),
        };
        let fields = &[("grpc-status", &*number.to_string()), (PUSHBACK, "7")];
        assert_eq!(classifier.classify(Ok(&head(200, fields))), expected, "{number}");
        assert_eq!(end(&classifier, Some(&headers(fields))), expected, "{number}");
    }
}

#[test]
fn a_classifier_that_goes_by_the_table_takes_no_room() {
    assert_eq!(size_of::<GrpcClassifier>(), 0);
}

#[test]
fn a_pushback_is_a_number_of_milliseconds_in_32_bits() {
    for (value, pause) in [("0", 0), ("1", 1), ("007", 7), ("1500", 1500), ("2147483647", 2_147_483_647)] {
        let fields = &[("grpc-status", RESOURCE_EXHAUSTED), (PUSHBACK, value)];
        assert_eq!(alone(fields), throttled(millis(pause)), "{value}");
        assert!(allows(&head(200, fields)), "{value}");
    }
}

#[test]
fn a_pushback_that_is_negative_or_unreadable_forbids_the_retry() {
    for value in ["-1", "-0", "", "+5", "1.5", "5ms", "soon", "0x5", " 5", "2147483648", "99999999999999999999"] {
        for (code, outcome) in [(UNAVAILABLE, Outcome::Transient), (RESOURCE_EXHAUSTED, throttled(None))] {
            let fields = &[("grpc-status", code), (PUSHBACK, value)];
            assert_eq!(alone(fields), outcome, "{value:?}");
            assert!(!allows(&head(200, fields)), "{value:?}");
        }
    }
}

#[test]
fn two_pushbacks_cannot_be_read() {
    let fields = &[("grpc-status", UNAVAILABLE), (PUSHBACK, "5"), (PUSHBACK, "5")];
    assert_eq!(alone(fields), Outcome::Transient);
    assert!(!allows(&head(200, fields)));
}

#[test]
fn a_head_is_judged_by_its_http_status_or_is_committed() {
    assert!(allows(&head(503, &[])));
    assert_eq!(GrpcClassifier::new().classify(Ok(&head(503, &[(PUSHBACK, "250")]))), throttled(millis(250)));
    assert!(!allows(&head(200, &[])));
    assert!(!allows(&head(200, &[(PUSHBACK, "5")])));
}

#[tokio::test(start_paused = true)]
async fn an_error_that_is_no_status_is_transient_and_may_be_retried() {
    for error in [failed(Down(1)), timed_out().await] {
        assert_eq!(classify_error(&error), Outcome::Transient, "{error}");
        assert!(allows_after(&error), "{error}");
    }
}
