//! Bodies that fail, and what becomes of them.

use std::{
    collections::VecDeque,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{HeaderMap, Response};
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use palisade::{Error, grpc::AnswerBody, http::AnswerLayer};
use tower::{Layer, ServiceExt, service_fn};

use crate::answers::{SECOND, crowded, grpc::text, rejected, support::Down, timed_out};

/// A body of these frames.
#[derive(Debug, Default)]
pub(crate) struct Frames {
    frames: VecDeque<Result<Frame<Bytes>, Error>>,
    hint: SizeHint,
}

impl Body for Frames {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        Poll::Ready(self.frames.pop_front())
    }

    fn is_end_stream(&self) -> bool {
        self.frames.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        self.hint
    }
}

fn data(text: &'static str) -> Frame<Bytes> {
    Frame::data(Bytes::from_static(text.as_bytes()))
}

/// The body of an answer of these frames.
async fn answered(frames: impl IntoIterator<Item = Result<Frame<Bytes>, Error>>) -> AnswerBody<Frames> {
    let frames = Frames { frames: frames.into_iter().collect(), hint: SizeHint::with_exact(5) };
    let mut response = Some(Response::new(frames));
    let inner = service_fn(move |()| std::future::ready(Ok::<_, Error>(response.take().unwrap())));
    let Ok(response) = AnswerLayer::grpc().layer(inner).oneshot(()).await;
    response.into_body()
}

async fn trailers(error: Error) -> HeaderMap {
    let body = answered([Ok(data("a")), Err(error), Ok(data("b"))]).await.collect().await.unwrap();
    let trailers = body.trailers().cloned();
    assert_eq!(body.to_bytes(), "a");
    trailers.unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_body_that_fails_ends_in_trailers_that_tell_the_code() {
    for (error, code, pushback) in [
        (timed_out().await, "4", None),
        (crowded().await, "8", None),
        (rejected(SECOND).await, "14", Some("1000")),
        (Error::Service(Down(1).into()), "13", None),
    ] {
        let trailers = trailers(error).await;
        assert_eq!(text(&trailers, "grpc-status"), Some(code));
        assert_eq!(text(&trailers, "grpc-retry-pushback-ms"), pushback);
        assert_eq!(text(&trailers, "content-type"), None);
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_that_has_failed_is_over() {
    let mut body = answered([Err(timed_out().await), Ok(data("b"))]).await;
    assert!(!body.is_end_stream());
    assert!(body.frame().await.unwrap().unwrap().is_trailers());
    assert!(body.is_end_stream());
    assert_eq!(body.size_hint().exact(), Some(0));
    assert!(body.frame().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn trailers_of_the_services_own_pass() {
    let mut own = HeaderMap::new();
    own.insert("grpc-status", 0.into());
    let body =
        answered([Ok(data("ab")), Ok(data("c")), Ok(Frame::trailers(own.clone()))]).await.collect().await.unwrap();
    assert_eq!(body.trailers(), Some(&own));
    assert_eq!(body.to_bytes(), "abc");
}

#[tokio::test(start_paused = true)]
async fn a_body_that_may_end_early_promises_no_length() {
    let hint = answered([Ok(data("hello"))]).await.size_hint();
    assert_eq!((hint.lower(), hint.upper(), hint.exact()), (0, Some(5), None));
}

#[test]
fn an_empty_body_is_the_default() {
    assert!(AnswerBody::<Frames>::default().is_end_stream());
}
