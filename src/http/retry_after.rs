//! The pause that a service asks for, by RFC 9110, 10.2.3.

use std::time::{Duration, SystemTime};

use http::{
    HeaderMap, HeaderValue,
    header::{DATE, RETRY_AFTER},
};

use crate::time::wall_clock;

/// The pause that the headers of an answer ask for.
///
/// The header may stand there once. Where there are more, the longest pause obeys them all.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    headers.get_all(RETRY_AFTER).iter().filter_map(|value| pause(value, headers)).max()
}

fn pause(value: &HeaderValue, headers: &HeaderMap) -> Option<Duration> {
    match digits(value.as_bytes().trim_ascii()) {
        Some(seconds) => Some(Duration::from_secs(seconds)),
        None => date(value).map(|end| until(end, headers)),
    }
}

/// How long it is to this date on the clock of the service, as far as that is known. A date in the past is now.
fn until(end: SystemTime, headers: &HeaderMap) -> Duration {
    let now = headers.get(DATE).and_then(date).unwrap_or_else(wall_clock);
    end.duration_since(now).unwrap_or_default()
}

fn date(value: &HeaderValue) -> Option<SystemTime> {
    httpdate::parse_http_date(value.to_str().ok()?).ok()
}

/// Reads a number that is digits only, with no sign. What does not fit is `u64::MAX`.
pub(crate) fn digits(text: &[u8]) -> Option<u64> {
    let digit = |byte: &u8| byte.is_ascii_digit().then(|| u64::from(byte - b'0'));
    let add = |sum: u64, digit| Some(sum.saturating_mul(10).saturating_add(digit?));
    (!text.is_empty()).then_some(())?;
    text.iter().map(digit).try_fold(0, add)
}
