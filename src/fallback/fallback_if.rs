//! When the fallback is taken.

use crate::debug::debug_by_type;
use crate::error::Error;
use crate::outcome::{Classify, DefaultClassifier, EndedBy};

/// Decides whether the fallback is taken. Implemented by every `Fn(Result<&Response, &Error>) -> bool`.
pub trait FallbackIf<Response> {
    /// Returns whether the fallback may replace this result.
    fn allows(&self, result: Result<&Response, &Error>) -> bool;
}

impl<Response, F: Fn(Result<&Response, &Error>) -> bool> FallbackIf<Response> for F {
    fn allows(&self, result: Result<&Response, &Error>) -> bool {
        self(result)
    }
}

/// Takes the fallback for rejections, and for what a classifier calls a failure.
#[derive(Clone, Copy, Default)]
pub struct ByOutcome<C = DefaultClassifier>(pub(super) C);

impl<Response, C: Classify<Response>> FallbackIf<Response> for ByOutcome<C> {
    fn allows(&self, result: Result<&Response, &Error>) -> bool {
        match EndedBy::of(result) {
            EndedBy::Rejection(_) => true,
            // The caller may still want an answer, though its own deadline has passed.
            EndedBy::Caller { .. } | EndedBy::Service => self.0.classify(result).is_failure(),
        }
    }
}

debug_by_type! { ByOutcome<C> }
