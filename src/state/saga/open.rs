//! How sagas stand that have not ended, for who looks.

/// How a saga stands that has not ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SagaState {
    /// It goes forward.
    Running,
    /// It goes back, because a step failed.
    Compensating,
    /// Nobody runs it: its future was dropped, or its task ended with its runtime. [`resume`](crate::Saga::resume) goes on.
    Unowned,
    /// It goes on only by hand, by [`retry`](crate::Saga::retry).
    Stuck,
}

impl SagaState {
    pub(crate) const ALL: [Self; 4] = [Self::Running, Self::Compensating, Self::Unowned, Self::Stuck];

    /// The state in one word, such as `"compensating"`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Compensating => "compensating",
            Self::Unowned => "unowned",
            Self::Stuck => "stuck",
        }
    }
}
