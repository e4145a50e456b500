//! Bodies that fail, and what becomes of them.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderMap, Response};
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use palisade::Error;
use palisade::grpc::AnswerBody;
use palisade::http::AnswerLayer;
use tower::{Layer, ServiceExt, service_fn};

use crate::errors::timed_out;

/// A body of these frames, which says that it has five bytes.
#[derive(Debug, Default)]
pub(crate) struct Frames(VecDeque<Result<Frame<Bytes>, Error>>);

impl Body for Frames {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        Poll::Ready(self.0.pop_front())
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(5)
    }
}

fn data(text: &'static str) -> Frame<Bytes> {
    Frame::data(Bytes::from_static(text.as_bytes()))
}

/// The body of a response of these frames.
async fn body_of(frames: impl IntoIterator<Item = Result<Frame<Bytes>, Error>>) -> AnswerBody<Frames> {
    let mut response = Some(Response::new(Frames(frames.into_iter().collect())));
    let inner = service_fn(move |()| std::future::ready(Ok::<_, Error>(response.take().unwrap())));
    let Ok(response) = AnswerLayer::grpc().layer(inner).oneshot(()).await;
    response.into_body()
}

/// The data and the trailers of a response of this data, which may fail.
pub(crate) async fn answered<const N: usize>(frames: [Result<&'static str, Error>; N]) -> (Bytes, HeaderMap) {
    let body = body_of(frames.map(|frame| frame.map(data))).await.collect().await.unwrap();
    let trailers = body.trailers().cloned();
    (body.to_bytes(), trailers.unwrap())
}

#[tokio::test(start_paused = true)]
async fn a_body_that_has_failed_is_over() {
    let mut body = body_of([Err(timed_out().await), Ok(data("b"))]).await;
    assert!(!body.is_end_stream());
    assert!(body.frame().await.unwrap().unwrap().is_trailers());
    assert!(body.is_end_stream());
    assert_eq!(body.size_hint().exact(), Some(0));
    assert!(body.frame().await.is_none());
    assert!(AnswerBody::<Frames>::default().is_end_stream());
}

#[tokio::test(start_paused = true)]
async fn a_body_that_may_end_early_promises_no_length() {
    let own = HeaderMap::from_iter([("grpc-status".parse().unwrap(), 0.into())]);
    let body = body_of([Ok(data("ab")), Ok(data("c")), Ok(Frame::trailers(own.clone()))]).await;
    let hint = body.size_hint();
    assert_eq!((hint.lower(), hint.upper(), hint.exact()), (0, Some(5), None));
    let body = body.collect().await.unwrap();
    assert_eq!(body.trailers(), Some(&own));
    assert_eq!(body.to_bytes(), "abc");
}
