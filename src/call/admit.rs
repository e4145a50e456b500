//! What a limit decides.

use super::Guard;
use crate::error::Rejection;

/// Lets calls pass, or rejects them. Clones share what they count.
pub trait Admit<Request> {
    /// What a call holds while it runs.
    type Guard: Guard;

    /// Whether [`is_refusing`](Self::is_refusing) is ever true. Set it to `true` if you implement that.
    const MAY_REFUSE: bool = false;

    /// Lets a call pass, or rejects it.
    ///
    /// Is called in the service's `call`, and never waits. [`Source::reject`](crate::event::Source::reject) makes the rejection.
    ///
    /// # Errors
    ///
    /// When the call is rejected.
    fn admit(&self, request: &Request) -> Result<Self::Guard, Rejection>;

    /// Whether the next call will most likely be rejected.
    ///
    /// If so, the service is ready without polling the inner service. If the call is let through after all, the inner service
    /// is polled ready once; when it is not ready, the call is rejected by [`refuse`](Guard::refuse). It is asked only with
    /// [`MAY_REFUSE`](Self::MAY_REFUSE).
    fn is_refusing(&self) -> bool {
        false
    }

    /// Gives a guard for a readiness error of the inner service, which then counts as the result of a call.
    ///
    /// Returns `None` if the error does not count, or if the call would be rejected. It tells no rejection.
    fn admit_unready(&self) -> Option<Self::Guard> {
        None
    }
}

/// Lets calls wait before they pass. The inner service must be `Clone`.
pub trait Wait<Request> {
    /// What a call holds while it runs.
    type Guard: Guard;

    /// The wait. A wait that is dropped gives up its turn.
    type Waiting: Future<Output = Result<Self::Guard, Rejection>>;

    /// Begins the wait.
    ///
    /// # Errors
    ///
    /// When the call is rejected at once.
    fn wait(&self, request: &Request) -> Result<Self::Waiting, Rejection>;
}

/// A limit, or its layer, with a handle to look at it and to steer it.
pub trait Handled {
    /// The handle.
    type Handle;

    /// Gives a handle.
    fn handle(&self) -> Self::Handle;
}
