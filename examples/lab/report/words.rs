//! How numbers and names are written.

use std::time::Duration;

/// Written where there is nothing to tell.
pub(crate) const NOTHING: &str = "–";

/// Between a number and its unit: no line ends there.
const SPACE: char = '\u{a0}';

/// A whole number, with its thousands apart: `60,000`.
pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut apart = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at) % 3 == 0 {
            apart.push(',');
        }
        apart.push(digit);
    }
    apart
}

/// In per cent. What is not all, or not none, is not written as if it were.
pub(crate) fn share(part: u64, whole: u64) -> String {
    let percent = 100.0 * ratio(part, whole);
    match part {
        _ if whole == 0 => NOTHING.to_owned(),
        0 => format!("0{SPACE}%"),
        part if part == whole => format!("100{SPACE}%"),
        _ if percent < 0.1 => format!("<{SPACE}0.1{SPACE}%"),
        _ if percent >= 99.95 => format!(">{SPACE}99.9{SPACE}%"),
        _ => format!("{percent:.1}{SPACE}%"),
    }
}

/// Zero where there is no whole.
#[expect(clippy::cast_precision_loss, reason = "counts of calls are far below 2^52")]
pub(crate) fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// Two or three digits and a unit.
pub(crate) fn time(time: Duration) -> String {
    match time.as_secs_f64() {
        0.0 => format!("0{SPACE}s"),
        s if s < 0.000_95 => format!("{:.0}{SPACE}µs", s * 1e6),
        s if s < 0.009_95 => format!("{:.1}{SPACE}ms", s * 1e3),
        s if s < 0.999_5 => format!("{:.0}{SPACE}ms", s * 1e3),
        s if s < 9.95 => format!("{s:.1}{SPACE}s"),
        s if s < 119.5 => format!("{s:.0}{SPACE}s"),
        s if s < 7170.0 => tenths(s / 60.0, "min"),
        s => tenths(s / 3600.0, "h"),
    }
}

/// Whole ones as such: `10 min`, and `10.5 min`.
fn tenths(number: f64, unit: &str) -> String {
    format!("{}{SPACE}{unit}", (number * 10.0).round() / 10.0)
}

/// Text that is nothing but text in HTML, between tags and in attributes.
pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}
