//! When the fallback is taken.

use std::{any::type_name, fmt};

use crate::{Classify, DefaultClassifier, Error};

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

impl<C> fmt::Debug for ByOutcome<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ByOutcome").field(&type_name::<C>()).finish()
    }
}
