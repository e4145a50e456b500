//! A timeline as Markdown.

use proptest::prelude::*;

use super::*;

#[tokio::test(start_paused = true)]
async fn it_has_a_table_of_failures_and_one_of_what_happened() {
    let registry = Registry::new();
    let circuit = circuit(&registry);
    fail(&circuit);
    advance(1_234 * SECOND / 1_000).await;
    circuit.try_enter().unwrap_err();
    circuit.reset();
    let timeline = all(&registry);
    let text = timeline.to_string();
    // The times are now, so they are cut out.
    let lines: Vec<String> = text.lines().map(without_times).collect();
    assert_eq!(
        lines,
        [
            "# Timeline",
            "",
            "From 1970-01-01T00:00:00.000Z to 2969-05-03T00:00:00.000Z.",
            "",
            "## Failures",
            "",
            "| began | lasted | where | why | calls rejected | degraded | lost |",
            "|---|---|---|---|---|---|---|",
            "| * | 1.234s | circuit breaker payments | consecutive | 1 | not known | not known |",
            "",
            "## What happened",
            "",
            "| at | where | what |",
            "|---|---|---|",
            "| * | circuit breaker payments | opened for 10s (consecutive, 1 of 1 calls failed) |",
            "| * | circuit breaker payments | open to closed (by hand) |",
        ]
    );
}

/// A row without the time that it begins with.
fn without_times(line: &str) -> String {
    match line.split_once("Z | ") {
        Some((_, rest)) => format!("| * | {rest}"),
        None => line.to_owned(),
    }
}

#[test]
fn it_says_so_where_there_is_nothing() {
    let at = SystemTime::UNIX_EPOCH + 3 * SECOND / 2;
    let text = Registry::new().timeline(at, at).to_string();
    assert_eq!(
        text,
        "# Timeline\n\nFrom 1970-01-01T00:00:01.500Z to 1970-01-01T00:00:01.500Z.\n\n## Failures\n\nNone.\n\n\
         ## What happened\n\nNothing.\n",
    );
}

#[tokio::test(start_paused = true)]
async fn a_failure_that_goes_on_is_marked() {
    let registry = Registry::new();
    let circuit = circuit(&registry);
    fail(&circuit);
    advance(SECOND).await;
    assert!(all(&registry).to_string().contains("| 1s, goes on | circuit breaker payments |"));
}

#[tokio::test(start_paused = true)]
async fn how_long_a_failure_lasted_is_said_in_words() {
    for (lasted, expected) in [
        (Duration::ZERO, "0ns"),
        (Duration::from_nanos(1_999), "1.999µs"),
        (Duration::from_micros(1_999), "1ms"),
        (Duration::from_nanos(59_999_999_999), "59.999s"),
        (60 * SECOND, "1m"),
        (Duration::from_nanos(61_999_999_999), "1m 1s"),
        (5_430 * SECOND, "1h 30m 30s"),
        (49 * 3_600 * SECOND, "2d 1h"),
    ] {
        let registry = Registry::new();
        let circuit = touchy(&registry).open_for(Backoff::constant(YEAR)).build().unwrap().handle();
        fail(&circuit);
        advance(lasted).await;
        circuit.reset();
        let text = all(&registry).to_string();
        assert!(text.contains(&format!(" | {expected} | circuit breaker payments | ")), "{expected}: {text}");
    }
}

/// A time as a timeline writes it.
fn written(at: SystemTime) -> String {
    let text = Registry::new().timeline(at, at).to_string();
    let line = text.lines().nth(2).expect("it says from when to when it is");
    line.split(' ').nth(1).expect("it begins with `From`").to_owned()
}

#[test]
fn times_are_those_of_rfc_3339() {
    let (epoch, milli) = (SystemTime::UNIX_EPOCH, Duration::from_millis(1));
    for (at, expected) in [
        (epoch, "1970-01-01T00:00:00.000Z"),
        (epoch - milli, "1969-12-31T23:59:59.999Z"),
        (epoch - Duration::from_nanos(1), "1969-12-31T23:59:59.999Z"),
        (epoch - Duration::from_secs(62_167_219_200), "0000-01-01T00:00:00.000Z"),
        (epoch - Duration::from_secs(62_167_219_201), "0000-01-01T00:00:00.000Z"),
        (epoch + Duration::from_secs(951_782_400), "2000-02-29T00:00:00.000Z"),
        (epoch + Duration::from_secs(1_709_251_199) + milli, "2024-02-29T23:59:59.001Z"),
        (epoch + Duration::from_secs(4_107_542_400), "2100-03-01T00:00:00.000Z"),
        (epoch + Duration::from_secs(253_402_300_799), "9999-12-31T23:59:59.000Z"),
        (epoch + Duration::from_secs(253_402_300_800), "9999-12-31T23:59:59.000Z"),
        (epoch + Duration::from_secs(u64::MAX >> 2), "9999-12-31T23:59:59.000Z"),
    ] {
        assert_eq!(written(at), expected);
    }
}

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

proptest! {
    #[test]
    fn dates_are_those_of_another_calendar(seconds in 0..253_402_300_800_u64) {
        let at = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        // `Sun, 06 Nov 1994 08:49:37 GMT`
        let other = httpdate::fmt_http_date(at);
        let parts: Vec<_> = other.split(' ').collect();
        let month = 1 + MONTHS.iter().position(|month| *month == parts[2]).expect("it is a month");
        let expected = format!("{}-{month:02}-{}T{}.000Z", parts[3], parts[1], parts[4]);
        prop_assert_eq!(written(at), expected);
    }
}
