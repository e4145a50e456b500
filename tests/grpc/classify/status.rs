//! A status of tonic in an error.

use std::io;

use bytes::Bytes;
use tonic::metadata::{BinaryMetadataValue, MetadataMap};
use tonic::{Code as TonicCode, Status};
use tonic_types::{ErrorDetails, StatusExt};

use super::*;
use crate::errors::Over;

const DETAILS: &str = "grpc-status-details-bin";

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
fn a_retry_info_is_a_hint_unless_there_is_a_pushback() {
    use TonicCode::{Internal, ResourceExhausted, Unavailable};
    for (code, delay, pushback, outcome, is_allowed) in [
        (Unavailable, millis(0), None, throttled(millis(0)), true),
        (Unavailable, millis(250), None, throttled(millis(250)), true),
        (ResourceExhausted, millis(90_000), None, throttled(millis(90_000)), true),
        (Internal, millis(250), None, Outcome::Failed, true),
        (Unavailable, None, None, Outcome::Transient, true),
        (ResourceExhausted, None, None, throttled(None), false),
        (Unavailable, millis(250), Some("7"), throttled(millis(7)), true),
        (ResourceExhausted, millis(250), Some("-1"), throttled(None), false),
    ] {
        let status = status(code, delay, pushback);
        assert_eq!(everywhere(&status), [outcome; 4], "{code:?} {delay:?} {pushback:?}");
        assert_eq!(allowed(&status), is_allowed, "{code:?} {delay:?} {pushback:?}");
    }
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
fn a_huge_delay_is_a_hint_and_one_out_of_its_format_is_not() {
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
