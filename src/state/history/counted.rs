//! What was counted at a moment.

/// Calls that came to harm, counted until some moment or between two.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counted {
    pub(crate) rejected: u64,
    /// Answered by a fallback. `None` where there is none.
    pub(crate) degraded: Option<u64>,
    /// Failed to the caller. `None` where nobody knows.
    pub(crate) lost: Option<u64>,
}

impl Counted {
    /// What was counted since an earlier moment. What was not there then had counted nothing.
    pub(crate) fn since(self, earlier: Self) -> Self {
        let since = |now: Option<u64>, then: Option<u64>| Some(now?.saturating_sub(then.unwrap_or(0)));
        Self {
            rejected: self.rejected.saturating_sub(earlier.rejected),
            degraded: since(self.degraded, earlier.degraded),
            lost: since(self.lost, earlier.lost),
        }
    }
}
