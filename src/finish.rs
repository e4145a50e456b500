//! How a call ends: what becomes of its result, and of the guard that holds its place.

use std::{any::type_name, fmt};

use crate::{Classify, Error, circuit_breaker::CircuitGuard, outcome::judge};

/// Ends a call: is handed the guard that holds its place, and its result.
///
/// The futures of the circuit breaker and of the bulkhead end in one. It may settle the guard at once, or move it into the
/// response, so that a call whose answer is still streaming keeps its place.
pub trait Finish<Guard, Response> {
    /// What the caller gets.
    type Response;

    /// Ends a call that was answered.
    fn answered(self, guard: Guard, response: Response) -> Self::Response;

    /// Ends a call that failed.
    fn failed(self, guard: Guard, error: &Error);
}

/// Settles a circuit's guard at once, by what a classifier says of the result.
#[derive(Clone, Copy, Default)]
pub struct Settle<C>(pub(crate) C);

impl<C: Classify<Response>, Response> Finish<CircuitGuard, Response> for Settle<C> {
    type Response = Response;

    #[inline]
    fn answered(self, guard: CircuitGuard, response: Response) -> Response {
        guard.settle(judge(&self.0, Ok(&response)));
        response
    }

    #[inline]
    fn failed(self, guard: CircuitGuard, error: &Error) {
        guard.settle(judge(&self.0, Err(error)));
    }
}

impl<C> fmt::Debug for Settle<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Settle").field(&type_name::<C>()).finish()
    }
}

/// Gives the place back at once.
#[derive(Clone, Copy, Debug, Default)]
pub struct Release;

impl<Guard, Response> Finish<Guard, Response> for Release {
    type Response = Response;

    #[inline]
    fn answered(self, guard: Guard, response: Response) -> Response {
        drop(guard);
        response
    }

    #[inline]
    fn failed(self, guard: Guard, _: &Error) {
        drop(guard);
    }
}
