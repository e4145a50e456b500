//! The server below all HTTP stacks: [`Inner`], whose plan comes true before the head of a response or in its body.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use http_body::{Body, Frame};
use tower::Service;

use crate::laws::At;
use crate::remains::{Tallies, Tally};
use crate::support::Down;
use crate::support::inner::{Answering, Inner};

/// The header of each response of the server.
pub(crate) const SERVER: HeaderName = HeaderName::from_static("x-server");

/// Responds with a number: that of the request's path, or that of the plan, which may be a status too.
#[derive(Clone, Debug)]
pub(crate) struct Server {
    pub(crate) inner: Inner,
    pub(crate) at: At,
    /// Count each call as sent and passed, and each response when a circuit counts it as ended.
    pub(crate) tallies: Tallies,
}

impl<B> Service<Request<B>> for Server {
    type Response = Response<Reply>;
    type Error = Down;
    type Future = Head;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Down>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Head {
        self.tallies.sent.add();
        self.tallies.passed.add();
        let number = request.uri().path()[1..].parse().unwrap_or_default();
        Head { call: Some(self.inner.call(number)), at: self.at, ended: Some(self.tallies.ended.clone()) }
    }
}

#[derive(Debug)]
pub(crate) struct Head {
    call: Option<Answering>,
    at: At,
    ended: Option<Tally>,
}

impl Future for Head {
    type Output = Result<Response<Reply>, Down>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let number = match (self.at, &mut self.call) {
            (At::Head, Some(call)) => Some(ready!(Pin::new(call).poll(cx)).inspect_err(|_| end(&mut self.ended))?),
            _ => None,
        };
        let status = number.filter(|number| (400..600).contains(number)).unwrap_or(200);
        if status >= 500 {
            end(&mut self.ended);
        }
        let reply = Reply { call: self.call.take(), number, step: Step::Zero, ended: self.ended.take() };
        let status = u16::try_from(status).expect("it is less than 600");
        Poll::Ready(Ok(Response::builder().status(status).header(SERVER, 1).body(reply).expect("all of it is legal")))
    }
}

fn end(ended: &mut Option<Tally>) {
    if let Some(tally) = ended.take() {
        tally.add();
    }
}

/// The number in two frames of data, with a wait between them, and trailers. By default it is over.
#[derive(Debug, Default)]
pub(crate) struct Reply {
    /// Alive for as long as the body is.
    call: Option<Answering>,
    number: Option<u32>,
    step: Step,
    ended: Option<Tally>,
}

#[derive(Clone, Copy, Debug, Default)]
enum Step {
    Zero,
    Wait,
    Number,
    Trailers,
    #[default]
    Over,
}

impl Reply {
    /// Pends once for a number that is known, and by the plan for one that is not.
    fn poll_number(&mut self, cx: &mut Context<'_>) -> Poll<Result<u32, Down>> {
        if let (Some(call), None) = (&mut self.call, self.number) {
            return Pin::new(call).poll(cx);
        }
        self.step = Step::Number;
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

impl Body for Reply {
    type Data = Bytes;
    type Error = Down;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Down>>> {
        let (frame, next) = match self.step {
            Step::Zero => (Frame::data(Bytes::from_static(b"0")), Step::Wait),
            Step::Wait => {
                let number = ready!(self.poll_number(cx)).inspect_err(|_| {
                    self.step = Step::Over;
                    end(&mut self.ended);
                })?;
                (Frame::data(number.to_string().into()), Step::Trailers)
            }
            Step::Number => (Frame::data(self.number.unwrap_or_default().to_string().into()), Step::Trailers),
            Step::Trailers => {
                end(&mut self.ended);
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
