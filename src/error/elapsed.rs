//! The error of a call that ran out of time.

use std::time::Duration;
use std::{error, fmt};

use crate::time::Nanos;

/// How long a call took before its time was over.
///
/// With the feature `tonic` there is a tonic status among its [sources](error::Error::source), `DEADLINE_EXCEEDED`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Elapsed(Expiry);

/// All that is told of a call that ran out of time.
///
/// It is the source of [`Elapsed`], so that it stands in every chain: an error that passes `source` on hides the `Elapsed` itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Expiry {
    limit: Nanos,
    taken: Nanos,
    by: By,
}

/// What ended a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u64)]
pub(crate) enum By {
    /// A limit of ours.
    Limit,
    /// A limit of ours on the pauses of a response.
    Pause,
    /// A deadline of the caller's.
    Caller,
    /// A deadline, before the call was sent.
    NotSent,
}

impl By {
    /// Those that a timeout ends a call by, each at its own number.
    pub(crate) const ENDS: [Self; 3] = [Self::Limit, Self::Pause, Self::Caller];

    /// What ended the call, as metrics show it.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Limit => "limit",
            Self::Pause => "pause",
            Self::Caller => "caller",
            Self::NotSent => "not_sent",
        }
    }
}

impl Elapsed {
    pub(crate) fn new(limit: Duration, elapsed: Duration, by: By) -> Self {
        Self(Expiry { limit: limit.into(), taken: elapsed.into(), by })
    }

    pub(crate) fn not_sent(left: Duration) -> Self {
        Self::new(left, Duration::ZERO, By::NotSent)
    }

    /// How long the call was allowed to take, or its response to [pause](Self::between_frames).
    pub fn limit(self) -> Duration {
        self.0.limit.into()
    }

    /// How long the call, or the pause, had taken when it was ended.
    pub fn elapsed(self) -> Duration {
        self.0.taken.into()
    }

    /// Whether it was ended at a deadline that its caller brought, and not at a limit of ours.
    ///
    /// Callers bring one with [`Deadline::scope`](crate::Deadline::scope) or, in HTTP, in a header. Such an end says nothing about
    /// the service, so circuit breakers do not count it. Also true of a call that was never sent because no time was left.
    pub const fn by_caller(self) -> bool {
        matches!(self.0.by, By::Caller | By::NotSent)
    }

    /// Whether the response was ended because it paused for too long between two frames.
    ///
    /// Then [`limit`](Self::limit) is that of the pause, and [`elapsed`](Self::elapsed) is how long the pause was.
    pub const fn between_frames(self) -> bool {
        matches!(self.0.by, By::Pause)
    }

    /// Whether the call may have been sent, and so the service may have acted on it.
    ///
    /// It is false only where a layer did not send the call, because no time was left: after a wait for its turn or for readiness, or
    /// in HTTP's `DeadlineLayer`. Its [`limit`](Self::limit) then is the time that was left.
    pub const fn was_sent(self) -> bool {
        !matches!(self.0.by, By::NotSent)
    }
}

impl From<Expiry> for Elapsed {
    fn from(expiry: Expiry) -> Self {
        Self(expiry)
    }
}

impl error::Error for Elapsed {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        Some(&self.0)
    }
}

impl error::Error for Expiry {
    #[cfg(feature = "tonic")]
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        Some(super::tonic::of_timeout())
    }
}

impl fmt::Display for Expiry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("its time was over")
    }
}

impl fmt::Display for Elapsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.by {
            By::NotSent => write!(f, "timed out before it was sent, with {:?} left", self.limit()),
            By::Pause => {
                write!(f, "timed out after a pause of {:?} between frames, of {:?}", self.elapsed(), self.limit())?;
                f.write_str("; it may have been acted on")
            }
            By::Limit | By::Caller => {
                write!(f, "timed out after {:?} of {:?}; it may have been acted on", self.elapsed(), self.limit())
            }
        }
    }
}
