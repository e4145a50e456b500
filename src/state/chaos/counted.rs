//! What chaos and experiments count for those who watch, each at its own word of a [`Tally`](crate::state::tally::Tally).

/// What a fault does to a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FaultKind {
    Fail,
    Respond,
    Delay,
    Hang,
    Abort,
    SlowBody,
}

impl FaultKind {
    pub(crate) const ALL: [Self; 6] = [Self::Fail, Self::Respond, Self::Delay, Self::Hang, Self::Abort, Self::SlowBody];

    pub(crate) const fn word(self) -> usize {
        self as usize
    }

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Fail => "fail",
            Self::Respond => "respond",
            Self::Delay => "delay",
            Self::Hang => "hang",
            Self::Abort => "abort",
            Self::SlowBody => "slow_body",
        }
    }
}

/// Why faults have stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Halted {
    /// Somebody stopped them.
    ByHand,
    /// Their time is over.
    Expired,
    /// A condition that was set says so.
    HaltWhen,
    /// Such a condition panicked, so nothing is known of it.
    Panicked,
}

impl Halted {
    pub(crate) const ALL: [Self; 4] = [Self::ByHand, Self::Expired, Self::HaltWhen, Self::Panicked];

    pub(crate) const fn word(self) -> usize {
        FaultKind::ALL.len() + self as usize
    }

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::ByHand => "by_hand",
            Self::Expired => "expired",
            Self::HaltWhen => "halt_when",
            Self::Panicked => "panicked",
        }
    }
}

/// What has come of an experiment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    Held,
    Broken,
    NotSteady,
    Aborted,
}

impl Found {
    pub(crate) const ALL: [Self; 4] = [Self::Held, Self::Broken, Self::NotSteady, Self::Aborted];

    pub(crate) const fn word(self) -> usize {
        self as usize
    }

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Broken => "broken",
            Self::NotSteady => "not_steady",
            Self::Aborted => "aborted",
        }
    }
}

/// The word that counts calls that were spared, because as many are faulted as may be.
pub(crate) const SPARED: usize = Halted::Panicked.word() + 1;
