//! What a retry asks before it sends a request again.

use crate::cached_arc::cached;
use crate::call::budget::Budget;
use crate::call::copies::AsIs;
use crate::debug::debug_by_type;
use crate::error::Error;
use crate::event::{self, Event};
use crate::name::Name;
use crate::outcome::DefaultClassifier;
use crate::source::{Kind, Source};
use crate::state::attempts::Attempts;

/// What a retry decides by: a classifier, how it keeps requests and responses, and a last word.
///
/// Made by the setters of a [`RetryBuilder`](super::RetryBuilder).
#[derive(Clone, Copy, Default)]
pub struct Rules<C = DefaultClassifier, K = AsIs, P = Always> {
    pub(crate) classifier: C,
    pub(crate) keep: K,
    pub(crate) retry_if: P,
}

debug_by_type! { Rules<C, K, P> }

/// What all services of a layer share, beside their rules.
#[derive(Debug)]
pub(super) struct Core {
    pub(super) name: Name,
    pub(super) attempts: Attempts,
    pub(super) budget: Option<Budget>,
    pub(super) retries_rejected: bool,
}

cached!(Core);

impl Core {
    /// Tells an event of this instance.
    pub(super) fn tell<'a>(&self, event: impl FnOnce() -> Event<'a>) {
        event::tell_often(|| (Source::new(Kind::Retry, self.name), event()));
    }
}

/// Has the last word on a retry. Implemented by every `Fn(&Request, Result<&Response, &Error>) -> bool`.
pub trait RetryIf<Request, Response> {
    /// Returns whether this request may be sent again after this result.
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
