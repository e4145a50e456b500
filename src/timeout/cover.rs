//! What a limit covers of an answer.

use tokio::time::Instant;

use super::countdown::Countdown;

/// Says what a limit covers of an answer: its head, or also what streams after it.
pub trait Cover<Response> {
    /// What the caller gets.
    type Response;

    /// Takes an answer that came in time. `asked` tells when the clock was started meanwhile, if it was.
    fn cover(response: Response, countdown: &Countdown, asked: Option<Instant>) -> Self::Response;
}

/// The limit is over with the answer.
#[derive(Clone, Copy, Debug)]
pub struct Head;

impl<Response> Cover<Response> for Head {
    type Response = Response;

    #[inline(always)]
    fn cover(response: Response, _: &Countdown, _: Option<Instant>) -> Response {
        response
    }
}
