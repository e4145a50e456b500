//! The headers and trailers of gRPC's answers, with the clock paused.

use std::{
    future::ready,
    io::{Error as IoError, ErrorKind},
    time::Duration,
};

use http::{HeaderMap, Response};
use http_body::Body as _;
use palisade::{Error, grpc::AnswerBody, http::AnswerLayer};
use tower::{BoxError, Layer, ServiceExt, service_fn};

use crate::answers::{SECOND, body::Frames, crowded, rejected, support::Down, timed_out};

pub(crate) fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).map(|value| value.to_str().unwrap())
}

async fn answer(error: Error) -> Response<AnswerBody<Frames>> {
    let mut error = Some(error);
    let inner = service_fn(move |()| ready(Err::<Response<Frames>, _>(error.take().unwrap())));
    let Ok(response) = AnswerLayer::grpc().layer(inner).oneshot(()).await;
    response
}

async fn code(error: Error) -> Option<String> {
    text(answer(error).await.headers(), "grpc-status").map(str::to_owned)
}

fn io(kind: ErrorKind) -> Error {
    Error::Service(IoError::from(kind).into())
}

fn nested(kind: ErrorKind) -> Error {
    Error::Service(IoError::other(BoxError::from(IoError::from(kind))).into())
}

#[tokio::test(start_paused = true)]
async fn an_answer_is_all_headers() {
    let response = answer(timed_out().await).await;
    assert_eq!(response.status(), 200);
    assert_eq!(text(response.headers(), "content-type"), Some("application/grpc"));
    assert_eq!(text(response.headers(), "grpc-message"), Some("the call ran out of time"));
    assert!(response.body().is_end_stream());
    assert_eq!(response.body().size_hint().exact(), Some(0));
}

#[tokio::test(start_paused = true)]
async fn every_error_has_a_code_that_is_not_unknown() {
    for (error, expected) in [
        (rejected(SECOND).await, "14"),
        (crowded().await, "8"),
        (timed_out().await, "4"),
        (Error::Service(Down(1).into()), "13"),
        (io(ErrorKind::ConnectionRefused), "14"),
        (nested(ErrorKind::ConnectionRefused), "14"),
        (io(ErrorKind::ConnectionReset), "13"),
        (io(ErrorKind::Other), "13"),
    ] {
        let shown = format!("{error:?}");
        assert_eq!(code(error).await.as_deref(), Some(expected), "{shown}");
    }
}

#[tokio::test(start_paused = true)]
async fn pushback_is_rounded_up_to_the_millisecond() {
    let nano = Duration::from_nanos(1);
    for (left, told) in [(nano, "1"), (SECOND, "1000"), (SECOND + nano, "1001"), (Duration::from_micros(2500), "3")] {
        let response = answer(rejected(left).await).await;
        assert_eq!(text(response.headers(), "grpc-retry-pushback-ms"), Some(told), "{left:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn pushback_is_told_only_where_it_is_known() {
    for error in [crowded().await, timed_out().await, Error::Service(Down(1).into())] {
        assert_eq!(text(answer(error).await.headers(), "grpc-retry-pushback-ms"), None);
    }
}

#[tokio::test(start_paused = true)]
async fn messages_say_nothing_of_the_inside() {
    for error in [rejected(SECOND).await, crowded().await, timed_out().await, nested(ErrorKind::Other)] {
        let response = answer(error).await;
        let message = text(response.headers(), "grpc-message").unwrap();
        assert!(message.chars().all(|char| char.is_ascii_lowercase() || char == ' '), "{message}");
        assert!(!message.contains("secret"));
    }
}

#[cfg(not(feature = "tonic"))]
#[tokio::test(start_paused = true)]
async fn an_error_of_ours_has_no_source() {
    for error in [rejected(SECOND).await, crowded().await, timed_out().await] {
        assert!(std::error::Error::source(&error).is_none(), "{error:?}");
    }
}
