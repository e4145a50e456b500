//! The error of a call that ran out of time.

use std::{error, fmt, time::Duration};

use crate::time::Nanos;

/// How long a call took before its time was over.
///
/// With the feature `tonic` its source is a status, `DEADLINE_EXCEEDED`, where tonic looks for one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Elapsed {
    limit: Nanos,
    taken: Nanos,
    by: By,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u64)]
enum By {
    Limit,
    Caller,
}

impl Elapsed {
    pub(crate) fn new(limit: Duration, elapsed: Duration, by_caller: bool) -> Self {
        let by = if by_caller { By::Caller } else { By::Limit };
        Self { limit: limit.into(), taken: elapsed.into(), by }
    }

    /// How long the call was allowed to take.
    pub fn limit(&self) -> Duration {
        self.limit.into()
    }

    /// How long it had taken when it was ended.
    pub fn elapsed(&self) -> Duration {
        self.taken.into()
    }

    /// Whether it was ended at a deadline that its caller brought, not at a limit of ours.
    ///
    /// Callers bring one with [`Deadline::scope`](crate::Deadline::scope) or, in HTTP, in a header. It says nothing about the
    /// service: circuit breakers do not count it. So it is told, too, of a call that was not sent because no time was left.
    pub const fn by_caller(&self) -> bool {
        matches!(self.by, By::Caller)
    }
}

impl error::Error for Elapsed {
    #[cfg(feature = "tonic")]
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        Some(super::tonic::of_timeout())
    }
}

impl fmt::Display for Elapsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "timed out after {:?} of {:?}; it may have been acted on", self.elapsed(), self.limit())
    }
}
