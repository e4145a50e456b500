//! Whether a caller gets a response because the letter of its call is stored.

use super::letter::DeadLetter;
use crate::debug::debug_by_type;

/// Answers callers whose letters are stored.
pub trait Accept<Request, Response> {
    /// The response for a letter; `None` where the caller is to get the failure.
    fn accept(&self, letter: &DeadLetter<Request>) -> Option<Response>;
}

/// Callers get the failures of their calls.
#[derive(Clone, Copy, Debug, Default)]
pub struct Never;

impl<Request, Response> Accept<Request, Response> for Never {
    fn accept(&self, _: &DeadLetter<Request>) -> Option<Response> {
        None
    }
}

/// Callers get what a function makes of their letters.
///
/// Made by [`accept`](super::DeadLetterLayer::accept).
#[derive(Clone, Copy)]
pub struct Accepting<F> {
    pub(super) response: F,
    /// Also where the call may have been acted on.
    pub(super) unclear: bool,
}

impl<Request, Response, F: Fn(&DeadLetter<Request>) -> Response> Accept<Request, Response> for Accepting<F> {
    fn accept(&self, letter: &DeadLetter<Request>) -> Option<Response> {
        (self.unclear || letter.reason.is_clear()).then(|| (self.response)(letter))
    }
}

debug_by_type! { Accepting<F> }
