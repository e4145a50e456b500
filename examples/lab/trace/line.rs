//! A line of a trace, and the header that says how to read it.

use std::str::{self, Utf8Error};
use std::time::Duration;

use super::Arrival;
use crate::call::{Failure, Told};

/// What a header says.
#[derive(Clone, Copy, Debug)]
pub(super) struct Columns {
    separator: char,
    /// How many there are.
    width: usize,
    arrival: usize,
    latency: Option<usize>,
    outcome: Option<usize>,
}

impl Columns {
    pub(super) fn of(header: &[u8]) -> Result<Self, String> {
        let header = text(header).map_err(|_| "the header is no text in UTF-8")?;
        // Some programs mark UTF-8 by an invisible character.
        let header = header.trim_start_matches('\u{feff}');
        let separator = [';', '\t'].into_iter().find(|separator| header.contains(*separator)).unwrap_or(',');
        let names: Vec<_> = fields(header, separator).map(str::to_ascii_lowercase).collect();
        let place = |wanted: &str| names.iter().position(|name| name == wanted);
        let arrival = place("arrival").ok_or_else(|| format!("the header has no column `arrival`: {header:?}"))?;
        Ok(Self { separator, width: names.len(), arrival, latency: place("latency"), outcome: place("outcome") })
    }

    /// The call of a line; none of an empty one.
    pub(super) fn arrival(&self, line: &[u8]) -> Result<Option<Arrival>, String> {
        let line = text(line).map_err(|_| "it is no text in UTF-8")?;
        if line.is_empty() {
            return Ok(None);
        }
        let (mut arrival, mut latency, mut outcome, mut width) = ("", "", "", 0);
        for (column, field) in fields(line, self.separator).enumerate() {
            width = column + 1;
            match Some(column) {
                column if column == Some(self.arrival) => arrival = field,
                column if column == self.latency => latency = field,
                column if column == self.outcome => outcome = field,
                _ => {}
            }
        }
        if width != self.width {
            return Err(format!("it has {width} columns, and the header {}", self.width));
        }
        let told = Told {
            latency: (!latency.is_empty()).then(|| self.seconds("latency", latency)).transpose()?,
            outcome: (!outcome.is_empty()).then(|| parse_outcome(outcome)).transpose()?,
        };
        Ok(Some(Arrival { at: self.seconds("arrival", arrival)?, told }))
    }

    /// Where commas do not part columns, they may part decimals.
    fn seconds(&self, column: &str, text: &str) -> Result<Duration, String> {
        let parsed = match text.split_once(',') {
            Some((whole, decimals)) if self.separator != ',' => format!("{whole}.{decimals}").parse(),
            _ => text.parse::<f64>(),
        };
        let seconds = parsed.ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        seconds.ok_or_else(|| format!("`{column}` is {text:?}, and must be a number of seconds, at least 0"))
    }
}

/// A line without its end.
fn text(line: &[u8]) -> Result<&str, Utf8Error> {
    str::from_utf8(line).map(|line| line.trim_end_matches(['\r', '\n']))
}

/// The fields of a line. What is in quotes is one field; a line break in quotes is not known.
fn fields(line: &str, separator: char) -> impl Iterator<Item = &str> {
    let mut is_quoted = false;
    let parts = line.split(move |c| {
        is_quoted ^= c == '"';
        c == separator && !is_quoted
    });
    parts.map(|field| field.trim().trim_matches('"'))
}

/// Words, or the status of HTTP: a refusal that is the request's own fault is a response as good as any.
fn parse_outcome(text: &str) -> Result<Result<(), Failure>, String> {
    let status = text.parse::<u16>().unwrap_or_default();
    match (text.to_ascii_lowercase().as_str(), status) {
        ("throttled", _) | (_, 429) => Ok(Err(Failure::Throttled { retry_after: None })),
        ("ok", _) | (_, 100..=499) => Ok(Ok(())),
        ("error" | "timeout", _) | (_, 500..=599) => Ok(Err(Failure::Failed)),
        ("refused", _) => Ok(Err(Failure::Down)),
        _ => Err(format!(
            "`outcome` is {text:?}, and must be ok, error, timeout, refused, throttled, or a status of HTTP"
        )),
    }
}
