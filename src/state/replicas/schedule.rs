//! Whose turn it is: smooth weighted round robin, as nginx has it (Igor Sysoev, 2012).
//!
//! In each step every member gains its weight, the one that has most is next, and gives up the sum of all. A round is computed when
//! the weights change, and calls walk through it.
//!
//! Exact while the weights, divided by what divides all of them, sum up to at most 4,096; heavier ones are scaled to that, and the
//! lightest member has one turn in a round.

use std::ops::Range;

/// The most turns in a round, where there are fewer members.
const MAX_TURNS: u64 = 4_096;

#[derive(Debug)]
pub(super) enum Schedule {
    /// All weigh the same: each in its turn.
    Even(Range<usize>),
    Weighted(Box<[u16]>),
}

impl Schedule {
    pub(super) const fn even(range: Range<usize>) -> Self {
        Self::Even(range)
    }

    /// The turns of those in the range, whose weights these are; at most 2^16 of them.
    pub(super) fn new(range: Range<usize>, weights: &[u64]) -> Self {
        let weights = &weights[range.clone()];
        let is_even = weights.iter().all(|weight| *weight == weights[0]);
        if is_even { Self::Even(range) } else { Self::Weighted(smooth(range.start, &scaled(weights))) }
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Self::Even(range) => range.len(),
            Self::Weighted(turns) => turns.len(),
        }
    }

    /// Whose turn is this; there is a member.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "it is smaller than the number of turns")]
    pub(super) fn at(&self, turn: u64) -> usize {
        match self {
            Self::Even(range) => range.start + (turn % range.len() as u64) as usize,
            Self::Weighted(turns) => turns[(turn % turns.len() as u64) as usize].into(),
        }
    }
}

/// The weights in the smallest whole numbers, and those that are not zero at least 1.
#[expect(clippy::cast_possible_wrap, reason = "they are at most the number of turns")]
fn scaled(weights: &[u64]) -> Vec<i64> {
    let common = weights.iter().fold(0, |common, weight| divisor(common, *weight)).max(1);
    let weights = weights.iter().map(|weight| weight / common);
    let sum: u64 = weights.clone().sum();
    let scaled = |weight: u64| if sum <= MAX_TURNS { weight } else { (weight * MAX_TURNS).div_ceil(sum) };
    weights.map(|weight| scaled(weight) as i64).collect()
}

const fn divisor(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { divisor(b, a % b) }
}

#[expect(clippy::cast_possible_truncation, reason = "members are few")]
fn smooth(first: usize, weights: &[i64]) -> Box<[u16]> {
    let sum: i64 = weights.iter().sum();
    let mut gained = vec![0_i64; weights.len()];
    let turn = |_| {
        let mut most = 0;
        for (index, weight) in weights.iter().enumerate() {
            gained[index] += weight;
            if gained[index] > gained[most] {
                most = index;
            }
        }
        gained[most] -= sum;
        (first + most) as u16
    };
    (0..sum).map(turn).collect()
}
