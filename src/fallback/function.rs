//! What a function makes of the failure, as the answer.

use std::future::{Ready, ready};

use tower::BoxError;

use super::step::Step;
use crate::debug::debug_by_type;
use crate::error::Error;

/// Answers with what `f` makes of the failure.
pub const fn function<Response, E, F>(f: F) -> Function<F>
where
    F: Fn(Result<&Response, &Error>) -> Result<Response, E>,
{
    Function(f)
}

/// Answers with what `f` makes of the failure and of what `keep` kept of the request.
///
/// They are `Fn(&Request) -> K` and `Fn(K, Result<&Response, &Error>) -> Result<Response, E>`. Closures must annotate their
/// arguments with these types.
pub const fn function_of<K, F>(keep: K, f: F) -> FunctionOf<K, F> {
    FunctionOf { keep, f }
}

/// Answers with what a future gives. `f` makes the future of the failure and of what `keep` kept of the request.
///
/// They are `Fn(&Request) -> K` and `Fn(K, Result<&Response, &Error>) -> impl Future<Output = Result<Response, E>>`. Closures must
/// annotate their arguments with these types. The future is polled also at the call's [`Deadline`](crate::Deadline) and later.
pub const fn future_of<K, F>(keep: K, f: F) -> FutureOf<K, F> {
    FutureOf { keep, f }
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
    type Error = E;
    type Future = Ready<Result<Response, E>>;

    fn keep(&self, _: &Request) {}

    fn answer(self, (): (), failed: Result<&Response, &Error>, _: bool) -> Self::Future {
        ready(self.0(failed))
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
    type Error = E;
    type Future = Ready<Result<Response, E>>;

    fn keep(&self, request: &Request) -> Kept {
        (self.keep)(request)
    }

    fn answer(self, kept: Kept, failed: Result<&Response, &Error>, _: bool) -> Self::Future {
        ready((self.f)(kept, failed))
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
    type Error = E;
    type Future = Fut;

    fn keep(&self, request: &Request) -> Kept {
        (self.keep)(request)
    }

    fn answer(self, kept: Kept, failed: Result<&Response, &Error>, _: bool) -> Fut {
        (self.f)(kept, failed)
    }
}

debug_by_type! { Function<F> FunctionOf<K, F> FutureOf<K, F> }
