//! An axis: from where to where, with which labels.

use std::ops::Range;

use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};

use super::words;

#[derive(Clone, Debug)]
pub(crate) struct Axis {
    range: Range<f64>,
    ticks: Vec<f64>,
    label: fn(f64) -> String,
    /// How far along a value is, before the ends are known.
    place: fn(f64) -> f64,
}

impl Axis {
    /// Seconds since the trace began.
    pub(crate) fn time(seconds: f64) -> Self {
        const STEPS: [f64; 12] = [1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0];
        let end = seconds.max(1.0);
        let least = end / 6.0;
        let step = STEPS.into_iter().find(|step| *step >= least).unwrap_or_else(|| 3600.0 * round_up(least / 3600.0));
        let label: fn(f64) -> String = match step {
            step if step < 60.0 => |seconds| format!("{seconds} s"),
            step if step < 3600.0 => |seconds| format!("{} min", seconds / 60.0),
            _ => |seconds| format!("{} h", seconds / 3600.0),
        };
        Self { range: 0.0..end, ticks: multiples(step, end), label, place: |seconds| seconds }
    }

    /// From zero to a little more than the highest.
    pub(crate) fn amount(amounts: &[f64]) -> Self {
        let most = amounts.iter().copied().fold(0.0, f64::max);
        let most = if most > 0.0 { most } else { 1.0 };
        let (step, end) = (round_up(most / 4.0), most * 1.05);
        Self { range: 0.0..end, ticks: multiples(step, end), label: amount, place: |amount| amount }
    }

    /// Powers of ten of seconds, around all of these times.
    pub(crate) fn latency(times: &[f64]) -> Self {
        let powers = || times.iter().filter(|time| **time > 0.0).map(|time| time.log10());
        // A line on the edge would not be seen.
        let low = (powers().reduce(f64::min).unwrap_or(-2.0) - 0.01).floor();
        let high = (powers().reduce(f64::max).unwrap_or(-2.0) + 0.01).ceil();
        let powers = std::iter::successors(Some(low), |power| Some(power + 1.0)).take_while(|power| *power <= high);
        let ticks: Vec<_> = powers.map(|power| 10_f64.powf(power)).collect();
        Self { range: ticks[0]..ticks[ticks.len() - 1], ticks, label: latency, place: f64::log10 }
    }

    /// Which share of the axis is before this value. What is beyond an end stands at it.
    pub(crate) fn share(&self, value: f64) -> f64 {
        let [from, to, at] =
            [self.range.start, self.range.end, value.clamp(self.range.start, self.range.end)].map(self.place);
        (at - from) / (to - from)
    }
}

impl Ranged for Axis {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, (from, to): (i32, i32)) -> i32 {
        from + pixels(self.share(*value) * f64::from(to - from))
    }

    fn key_points<Hint: KeyPointHint>(&self, _: Hint) -> Vec<f64> {
        self.ticks.clone()
    }

    fn range(&self) -> Range<f64> {
        self.range.clone()
    }
}

impl ValueFormatter<f64> for Axis {
    fn format_ext(&self, value: &f64) -> String {
        (self.label)(*value)
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a place in a picture")]
pub(crate) fn pixels(place: f64) -> i32 {
    place.round() as i32
}

/// The next of 1, 2, 5, 10, 20, 50 and so on.
fn round_up(least: f64) -> f64 {
    let power = 10_f64.powf(least.log10().floor());
    [1.0, 2.0, 5.0].into_iter().map(|digit| digit * power).find(|step| *step >= least).unwrap_or(10.0 * power)
}

fn multiples(step: f64, end: f64) -> Vec<f64> {
    let all = (0_u32..).map(|times| f64::from(times) * step);
    all.take_while(|tick| *tick <= end * 1.000_001).collect()
}

fn amount(amount: f64) -> String {
    match amount {
        amount if amount >= 1e6 => format!("{}M", amount / 1e6),
        amount if amount >= 1e4 => format!("{}k", amount / 1e3),
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is between 10 and 10,000")]
        amount if amount >= 10.0 => words::count(amount.round() as u64),
        amount => format!("{}", (amount * 1e3).round() / 1e3),
    }
}

fn latency(seconds: f64) -> String {
    let (unit, amount) = match seconds {
        seconds if seconds < 0.000_9 => ("µs", seconds * 1e6),
        seconds if seconds < 0.9 => ("ms", seconds * 1e3),
        seconds => ("s", seconds),
    };
    format!("{amount:.0} {unit}")
}
