//! Durations as files write them: `"250ms"`.

use std::str::FromStr;
use std::time::Duration;

use serde::Deserialize;

/// A duration, written as a number and a unit: `ms`, `s`, `m` or `h`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Span(pub(crate) Duration);

impl FromStr for Span {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let unit_at = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
        let (number, unit) = text.split_at(unit_at);
        let seconds = match unit {
            "ms" => Some(1e-3),
            "s" => Some(1.0),
            "m" => Some(60.0),
            "h" => Some(3600.0),
            _ => None,
        };
        let number = number.trim().parse::<f64>().ok();
        let duration = number.zip(seconds).and_then(|(n, unit)| Duration::try_from_secs_f64(n * unit).ok());
        duration
            .map(Self)
            .ok_or_else(|| format!("`{text}` is no duration; write one as \"250ms\", \"1.5s\", \"10m\" or \"1h\""))
    }
}

impl TryFrom<String> for Span {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Duration> for Span {
    fn from(duration: Duration) -> Self {
        Self(duration)
    }
}
