//! The error of a call that was let go.

use crate::name::Name;

/// A call hung by a fault, and the faults have stopped. Nothing was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("chaos `{name}`: the call hung until the faults stopped")]
#[non_exhaustive]
pub struct Hung {
    /// The name of the chaos.
    pub name: Name,
}
