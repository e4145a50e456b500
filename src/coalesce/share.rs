//! What callers get of a response that they share.

use std::future::{Ready, ready};

use crate::error::Error;

/// Says what callers get of a response that they share.
pub trait Share<Response>: Clone {
    /// What is cloned for each caller.
    type Shared: Clone;

    /// What each caller gets.
    type Response;

    /// Makes of a response what is shared.
    type Gather: Future<Output = Result<Self::Shared, Error>>;

    /// Whether [`take`](Self::take) ever returns `None`. If so, each caller keeps its request until the call is over.
    const MAY_REFUSE: bool = false;

    /// The same for a call that nobody shares, whose response need not be made whole. Defaults to a clone.
    #[must_use]
    fn alone(&self) -> Self {
        self.clone()
    }

    /// Begins to make of a response what is shared. It is a part of the call.
    fn gather(&self, response: Response) -> Self::Gather;

    /// Returns what a caller gets; `None` if it must make a call of its own.
    ///
    /// `began` says that it began the call. Then it gets a response in any case.
    fn take(shared: Self::Shared, began: bool) -> Option<Self::Response>;
}

/// Each caller gets a clone of the response.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cloned;

impl<Response: Clone> Share<Response> for Cloned {
    type Shared = Response;
    type Response = Response;
    type Gather = Ready<Result<Response, Error>>;

    #[inline(always)]
    fn gather(&self, response: Response) -> Self::Gather {
        ready(Ok(response))
    }

    #[inline(always)]
    fn take(shared: Response, _: bool) -> Option<Response> {
        Some(shared)
    }
}
