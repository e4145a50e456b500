//! How a step stands.

/// How a step stands, as the log has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mark {
    /// It has not begun.
    Waiting,
    /// It runs, or ran when the process ended.
    Begun,
    /// It was begun before, and is to be done again.
    Unknown,
    /// It has succeeded.
    Done,
    /// It has failed, and nothing was sent.
    NotSent,
    /// It has failed, and may have been done.
    Unclear,
    /// It was compensated.
    Undone,
    /// Its time was over: neither done nor undone.
    Left,
}

/// What happens to a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Happening {
    Begins,
    /// It is to be done again: its process is gone, or it failed after the pivot.
    Repeats,
    Succeeds,
    /// It failed, and this time nothing was sent.
    IsRejected,
    /// It failed, or its end could not be written.
    Fails,
    IsUndone,
    IsLeft,
}

impl Mark {
    /// All of them, each at its own number.
    pub(crate) const ALL: [Self; 8] =
        [Self::Waiting, Self::Begun, Self::Unknown, Self::Done, Self::NotSent, Self::Unclear, Self::Undone, Self::Left];

    /// The state diagram of a step.
    pub(super) const fn after(self, happening: Happening) -> Self {
        match (self, happening) {
            (Self::Waiting, Happening::Begins) => Self::Begun,
            (Self::Begun | Self::Unknown | Self::Left, Happening::Repeats) => Self::Unknown,
            (Self::Begun | Self::Unknown, Happening::Succeeds) => Self::Done,
            (Self::Begun, Happening::IsRejected) => Self::NotSent,
            (Self::Unknown, Happening::IsRejected) => Self::Unclear,
            (Self::Begun | Self::Unknown | Self::Done | Self::Left, Happening::Fails) => Self::Unclear,
            (mark, Happening::IsUndone) if mark.may_be_done() => Self::Undone,
            (mark, Happening::IsLeft) if mark.may_be_done() => Self::Left,
            (mark, _) => mark,
        }
    }

    /// Whether it may be done, and is not undone.
    pub(super) const fn may_be_done(self) -> bool {
        match self {
            Self::Begun | Self::Unknown | Self::Done | Self::Unclear | Self::Left => true,
            Self::Waiting | Self::NotSent | Self::Undone => false,
        }
    }
}
