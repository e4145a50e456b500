//! The spans of time on which burn rates look back.

use std::time::Duration;

use super::STEP;

/// A span of time on which a burn rate looks back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum BurnWindow {
    /// Five minutes.
    FiveMinutes,
    /// Half an hour.
    HalfHour,
    /// An hour.
    Hour,
    /// Two hours.
    TwoHours,
    /// Six hours.
    SixHours,
    /// A day.
    Day,
    /// Three days.
    ThreeDays,
}

impl BurnWindow {
    /// All of them, from the shortest to the longest.
    pub const ALL: [Self; 7] =
        [Self::FiveMinutes, Self::HalfHour, Self::Hour, Self::TwoHours, Self::SixHours, Self::Day, Self::ThreeDays];

    /// Its length as metrics show it: `"5m"`, `"30m"`, `"1h"`, `"2h"`, `"6h"`, `"1d"` or `"3d"`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::FiveMinutes => "5m",
            Self::HalfHour => "30m",
            Self::Hour => "1h",
            Self::TwoHours => "2h",
            Self::SixHours => "6h",
            Self::Day => "1d",
            Self::ThreeDays => "3d",
        }
    }

    /// Its length.
    pub const fn duration(self) -> Duration {
        Duration::from_nanos(self.steps() * STEP.0)
    }

    pub(crate) const fn steps(self) -> u64 {
        match self {
            Self::FiveMinutes => 30,
            Self::HalfHour => 180,
            Self::Hour => 360,
            Self::TwoHours => 720,
            Self::SixHours => 2_160,
            Self::Day => 8_640,
            Self::ThreeDays => 25_920,
        }
    }
}
