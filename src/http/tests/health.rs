//! The time on a page of health.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::http::health::Time;

fn at(seconds: u64) -> String {
    Time(UNIX_EPOCH + Duration::from_secs(seconds)).to_string()
}

#[test]
fn a_time_is_shown_as_rfc_3339_has_it() {
    for (seconds, expected) in [
        (0, "1970-01-01T00:00:00Z"),
        (951_827_696, "2000-02-29T12:34:56Z"),
        (1_709_251_199, "2024-02-29T23:59:59Z"),
        (1_735_689_599, "2024-12-31T23:59:59Z"),
        (4_107_542_400, "2100-03-01T00:00:00Z"),
        (253_402_300_799, "9999-12-31T23:59:59Z"),
    ] {
        assert_eq!(at(seconds), expected);
    }
    let before = UNIX_EPOCH.checked_sub(Duration::from_secs(1)).unwrap_or(UNIX_EPOCH);
    assert_eq!(Time(before).to_string(), at(0));
}

#[test]
fn dates_are_those_of_httpdate() {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    for day in (0..2_900_000).step_by(7) {
        let moment: SystemTime = UNIX_EPOCH + Duration::from_secs(day * 86_400);
        // As in `Sun, 06 Nov 1994 08:49:37 GMT`.
        let other = httpdate::fmt_http_date(moment);
        let month = MONTHS.iter().position(|&month| month == &other[8..11]).map(|month| month + 1);
        let expected = format!("{}-{:02}-{}", &other[12..16], month.unwrap(), &other[5..7]);
        assert_eq!(Time(moment).to_string()[..10], expected);
    }
}
