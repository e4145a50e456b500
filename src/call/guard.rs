//! What a call holds while it runs.

use crate::{error::Rejection, outcome::Outcome};

/// How long a guard is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hold {
    /// It is settled now.
    No,
    /// It is held until the response has ended.
    ToTheEnd,
}

/// What a call holds from when it was let through until it ends.
///
/// A guard is settled once. One that is dropped unsettled is *abandoned*: the call says nothing about the service. Each method
/// has a default, which suits a guard that only gives something back when it is dropped.
pub trait Guard: Sized {
    /// Whether the inner call must be gone when the guard is settled or dropped, as for a place that the next call takes.
    const OUTLIVES_CALL: bool = true;

    /// The inner service is about to run, or the body of its response. A guard that is dropped before [`ran`](Self::ran) is
    /// dropped by its panic.
    #[inline(always)]
    fn runs(&mut self) {}

    /// The inner service has returned, and is pending or not.
    #[inline(always)]
    fn ran(&mut self, is_pending: bool) {
        let _: bool = is_pending;
    }

    /// Is told of a response that goes on after its head.
    ///
    /// `outcome` is what the head says. Where it is not final, the end of the response decides.
    fn head(&mut self, outcome: Outcome, is_final: bool) -> Hold {
        let _: (Outcome, bool) = (outcome, is_final);
        Hold::ToTheEnd
    }

    /// Is asked after each poll of a response that goes on.
    ///
    /// `is_whole` says that everything which decides has come, though the response has not ended. A guard that is held no longer is
    /// settled as a success.
    fn streams(&mut self, is_whole: bool) -> Hold {
        let _: bool = is_whole;
        Hold::ToTheEnd
    }

    /// Settles the call by what its result means.
    fn settle(self, outcome: Outcome) {
        let _: Outcome = outcome;
    }

    /// Rejects the call after all, because the inner service is not ready.
    ///
    /// It is asked only where [`is_refusing`](super::Admit::is_refusing) said that the service would not be needed.
    ///
    /// # Errors
    ///
    /// The guard itself, where the call goes on.
    fn refuse(self) -> Result<Rejection, Self> {
        Err(self)
    }
}

/// Holds nothing.
impl Guard for () {
    const OUTLIVES_CALL: bool = false;
}

/// `None` holds nothing.
impl<G: Guard> Guard for Option<G> {
    const OUTLIVES_CALL: bool = G::OUTLIVES_CALL;

    #[inline(always)]
    fn runs(&mut self) {
        if let Some(guard) = self {
            guard.runs();
        }
    }

    #[inline(always)]
    fn ran(&mut self, is_pending: bool) {
        if let Some(guard) = self {
            guard.ran(is_pending);
        }
    }

    fn head(&mut self, outcome: Outcome, is_final: bool) -> Hold {
        self.as_mut().map_or(Hold::No, |guard| guard.head(outcome, is_final))
    }

    fn streams(&mut self, is_whole: bool) -> Hold {
        self.as_mut().map_or(Hold::No, |guard| guard.streams(is_whole))
    }

    #[inline(always)]
    fn settle(self, outcome: Outcome) {
        if let Some(guard) = self {
            guard.settle(outcome);
        }
    }

    fn refuse(self) -> Result<Rejection, Self> {
        match self {
            Some(guard) => guard.refuse().map_err(Some),
            None => Err(None),
        }
    }
}
