//! The code, the pushback and the message of each error, wherever one is told. The clock is paused.

use std::future::ready;
use std::io::{Error as IoError, ErrorKind};
use std::sync::Arc;
use std::time::Duration;
use std::{error, iter};

use http::{HeaderMap, Response};
use http_body::Body as _;
use palisade::http::AnswerLayer;
use palisade::{Error, FallbackLayer, fallback};
use tonic::{Code, Status, TimeoutExpired};
use tower::{BoxError, Layer, ServiceExt, service_fn};

use super::body::{Frames, answered};
use crate::errors::{Over, crowded, failed, rejected, timed_out, too_often};
use crate::patience::{ms, secs};
use crate::support::Down;
use crate::whole::{assert_whole, whole};

const UNAVAILABLE: &str = "the service is not available at present";
const FAILED: &str = "the service failed";

/// The errors there are: made anew, for they are told once.
async fn error(label: &str) -> Error {
    let refused = || IoError::from(ErrorKind::ConnectionRefused);
    match label {
        "open" => rejected(secs(1)).await,
        "full" => crowded().await,
        "too often" => too_often(secs(1)).await,
        "timed out" => timed_out().await,
        "open, in another error" => failed(Over(rejected(secs(1)).await.into())),
        "full, in an I/O error" => failed(IoError::other(crowded().await)),
        "timed out, in another error" => failed(Over(timed_out().await.into())),
        "failed" => failed(Down(1)),
        "refused" => failed(refused()),
        "refused, in another error" => failed(IoError::other(BoxError::from(refused()))),
        "reset" => failed(IoError::from(ErrorKind::ConnectionReset)),
        "timed out in tonic" => failed(TimeoutExpired(())),
        "timed out in tonic, in another error" => failed(IoError::other(TimeoutExpired(()))),
        _ => unreachable!("{label}"),
    }
}

const TOLD: [(&str, Code, Option<&str>, &str); 13] = [
    ("open", Code::Unavailable, Some("1000"), UNAVAILABLE),
    ("full", Code::ResourceExhausted, None, "too many calls"),
    ("too often", Code::ResourceExhausted, Some("1000"), "too many calls"),
    ("timed out", Code::DeadlineExceeded, None, "the call ran out of time"),
    ("open, in another error", Code::Unavailable, Some("1000"), UNAVAILABLE),
    ("full, in an I/O error", Code::ResourceExhausted, None, "too many calls"),
    ("timed out, in another error", Code::DeadlineExceeded, None, "the call ran out of time"),
    ("failed", Code::Internal, None, FAILED),
    ("refused", Code::Unavailable, None, UNAVAILABLE),
    ("refused, in another error", Code::Unavailable, None, UNAVAILABLE),
    ("reset", Code::Internal, None, FAILED),
    ("timed out in tonic", Code::DeadlineExceeded, None, "the call ran out of time"),
    ("timed out in tonic, in another error", Code::DeadlineExceeded, None, "the call ran out of time"),
];

/// The code, the pushback and the message in these fields.
fn told(fields: &HeaderMap) -> (Code, Option<&str>, String) {
    let status = Status::from_header_map(fields).expect("it has a code");
    let pushback = fields.get("grpc-retry-pushback-ms").map(|value| value.to_str().unwrap());
    (status.code(), pushback, status.message().to_owned())
}

async fn answer(error: Error) -> Response<impl http_body::Body> {
    let mut error = Some(error);
    let inner = service_fn(move |()| ready(Err::<Response<Frames>, _>(error.take().unwrap())));
    let Ok(response) = AnswerLayer::grpc().layer(inner).oneshot(()).await;
    response
}

