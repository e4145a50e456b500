//! The pause that a service asks for, by RFC 9110, 10.2.3.

use std::time::{Duration, SystemTime};

use http::header::{DATE, RETRY_AFTER};
use http::{HeaderMap, HeaderValue};

use super::digits::digits;
use crate::time::wall_clock;

/// The pause that the headers of a response ask for.
///
/// The header should stand there once. Where it stands more often, the longest pause obeys them all.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    headers.get_all(RETRY_AFTER).iter().filter_map(|value| pause(value, headers)).max()
}

fn pause(value: &HeaderValue, headers: &HeaderMap) -> Option<Duration> {
    match digits(value.as_bytes().trim_ascii()) {
        Some(seconds) => Some(Duration::from_secs(seconds)),
        None => date(value).map(|end| until(end, headers)),
    }
}

/// The time until this date, on the clock of the service if its `Date` can be read. It is zero for a date in the past.
fn until(end: SystemTime, headers: &HeaderMap) -> Duration {
    let now = headers.get(DATE).and_then(date).unwrap_or_else(wall_clock);
    end.duration_since(now).unwrap_or_default()
}

fn date(value: &HeaderValue) -> Option<SystemTime> {
    httpdate::parse_http_date(value.to_str().ok()?).ok()
}
