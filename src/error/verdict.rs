//! What a layer has said of a call, wherever it stands in the error.

use std::iter;

use super::chain::Cause;
use super::elapsed::Expiry;
use super::rejection::Refusal;
use super::{Elapsed, Error, FallbackError, Rejection};

/// What a layer has said of a call.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Verdict {
    Rejected(Rejection),
    TimedOut(Elapsed),
}

impl Error {
    /// What a layer has said of the call, also where a service has passed it on in an error of its own.
    ///
    /// Every layer goes by this, and asks it only of a call that failed.
    #[inline(always)]
    pub(crate) fn verdict(&self) -> Option<Verdict> {
        match self {
            Self::Rejected(rejection) => Some(Verdict::Rejected(*rejection)),
            Self::TimedOut(elapsed) => Some(Verdict::TimedOut(*elapsed)),
            // A verdict is always the source of another error, so that most errors of services are not searched.
            Self::Service(error) => error.source().and_then(|_| in_chain(&**error)),
        }
    }

    /// The rejection, when a layer refused the call.
    ///
    /// It is found in an [`Error::Service`] too, if it is a [source](std::error::Error::source) of the service's own error.
    pub fn rejection(&self) -> Option<Rejection> {
        match self.verdict() {
            Some(Verdict::Rejected(rejection)) => Some(rejection),
            _ => None,
        }
    }

    /// Whether the call ran out of time.
    pub fn is_timeout(&self) -> bool {
        self.elapsed().is_some()
    }

    /// How long the call took, when it ran out of time.
    ///
    /// It is found in an [`Error::Service`] too, if it is a [source](std::error::Error::source) of the service's own error.
    pub fn elapsed(&self) -> Option<Elapsed> {
        match self.verdict() {
            Some(Verdict::TimedOut(elapsed)) => Some(elapsed),
            _ => None,
        }
    }

    /// Whether the call may have been sent.
    pub(crate) fn was_sent(&self) -> bool {
        match self.verdict() {
            Some(Verdict::Rejected(_)) => false,
            Some(Verdict::TimedOut(elapsed)) => elapsed.was_sent(),
            None => true,
        }
    }
}

/// The first verdict in a chain of sources.
#[cold]
#[inline(never)]
fn in_chain(error: &Cause) -> Option<Verdict> {
    iter::successors(Some(error), |cause| cause.source())
        // Where a fallback failed too, the call was sent, whatever came of the fallback.
        .take_while(|cause| !cause.is::<FallbackError>())
        .find_map(|cause| {
            let rejection = cause.downcast_ref().map(|refusal: &Refusal| Verdict::Rejected((*refusal).into()));
            rejection.or_else(|| cause.downcast_ref().map(|expiry: &Expiry| Verdict::TimedOut((*expiry).into())))
        })
}
