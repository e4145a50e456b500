//! The bodies of requests that are sent again: what each attempt sends of them.

mod cap;
mod hints;
mod model;
mod readers;
mod replay;
mod scripted;
mod threads;
mod whole;

use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body, Frame};
use palisade::http::ReplayBody;
use scripted::{Scripted, Step};
use tower::BoxError;

const CAP: usize = 65_536;

type Polled = Poll<Option<Result<Frame<Bytes>, BoxError>>>;

/// A body that is kept up to the default cap.
fn replayed(body: Scripted) -> ReplayBody<Scripted> {
    ReplayBody::new(body, CAP)
}

/// The same, and the copy that another attempt sends.
fn two(body: Scripted) -> [ReplayBody<Scripted>; 2] {
    let first = replayed(body);
    let second = first.clone();
    [first, second]
}

fn poll(body: &mut ReplayBody<Scripted>) -> Polled {
    Pin::new(body).poll_frame(&mut Context::from_waker(Waker::noop()))
}

/// The next frame, if it is data.
fn data(body: &mut ReplayBody<Scripted>) -> Bytes {
    match poll(body) {
        Poll::Ready(Some(Ok(frame))) => frame.into_data().unwrap(),
        other => panic!("no data, but {other:?}"),
    }
}

/// The next frame's error.
fn error(body: &mut ReplayBody<Scripted>) -> String {
    match poll(body) {
        Poll::Ready(Some(Err(error))) => error.to_string(),
        other => panic!("no error, but {other:?}"),
    }
}

fn is_over(body: &mut ReplayBody<Scripted>) -> bool {
    matches!(poll(body), Poll::Ready(None))
}

/// What an attempt sent.
#[derive(Debug, Default, PartialEq, Eq)]
struct Sent {
    data: Vec<u8>,
    trailers: Option<HeaderMap>,
    error: Option<String>,
}

/// Sends what is left.
fn send(body: &mut ReplayBody<Scripted>) -> Sent {
    let mut sent = Sent::default();
    for _ in 0..100_000 {
        match poll(body) {
            Poll::Pending => {}
            Poll::Ready(None) => return sent,
            Poll::Ready(Some(Err(error))) => sent.error = Some(error.to_string()),
            Poll::Ready(Some(Ok(frame))) => match frame.into_data() {
                Ok(data) => sent.data.extend_from_slice(&data),
                Err(frame) => sent.trailers = frame.into_trailers().ok(),
            },
        }
    }
    panic!("a body without end");
}

fn trailers() -> HeaderMap {
    HeaderMap::from_iter([("checksum".parse().unwrap(), "f00".parse().unwrap())])
}
