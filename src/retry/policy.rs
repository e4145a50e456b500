//! What may be retried.

use std::{any::type_name, fmt};

use crate::{Classify, DefaultClassifier, Error, Outcome};

/// Says what may be retried: keeps the request, and weighs the result.
///
/// [`Rules`] is made by the setters of a [`RetryBuilder`](super::RetryBuilder); implement this for what they cannot say.
pub trait Policy<Request, Response> {
    /// Keeps a copy of the request; without one it is sent once.
    fn copy(&self, request: &Request) -> Option<Request>;

    /// Says what a result means. Never asked of a rejection.
    fn classify(&self, result: Result<&Response, &Error>) -> Outcome;

    /// The last word on a retry that is due.
    fn allows(&self, kept: &Request, result: Result<&Response, &Error>) -> bool;
}

/// The [`Policy`] made of a classifier, a way to copy requests, and a last word.
#[derive(Clone, Copy, Default)]
pub struct Rules<C = DefaultClassifier, K = CloneRequest, P = Always> {
    pub(super) classifier: C,
    pub(super) copy: K,
    pub(super) retry_if: P,
}

impl<Request, Response, C, K, P> Policy<Request, Response> for Rules<C, K, P>
where
    C: Classify<Response>,
    K: CopyRequest<Request>,
    P: RetryIf<Request, Response>,
{
    #[inline(always)]
    fn copy(&self, request: &Request) -> Option<Request> {
        self.copy.copy(request)
    }

    #[inline(always)]
    fn classify(&self, result: Result<&Response, &Error>) -> Outcome {
        self.classifier.classify(result)
    }

    fn allows(&self, kept: &Request, result: Result<&Response, &Error>) -> bool {
        self.retry_if.allows(kept, result)
    }
}

impl<C, K, P> fmt::Debug for Rules<C, K, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Rules").field(&type_name::<(C, K, P)>()).finish()
    }
}

/// Copies requests. Implemented by every `Fn(&Request) -> Option<Request>`.
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
