//! What a step of a fallback is.

use tower::BoxError;

use crate::error::Error;

/// Gives another answer when a call failed.
pub trait Step<Request, Response> {
    /// What is kept of the request before it is sent.
    type Kept;

    /// The error of a step that fails too.
    type Error: Into<BoxError> + 'static;

    /// The future of the answer.
    type Future: Future<Output = Result<Response, Self::Error>>;

    /// How many steps it consists of. Events number them from 1.
    const STEPS: u32 = 1;

    /// Keeps what it will need of the request.
    fn keep(&self, request: &Request) -> Self::Kept;

    /// Looks for another answer. `failed` is the result that it will replace.
    ///
    /// `has_waited` says whether the call has waited by now, so that a step that sends something looks at its deadline first.
    fn answer(self, kept: Self::Kept, failed: Result<&Response, &Error>, has_waited: bool) -> Self::Future;

    /// Returns which of its steps gave the answer of a future that is done, from 1.
    fn number(_: &Self::Future) -> u32 {
        1
    }
}
