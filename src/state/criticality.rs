//! How much a call matters, and in which order calls are served when not all can be.

use std::fmt;

/// How much a call matters when not all calls can be served.
///
/// It travels with a call to everything below it, as a [`Deadline`](crate::Deadline) does. Layers ask for it only where they must
/// choose: a [bulkhead](crate::bulkhead#criticality) that is full, the [budget](crate::Budget) of a retry, and a
/// [throttle](crate::throttle), which counts each class for itself. A greater value matters more. The four classes are those of *Site Reliability Engineering*, chapter 21.
///
/// # Examples
///
/// ```
/// use palisade::Criticality;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let class = Criticality::Sheddable.scope(async { Criticality::current() }).await;
/// assert_eq!(class, Criticality::Sheddable);
/// assert_eq!(Criticality::current(), Criticality::Critical);
/// assert!(Criticality::Sheddable < Criticality::Critical);
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Criticality {
    /// The first to be rejected: often unavailable without harm, such as a batch job that will run again.
    Sheddable,
    /// Rejected before what users wait for: partial unavailability is expected, such as of a batch job with a date.
    SheddablePlus,
    /// What users see fail. The default.
    #[default]
    Critical,
    /// The last to be rejected: what harms users badly when it fails.
    CriticalPlus,
}

impl Criticality {
    /// How many there are.
    pub(crate) const COUNT: usize = 4;

    /// All, the one that matters most first.
    pub(crate) const IN_ORDER: [Self; Self::COUNT] =
        [Self::CriticalPlus, Self::Critical, Self::SheddablePlus, Self::Sheddable];

    /// Returns its value in a header: `critical-plus`, `critical`, `sheddable-plus` or `sheddable`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CriticalPlus => "critical-plus",
            Self::Critical => "critical",
            Self::SheddablePlus => "sheddable-plus",
            Self::Sheddable => "sheddable",
        }
    }
}

impl fmt::Display for Criticality {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
