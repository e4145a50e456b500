//! What becomes of one call.

use std::ops::Range;
use std::time::Duration;

use super::counted::FaultKind;
use super::delay::Delay;
use super::draw::Draw;
use super::fault_rate::FaultRate;
use crate::error::ConfigError;
use crate::time::Nanos;

/// The most faults of a layer: each has a bit of a word.
pub(crate) const MAX_FAULTS: usize = 64;

/// What a fault does, as far as it is decided here.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Effect {
    /// Waits before whatever else happens.
    Delay(Delay),
    /// Lets so many bytes of the response's body pass in a second.
    #[cfg_attr(not(feature = "http"), allow(dead_code, reason = "only `http` makes one, and a test"))]
    SlowBody(u64),
    /// Ends the call, so that no later fault is drawn.
    End(FaultKind),
}

/// A fault: what it does, to how many calls, and when after the start of its run.
#[derive(Clone, Debug)]
pub(crate) struct Terms {
    pub(crate) effect: Effect,
    pub(crate) rate: FaultRate,
    pub(crate) during: Range<Nanos>,
}

impl Terms {
    pub(crate) const fn kind(&self) -> FaultKind {
        match self.effect {
            Effect::Delay(_) => FaultKind::Delay,
            Effect::SlowBody(_) => FaultKind::SlowBody,
            Effect::End(kind) => kind,
        }
    }

    /// How likely it is so long after the start.
    fn rate(&self, since: Nanos) -> f64 {
        if self.during.contains(&since) { self.rate.at(since.saturating_sub(self.during.start)) } else { 0.0 }
    }

    /// The moments between which its rate changes evenly; the last is just before its end.
    fn turns(&self) -> [Nanos; 3] {
        let Range { start, end } = self.during;
        [start, start.saturating_add(self.rate.over()), end.saturating_sub(Nanos(1))]
    }
}

/// What was drawn for a call.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Plan {
    /// The faults that it meets, as bits by their numbers.
    pub(crate) meets: u64,
    /// How long it waits in all.
    pub(crate) delay: Duration,
    /// How many bytes of its body pass in a second; that of the slowest.
    pub(crate) slow: Option<u64>,
    /// The fault that ends it.
    pub(crate) end: Option<usize>,
}

impl Plan {
    /// The numbers of the faults that it meets.
    pub(crate) fn met(&self) -> impl Iterator<Item = usize> + use<> {
        let meets = self.meets;
        (0..MAX_FAULTS).filter(move |fault| meets >> fault & 1 != 0)
    }
}

/// Draws for the n-th call, so long after the start. All rates are times `factor`.
///
/// Each fault draws for itself, in order. Delays add, and the first that ends the call is the last that is drawn.
pub(crate) fn plan(faults: &[Terms], factor: f64, (seed, n): (u64, u64), since: Nanos) -> Plan {
    let (mut draw, mut plan) = (Draw::of(seed, n), Plan::default());
    for (number, terms) in faults.iter().enumerate() {
        // Both are drawn in any case, so that one fault does not change what others draw.
        let (is_met, how_much) = (draw.next() < terms.rate(since) * factor, draw.next());
        if !is_met {
            continue;
        }
        plan.meets |= 1 << number;
        match &terms.effect {
            Effect::Delay(delay) => plan.delay = plan.delay.saturating_add(delay.at(how_much)),
            Effect::SlowBody(bytes) => plan.slow = Some(plan.slow.map_or(*bytes, |slow| slow.min(*bytes))),
            Effect::End(_) => {
                plan.end = Some(number);
                break;
            }
        }
    }
    plan
}

/// Says that the faults that end calls must leave room for one another, unless they do: at each moment their rates are at most 1.
pub(crate) fn check_together(faults: &[&Terms]) -> Result<(), ConfigError> {
    let ends: Vec<_> = faults.iter().filter(|terms| matches!(terms.effect, Effect::End(_))).collect();
    // Where the sum is the largest, one of them turns.
    for moment in ends.iter().flat_map(|terms| terms.turns()) {
        let sum = ends.iter().map(|terms| terms.rate(moment)).sum::<f64>();
        // A sum of shares such as 0.1 may be a little off.
        ConfigError::unless(
            sum <= 1.0 + 1e-9,
            "rates",
            sum,
            "at most 1 in all, of those that end calls at the same time",
        )?;
    }
    Ok(())
}
