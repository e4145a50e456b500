//! What hedges count, each at its own word of a [`Tally`](crate::state::tally::Tally).

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// The first attempt gave its result, which is no failure.
    First,
    /// A hedge did.
    Hedge,
    /// Its result is a failure.
    Failed,
    /// The call was dropped.
    Abandoned,
}

impl Ended {
    pub(crate) const ALL: [Self; 4] = [Self::First, Self::Hedge, Self::Failed, Self::Abandoned];

    /// Of a call whose result is that of the attempt of this number.
    #[inline(always)]
    pub(crate) const fn of(number: u32, is_failure: bool) -> Self {
        match (is_failure, number) {
            (true, _) => Self::Failed,
            (false, 1) => Self::First,
            (false, _) => Self::Hedge,
        }
    }

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Hedge => "hedge",
            Self::Failed => "failed",
            Self::Abandoned => "abandoned",
        }
    }
}

/// The word that counts the hedges that were sent.
pub(crate) const STARTED: usize = Ended::ALL.len();

/// Why a hedge that was due did not start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Withheld {
    /// There is no copy of the request, or not yet.
    NoCopy,
    /// It would begin too late.
    Deadline,
    /// An objective burns its own budget too fast.
    BudgetGate,
    /// The budget is spent.
    Budget,
}

impl Withheld {
    pub(crate) const ALL: [Self; 4] = [Self::NoCopy, Self::Deadline, Self::BudgetGate, Self::Budget];

    pub(crate) const fn word(self) -> usize {
        STARTED + 1 + self as usize
    }

    /// The reason as events show it.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::NoCopy => "no_copy",
            Self::Deadline => "deadline",
            Self::BudgetGate => "budget_gate",
            Self::Budget => "budget",
        }
    }
}
