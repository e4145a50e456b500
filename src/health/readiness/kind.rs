//! What a check says of the service that needs the thing.

use crate::state::verdict::Level;

/// What a check says of the service that needs the thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CheckKind {
    /// Without it the service is not ready. For what this instance alone has, such as its own disk.
    Critical,
    /// Without it the service is degraded, and stays ready. For what all instances share, such as their database.
    Degrading,
    /// It is shown. For checks of a whole path through other services.
    Informing,
}

impl CheckKind {
    pub(super) const ALL: [Self; 3] = [Self::Critical, Self::Degrading, Self::Informing];

    /// The kind as pages show it: `"critical"`, `"degrading"` or `"informing"`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::Degrading => "degrading",
            Self::Informing => "informing",
        }
    }

    /// What a check of this kind makes of the service.
    pub(super) fn weigh(self, level: Level) -> Level {
        match self {
            Self::Critical => level,
            Self::Degrading => level.min(Level::Degraded),
            Self::Informing => Level::Healthy,
        }
    }
}
