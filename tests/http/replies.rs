//! What the server may answer.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::{Response, StatusCode};
use http_body::{Body, Frame};
use http_body_util::{BodyExt, Empty, Full, channel::Channel, combinators::UnsyncBoxBody};

pub(crate) type Piece = UnsyncBoxBody<Bytes, io::Error>;
/// An error aborts the answer: the connection of HTTP/1.1, the stream of HTTP/2.
pub(crate) type Reply = BoxFuture<'static, io::Result<Response<Piece>>>;

/// Answers at once.
pub(crate) fn reply(response: Response<Piece>) -> Reply {
    Box::pin(async { Ok(response) })
}

/// Never answers.
pub(crate) fn hang() -> Reply {
    Box::pin(std::future::pending())
}

/// Goes away with no answer.
pub(crate) fn abort() -> Reply {
    Box::pin(async { Err(io::Error::other("aborted")) })
}

/// An answer without a body.
pub(crate) fn empty(status: u16) -> Response<Piece> {
    with_body(status, Empty::new().map_err(|never| match never {}))
}

pub(crate) fn text(status: u16, text: impl Into<Bytes>) -> Response<Piece> {
    with_body(status, Full::new(text.into()).map_err(|never| match never {}))
}

pub(crate) fn with_header(mut response: Response<Piece>, name: &'static str, value: &str) -> Response<Piece> {
    response.headers_mut().insert(name, value.parse().unwrap());
    response
}

pub(crate) fn with_body<B>(status: u16, body: B) -> Response<Piece>
where
    B: Body<Data = Bytes, Error = io::Error> + Send + 'static,
{
    let mut response = Response::new(UnsyncBoxBody::new(body));
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    response
}

/// An answer that begins with these pieces, and then waits for what its sender does: nothing, once that is forgotten.
pub(crate) fn stream(status: u16, pieces: &[&'static str]) -> (Sender, Response<Piece>) {
    let (mut sender, body) = Channel::new(64);
    for piece in pieces {
        sender.try_send(Frame::data(Bytes::from_static(piece.as_bytes()))).unwrap();
    }
    (sender, with_body(status, body))
}

pub(crate) type Sender = http_body_util::channel::Sender<Bytes, io::Error>;

/// An answer that begins, and goes on for ever without a word.
pub(crate) fn silence(status: u16) -> Response<Piece> {
    let (sender, response) = stream(status, &["begun"]);
    std::mem::forget(sender);
    response
}

/// An answer that begins, and breaks after that has been sent.
pub(crate) fn broken(status: u16) -> Response<Piece> {
    let (mut sender, response) = stream(status, &[]);
    tokio::spawn(async move {
        sender.send_data(Bytes::from_static(b"begun")).await.ok();
        // The connection takes what was sent before it learns of the error.
        while sender.capacity() < sender.max_capacity() {
            tokio::task::yield_now().await;
        }
        tokio::task::yield_now().await;
        sender.abort(io::Error::other("broken"));
    });
    response
}

/// An answer that never ends, as fast as it is read.
pub(crate) fn endless(status: u16) -> Response<Piece> {
    with_body(status, Endless)
}

pub(crate) struct Endless;

impl Body for Endless {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(&[b'.'; 4096])))))
    }
}
