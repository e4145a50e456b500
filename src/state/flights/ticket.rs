//! The callers of a call, by numbers.

/// The number of a caller, by the order in which they came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Ticket(u64);

impl Ticket {
    /// That of the caller who began the call.
    pub(crate) const FIRST: Self = Self(0);

    /// That of the caller who comes after this one.
    pub(super) const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}
