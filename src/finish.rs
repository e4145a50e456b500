//! How a call ends: what becomes of its result, and of the guard that holds its place.

use tower::BoxError;

use crate::Error;

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

/// Gives the place back at once.
#[derive(Clone, Copy, Debug, Default)]
pub struct Release;

impl<Guard, Response> Finish<Guard, Response> for Release {
    type Response = Response;

    #[inline(always)]
    fn answered(self, guard: Guard, response: Response) -> Response {
        drop(guard);
        response
    }

    #[inline(always)]
    fn failed(self, guard: Guard, _: &Error) {
        drop(guard);
    }
}

/// Ends a call by its strategy. `held` is its guard, taken where it is needed: to move it is what it costs.
#[inline(always)]
pub(crate) fn end<F, Guard, Response, E>(
    held: &mut Option<(Guard, F)>,
    result: Result<Response, E>,
) -> Result<F::Response, Error>
where
    F: Finish<Guard, Response>,
    E: Into<BoxError> + 'static,
{
    match result {
        Ok(response) => {
            let (guard, finish) = held.take().expect(POLLED_AGAIN);
            Ok(finish.answered(guard, response))
        }
        Err(error) => Err(fail(held, error)),
    }
}

#[cold]
#[inline(never)]
fn fail<F, Guard, Response, E>(held: &mut Option<(Guard, F)>, error: E) -> Error
where
    F: Finish<Guard, Response>,
    E: Into<BoxError> + 'static,
{
    let (guard, finish) = held.take().expect(POLLED_AGAIN);
    let error = Error::lift(error);
    finish.failed(guard, &error);
    error
}

pub(crate) const POLLED_AGAIN: &str = "a future is not polled after it is done";
