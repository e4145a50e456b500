//! What dead letters count for those who watch, each at its own word of a [`Tally`](crate::state::tally::Tally).

/// The word that counts letters that were stored.
pub(crate) const STORED: usize = 0;

/// The word that counts calls that were answered because their letters were stored.
pub(crate) const ACCEPTED: usize = 1;

/// Why there is no letter of a call that failed, or no longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Loss {
    /// The request could not be copied.
    NoCopy,
    /// The request could not be made bytes.
    NotEncoded,
    /// It alone is larger than all letters may be.
    TooLarge,
    /// There was no room.
    Full,
    /// It made room for a newer one.
    Evicted,
    /// Nobody takes letters any more.
    Closed,
    /// The store failed.
    Store,
}

impl Loss {
    pub(crate) const ALL: [Self; 7] =
        [Self::NoCopy, Self::NotEncoded, Self::TooLarge, Self::Full, Self::Evicted, Self::Closed, Self::Store];

    pub(crate) const fn word(self) -> usize {
        ACCEPTED + 1 + self as usize
    }

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::NoCopy => "no_copy",
            Self::NotEncoded => "not_encoded",
            Self::TooLarge => "too_large",
            Self::Full => "full",
            Self::Evicted => "evicted",
            Self::Closed => "closed",
            Self::Store => "store",
        }
    }
}

/// How a replay ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Replayed {
    /// It succeeded, and its letter is done with.
    Succeeded,
    /// It failed.
    Failed,
    /// It was not sent, because a layer rejected it.
    Rejected,
}

impl Replayed {
    pub(crate) const ALL: [Self; 3] = [Self::Succeeded, Self::Failed, Self::Rejected];

    pub(crate) const fn word(self) -> usize {
        Loss::Store.word() + 1 + self as usize
    }

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Rejected => "rejected",
        }
    }
}

/// Why a letter was parked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Parked {
    /// As many of its replays failed as may.
    Failed,
    /// It cannot be read.
    Unreadable,
    /// Somebody parked it.
    ByHand,
}

impl Parked {
    pub(crate) const ALL: [Self; 3] = [Self::Failed, Self::Unreadable, Self::ByHand];

    pub(crate) const fn word(self) -> usize {
        Replayed::Rejected.word() + 1 + self as usize
    }

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Unreadable => "unreadable",
            Self::ByHand => "by_hand",
        }
    }
}
