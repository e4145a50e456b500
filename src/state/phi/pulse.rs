//! The beats of one node.

use std::sync::Arc;

use super::alarm::Alarm;
use super::history::History;
use super::{deviations, phi};
use crate::time::Nanos;

/// After so many intervals in a row that were not remembered the next one is, so that a node that beats more slowly than was
/// estimated is learned.
const FORGOTTEN_IN_A_ROW: u8 = 3;

/// By what a node is suspected.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules {
    pub(crate) threshold: f64,
    pub(crate) samples: usize,
    pub(crate) min_std_deviation: Nanos,
    pub(crate) acceptable_pause: Nanos,
    pub(crate) first_estimate: Nanos,
}

/// When a node beat last, and what its beats say of the next.
#[derive(Debug)]
pub(crate) struct Pulse {
    history: History,
    pub(super) last: Nanos,
    /// The moment at which phi is the threshold, unless a beat comes.
    pub(super) alarm: Arc<Alarm>,
    forgotten: u8,
}

impl Pulse {
    /// The first beat. Those who watch by this alarm hear of it.
    pub(crate) fn new(rules: &Rules, alarm: Arc<Alarm>, now: Nanos) -> Self {
        let pulse = Self { history: History::new(rules.first_estimate), last: now, alarm, forgotten: 0 };
        pulse.expect_next(rules);
        pulse
    }

    /// The next beat. An interval that ends a suspicion is not remembered: a long pause would hide the next one.
    pub(crate) fn beat(&mut self, rules: &Rules, now: Nanos) {
        let interval = now.saturating_sub(self.last);
        self.forgotten = if self.is_suspected(now) { self.forgotten + 1 } else { 0 };
        if self.forgotten == 0 || self.forgotten > FORGOTTEN_IN_A_ROW {
            self.history.push(interval, rules.samples);
            self.forgotten = 0;
        }
        self.last = self.last.max(now);
        self.expect_next(rules);
    }

    pub(crate) fn is_suspected(&self, now: Nanos) -> bool {
        self.alarm.is_suspected(now)
    }

    #[expect(clippy::cast_precision_loss, reason = "a float's 53 bits are enough for phi")]
    pub(crate) fn phi(&self, rules: &Rules, now: Nanos) -> f64 {
        let (mean, deviation) = self.expected(rules);
        phi((now.saturating_sub(self.last).0 as f64 - mean) / deviation)
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "what is below zero is zero, and what is too long is as good as never"
    )]
    fn expect_next(&self, rules: &Rules) {
        let (mean, deviation) = self.expected(rules);
        let silence = (mean + deviations(rules.threshold) * deviation).ceil();
        self.alarm.set(self.last.saturating_add(Nanos(silence as u64)));
    }

    /// The mean silence that is accepted, and its deviation, in nanoseconds.
    #[expect(clippy::cast_precision_loss, reason = "a float's 53 bits are enough for phi")]
    fn expected(&self, rules: &Rules) -> (f64, f64) {
        let (mean, deviation) = self.history.mean_and_deviation();
        let deviation = (deviation * 1e3).max(rules.min_std_deviation.0 as f64);
        (mean * 1e3 + rules.acceptable_pause.0 as f64, deviation)
    }
}
