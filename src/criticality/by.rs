//! Calls matter as much as a function says.

use super::layer::{Carry, CriticalityLayer, Rank};
use crate::debug::debug_by_type;
use crate::state::criticality::Criticality;

/// A function that says how much a call matters. [`CriticalityLayer::by`] takes it.
#[derive(Clone, Copy)]
pub struct By<F>(F);

debug_by_type! { By<F> }

impl<F> By<F> {
    pub(crate) const fn new(function: F) -> Self {
        Self(function)
    }
}

impl<F> CriticalityLayer<By<F>> {
    /// Says by a function of the request how much each call matters, whatever is around the call.
    pub fn by(function: F) -> Self {
        Self::of(By::new(function))
    }
}

impl<Request, F: Fn(&Request) -> Criticality> Rank<Request> for By<F> {
    fn rank(&self, request: &mut Request) -> Criticality {
        (self.0)(request)
    }
}

/// The response stays what it is.
impl<Response, F> Carry<Response> for By<F> {
    type Response = Response;

    fn carry(_: Criticality, response: Response) -> Response {
        response
    }
}
