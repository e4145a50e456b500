//! What a limit says of a call.

use super::Guard;
use crate::error::Rejection;

/// Lets calls pass, or rejects them. Clones share what they count.
pub trait Admit<Request> {
    /// What a call holds while it runs.
    type Guard: Guard;

    /// Whether [`is_refusing`](Self::is_refusing) is ever true.
    const MAY_REFUSE: bool = false;

    /// Lets a call pass, or rejects it.
    ///
    /// It is asked in `call`, and never waits. [`Source::reject`](crate::event::Source::reject) makes the rejection.
    ///
    /// # Errors
    ///
    /// When the call is rejected.
    fn admit(&self, request: &Request) -> Result<Self::Guard, Rejection>;

    /// Whether the next call will most likely be rejected.
    ///
    /// Then the service is ready without asking the inner service. Where the call is let through after all, the inner service is
    /// asked once whether it is ready, and if it is not, the guard decides by [`refuse`](Guard::refuse).
    fn is_refusing(&self) -> bool {
        false
    }

    /// A guard for a call that ends before it begins, because the inner service failed to become ready.
    ///
    /// `None` where that is no result, or where the call would be rejected; nobody was rejected then.
    fn admit_unready(&self) -> Option<Self::Guard> {
        None
    }
}

/// Lets calls wait before they pass. The inner service must be `Clone`.
pub trait Wait<Request>: Admit<Request> {
    /// The wait. Dropped before it is done, it gives up its turn.
    type Waiting: Future<Output = Result<Self::Guard, Rejection>>;

    /// Begins the wait.
    ///
    /// # Errors
    ///
    /// When the call is rejected at once.
    fn wait(&self, request: &Request) -> Result<Self::Waiting, Rejection>;
}

/// A limit with a handle to look at it and to steer it.
pub trait Handled {
    /// The handle.
    type Handle;

    /// Gives a handle.
    fn handle(&self) -> Self::Handle;
}
