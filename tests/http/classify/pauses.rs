//! What `Retry-After` asks for.

use std::time::{Duration, SystemTime};

use http::HeaderValue;
use palisade::http::HttpClassifier;
use palisade::{Classify, Outcome};

use super::{Headers, answer, by_table, secs, throttled};

const DATE: &str = "Sun, 06 Nov 1994 08:49:37 GMT";
const RFC_850: &str = "Sunday, 06-Nov-94 08:49:37 GMT";
const ASCTIME: &str = "Sun Nov  6 08:49:37 1994";
const A_MINUTE_BEFORE: &str = "Sun, 06 Nov 1994 08:48:37 GMT";

/// What the crate reads of the headers of a 429.
fn hint(headers: Headers<'_>) -> Option<Duration> {
    match by_table(429, headers) {
        Outcome::Throttled { retry_after } => retry_after,
        outcome => panic!("a 429 is {outcome:?}"),
    }
}

#[test]
fn a_pause_in_seconds_is_digits_and_nothing_else() {
    for (value, pause) in [
        ("0", secs(0)),
        ("1", secs(1)),
        ("007", secs(7)),
        ("120", secs(120)),
        ("18446744073709551615", secs(u64::MAX)),
        ("18446744073709551616", secs(u64::MAX)),
        ("99999999999999999999999999999999999999999999", secs(u64::MAX)),
        ("", None),
        ("+5", None),
        ("-1", None),
        ("-0", None),
        ("1.5", None),
        ("1,5", None),
        ("5s", None),
        ("0x10", None),
        ("1e3", None),
        ("5 5", None),
        ("\u{665}", None),
        ("soon", None),
    ] {
        assert_eq!(hint(&[("retry-after", value)]), pause, "{value:?}");
    }
}

#[test]
fn a_date_of_any_form_goes_by_the_date_of_the_response() {
    for date in [DATE, RFC_850, ASCTIME] {
        assert_eq!(hint(&[("retry-after", date), ("date", A_MINUTE_BEFORE)]), secs(60), "{date}");
        assert_eq!(hint(&[("retry-after", A_MINUTE_BEFORE), ("date", date)]), secs(0), "{date}");
        assert_eq!(hint(&[("retry-after", date), ("date", date)]), secs(0), "{date}");
    }
    let end = "Fri, 31 Dec 9999 23:59:59 GMT";
    let epoch = "Thu, 01 Jan 1970 00:00:00 GMT";
    assert_eq!(hint(&[("retry-after", end), ("date", epoch)]), secs(253_402_300_799));
}

#[test]
fn a_date_that_is_malformed_is_no_hint() {
    for date in [
        "Mon, 06 Nov 1994 08:49:37 GMT",
        "Sun, 31 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:00:00 GMT",
        "Sun, 06 Nov 1994 08:49:37 CET",
        "Sun, 06 Nov 1994 08:49:37",
        "1994-11-06T08:49:37Z",
        "Fri, 31 Dec 99999 23:59:59 GMT",
        "tomorrow",
    ] {
        assert_eq!(hint(&[("retry-after", date), ("date", A_MINUTE_BEFORE)]), None, "{date}");
    }
}

#[expect(clippy::disallowed_methods, reason = "there is no other clock to compare the date with")]
#[test]
fn a_date_goes_by_the_wall_clock_where_the_response_has_none() {
    assert_eq!(hint(&[("retry-after", DATE)]), secs(0));
    let hour = Duration::from_secs(3600);
    let end = httpdate::fmt_http_date(SystemTime::now() + hour);
    for headers in [&[("retry-after", &*end)][..], &[("retry-after", &*end), ("date", "now")]] {
        let pause = hint(headers).unwrap();
        assert!(pause <= hour && pause > hour / 2, "{pause:?}");
    }
}

#[test]
fn of_several_pauses_the_longest_that_is_readable_is_kept_to() {
    assert_eq!(hint(&[("retry-after", "5"), ("retry-after", "9"), ("retry-after", "7")]), secs(9));
    assert_eq!(hint(&[("retry-after", "soon"), ("retry-after", "5")]), secs(5));
    assert_eq!(hint(&[("retry-after", "5"), ("retry-after", DATE), ("date", A_MINUTE_BEFORE)]), secs(60));
}

#[test]
fn a_header_that_is_not_text_is_no_hint() {
    let mut answer = answer(429, &[]);
    answer.headers_mut().insert("retry-after", HeaderValue::from_bytes(b"\xff5").unwrap());
    assert_eq!(HttpClassifier::new().classify(Ok(&answer)), throttled(None));
}
