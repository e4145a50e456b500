//! Calls of HTTP: a request is built and sent, the server sends its body back, and that is read to the end.

#![expect(clippy::disallowed_methods, reason = "a bench times by the clock of the machine")]

use std::convert::Infallible;
use std::fmt::Debug;
use std::future::{Ready, ready};
use std::hint::black_box;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, Response};
use http_body::{Body, Frame};
use http_body_util::{BodyExt, Full};
use tokio::runtime::Runtime;
use tokio::task::unconstrained;
use tower::{Service, ServiceExt};

use crate::inner::Down;
use crate::measure::{Contender, Racer};
use crate::rows::{Ask, Head, Sent};

pub type Asked = Request<Full<Bytes>>;

const HEADERS: [(HeaderName, HeaderValue); 8] = [
    (HeaderName::from_static("host"), HeaderValue::from_static("orders.example")),
    (HeaderName::from_static("accept"), HeaderValue::from_static("application/json")),
    (HeaderName::from_static("content-type"), HeaderValue::from_static("application/json")),
    (HeaderName::from_static("user-agent"), HeaderValue::from_static("shop/1.4")),
    (HeaderName::from_static("authorization"), HeaderValue::from_static("Bearer 0123456789abcdef")),
    (HeaderName::from_static("traceparent"), HeaderValue::from_static("00-0af7651916cd43dd8448eb211c80319c")),
    (HeaderName::from_static("x-request-id"), HeaderValue::from_static("7d1f0b6a")),
    (HeaderName::from_static("accept-encoding"), HeaderValue::from_static("gzip, br")),
];

impl Ask {
    fn request(self) -> Asked {
        let mut request =
            Request::put("/orders/7").body(Full::new(Bytes::from_static(self.text()))).expect("it is legal");
        if matches!(self.head, Head::Full) {
            request.headers_mut().extend(HEADERS);
            request.extensions_mut().insert(7_u64);
            request.extensions_mut().insert("a route");
        }
        request
    }

    const fn text(self) -> &'static [u8] {
        match self.body {
            Sent::Five => b"hello",
            Sent::Nothing => b"",
        }
    }
}

/// Sends the body of the request back.
pub async fn echo<B: Body<Data = Bytes>>(request: Request<B>) -> Result<Response<Full<Bytes>>, Down> {
    let body = request.into_body().collect().await.map_err(|_| Down)?.to_bytes();
    Ok(Response::new(Full::new(body)))
}

/// Makes a contender of a service that sends the body of the request back.
pub fn calls<S, B>(service: S, ask: Ask) -> Contender
where
    S: Service<Asked, Response = Response<B>, Error: Debug> + Clone + Send + 'static,
    B: Body<Data = Bytes, Error: Debug>,
{
    Box::new(Calls { service, ask })
}

#[derive(Clone)]
struct Calls<S> {
    service: S,
    ask: Ask,
}

impl<S, B> Racer for Calls<S>
where
    S: Service<Asked, Response = Response<B>, Error: Debug> + Clone + Send + 'static,
    B: Body<Data = Bytes, Error: Debug>,
{
    fn run(&mut self, runtime: &Runtime, calls: u32) -> Duration {
        runtime.block_on(unconstrained(time(&mut self.service, self.ask, calls)))
    }

    fn twin(&self) -> Contender {
        Box::new(self.clone())
    }
}

async fn time<S, B>(service: &mut S, ask: Ask, calls: u32) -> Duration
where
    S: Service<Asked, Response = Response<B>, Error: Debug>,
    B: Body<Data = Bytes, Error: Debug>,
{
    let start = Instant::now();
    for _ in 0..calls {
        let request = black_box(ask.request());
        let response = service.ready().await.expect("it is ready").call(request).await.expect("it is answered");
        let text = response.into_body().collect().await.expect("the body is whole").to_bytes();
        assert!(black_box(text) == ask.text(), "a call ended otherwise than intended");
    }
    start.elapsed()
}

/// Responds with a body that always has one more frame.
pub fn endless(_: Asked) -> Ready<Result<Response<Endless>, Infallible>> {
    ready(Ok(Response::new(Endless)))
}

/// A body that always has one more frame.
#[derive(Debug)]
pub struct Endless;

impl Body for Endless {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(b"hello")))))
    }
}

/// Makes a contender of a service that responds with an endless body. Its calls are the frames of one such body.
pub fn frames<S, B>(service: S) -> Contender
where
    S: Service<Asked, Response = Response<B>, Error: Debug> + Clone + Send + 'static,
    B: Body<Data = Bytes, Error: Debug>,
{
    Box::new(Frames { service })
}

#[derive(Clone)]
struct Frames<S> {
    service: S,
}

impl<S, B> Racer for Frames<S>
where
    S: Service<Asked, Response = Response<B>, Error: Debug> + Clone + Send + 'static,
    B: Body<Data = Bytes, Error: Debug>,
{
    fn run(&mut self, runtime: &Runtime, frames: u32) -> Duration {
        runtime.block_on(unconstrained(time_frames(&mut self.service, frames)))
    }

    fn twin(&self) -> Contender {
        Box::new(self.clone())
    }
}

async fn time_frames<S, B>(service: &mut S, frames: u32) -> Duration
where
    S: Service<Asked, Response = Response<B>, Error: Debug>,
    B: Body<Data = Bytes, Error: Debug>,
{
    let ask = Ask { head: Head::Plain, body: Sent::Nothing };
    let response = service.ready().await.expect("it is ready").call(ask.request()).await.expect("it is answered");
    let mut body = pin!(response.into_body());
    let start = Instant::now();
    for _ in 0..frames {
        let frame = body.frame().await.expect("there is always one more").expect("none is an error");
        assert!(black_box(frame).is_data());
    }
    start.elapsed()
}
