//! Calls over HTTP as calls like any other: a number is asked for, and read from the body of the response.

use std::future::poll_fn;
use std::mem::replace;
use std::pin::pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::{Request, Response};
use http_body::Body;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full};
use palisade::Error;
use tower::util::BoxCloneService;
use tower::{BoxError, Service, ServiceExt};

use super::server::SERVER;
use crate::layers::STALE;

pub(crate) type Plain = Full<Bytes>;

pub(crate) type Http = BoxCloneService<Request<Plain>, Response<UnsyncBoxBody<Bytes, Error>>, Error>;

/// Reads each response to its end.
#[derive(Clone)]
pub(crate) struct Whole(pub(super) Http);

impl Whole {
    pub(crate) fn of<S, B>(service: S) -> Self
    where
        S: Service<Request<Plain>, Response = Response<B>> + Clone + Send + 'static,
        S::Error: Into<BoxError> + 'static,
        S::Future: Send + 'static,
        B: Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
    {
        let boxed = |response: Response<B>| response.map(|body| body.map_err(one).boxed_unsync());
        Self(BoxCloneService::new(service.map_response(boxed).map_err(one)))
    }
}

fn one<E: Into<BoxError>>(error: E) -> Error {
    Error::from(error.into())
}

pub(crate) fn request(number: u32) -> Request<Plain> {
    Request::get(format!("http://localhost/{number}")).body(Plain::default()).expect("all of it is legal")
}

impl Service<u32> for Whole {
    type Response = u32;
    type Error = Error;
    type Future = BoxFuture<'static, Result<u32, Error>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, number: u32) -> Self::Future {
        let call = self.0.call(request(number));
        Box::pin(async { read(call.await?).await })
    }
}

/// Reads a response, with a place to drop it before each poll of its body.
pub(crate) async fn read<B: Body<Data = Bytes, Error = Error>>(response: Response<B>) -> Result<u32, Error> {
    let is_stale = !response.headers().contains_key(SERVER);
    let (mut body, mut read) = (pin!(response.into_body()), Vec::new());
    loop {
        pend_once().await;
        match body.frame().await.transpose()? {
            Some(frame) => read.extend(frame.into_data().unwrap_or_default()),
            None if is_stale => return Ok(STALE),
            None => return Ok(String::from_utf8_lossy(&read).parse().expect("the server sends a number")),
        }
    }
}

async fn pend_once() {
    let mut pended = false;
    poll_fn(|cx| {
        if replace(&mut pended, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
