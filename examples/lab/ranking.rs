//! Which policy did best.

use std::cmp::Ordering;

use crate::played::{Played, Totals};

/// How a winner is found, as a report says it.
pub(crate) const RULE: &str = "The winner has the most good calls less failed ones; among equals, it sent the fewest calls to the \
                               upstream, and then had the lowest p99.";

/// The policy that did best, unless another did equally well.
pub(crate) fn winner(played: &[Played]) -> Option<&Played> {
    match ranked(played).as_slice() {
        [first, second, ..] if order(&first.totals, &second.totals).is_eq() => None,
        ranked => ranked.first().copied(),
    }
}

/// The best first. Equals stay in their order.
pub(crate) fn ranked(played: &[Played]) -> Vec<&Played> {
    let mut ranked: Vec<_> = played.iter().collect();
    ranked.sort_by(|a, b| order(&a.totals, &b.totals));
    ranked
}

/// The better one is less.
pub(crate) fn order(a: &Totals, b: &Totals) -> Ordering {
    let gain = |totals: &Totals| i128::from(totals.good) - i128::from(totals.failed);
    gain(b).cmp(&gain(a)).then(a.sent.cmp(&b.sent)).then(a.p99.cmp(&b.p99))
}
