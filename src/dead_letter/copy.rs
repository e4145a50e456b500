//! What a layer keeps of a request until its call has ended.

use std::future::{Ready, ready};

use crate::call::copies::{AsIs, CopyRequest, KeepRequest};

/// Keeps a copy of a request, and makes of it what stands in a letter.
pub trait KeepLetter<Request>: KeepRequest<Request> {
    /// The request as a letter has it.
    type Letter;

    /// Makes it of the copy; `None` where there is no more of it than was sent.
    type Making: Future<Output = Option<Self::Letter>>;

    /// Begins to make it. The call has ended, and failed.
    fn make(&self, copy: Self::Kept) -> Self::Making;
}

impl<Request, K: CopyRequest<Request>> KeepLetter<Request> for AsIs<K> {
    type Letter = Request;
    type Making = Ready<Option<Request>>;

    fn make(&self, copy: Request) -> Self::Making {
        ready(Some(copy))
    }
}
