//! By which key calls are shared.

use std::hash::Hash;

/// Says which calls are the same. Implemented by every `Fn(&Request) -> K`.
pub trait ToKey<Request> {
    /// What calls that are the same have in common.
    type Key: Hash + Eq;

    /// Returns the key of a call; `None` for one that is not to be shared.
    ///
    /// It may take out of the request what concerns its caller alone, such as a deadline.
    fn key(&self, request: &mut Request) -> Option<Self::Key>;
}

impl<Request, K: Hash + Eq, F: Fn(&Request) -> K> ToKey<Request> for F {
    type Key = K;

    fn key(&self, request: &mut Request) -> Option<K> {
        Some(self(request))
    }
}
