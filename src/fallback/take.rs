//! When the fallback is taken.

use crate::{Classify, DefaultClassifier, Error, debug::debug_by_type};

/// Says whether the fallback is taken. Implemented by every `Fn(Result<&Response, &Error>) -> bool`.
pub trait Take<Response> {
    /// Whether the fallback is taken in place of this result.
    fn take(&self, result: Result<&Response, &Error>) -> bool;
}

impl<Response, F: Fn(Result<&Response, &Error>) -> bool> Take<Response> for F {
    #[inline(always)]
    fn take(&self, result: Result<&Response, &Error>) -> bool {
        self(result)
    }
}

/// Takes the fallback for rejections, and for what a classifier calls a failure.
#[derive(Clone, Copy, Default)]
pub struct ByOutcome<C = DefaultClassifier>(pub(super) C);

impl<Response, C: Classify<Response>> Take<Response> for ByOutcome<C> {
    #[inline(always)]
    fn take(&self, result: Result<&Response, &Error>) -> bool {
        match result {
            Err(Error::Rejected(_)) => true,
            result => self.0.classify(result).is_failure(),
        }
    }
}

debug_by_type! { ByOutcome<C> }
