//! How long a call may take.

use std::time::Duration;

use crate::debug::debug_by_type;

/// Says how long a call may take. A [`Duration`] is the limit of every call.
pub trait Limit<Request> {
    /// How long the call of this request may take.
    fn limit(&self, request: &Request) -> Duration;
}

impl<Request> Limit<Request> for Duration {
    fn limit(&self, _: &Request) -> Duration {
        *self
    }
}

/// Asks a function how long each call may take.
#[derive(Clone, Copy)]
pub struct ByRequest<F>(pub(super) F);

impl<Request, F: Fn(&Request) -> Duration> Limit<Request> for ByRequest<F> {
    fn limit(&self, request: &Request) -> Duration {
        self.0(request)
    }
}

debug_by_type! { ByRequest<F> }
