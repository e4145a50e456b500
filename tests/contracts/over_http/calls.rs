//! A call over HTTP, step by step: its future, then its body.

use std::{pin::Pin, task::Poll};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use http_body_util::BodyExt;
use palisade::Error;
use tokio_test::task::{self, Spawn};
use tower::{Service, ServiceExt};

use super::stacks::{Answer, Http, Plain, request};
use crate::stacks::Stack;

/// A call whose future or body may be dropped after any poll.
pub(crate) struct Streamed<S: Service<Request<Plain>>> {
    step: Step<S>,
    /// Whether the trailers have come, after which there is nothing.
    trailed: bool,
}

enum Step<S: Service<Request<Plain>>> {
    Asked(Spawn<Pin<Box<S::Future>>>),
    Answered(Spawn<Answer>),
    Over,
}

impl<S: Http> Streamed<S> {
    /// Readies a clone of the service, and calls that.
    pub(crate) async fn begin(stack: &Stack<S>) -> Result<Self, Error> {
        let mut service = stack.service.clone();
        Ok(Self::of(service.ready().await?.call(request())))
    }

    pub(crate) fn of(call: S::Future) -> Self {
        Self { step: Step::Asked(task::spawn(Box::pin(call))), trailed: false }
    }

    /// Polls the future or the body once, and tells whether the call is over. The future is gone before the body is polled.
    pub(crate) fn poll(&mut self) -> bool {
        let next = match &mut self.step {
            Step::Asked(call) => match call.poll() {
                Poll::Pending => return false,
                Poll::Ready(Ok(response)) => Step::Answered(task::spawn(response.into_body())),
                Poll::Ready(Err(_)) => Step::Over,
            },
            Step::Answered(body) => match body.enter(|cx, body| body.poll_frame(cx)) {
                Poll::Pending => return false,
                Poll::Ready(Some(Ok(frame))) => {
                    self.trailed = frame.is_trailers();
                    return false;
                }
                Poll::Ready(Some(Err(_)) | None) => Step::Over,
            },
            Step::Over => return true,
        };
        self.step = next;
        matches!(self.step, Step::Over)
    }

    /// Whether it is over, or only has to say so.
    pub(crate) fn is_done(&self) -> bool {
        self.trailed || matches!(self.step, Step::Over)
    }

    /// Polls up to the body.
    pub(crate) fn poll_to_body(&mut self) {
        for _ in 0..10 {
            if matches!(self.step, Step::Answered(_)) {
                return;
            }
            assert!(!self.poll(), "there is no body");
        }
        panic!("the head never comes");
    }

    /// Polls to the end.
    pub(crate) fn poll_to_end(&mut self) {
        assert!((0..20).any(|_| self.poll()), "the call never ends");
    }
}

/// Reads an answer to its end.
pub(crate) async fn read(response: Response<Answer>) -> Result<(u16, Bytes), Error> {
    let status = response.status().as_u16();
    Ok((status, response.into_body().collect().await?.to_bytes()))
}

/// Readies a clone of the service, calls that, and reads its answer to the end.
pub(crate) async fn call<S: Http>(stack: &Stack<S>) -> Result<(u16, Bytes), Error> {
    read(stack.service.clone().oneshot(request()).await?).await
}

/// Asserts that a call is answered as a server that is well does.
pub(crate) async fn assert_well<S: Http>(stack: &Stack<S>) {
    assert_eq!(call(stack).await.unwrap(), (200, Bytes::from_static(b"first last")));
}
