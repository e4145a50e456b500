//! What gRPC answers mean, at their head and at their end, and which calls may be sent again.

#![cfg(feature = "http")]
#![expect(clippy::unwrap_used, reason = "an unwrap in vain fails the test, as it should")]

#[cfg(feature = "tonic")]
mod status;

use std::{
    cell::RefCell,
    future::{pending, ready},
    time::Duration,
};

use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode};
use palisade::{
    Classify, Error, Outcome, RetryLayer, TimeoutLayer,
    grpc::{Code, GrpcClassifier, Pushback},
    http::ClassifyEnd,
    retry::RetryIf,
};
use tokio::time::Instant;
use tower::{BoxError, Layer, ServiceExt, service_fn};

use crate::support::{Down, strict};

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

/// What an answer of nothing but trailers means.
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
fn every_code_has_the_outcome_of_the_table_at_the_head_and_in_the_trailers() {
    for number in 0..=20 {
        let code = number.to_string();
        assert_eq!(alone(&[("grpc-status", &code)]), by_table(number), "{number}");
        assert_eq!(trailing(&[("grpc-status", &code)]), by_table(number), "{number}");
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

#[test]
fn a_code_at_the_head_counts_for_more_than_the_http_status() {
    assert_eq!(GrpcClassifier::new().classify(Ok(&head(503, &[("grpc-status", "0")]))), Outcome::Success);
    assert_eq!(GrpcClassifier::new().classify(Ok(&head(404, &[("grpc-status", "14")]))), Outcome::Transient);
}

#[test]
fn only_a_head_that_tells_nothing_leaves_the_verdict_to_the_trailers() {
    assert_eq!(alone(&[("content-type", "application/grpc")]), Outcome::Success);
    assert!(waits(&head(200, &[("content-type", "application/grpc")])));
    assert!(!waits(&head(200, &[("grpc-status", "0")])), "a success of nothing but trailers has no more to come");
    assert!(!waits(&head(200, &[("grpc-status", "5")])));
    assert!(!waits(&head(404, &[])));
}

#[test]
fn a_head_of_another_content_type_is_unknown_and_has_no_more_to_come() {
    for kind in ["text/html", "text/html; charset=utf-8", "application/json", "application/x-grpc", "application", ""] {
        assert_eq!(asked(&[("content-type", kind)]), Code::Unknown, "{kind:?}");
        assert_eq!(alone(&[("content-type", kind)]), Outcome::Failed, "{kind:?}");
        assert!(!waits(&head(200, &[("content-type", kind)])), "{kind:?}");
    }
}

#[test]
fn a_head_of_a_content_type_of_grpc_or_of_none_is_a_success_so_far() {
    for kind in ["application/grpc+proto", "application/grpc;charset=utf-8", "Application/gRPC"] {
        assert_eq!(alone(&[("content-type", kind)]), Outcome::Success, "{kind}");
        assert!(waits(&head(200, &[("content-type", kind)])), "{kind}");
    }
    assert_eq!(alone(&[]), Outcome::Success);
    assert!(waits(&head(200, &[])));
}

#[test]
fn a_code_or_an_http_status_counts_for_more_than_the_content_type() {
    let page = ("content-type", "text/html");
    assert_eq!(alone(&[page, ("grpc-status", "0")]), Outcome::Success);
    assert_eq!(alone(&[page, ("grpc-status", UNAVAILABLE)]), Outcome::Transient);
    assert_eq!(GrpcClassifier::new().classify(Ok(&head(503, &[page]))), Outcome::Transient);
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
fn a_pushback_throttles_what_may_be_retried_and_nothing_else() {
    for number in 0..=20 {
        let expected = match number {
            8 | 14 => throttled(millis(250)),
            _ => by_table(number),
        };
        let fields = &[("grpc-status", &*number.to_string()), (PUSHBACK, "250")];
        assert_eq!(alone(fields), expected, "{number}");
        assert_eq!(trailing(fields), expected, "{number}");
    }
    let mapped = GrpcClassifier::new().classify(Ok(&head(503, &[(PUSHBACK, "250")])));
    assert_eq!(mapped, throttled(millis(250)));
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
fn without_a_pushback_only_exhaustion_is_not_retried() {
    for number in 0..=20 {
        assert_eq!(allows(&head(200, &[("grpc-status", &*number.to_string())])), number != 8, "{number}");
    }
    assert!(allows(&head(503, &[])));
}

#[test]
fn a_head_without_a_code_is_committed() {
    assert!(!allows(&head(200, &[])));
    assert!(!allows(&head(200, &[(PUSHBACK, "5")])));
}

fn failed(error: impl Into<BoxError>) -> Error {
    Error::from(error.into())
}

#[tokio::test(start_paused = true)]
async fn an_error_that_is_no_status_is_transient_and_may_be_retried() {
    let service = TimeoutLayer::new(Duration::ZERO).layer(service_fn(|()| pending::<Result<(), Down>>()));
    for error in [failed(Down(1)), service.oneshot(()).await.unwrap_err()] {
        assert_eq!(classify_error(&error), Outcome::Transient, "{error}");
        assert!(allows_after(&error), "{error}");
    }
}

/// How many attempts a stack makes of a service that always answers so.
async fn attempts(fields: Headers<'static>) -> usize {
    let retry = RetryLayer::builder("upstream").classify(GrpcClassifier::new()).retry_if(Pushback);
    let service = strict(move |_: Request<()>| ready(Ok::<_, Down>(head(200, fields))));
    let calls = service.calls();
    retry.build().unwrap().layer(service).oneshot(Request::new(())).await.unwrap();
    calls.count()
}

#[tokio::test(start_paused = true)]
async fn a_server_is_asked_again_when_it_says_so_and_not_before() {
    assert_eq!(attempts(&[("grpc-status", UNAVAILABLE)]).await, 3);
    assert_eq!(attempts(&[("grpc-status", RESOURCE_EXHAUSTED)]).await, 1);
    assert_eq!(attempts(&[("grpc-status", UNAVAILABLE), (PUSHBACK, "-1")]).await, 1);
    assert_eq!(attempts(&[("grpc-status", "13")]).await, 1);
    let start = now();
    assert_eq!(attempts(&[("grpc-status", RESOURCE_EXHAUSTED), (PUSHBACK, "10000")]).await, 3);
    assert!(start.elapsed() >= Duration::from_secs(20));
}

#[expect(clippy::disallowed_methods, reason = "the test's own clock, which is paused")]
fn now() -> Instant {
    Instant::now()
}
