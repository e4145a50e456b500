//! Calls of HTTP: a request is built and sent, the server sends its body back, and that is read to the end.

use std::convert::Infallible;
use std::fmt::Debug;
use std::future::{Ready, ready};
use std::hint::black_box;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, Response};
use http_body::{Body, Frame};
use http_body_util::{BodyExt, Full};
use tower::{Service, ServiceExt};

pub(crate) type Asked = Request<Full<Bytes>>;

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

/// What a request has in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ask {
    /// 8 headers and 2 extensions, or none.
    pub(crate) full_head: bool,
    /// Comes in memory.
    pub(crate) body: &'static str,
}

impl Ask {
    pub(crate) const FIVE: Self = Self { full_head: false, body: "hello" };
    pub(crate) const NOTHING: Self = Self { full_head: false, body: "" };

    fn request(self) -> Asked {
        let mut request = Request::put("/orders/7").body(Full::from(self.body)).expect("it is legal");
        if self.full_head {
            request.headers_mut().extend(HEADERS);
            request.extensions_mut().insert(7_u64);
            request.extensions_mut().insert("a route");
        }
        request
    }
}

/// Sends the body of the request back.
pub(crate) async fn echo<B>(request: Request<B>) -> Result<Response<Full<Bytes>>, B::Error>
where
    B: Body<Data = Bytes>,
{
    let body = request.into_body().collect().await?.to_bytes();
    Ok(Response::new(Full::new(body)))
}

/// Makes calls, one after another, and sees to it that each brings the body of its request back.
pub(crate) async fn calls<S, B>(service: &mut S, ask: Ask, calls: u64)
where
    S: Service<Asked, Response = Response<B>, Error: Debug>,
    B: Body<Data = Bytes, Error: Debug>,
{
    for _ in 0..calls {
        let request = black_box(ask.request());
        let response = service.ready().await.expect("it is ready").call(request).await.expect("it is answered");
        let body = response.into_body().collect().await.expect("the body is whole").to_bytes();
        assert!(black_box(body) == ask.body, "a call ended otherwise than intended");
    }
}

/// Responds with a body that always has one more frame.
pub(crate) fn endless(_: Asked) -> Ready<Result<Response<Endless>, Infallible>> {
    ready(Ok(Response::new(Endless)))
}

/// A body that always has one more frame.
#[derive(Debug)]
pub(crate) struct Endless;

impl Body for Endless {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(b"hello")))))
    }
}

/// Reads so many frames of one response.
pub(crate) async fn frames<S, B>(service: &mut S, frames: u64)
where
    S: Service<Asked, Response = Response<B>, Error: Debug>,
    B: Body<Data = Bytes, Error: Debug>,
{
    let request = Ask::NOTHING.request();
    let response = service.ready().await.expect("it is ready").call(request).await.expect("it is answered");
    let mut body = pin!(response.into_body());
    for _ in 0..frames {
        let frame = body.frame().await.expect("there is always one more").expect("none is an error");
        assert!(black_box(frame).is_data());
    }
}
