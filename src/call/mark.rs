//! What a response says of how it came about.

use super::Plain;

/// Notes in a response how it came about.
///
/// A layer that makes such a note knows nothing of the type of its responses: the protocol says where the note goes. Implement it for
/// responses of your own, or take a function `Fn(&mut Response, Note)`.
pub trait Mark<Response, Note> {
    /// Puts the note where the caller finds it.
    fn mark(&self, response: &mut Response, note: impl FnOnce() -> Note);
}

/// A response that can be anything has no place for it.
impl<Response, Note, C> Mark<Response, Note> for Plain<C> {
    #[inline(always)]
    fn mark(&self, _: &mut Response, _: impl FnOnce() -> Note) {}
}

impl<Response, Note, F: Fn(&mut Response, Note)> Mark<Response, Note> for F {
    fn mark(&self, response: &mut Response, note: impl FnOnce() -> Note) {
        self(response, note());
    }
}
