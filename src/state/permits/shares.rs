//! How much of the limit each class of calls may fill.
//!
//! Shares are counted in millionths, so that a share given in decimals is exact: of a limit of 100, a share of 0.55 is 55 places.

#![expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share is at most one")]

use crate::state::criticality::Criticality;

/// A share of one.
pub(super) const WHOLE: u32 = 1_000_000;

/// In millionths, by class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shares([u32; Criticality::COUNT]);

impl Shares {
    /// Every class may fill all places.
    pub(crate) const NONE: Self = Self([WHOLE; Criticality::COUNT]);

    /// Shares of more than zero and at most one, by class.
    pub(crate) fn new(shares: [f64; Criticality::COUNT]) -> Self {
        Self(shares.map(|share| (share * f64::from(WHOLE)).round() as u32))
    }

    /// The share of a class, in millionths.
    pub(super) fn of(&self, class: Criticality) -> u64 {
        self.0[class as usize].into()
    }
}
