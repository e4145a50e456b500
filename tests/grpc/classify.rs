//! What gRPC answers mean, at their head and at their end, and which calls may be sent again.

#![cfg(feature = "http")]
#![expect(clippy::unwrap_used, reason = "an unwrap in vain fails the test, as it should")]

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

#[cfg(feature = "tonic")]
mod status {
    use std::{error, fmt, io};

    use bytes::Bytes;
    use tonic::{
        Code as TonicCode, Status,
        metadata::{BinaryMetadataValue, MetadataMap},
    };
    use tonic_types::{ErrorDetails, StatusExt};

    use super::*;

    const DETAILS: &str = "grpc-status-details-bin";

    /// An error of a service's own, over another.
    #[derive(Debug)]
    struct Over(BoxError);

    impl fmt::Display for Over {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("over")
        }
    }

    impl error::Error for Over {
        fn source(&self) -> Option<&(dyn error::Error + 'static)> {
            Some(&*self.0)
        }
    }

    /// A status with a `RetryInfo` and, if there is one, a pushback.
    fn status(code: TonicCode, delay: Option<Duration>, pushback: Option<&'static str>) -> Status {
        let mut metadata = MetadataMap::new();
        if let Some(pushback) = pushback {
            metadata.insert(PUSHBACK, pushback.parse().unwrap());
        }
        Status::with_error_details_and_metadata(code, "", ErrorDetails::with_retry_info(delay), metadata)
    }

    /// The same, as a server sends it.
    fn sent(status: &Status) -> HeaderMap {
        let mut fields = HeaderMap::new();
        status.add_header(&mut fields).unwrap();
        fields
    }

    /// A head with these details of an unavailable service.
    fn with_details(details: &str) -> Response<()> {
        head(200, &[("grpc-status", UNAVAILABLE), (DETAILS, details)])
    }

    fn alone(fields: &HeaderMap) -> Outcome {
        let mut head = Response::new(());
        *head.headers_mut() = fields.clone();
        GrpcClassifier::new().classify(Ok(&head))
    }

    /// What this status means in each place where one may stand.
    fn everywhere(status: &Status) -> [Outcome; 4] {
        let fields = sent(status);
        [
            alone(&fields),
            end(&GrpcClassifier::new(), Some(&fields)),
            classify_error(&failed(status.clone())),
            classify_error(&failed(Over(io::Error::other(Over(status.clone().into())).into()))),
        ]
    }

    /// Whether it lets the call come back, told by the head or by the error.
    fn allowed(status: &Status) -> bool {
        let mut head = Response::new(());
        *head.headers_mut() = sent(status);
        assert_eq!(allows(&head), allows_after(&failed(Over(status.clone().into()))));
        allows(&head)
    }

    #[test]
    fn a_status_in_an_error_goes_by_its_code() {
        for number in 0..=20 {
            let status = Status::new(TonicCode::from_i32(number), "");
            assert_eq!(everywhere(&status), [by_table(number.unsigned_abs()); 4], "{number}");
            assert_eq!(Code::from(status.code()) as i32, i32::from(status.code()), "{number}");
        }
    }

    #[test]
    fn an_override_is_asked_of_a_status_too() {
        let classifier = GrpcClassifier::new().overrides(|code| (code == Code::NotFound).then_some(throttled(None)));
        let error = failed(status(TonicCode::NotFound, millis(250), None));
        let result: Result<&Response<()>, _> = Err(&error);
        assert_eq!(classifier.classify(result), throttled(millis(250)));
    }

    #[test]
    fn a_retry_info_says_when_to_come_back() {
        for delay in [0, 250, 90_000] {
            for code in [TonicCode::Unavailable, TonicCode::ResourceExhausted] {
                let status = status(code, millis(delay), None);
                assert_eq!(everywhere(&status), [throttled(millis(delay)); 4], "{code:?} {delay}");
                assert!(allowed(&status), "{code:?} {delay}");
            }
        }
        assert_eq!(everywhere(&status(TonicCode::Internal, millis(250), None)), [Outcome::Failed; 4]);
    }

    #[test]
    fn a_retry_info_without_a_delay_is_no_hint() {
        assert_eq!(everywhere(&status(TonicCode::Unavailable, None, None)), [Outcome::Transient; 4]);
        assert_eq!(everywhere(&status(TonicCode::ResourceExhausted, None, None)), [throttled(None); 4]);
        assert!(!allowed(&status(TonicCode::ResourceExhausted, None, None)));
    }

    #[test]
    fn a_pushback_counts_for_more_than_a_retry_info() {
        let later = status(TonicCode::Unavailable, millis(250), Some("7"));
        assert_eq!(everywhere(&later), [throttled(millis(7)); 4]);
        assert!(allowed(&later));
        let never = status(TonicCode::ResourceExhausted, millis(250), Some("-1"));
        assert_eq!(everywhere(&never), [throttled(None); 4]);
        assert!(!allowed(&never));
    }

    #[test]
    fn details_that_are_unreadable_are_no_hint() {
        for garbage in ["", "%%%", "not base64!", "====", "AAAA", "/////w==", "\u{ff}"] {
            let head = with_details(garbage);
            assert_eq!(GrpcClassifier::new().classify(Ok(&head)), Outcome::Transient, "{garbage:?}");
            assert!(allows(&head), "{garbage:?}");
        }
    }

    #[test]
    fn details_may_come_with_or_without_padding() {
        let fields = sent(&status(TonicCode::Unavailable, millis(250), None));
        let details = fields[DETAILS].to_str().unwrap().trim_end_matches('=');
        for padded in [details.to_owned(), format!("{details:=<0$}", details.len().next_multiple_of(4))] {
            let outcome = GrpcClassifier::new().classify(Ok(&with_details(&padded)));
            assert_eq!(outcome, throttled(millis(250)), "{padded}");
        }
    }

    /// A field of a protocol buffer that has a length, which is below 128.
    fn field(number: u8, value: &[u8]) -> Vec<u8> {
        let mut field = vec![number << 3 | 2, u8::try_from(value.len()).unwrap()];
        field.extend(value);
        field
    }

    /// Details with a delay of this `Duration` message.
    fn delayed(duration: &[u8]) -> Bytes {
        delayed_by("type.googleapis.com/google.rpc.RetryInfo", duration)
    }

    /// The same, in a message of this type.
    fn delayed_by(type_url: &str, duration: &[u8]) -> Bytes {
        field(3, &[field(1, type_url.as_bytes()), field(2, &field(1, duration))].concat()).into()
    }

    #[test]
    fn a_retry_info_is_known_by_the_end_of_its_type_url() {
        for (type_url, outcome) in [
            ("type.example.com/google.rpc.RetryInfo", throttled(Some(Duration::from_secs(7)))),
            ("https://example.com/types/google.rpc.RetryInfo", throttled(Some(Duration::from_secs(7)))),
            ("/google.rpc.RetryInfo", throttled(Some(Duration::from_secs(7)))),
            ("type.googleapis.com/my.google.rpc.RetryInfo", Outcome::Transient),
            ("type.googleapis.com/google.rpc.RetryInfo/v2", Outcome::Transient),
        ] {
            let status = Status::with_details(TonicCode::Unavailable, "", delayed_by(type_url, &[8, 7]));
            assert_eq!(everywhere(&status), [outcome; 4], "{type_url}");
        }
    }

    #[test]
    fn a_huge_delay_is_a_hint_and_one_that_is_none_by_its_format_is_not() {
        let most = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f];
        let [negative, least] = [0xff, 0x80].map(|byte| [&[byte; 9][..], &[1]].concat());
        let billion = [0x80, 0x94, 0xeb, 0xdc, 0x03];
        let seconds = |number: &[u8]| delayed(&[&[8], number].concat());
        let nanos = |number: &[u8]| delayed(&[&[16], number].concat());
        for (details, outcome) in [
            (seconds(&[7]), throttled(Some(Duration::from_secs(7)))),
            (seconds(&most), throttled(Some(Duration::from_secs(i64::MAX.unsigned_abs())))),
            (seconds(&negative), Outcome::Transient),
            (seconds(&least), Outcome::Transient),
            (nanos(&[9]), throttled(Some(Duration::from_nanos(9)))),
            (nanos(&billion), Outcome::Transient),
            (nanos(&negative), Outcome::Transient),
        ] {
            let header = BinaryMetadataValue::from_bytes(&details);
            let head = with_details(std::str::from_utf8(header.as_encoded_bytes()).unwrap());
            assert_eq!(GrpcClassifier::new().classify(Ok(&head)), outcome, "{details:?}");
            let error = failed(Status::with_details(TonicCode::Unavailable, "", details));
            assert_eq!(classify_error(&error), outcome);
        }
    }
}
