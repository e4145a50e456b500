//! Loads that are drawn: calls that arrive at random, each for itself, at a rate that may change.

use std::f64::consts::TAU;
use std::time::Duration;

use rand::RngExt;
use rand::rngs::SmallRng;
use serde::Deserialize;

use crate::legal::unless;
use crate::span::Span;

/// What is written down of more calls does not fit into the memory of most machines.
const MOST_CALLS: f64 = 1e8;

/// A part of a trace.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Load {
    pub(crate) lasts: Span,
    pub(crate) rate: Rate,
}

/// How many calls arrive a second, in the mean.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Rate {
    Steady(f64),
    /// Goes up and down as a wave: lowest at the start of each day.
    Diurnal {
        low: f64,
        high: f64,
        day: Span,
    },
    /// High at the end of each period, for as long as a burst lasts.
    Burst {
        low: f64,
        high: f64,
        every: Span,
        lasts: Span,
    },
}

impl Load {
    /// Refuses loads that nobody can play.
    pub(crate) fn check(loads: &[Self]) -> Result<(), String> {
        let longest = Duration::from_secs(7 * 24 * 60 * 60);
        let lasts = loads.iter().try_fold(Duration::ZERO, |sum, load| sum.checked_add(load.lasts.0));
        unless(lasts.is_some_and(|lasts| lasts <= longest), "lasts", lasts, "7 days at most, of all loads together")?;
        loads.iter().try_for_each(|load| load.rate.check())?;
        let calls: f64 = loads.iter().map(|load| load.rate.highest() * load.lasts.0.as_secs_f64()).sum();
        unless(
            calls <= MOST_CALLS,
            "load",
            calls,
            "100,000,000 calls at most, at the highest rates of all loads together",
        )
    }
}

impl Rate {
    fn check(self) -> Result<(), String> {
        let (low, high, period) = match self {
            Self::Steady(rate) => (rate, rate, None),
            Self::Diurnal { low, high, day } => (low, high, Some(day)),
            Self::Burst { low, high, every, .. } => (low, high, Some(every)),
        };
        let is_legal = |rate| (0.0..=1e6).contains(&rate);
        unless(is_legal(low) && is_legal(high), "rate", self, "0 to 1,000,000 calls a second")?;
        unless(period != Some(Span::default()), "rate", self, "of a period longer than 0")
    }

    /// The rate so many seconds after the start of its load.
    fn at(self, seconds: f64) -> f64 {
        match self {
            Self::Steady(rate) => rate,
            Self::Diurnal { low, high, day } => {
                low + (high - low) * (1.0 - (TAU * seconds / day.0.as_secs_f64()).cos()) / 2.0
            }
            Self::Burst { low, high, every, lasts } => {
                let (every, lasts) = (every.0.as_secs_f64(), lasts.0.as_secs_f64());
                if seconds % every >= every - lasts { high } else { low }
            }
        }
    }

    fn highest(self) -> f64 {
        match self {
            Self::Steady(rate) => rate,
            Self::Diurnal { low, high, .. } | Self::Burst { low, high, .. } => low.max(high),
        }
    }
}

/// Draws the arrivals of loads: at the highest rate, and as many are left out as the rate is lower (thinning, Lewis and Shedler 1979).
#[derive(Debug)]
pub(crate) struct Poisson<'a> {
    loads: &'a [Load],
    draws: SmallRng,
    /// When the first of these loads begins.
    began: Duration,
    /// The seconds since then.
    at: f64,
}

impl<'a> Poisson<'a> {
    pub(crate) const fn new(loads: &'a [Load], draws: SmallRng) -> Self {
        Self { loads, draws, began: Duration::ZERO, at: 0.0 }
    }
}

impl Iterator for Poisson<'_> {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        while let [load, rest @ ..] = self.loads {
            let highest = load.rate.highest();
            self.at -= (1.0 - self.draws.random::<f64>()).ln() / highest;
            if highest == 0.0 || self.at >= load.lasts.0.as_secs_f64() {
                (self.loads, self.began, self.at) = (rest, self.began + load.lasts.0, 0.0);
            } else if self.draws.random::<f64>() * highest < load.rate.at(self.at) {
                return Some(self.began + Duration::from_secs_f64(self.at));
            }
        }
        None
    }
}
