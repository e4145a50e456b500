//! The times in which a page fires: the failures of an objective.
//!
//! Exact to a step of 10 seconds, but that what looks sees a change within it at once. Of the failures that have ended the last 1,000
//! are kept.

use std::collections::VecDeque;

use crate::time::Nanos;

/// How many are kept.
const MOST: usize = 1_000;

#[derive(Debug, Default)]
pub(crate) struct Failures {
    /// When the one began that has not ended.
    began: Option<Nanos>,
    ended: VecDeque<(Nanos, Nanos)>,
}

impl Failures {
    /// Notes whether it fails now.
    pub(super) fn note(&mut self, is_failing: bool, now: Nanos) {
        match (self.began, is_failing) {
            (None, true) => self.began = Some(now),
            (Some(began), false) => self.end(began, now),
            (None, false) | (Some(_), true) => {}
        }
    }

    fn end(&mut self, began: Nanos, now: Nanos) {
        if self.ended.len() == MOST {
            self.ended.pop_front();
        }
        self.ended.push_back((began, now));
        self.began = None;
    }

    /// When each began and ended, from the first on. One that has not ended lasts until `now`.
    pub(crate) fn each(&self, now: Nanos) -> impl Iterator<Item = (Nanos, Nanos)> {
        self.ended.iter().copied().chain(self.began.map(|began| (began, now)))
    }

    /// How long the longest is of what is after `since`.
    pub(crate) fn longest(&self, since: Nanos, now: Nanos) -> Nanos {
        self.each(now).map(|(began, ended)| ended.saturating_sub(began.max(since))).max().unwrap_or_default()
    }
}
