//! What becomes of a response that has come.

use crate::call::{End, Plain};
use crate::error::Error;

/// What a fault does to the body of a response. An [`End`] of your own may ignore it.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Spoil {}

/// A response without a body comes whole.
impl<Response, C> End<Spoil, Response> for Plain<C> {
    type Response = Response;

    #[inline(always)]
    fn answered(self, _: Spoil, response: Response) -> Response {
        response
    }

    fn failed(self, _: Spoil, _: &Error) {}
}
