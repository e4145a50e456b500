//! A value as the answer.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::mem::needs_drop;

use super::step::Step;
use crate::error::Error;
use crate::sync::Arc;

/// Answers with a clone of `response`.
pub fn value<Response>(response: Response) -> Value<Response> {
    // Copying bytes is cheaper than sharing a count between threads.
    Value(if needs_drop::<Response>() { Kept::Shared(Arc::new(response)) } else { Kept::Inline(response) })
}

/// Made by [`value`].
#[derive(Clone, Debug)]
pub struct Value<Response>(Kept<Response>);

/// What each call clones. A shared response itself is cloned only when it is the answer.
#[derive(Clone, Debug)]
enum Kept<Response> {
    Inline(Response),
    Shared(Arc<Response>),
}

impl<Request, Response: Clone> Step<Request, Response> for Value<Response> {
    type Kept = ();
    type Error = Infallible;
    type Future = Ready<Result<Response, Infallible>>;

    fn keep(&self, _: &Request) {}

    fn answer(self, (): (), _: Result<&Response, &Error>, _: bool) -> Self::Future {
        ready(Ok(match self.0 {
            Kept::Inline(response) => response,
            Kept::Shared(response) => (*response).clone(),
        }))
    }
}
