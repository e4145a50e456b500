//! How a call through a circuit ends.

use super::CircuitGuard;
use crate::{Classify, Error, debug::debug_by_type, finish::Finish, outcome::judge};

/// Settles a circuit's guard at once, by what a classifier says of the result.
#[derive(Clone, Copy, Default)]
pub struct Settle<C>(pub(crate) C);

impl<C: Classify<Response>, Response> Finish<CircuitGuard, Response> for Settle<C> {
    type Response = Response;

    #[inline(always)]
    fn answered(self, guard: CircuitGuard, response: Response) -> Response {
        guard.settle(judge(&self.0, Ok(&response)));
        response
    }

    #[inline(always)]
    fn failed(self, guard: CircuitGuard, error: &Error) {
        guard.settle(judge(&self.0, Err(error)));
    }
}

debug_by_type! { Settle<C> }
