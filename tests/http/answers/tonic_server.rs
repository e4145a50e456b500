//! The layers on a real tonic server, seen by a tonic client.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use http_body::{Body, Frame};
use palisade::{BulkheadLayer, Error, TimeoutLayer, http::AnswerLayer};
use pin_project_lite::pin_project;
use tonic::{Code, transport::Server};
use tonic_health::pb::{health_client::HealthClient, health_server::HealthServer};
use tower::{ServiceBuilder, util::MapResponseLayer};

use crate::answers::{
    MILLI, SECOND, forced_open, full,
    health::{AsAsked, ask, assert_own, channel, listen, pushback},
    open_for, timed_out,
};

/// Serves under these layers; gives a client.
macro_rules! serve {
    ($($layer:expr),+) => {{
        let (incoming, address) = listen();
        let stack = ServiceBuilder::new()$(.layer($layer))+.into_inner();
        let server = Server::builder().layer(stack).add_service(HealthServer::new(AsAsked));
        tokio::spawn(server.serve_with_incoming(incoming));
        HealthClient::new(channel(address))
    }};
}

/// The status of a check that fails under these layers.
macro_rules! refused {
    ($service:expr; $($layer:expr),+) => { serve!($($layer),+).check(ask($service)).await.unwrap_err() };
}

#[tokio::test]
async fn an_open_circuit_is_unavailable_with_pushback() {
    let status = refused!(""; AnswerLayer::grpc(), open_for(3600 * SECOND));
    assert_eq!(status.code(), Code::Unavailable);
    let pushback = pushback(&status).unwrap();
    assert!((3_000_000..=3_600_000).contains(&pushback), "{pushback}");
}

#[tokio::test]
async fn a_circuit_forced_open_is_unavailable_without_pushback() {
    let status = refused!(""; AnswerLayer::grpc(), forced_open());
    assert_eq!((status.code(), pushback(&status)), (Code::Unavailable, None));
}

#[tokio::test]
async fn a_full_bulkhead_is_resource_exhausted() {
    let status = refused!(""; AnswerLayer::grpc(), full());
    assert_eq!((status.code(), pushback(&status)), (Code::ResourceExhausted, None));
    assert_eq!(status.message(), "too many calls at once");
}

#[tokio::test]
async fn a_timeout_is_deadline_exceeded() {
    let status = refused!("hang"; AnswerLayer::grpc(), TimeoutLayer::new(10 * MILLI));
    assert_eq!((status.code(), status.message()), (Code::DeadlineExceeded, "the call ran out of time"));
}

#[tokio::test]
async fn a_services_own_status_passes_unchanged() {
    assert_own(&refused!("own"; AnswerLayer::grpc(), BulkheadLayer::new(1), TimeoutLayer::new(60 * SECOND)));
}

#[tokio::test]
async fn an_answer_passes() {
    let mut client = serve!(AnswerLayer::grpc(), BulkheadLayer::new(1), TimeoutLayer::new(60 * SECOND));
    assert_eq!(client.check(ask("")).await.unwrap().into_inner().status, 1);
}

#[cfg(feature = "tonic")]
#[tokio::test]
async fn without_an_answer_layer_the_codes_are_the_same() {
    assert_eq!(refused!(""; open_for(3600 * SECOND)).code(), Code::Unavailable);
    assert_eq!(refused!(""; full()).code(), Code::ResourceExhausted);
    assert_eq!(refused!("hang"; TimeoutLayer::new(10 * MILLI)).code(), Code::DeadlineExceeded);
    assert_own(&refused!("own"; BulkheadLayer::new(1), TimeoutLayer::new(60 * SECOND)));
}

pin_project! {
    /// A body that fails as soon as it would wait.
    struct Cut<B> {
        #[pin]
        inner: B,
        error: Option<Error>,
    }
}

impl<B: Body<Error: Into<tower::BoxError>>> Body for Cut<B> {
    type Data = B::Data;
    type Error = Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<B::Data>, Error>>> {
        let this = self.project();
        match this.inner.poll_frame(cx) {
            Poll::Ready(frame) => Poll::Ready(frame.map(|frame| frame.map_err(|error| Error::from(error.into())))),
            Poll::Pending => Poll::Ready(this.error.take().map(Err)),
        }
    }
}

/// Cuts the bodies of a service where they would wait, with this error.
macro_rules! cut {
    ($error:expr) => {{
        let error = Arc::new($error);
        MapResponseLayer::new(move |response: http::Response<tonic::body::Body>| {
            response.map(|inner| Cut { inner, error: Some(again(&error)) })
        })
    }};
}

fn again(error: &Error) -> Error {
    match error {
        Error::Rejected(rejection) => (*rejection).into(),
        Error::TimedOut(elapsed) => (*elapsed).into(),
        other => panic!("{other:?}"),
    }
}

/// How a stream ends, of which one message came.
macro_rules! end_of_watch {
    ($service:expr; $($layer:expr),+) => {{
        let mut stream = serve!($($layer),+).watch(ask($service)).await.unwrap().into_inner();
        assert_eq!(stream.message().await.unwrap().unwrap().status, 1);
        let status = stream.message().await.unwrap_err();
        assert!(stream.message().await.unwrap().is_none());
        status
    }};
}

#[tokio::test]
async fn a_stream_that_times_out_ends_with_deadline_exceeded() {
    let status = end_of_watch!(""; AnswerLayer::grpc(), cut!(timed_out().await));
    assert_eq!((status.code(), status.message()), (Code::DeadlineExceeded, "the call ran out of time"));
}

#[tokio::test]
async fn a_stream_that_is_rejected_ends_with_pushback() {
    let status = end_of_watch!(""; AnswerLayer::grpc(), cut!(crate::answers::rejected(SECOND).await));
    assert_eq!(status.code(), Code::Unavailable);
    assert!(pushback(&status).is_some_and(|millis| (1..=1000).contains(&millis)));
}

#[tokio::test]
async fn the_status_at_the_end_of_a_stream_passes_unchanged() {
    assert_own(&end_of_watch!("own"; AnswerLayer::grpc(), cut!(timed_out().await)));
}
