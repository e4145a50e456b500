//! What a layer decides by.

use super::accept::Never;
use crate::call::copies::AsIs;
use crate::debug::debug_by_type;
use crate::outcome::DefaultClassifier;

/// What a layer decides by: a classifier, how it keeps requests, and whether callers get a response for a letter.
///
/// Made by the setters of a [`DeadLetterLayer`](super::DeadLetterLayer).
#[derive(Clone, Copy, Default)]
pub struct Rules<C = DefaultClassifier, K = AsIs, A = Never> {
    pub(crate) classifier: C,
    pub(crate) keep: K,
    pub(crate) accept: A,
}

debug_by_type! { Rules<C, K, A> }
