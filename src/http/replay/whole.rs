//! Bodies whose data is in memory, all of it.

use std::any::Any;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http_body::Body;
use http_body_util::Full;

/// Takes the data of a body that is known to have all of it in memory, if that is at most `cap` bytes.
pub(super) fn take_whole<B: Body + 'static>(body: &mut B, cap: usize) -> Option<Bytes> {
    body.size_hint().exact().filter(|length| *length <= cap as u64)?;
    let body: &mut dyn Any = body;
    match body.downcast_mut::<Full<Bytes>>() {
        Some(full) => at_once(full),
        None => of_reqwest(body),
    }
}

#[cfg(feature = "reqwest")]
fn of_reqwest(body: &mut dyn Any) -> Option<Bytes> {
    body.downcast_mut::<reqwest::Body>().filter(|body| body.as_bytes().is_some()).and_then(at_once)
}

#[cfg(not(feature = "reqwest"))]
const fn of_reqwest(_: &mut dyn Any) -> Option<Bytes> {
    None
}

/// The one frame of a body that is never waited for.
fn at_once(body: &mut (impl Body<Data = Bytes> + Unpin)) -> Option<Bytes> {
    match Pin::new(body).poll_frame(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(Some(Ok(frame))) => frame.into_data().ok(),
        _ => None,
    }
}
