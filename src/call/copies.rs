//! Copies: what a layer that sends one request more than once keeps of the request and of its responses.

use std::task::{Context, Poll};
use std::time::Duration;

use crate::context::Deadline;
use crate::error::Error;

/// How long a response may take, after its head, to show that the call failed. For so long its caller does not get the head.
pub(crate) const LOOK_FOR: Duration = Duration::from_millis(50);

/// How long to read the rest of a response at most, before another replaces it. An unread response holds a connection, and places of
/// layers below.
pub(crate) const DRAIN_FOR: Duration = Duration::from_millis(50);

/// Keeps a request for as long as it may have to be sent again.
#[diagnostic::on_unimplemented(
    message = "no `{Request}` can be sent again by `{Self}`",
    note = "under `http` and `grpc` of a `RetryLayer` or a `HedgeLayer` the inner service must take a `ReplayBody<B>`, where `B: http_body::Body + \
            Unpin` is the body of the request, or else the body of axum, tonic or reqwest, with the feature of that name"
)]
pub trait KeepRequest<Request> {
    /// The request as it is kept.
    type Kept;

    /// The request as the inner service takes it.
    type Sent;

    /// Takes the request of a call. With `is_sent_once`, no copy will be asked for.
    fn begin(&self, request: Request, is_sent_once: bool) -> Self::Kept;

    /// Copies the request for another attempt, if it can be copied.
    ///
    /// Called before the request is sent. Without a copy no further attempt is made.
    fn copy(&self, kept: &Self::Kept) -> Option<Self::Kept>;

    /// Copies the request for an attempt beside those in flight, if it can be sent while they send it.
    ///
    /// Defaults to [`copy`](Self::copy), which suits a copy that shares nothing with the request that was sent.
    fn copy_beside(&self, kept: &Self::Kept) -> Option<Self::Kept> {
        self.copy(kept)
    }

    /// Returns whether the request can be sent again, and if so keeps it whole until then.
    ///
    /// Defaults to `true`, which suits a copy that shares nothing with the request that was sent.
    fn reclaim(&self, _: &Self::Kept) -> bool {
        true
    }

    /// Makes the request of one attempt. Attempts are numbered from 1.
    fn send(&self, kept: Self::Kept, attempt: u32) -> Self::Sent;

    /// Makes the request of one try, whose attempts a layer around numbers. Defaults to that of the first attempt.
    fn pass(&self, kept: Self::Kept) -> Self::Sent {
        self.send(kept, 1)
    }

    /// Adds to the error of an attempt what the request tells of it. Defaults to the error as it is.
    fn explain(&self, _: &Self::Kept, error: Error) -> Error {
        error
    }

    /// Returns whether the error of an attempt says that the request was not sent, though no layer rejected it. Defaults to `false`.
    fn was_not_sent(&self, _: &Self::Kept, _: &Error) -> bool {
        false
    }

    /// Returns the deadline that the request itself brings. Defaults to none.
    fn deadline(&self, _: &Self::Kept) -> Option<Deadline> {
        None
    }
}

/// Returns whether an attempt after `delay` would begin at the deadline or later. The request may bring a nearer deadline.
pub(crate) fn is_late<Request, K>(keep: &K, request: &K::Kept, delay: Duration) -> bool
where
    K: KeepRequest<Request>,
{
    let is_late = |deadline: Deadline| deadline.remaining() <= delay;
    Deadline::current().is_some_and(is_late) || keep.deadline(request).is_some_and(is_late)
}

/// Keeps a response for as long as a better one may come.
pub trait KeepResponse<Response> {
    /// The response as the caller gets it.
    type Response;

    /// What was read of a response before it is judged. `()` where nothing is.
    type Ahead: Default;

    /// Reads on until the response shows whether the call failed. Defaults to reading nothing.
    ///
    /// Where what it reads says so, it puts that into the response, because classifiers look only there.
    fn poll_ahead(&self, _: &mut Response, _: &mut Self::Ahead, _: &mut Context<'_>) -> Poll<()> {
        Poll::Ready(())
    }

    /// Takes the response of an attempt, as it came, and what was read of it.
    fn receive(&self, response: Response, ahead: Self::Ahead) -> Self::Response;

    /// Returns whether a result asks that the request is not sent again, though another attempt might do better. Defaults to `false`.
    fn forbids_another(&self, _: Result<&Response, &Error>) -> bool {
        false
    }

    /// Reads what is left of a response that will most likely be replaced. Defaults to reading nothing.
    fn poll_rest(&self, _: &mut Self::Response, _: &mut Context<'_>) -> Poll<()> {
        Poll::Ready(())
    }

    /// Drops what was not read, and with it all that the response still holds of the service.
    ///
    /// Called before the next attempt, if there was a rest to read. Defaults to dropping nothing.
    fn drop_rest(&self, _: &mut Self::Response) {}
}

/// Keeps requests and responses as they are, and copies requests by `K`.
#[derive(Clone, Copy, Debug, Default)]
pub struct AsIs<K = CloneRequest>(pub(crate) K);

impl<Request, K: CopyRequest<Request>> KeepRequest<Request> for AsIs<K> {
    type Kept = Request;
    type Sent = Request;

    fn begin(&self, request: Request, _: bool) -> Request {
        request
    }

    fn copy(&self, kept: &Request) -> Option<Request> {
        self.0.copy(kept)
    }

    fn send(&self, kept: Request, _: u32) -> Request {
        kept
    }
}

impl<Response, K> KeepResponse<Response> for AsIs<K> {
    type Response = Response;
    type Ahead = ();

    fn receive(&self, response: Response, (): ()) -> Response {
        response
    }
}

/// Copies requests. Implemented by every `Fn(&Request) -> Option<Request>`.
#[diagnostic::on_unimplemented(
    message = "no `{Request}` can be copied by `{Self}`",
    note = "implement `Clone` for it, or tell the builder by `copy_request` how to copy it"
)]
pub trait CopyRequest<Request> {
    /// Copies the request. Where it returns `None`, the request is sent once.
    fn copy(&self, request: &Request) -> Option<Request>;
}

impl<Request, F: Fn(&Request) -> Option<Request>> CopyRequest<Request> for F {
    fn copy(&self, request: &Request) -> Option<Request> {
        self(request)
    }
}

/// Copies requests by their `Clone`.
#[derive(Clone, Copy, Debug, Default)]
pub struct CloneRequest;

impl<Request: Clone> CopyRequest<Request> for CloneRequest {
    fn copy(&self, request: &Request) -> Option<Request> {
        Some(request.clone())
    }
}