#[tokio::test(start_paused = true)]
async fn each_error_is_told_alike_in_headers_trailers_and_a_status() {
    for (label, code, pushback, message) in TOLD {
        let expected = (code, pushback, message.to_owned());
        let response = answer(error(label).await).await;
        assert_eq!(told(response.headers()), expected, "{label}: an answer of nothing but headers");
        assert_eq!(
            (response.status().as_u16(), &response.headers()["content-type"]),
            (200, &"application/grpc".parse().unwrap())
        );
        assert!(response.body().is_end_stream() && response.body().size_hint().exact() == Some(0), "{label}");
        let (data, trailers) = answered([Ok("a"), Err(error(label).await), Ok("b")]).await;
        assert_eq!((&data[..], told(&trailers)), (&b"a"[..], expected.clone()), "{label}: trailers");
        assert!(!trailers.contains_key("content-type"), "{label}");
        let mut fields = HeaderMap::new();
        Status::from(error(label).await).add_header(&mut fields).unwrap();
        assert_eq!(told(&fields), expected, "{label}: a status");
        let mut primary = Some(error(label).await);
        let failing = service_fn(move |()| ready(Err::<Response<Frames>, _>(primary.take().unwrap())));
        let behind = FallbackLayer::new(fallback::function(|_| Err(Down(2)))).layer(failing);
        let Ok(response) = AnswerLayer::grpc().layer(behind).oneshot(()).await;
        assert_eq!(told(response.headers()), expected, "{label}: where a fallback failed too");
    }
}

#[tokio::test(start_paused = true)]
async fn tonic_finds_the_code_of_our_errors_in_the_chain_of_sources() {
    for (label, code, ..) in &TOLD[..4] {
        let boxed: BoxError = IoError::other(error(label).await).into();
        assert_eq!(Status::from_error(boxed).code(), *code, "{label}");
    }
    let rejection = crowded().await.rejection().unwrap();
    assert_eq!(Status::from_error(rejection.into()).code(), Code::ResourceExhausted);
    let elapsed = timed_out().await.elapsed().unwrap();
    assert_eq!(Status::from_error(elapsed.into()).code(), Code::DeadlineExceeded);
}

#[tokio::test(start_paused = true)]
async fn pushback_is_rounded_up_to_the_millisecond() {
    let nano = Duration::from_nanos(1);
    for (left, pushback) in
        [(nano, "1"), (secs(1), "1000"), (secs(1) + nano, "1001"), (ms(2) + Duration::from_micros(500), "3")]
    {
        let response = answer(rejected(left).await).await;
        assert_eq!(told(response.headers()).1, Some(pushback), "{left:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_status_keeps_the_error_it_was_made_of() {
    let status = Status::from(crowded().await);
    let mut chain = iter::successors(Some(&status as &dyn error::Error), |cause| cause.source());
    let found = chain.find_map(|cause| cause.downcast_ref::<Error>());
    assert_eq!(found.and_then(Error::rejection).map(|rejection| rejection.name().as_str()), Some("secret"));
}

#[test]
fn a_services_own_status_stays_what_it_was() {
    let own = || whole(Code::FailedPrecondition);
    for (label, error) in [
        ("bare", failed(own())),
        ("under an error", failed(Over(own().into()))),
        ("in an I/O error", failed(IoError::other(own()))),
        ("in and under", failed(IoError::other(Over(own().into())))),
    ] {
        eprintln!("{label}");
        assert_whole(&Status::from(error), Code::FailedPrecondition);
    }
    let unknown = Status::from(failed(Status::unknown("its own")));
    assert_eq!((unknown.code(), unknown.message()), (Code::Unknown, "its own"));
}

#[test]
fn a_status_of_the_transport_in_another_error_gets_a_message_of_ours() {
    let mut status = Status::unknown("what strangers must not see");
    status.set_source(Arc::new(h2::Error::from(h2::Reason::INTERNAL_ERROR)));
    for error in [failed(status.clone()), failed(Over(status.into()))] {
        let told = Status::from(error);
        assert_eq!((told.code(), told.message()), (Code::Internal, FAILED));
    }
}
