//! What caches count for those who watch, each at its own word of a [`Tally`](crate::state::tally::Tally).

/// How a call was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answered {
    /// By a fresh entry.
    Hit,
    /// By an entry that is fresh no more.
    Stale,
    /// By the service.
    Miss,
    /// By the service, which is asked for each such call.
    Passed,
}

impl Answered {
    pub(crate) const ALL: [Self; 4] = [Self::Hit, Self::Stale, Self::Miss, Self::Passed];

    pub(crate) const fn word(self) -> usize {
        self as usize
    }

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Hit => "hit",
            Self::Stale => "stale",
            Self::Miss => "miss",
            Self::Passed => "passed",
        }
    }
}

/// What came of a refresh in the background.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refreshed {
    /// There is a new entry.
    Renewed,
    /// The service gave no response that is kept.
    Failed,
    /// It was not begun: as many as may be were running.
    Full,
}

impl Refreshed {
    pub(crate) const ALL: [Self; 3] = [Self::Renewed, Self::Failed, Self::Full];

    pub(crate) const fn word(self) -> usize {
        Answered::ALL.len() + self as usize
    }

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Renewed => "renewed",
            Self::Failed => "failed",
            Self::Full => "full",
        }
    }
}

/// The word that counts entries that had to make room, or found none.
pub(crate) const EVICTED: usize = Refreshed::Full.word() + 1;
