//! Times as people and programs read them.

use std::fmt;
use std::time::SystemTime;

/// A time as RFC 3339 has it, in UTC, cut to a millisecond: `2026-11-30T01:02:03.456Z`.
///
/// It has room for the years 0 to 9999. Times before or after are shown as the first or the last second of these.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rfc3339(pub(crate) SystemTime);

const DAY: i64 = 24 * 60 * 60;

/// 0000-01-01T00:00:00Z
const FIRST: i64 = -62_167_219_200;

/// 9999-12-31T23:59:59Z
const LAST: i64 = 253_402_300_799;

impl fmt::Display for Rfc3339 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seconds, millis) = since_1970(self.0);
        let seconds = seconds.clamp(FIRST, LAST);
        let (year, month, day) = date(seconds.div_euclid(DAY));
        let of_day = seconds.rem_euclid(DAY);
        let (hour, minute, second) = (of_day / 3600, of_day / 60 % 60, of_day % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millis:03}Z")
    }
}

/// Whole seconds since 1970, and the milliseconds above them.
fn since_1970(time: SystemTime) -> (i64, u32) {
    let whole = |seconds: u64| i64::try_from(seconds).unwrap_or(i64::MAX);
    match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(after) => (whole(after.as_secs()), after.subsec_millis()),
        Err(before) => {
            let before = before.duration();
            let millis = before.subsec_nanos().div_ceil(1_000_000);
            (-whole(before.as_secs()) - i64::from(millis > 0), (1_000 - millis) % 1_000)
        }
    }
}

/// The date of a day, counted from 1970-01-01. Years are counted from March, so that a leap day is the last of its year, and in eras
/// of 400 years, after which the calendar repeats: `civil_from_days` of Howard Hinnant's "chrono-Compatible Low-Level Date Algorithms".
const fn date(day: i64) -> (i64, i64, i64) {
    let day = day + 719_468;
    let (era, of_era) = (day.div_euclid(146_097), day.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    let year = year_of_era + 400 * era + (month <= 2) as i64;
    (year, month, day)
}
