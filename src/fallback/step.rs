//! The steps: where another answer may come from.

use std::{
    future::{Ready, ready},
    mem::needs_drop,
};

use tower::{BoxError, Service};

use super::step_future::{ServiceFuture, StepFuture};
use crate::{Error, call::Oneshot, debug::debug_by_type, sync::Arc};

/// Where another answer may come from.
pub trait Step<Request, Response> {
    /// What is kept of the request, before it is gone.
    type Kept;

    /// Gives the answer.
    type Future: Future<Output = Result<Answer<Response>, Error>>;

    /// How many steps it is made of; events number them from 1.
    const STEPS: u32 = 1;

    /// Keeps of the request what it will need.
    fn keep(&self, request: &Request) -> Self::Kept;

    /// Looks for another answer. `failed` is the result it will replace.
    fn answer(self, kept: Self::Kept, failed: Result<&Response, &Error>) -> Self::Future;
}

/// Another answer, and which step gave it.
#[derive(Clone, Copy, Debug)]
pub struct Answer<Response> {
    response: Response,
    step: u32,
}

impl<Response> Answer<Response> {
    /// An answer of a step that is not made of others.
    pub const fn new(response: Response) -> Self {
        Self { response, step: 1 }
    }

    /// The response, and the number of the step that gave it, from 1.
    pub fn into_parts(self) -> (Response, u32) {
        (self.response, self.step)
    }

    pub(super) const fn response(&self) -> &Response {
        &self.response
    }

    pub(super) fn after(self, steps: u32) -> Self {
        Self { step: self.step + steps, ..self }
    }
}

/// Answers a clone of `response`.
pub fn value<Response>(response: Response) -> Value<Response> {
    // A clone that only copies bytes is cheaper than to share a count between threads.
    Value(if needs_drop::<Response>() { Kept::Shared(Arc::new(response)) } else { Kept::Inline(response) })
}

/// Answers what `f` makes of the failure.
pub const fn function<Response, E, F>(f: F) -> Function<F>
where
    F: Fn(Result<&Response, &Error>) -> Result<Response, E>,
{
    Function(f)
}

/// Answers what `f` makes of what `keep` kept of the request, and of the failure.
///
/// They are `Fn(&Request) -> K` and `Fn(K, Result<&Response, &Error>) -> Result<Response, E>`; closures must name these types of
/// their arguments.
pub const fn function_of<K, F>(keep: K, f: F) -> FunctionOf<K, F> {
    FunctionOf { keep, f }
}

/// Answers what the future made by `f` gives, of what `keep` kept of the request, and of the failure.
///
/// They are `Fn(&Request) -> K` and `Fn(K, Result<&Response, &Error>) -> impl Future<Output = Result<Response, E>>`; closures must
/// name these types of their arguments.
pub const fn future_of<K, F>(keep: K, f: F) -> FutureOf<K, F> {
    FutureOf { keep, f }
}

/// Answers what another service does. Requests must be `Clone`.
pub const fn service<S>(service: S) -> ServiceStep<S> {
    ServiceStep(service)
}

/// Made by [`value`].
#[derive(Clone, Debug)]
pub struct Value<Response>(Kept<Response>);

/// What a call clones of the response: all of it where that copies bytes, else a share, and the response when it is the answer.
#[derive(Debug)]
enum Kept<Response> {
    Inline(Response),
    Shared(Arc<Response>),
}

impl<Response: Clone> Clone for Kept<Response> {
    #[inline(always)]
    fn clone(&self) -> Self {
        match self {
            Self::Inline(response) => Self::Inline(response.clone()),
            Self::Shared(response) => Self::Shared(Arc::clone(response)),
        }
    }
}

impl<Request, Response: Clone> Step<Request, Response> for Value<Response> {
    type Kept = ();
    type Future = Ready<Result<Answer<Response>, Error>>;

    #[inline(always)]
    fn keep(&self, _: &Request) {}

    #[inline(always)]
    fn answer(self, (): (), _: Result<&Response, &Error>) -> Self::Future {
        ready(Ok(Answer::new(match self.0 {
            Kept::Inline(response) => response,
            Kept::Shared(response) => (*response).clone(),
        })))
    }
}

/// Made by [`function`].
#[derive(Clone, Copy)]
pub struct Function<F>(F);

impl<Request, Response, F, E> Step<Request, Response> for Function<F>
where
    F: Fn(Result<&Response, &Error>) -> Result<Response, E>,
    E: Into<BoxError> + 'static,
{
    type Kept = ();
    type Future = Ready<Result<Answer<Response>, Error>>;

    #[inline(always)]
    fn keep(&self, _: &Request) {}

    #[inline(always)]
    fn answer(self, (): (), failed: Result<&Response, &Error>) -> Self::Future {
        ready(self.0(failed).map(Answer::new).map_err(Error::lift))
    }
}

/// Made by [`function_of`].
#[derive(Clone, Copy)]
pub struct FunctionOf<K, F> {
    keep: K,
    f: F,
}

impl<Request, Response, K, Kept, F, E> Step<Request, Response> for FunctionOf<K, F>
where
    K: Fn(&Request) -> Kept,
    F: Fn(Kept, Result<&Response, &Error>) -> Result<Response, E>,
    E: Into<BoxError> + 'static,
{
    type Kept = Kept;
    type Future = Ready<Result<Answer<Response>, Error>>;

    #[inline(always)]
    fn keep(&self, request: &Request) -> Kept {
        (self.keep)(request)
    }

    #[inline(always)]
    fn answer(self, kept: Kept, failed: Result<&Response, &Error>) -> Self::Future {
        ready((self.f)(kept, failed).map(Answer::new).map_err(Error::lift))
    }
}

/// Made by [`future_of`].
#[derive(Clone, Copy)]
pub struct FutureOf<K, F> {
    keep: K,
    f: F,
}

impl<Request, Response, K, Kept, F, Fut, E> Step<Request, Response> for FutureOf<K, F>
where
    K: Fn(&Request) -> Kept,
    F: Fn(Kept, Result<&Response, &Error>) -> Fut,
    Fut: Future<Output = Result<Response, E>>,
    E: Into<BoxError> + 'static,
{
    type Kept = Kept;
    type Future = StepFuture<Fut>;

    #[inline(always)]
    fn keep(&self, request: &Request) -> Kept {
        (self.keep)(request)
    }

    #[inline(always)]
    fn answer(self, kept: Kept, failed: Result<&Response, &Error>) -> Self::Future {
        StepFuture::new((self.f)(kept, failed))
    }
}

/// Made by [`service`].
#[derive(Clone, Copy, Debug)]
pub struct ServiceStep<S>(S);

impl<Request, S> Step<Request, S::Response> for ServiceStep<S>
where
    Request: Clone,
    S: Service<Request>,
    S::Error: Into<BoxError> + 'static,
{
    type Kept = Request;
    type Future = ServiceFuture<S, Request>;

    #[inline(always)]
    fn keep(&self, request: &Request) -> Request {
        request.clone()
    }

    #[inline(always)]
    fn answer(self, kept: Request, _: Result<&S::Response, &Error>) -> Self::Future {
        ServiceFuture::new(Oneshot::new(self.0, kept))
    }
}

debug_by_type! { Function<F> FunctionOf<K, F> FutureOf<K, F> }
