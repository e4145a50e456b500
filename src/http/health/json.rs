//! `application/health+json`, the expired draft-inadarei-api-health-check-06.

use std::fmt::{self, Write};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::health::{CheckKind, HealthCheck, found};
use crate::state::verdict::Level;
use crate::time::{now, wall_clock};

type Checks<'a> = [(CheckKind, &'a HealthCheck)];

/// The text of a page.
pub(super) fn page(level: Level, output: Option<&str>, checks: &Checks<'_>, shows_outputs: bool) -> String {
    let mut text = String::new();
    // A string takes all that is written to it.
    write(&mut text, level, output, checks, shows_outputs).ok();
    text
}

fn write(
    text: &mut String,
    level: Level,
    output: Option<&str>,
    checks: &Checks<'_>,
    shows_outputs: bool,
) -> fmt::Result {
    write!(text, r#"{{"status":"{}""#, status(level))?;
    if let Some(output) = output {
        write!(text, r#","output":{}"#, Quoted(output))?;
    }
    for (number, (kind, check)) in checks.iter().enumerate() {
        text.write_str(if number == 0 { r#","checks":{"# } else { "," })?;
        write_check(text, *kind, check, shows_outputs)?;
    }
    text.write_str(if checks.is_empty() { "}" } else { "}}" })
}

fn write_check(text: &mut String, kind: CheckKind, check: &HealthCheck, shows_outputs: bool) -> fmt::Result {
    let (level, snapshot) = (found(check), check.snapshot());
    write!(text, r#"{}:[{{"status":"{}","kind":"{}""#, Quoted(check.name().as_str()), status(level), kind.as_str())?;
    if let Some((last, took)) = snapshot.last.zip(snapshot.took) {
        let time = wall_clock().checked_sub(now().saturating_duration_since(last)).unwrap_or(UNIX_EPOCH);
        write!(text, r#","time":"{}","observedValue":{},"observedUnit":"ms""#, Time(time), took.as_millis())?;
    }
    let output = if snapshot.last.is_none() { Some("no result yet") } else { snapshot.verdict.why() };
    if let Some(output) = output.filter(|_| shows_outputs) {
        write!(text, r#","output":{}"#, Quoted(output))?;
    }
    text.write_str("}]")
}

const fn status(level: Level) -> &'static str {
    match level {
        Level::Healthy => "pass",
        Level::Degraded => "warn",
        Level::Unhealthy => "fail",
    }
}

/// A text as JSON has it. Angle brackets and such are escaped too, for those who show it as a page.
struct Quoted<'a>(&'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('"')?;
        for character in self.0.chars() {
            match character {
                '"' | '\\' => write!(f, "\\{character}")?,
                '<' | '>' | '&' | '\0'..='\x1f' | '\x7f'..='\u{9f}' | '\u{2028}' | '\u{2029}' => {
                    write!(f, "\\u{:04x}", u32::from(character))?;
                }
                _ => f.write_char(character)?,
            }
        }
        f.write_char('"')
    }
}

/// A moment as RFC 3339 has it, in UTC and whole seconds.
pub(in crate::http) struct Time(pub(in crate::http) SystemTime);

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs();
        let (days, second) = (seconds / 86_400, seconds % 86_400);
        let (year, month, day) = date(days);
        let (hours, minutes) = (second / 3_600, second / 60 % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{hours:02}:{minutes:02}:{:02}Z", second % 60)
    }
}

/// The date so many days after 1970-01-01, by counting years from March, so that leap days come last. There are 146,097 days in
/// 400 years, 36,524 in 100 and 1,461 in 4.
const fn date(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    // Months from March have 153 days in each five.
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = era * 400 + year_of_era + (month <= 2) as u64;
    (year, month, day)
}
