//! The server below all HTTP stacks: [`Inner`], whose plan comes true before the head of an answer or in its body.

use std::{
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response};
use http_body::{Body, Frame};
use tower::Service;

use crate::{
    inner::{Answering, Inner},
    support::Down,
};

/// What the plan says of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum At {
    /// The head: a number is its status. The body pends once.
    Head,
    /// The body, after its first frame. The head comes at once, and is a 200.
    Body,
}

/// Is told of each call, or of each answer that has ended as a circuit counts it.
#[derive(Clone)]
pub(crate) struct Tell(Arc<dyn Fn(()) + Send + Sync>);

impl Tell {
    pub(crate) fn new(count: impl Fn(()) + Send + Sync + 'static) -> Self {
        Self(Arc::new(count))
    }
}

impl fmt::Debug for Tell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tell").finish_non_exhaustive()
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Server {
    pub(crate) inner: Inner,
    pub(crate) at: At,
    pub(crate) called: Tell,
    pub(crate) ended: Tell,
}

impl<B> Service<Request<B>> for Server {
    type Response = Response<Reply>;
    type Error = Down;
    type Future = Head;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Down>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, _: Request<B>) -> Head {
        (self.called.0)(());
        Head { call: Some(self.inner.call(200)), at: self.at, ended: Some(self.ended.clone()) }
    }
}

#[derive(Debug)]
pub(crate) struct Head {
    call: Option<Answering>,
    at: At,
    ended: Option<Tell>,
}

impl Future for Head {
    type Output = Result<Response<Reply>, Down>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let status = match (self.at, &mut self.call) {
            (At::Head, Some(call)) => ready!(Pin::new(call).poll(cx)).inspect_err(|_| self.end())?,
            _ => 200,
        };
        if status >= 500 {
            self.end();
        }
        let step = if self.at == At::Head { Step::First } else { Step::FirstOfPlan };
        let reply = Reply { call: self.call.take(), step, ended: self.ended.take() };
        let status = u16::try_from(status).expect("a plan for the head says a status");
        Poll::Ready(Ok(Response::builder().status(status).body(reply).expect("a plan for the head says a status")))
    }
}

impl Head {
    fn end(&mut self) {
        if let Some(Tell(count)) = self.ended.take() {
            count(());
        }
    }
}

/// Two frames of data, with a wait between them, and trailers. By default it is over.
#[derive(Debug, Default)]
pub(crate) struct Reply {
    /// Alive for as long as the body is.
    call: Option<Answering>,
    step: Step,
    ended: Option<Tell>,
}

#[derive(Clone, Copy, Debug, Default)]
enum Step {
    First,
    FirstOfPlan,
    Pend,
    Plan,
    Last,
    Trailers,
    #[default]
    Over,
}

impl Reply {
    fn end(&mut self) {
        self.step = Step::Over;
        if let Some(Tell(count)) = self.ended.take() {
            count(());
        }
    }

    fn poll_plan(&mut self, cx: &mut Context<'_>) -> Poll<Result<u32, Down>> {
        let call = self.call.as_mut().expect("only what is called follows a plan");
        let result = ready!(Pin::new(call).poll(cx));
        Poll::Ready(result.inspect_err(|_| self.end()))
    }
}

impl Body for Reply {
    type Data = Bytes;
    type Error = Down;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Down>>> {
        let (frame, next) = match self.step {
            Step::First => (Frame::data(Bytes::from_static(b"first ")), Step::Pend),
            Step::FirstOfPlan => (Frame::data(Bytes::from_static(b"first ")), Step::Plan),
            Step::Pend => {
                self.step = Step::Last;
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            Step::Plan => {
                ready!(self.poll_plan(cx))?;
                (Frame::data(Bytes::from_static(b"last")), Step::Trailers)
            }
            Step::Last => (Frame::data(Bytes::from_static(b"last")), Step::Trailers),
            Step::Trailers => {
                self.end();
                let ok = HeaderMap::from_iter([("grpc-status".parse().expect("is a name"), HeaderValue::from(0))]);
                (Frame::trailers(ok), Step::Over)
            }
            Step::Over => return Poll::Ready(None),
        };
        self.step = next;
        Poll::Ready(Some(Ok(frame)))
    }

    fn is_end_stream(&self) -> bool {
        matches!(self.step, Step::Over)
    }
}
