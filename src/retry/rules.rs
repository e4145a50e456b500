//! What may be sent again, and what is kept for it.

use std::task::{Context, Poll};

use crate::{Deadline, DefaultClassifier, Error, debug::debug_by_type};

/// What a retry goes by: a classifier, what it keeps between attempts, and who has the last word.
///
/// Made by the setters of a [`RetryBuilder`](super::RetryBuilder).
#[derive(Clone, Copy, Default)]
pub struct Rules<C = DefaultClassifier, K = AsIs, P = Always> {
    pub(crate) classifier: C,
    pub(crate) keep: K,
    pub(crate) retry_if: P,
}

debug_by_type! { Rules<C, K, P> }

/// Keeps a request for as long as it may have to be sent again.
#[diagnostic::on_unimplemented(
    message = "no `{Request}` can be sent again by `{Self}`",
    note = "under `RetryLayer::http` and `grpc` the service within must take a `ReplayBody<B>`, where `B: http_body::Body + \
            Unpin` is the body of the request, or else the body of axum, tonic or reqwest, with the feature of that name"
)]
pub trait KeepRequest<Request> {
    /// The request as it is kept.
    type Kept;

    /// The request as the service within takes it.
    type Sent;

    /// Takes the request of a call. `is_sent_once` tells that no copy will be asked for.
    fn begin(&self, request: Request, is_sent_once: bool) -> Self::Kept;

    /// Copies the request for another attempt, if it can.
    ///
    /// It is asked before the request is sent. Without a copy there is no further attempt.
    fn copy(&self, kept: &Self::Kept) -> Option<Self::Kept>;

    /// Whether the request can be sent again. If so, sees to it that it stays whole until it is.
    fn reclaim(&self, kept: &Self::Kept) -> bool;

    /// Makes of it the request of the attempt of this number, from 1.
    fn send(&self, kept: Self::Kept, attempt: u32) -> Self::Sent;

    /// The deadline that the request itself brings.
    fn deadline(&self, _: &Self::Kept) -> Option<Deadline> {
        None
    }
}

/// Keeps a response for as long as a better one may come.
pub trait KeepResponse<Response> {
    /// The response as the caller gets it.
    type Answer;

    /// Takes the response of an attempt.
    fn answer(&self, response: Response) -> Self::Answer;

    /// Reads what is left of an answer that will most likely be replaced.
    fn poll_rest(&self, answer: &mut Self::Answer, cx: &mut Context<'_>) -> Poll<()>;

    /// Lets go of all that an answer still holds of the service.
    ///
    /// The next attempt is about to be sent.
    fn drop_rest(&self, answer: &mut Self::Answer);
}

/// Keeps requests and responses as they are, and copies requests by `K`.
#[derive(Clone, Copy, Debug, Default)]
pub struct AsIs<K = CloneRequest>(pub(super) K);

impl<Request, K: CopyRequest<Request>> KeepRequest<Request> for AsIs<K> {
    type Kept = Request;
    type Sent = Request;

    #[inline(always)]
    fn begin(&self, request: Request, _: bool) -> Request {
        request
    }

    #[inline(always)]
    fn copy(&self, kept: &Request) -> Option<Request> {
        self.0.copy(kept)
    }

    #[inline(always)]
    fn reclaim(&self, _: &Request) -> bool {
        true
    }

    #[inline(always)]
    fn send(&self, kept: Request, _: u32) -> Request {
        kept
    }
}

impl<Response, K> KeepResponse<Response> for AsIs<K> {
    type Answer = Response;

    #[inline(always)]
    fn answer(&self, response: Response) -> Response {
        response
    }

    #[inline(always)]
    fn poll_rest(&self, _: &mut Response, _: &mut Context<'_>) -> Poll<()> {
        Poll::Ready(())
    }

    #[inline(always)]
    fn drop_rest(&self, _: &mut Response) {}
}

/// Copies requests. Implemented by every `Fn(&Request) -> Option<Request>`.
#[diagnostic::on_unimplemented(
    message = "no `{Request}` can be copied by `{Self}`",
    note = "implement `Clone` for it, or say by `copy_request` of the retry's builder how it is copied"
)]
pub trait CopyRequest<Request> {
    /// Keeps a copy of the request; without one it is sent once.
    fn copy(&self, request: &Request) -> Option<Request>;
}

impl<Request, F: Fn(&Request) -> Option<Request>> CopyRequest<Request> for F {
    #[inline(always)]
    fn copy(&self, request: &Request) -> Option<Request> {
        self(request)
    }
}

/// Copies requests by their `Clone`.
#[derive(Clone, Copy, Debug, Default)]
pub struct CloneRequest;

impl<Request: Clone> CopyRequest<Request> for CloneRequest {
    #[inline(always)]
    fn copy(&self, request: &Request) -> Option<Request> {
        Some(request.clone())
    }
}

/// Has the last word on a retry. Implemented by every `Fn(&Request, Result<&Response, &Error>) -> bool`.
pub trait RetryIf<Request, Response> {
    /// Whether this request may be sent again after this result.
    fn allows(&self, kept: &Request, result: Result<&Response, &Error>) -> bool;
}

impl<Request, Response, F> RetryIf<Request, Response> for F
where
    F: Fn(&Request, Result<&Response, &Error>) -> bool,
{
    fn allows(&self, kept: &Request, result: Result<&Response, &Error>) -> bool {
        self(kept, result)
    }
}

/// Allows every retry.
#[derive(Clone, Copy, Debug, Default)]
pub struct Always;

impl<Request, Response> RetryIf<Request, Response> for Always {
    fn allows(&self, _: &Request, _: Result<&Response, &Error>) -> bool {
        true
    }
}
