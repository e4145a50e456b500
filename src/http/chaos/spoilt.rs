//! Response bodies that break off or come slowly.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf, Bytes};
use http::Response;
use http::header::CONTENT_LENGTH;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use tower::BoxError;

use crate::call::End;
use crate::chaos::{Spoil, Spoiling, Wait};
use crate::error::Error;
use crate::http::Http;
use crate::name::Name;

/// A fault cut the response off half way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("chaos `{name}`: the response was cut off half way")]
#[non_exhaustive]
pub struct Cut {
    /// The name of the chaos.
    pub name: Name,
}

impl<B: Body, C> End<Spoil, Response<B>> for Http<C> {
    type Response = Response<SpoiltBody<B>>;

    #[inline(always)]
    fn answered(self, spoil: Spoil, response: Response<B>) -> Self::Response {
        let fault = spoil.spoiling().map(|spoiling| Box::new(BodyFault::new(spoiling, &response)));
        response.map(|body| SpoiltBody { body, fault })
    }

    fn failed(self, _: Spoil, _: &Error) {}
}

pin_project! {
    /// A body that a fault may cut off or slow down.
    ///
    /// When the faults stop, the rest comes as it is.
    #[derive(Debug)]
    pub struct SpoiltBody<B> {
        #[pin]
        body: B,
        // Boxed, so that the bodies that meet no fault do not carry it.
        fault: Option<Box<BodyFault>>,
    }
}

struct BodyFault {
    spoiling: Box<Spoiling>,
    /// How many bytes pass before the body is cut, if it is; without a length, those of its first frame.
    cut_after: Option<u64>,
    passed: u64,
    /// What has come and was held back.
    rest: Bytes,
    wait: Option<Wait>,
}

impl BodyFault {
    fn new<B>(spoiling: Box<Spoiling>, response: &Response<B>) -> Self {
        let length = || response.headers().get(CONTENT_LENGTH)?.to_str().ok()?.parse::<u64>().ok();
        let cut_after = if spoiling.is_cut { length().map(|bytes| bytes / 2) } else { None };
        Self { spoiling, cut_after, passed: 0, rest: Bytes::new(), wait: None }
    }

    /// The error of a body that is cut off, once enough of it has come.
    fn cut(&self) -> Option<Error> {
        let is_cut = self.cut_after.is_some_and(|bytes| self.passed >= bytes);
        is_cut.then(|| Error::lift(Cut { name: self.spoiling.name() }))
    }

    /// The next piece of what has come.
    fn piece(&mut self) -> Bytes {
        let tenth = self.spoiling.slow.map(|bytes| bytes.div_ceil(10));
        let until_cut = self.cut_after.map(|bytes| bytes - self.passed);
        let most = tenth.into_iter().chain(until_cut).min().and_then(|bytes| usize::try_from(bytes).ok());
        let piece = self.rest.split_to(most.map_or(self.rest.len(), |bytes| bytes.min(self.rest.len())));
        self.passed += piece.len() as u64;
        if self.spoiling.is_cut && self.rest.is_empty() {
            self.cut_after = self.cut_after.or(Some(self.passed));
        }
        self.wait = self.spoiling.slow.map(|bytes| self.spoiling.wait(time_of(piece.len(), bytes)));
        piece
    }
}

/// How long so many bytes take.
#[expect(clippy::cast_precision_loss, reason = "what is lost is less than a byte in a million")]
fn time_of(bytes: usize, per_second: u64) -> Duration {
    Duration::try_from_secs_f64(bytes as f64 / per_second as f64).unwrap_or(Duration::MAX)
}

impl<B> Body for SpoiltBody<B>
where
    B: Body,
    B::Error: Into<BoxError> + 'static,
{
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let mut this = self.project();
        let frame = loop {
            let Some(fault) = this.fault.as_mut() else { break ready!(this.body.as_mut().poll_frame(cx)) };
            if let Some(wait) = &mut fault.wait {
                ready!(wait.as_mut().poll(cx));
                fault.wait = None;
            }
            if fault.spoiling.is_over() {
                let rest = this.fault.take().map_or_else(Bytes::new, |fault| fault.rest);
                if rest.is_empty() {
                    continue;
                }
                return Poll::Ready(Some(Ok(Frame::data(rest))));
            }
            if let Some(error) = fault.cut() {
                return Poll::Ready(Some(Err(error)));
            }
            if !fault.rest.is_empty() {
                return Poll::Ready(Some(Ok(Frame::data(fault.piece()))));
            }
            match ready!(this.body.as_mut().poll_frame(cx)) {
                Some(Ok(frame)) if frame.is_data() => {
                    fault.rest = frame.into_data().map_or_else(|_| Bytes::new(), whole);
                }
                frame => break frame,
            }
        };
        let own = |frame: Frame<B::Data>| frame.map_data(whole);
        Poll::Ready(frame.map(|frame| frame.map(own).map_err(Error::lift)))
    }

    fn is_end_stream(&self) -> bool {
        self.fault.is_none() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        if self.fault.is_none() { self.body.size_hint() } else { SizeHint::default() }
    }
}

/// All of it, without a copy where it is whole already.
fn whole(mut data: impl Buf) -> Bytes {
    data.copy_to_bytes(data.remaining())
}

impl std::fmt::Debug for BodyFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BodyFault")
            .field("spoiling", &self.spoiling)
            .field("passed", &self.passed)
            .finish_non_exhaustive()
    }
}
