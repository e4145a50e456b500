//! Traces in files.

use std::fmt::Write as _;
use std::io::Cursor;

use super::millis;
use crate::trace::read::{BadLines, TraceFile};

fn read(text: impl AsRef<[u8]>, bad_lines: BadLines) -> Result<TraceFile, String> {
    TraceFile::read(Cursor::new(text), bad_lines).map_err(|error| error.to_string())
}

/// The calls as words: when it arrives, how long it takes, how it ends.
fn calls(text: impl AsRef<[u8]>) -> String {
    let mut words = String::new();
    for arrival in read(text, BadLines::Refused).expect("it is legal").arrivals {
        let latency = arrival.told.latency.map_or("?".to_owned(), |latency| format!("{latency:?}"));
        let outcome = arrival
            .told
            .outcome
            .map_or("?".to_owned(), |outcome| outcome.map_or_else(|e| format!("{e:?}"), |()| "ok".to_owned()));
        write!(words, "{:?} {latency} {outcome}; ", arrival.at).expect("there is memory");
    }
    words
}

#[test]
fn columns_are_found_by_their_names_whatever_parts_them() {
    let expected = "500ms 20ms ok; 1s ? Failed; ";
    for text in [
        "arrival,latency,outcome\n0.5,0.02,ok\n1,,error\n",
        "outcome;host;arrival;latency\nok;a,b;0,5;0,02\nerror;;1;\n",
        "Latency\tOutcome\tArrival\n0.02\tOK\t0.5\n\tError\t1",
        "\u{feff}arrival,latency,outcome\r\n0.5,0.02,ok\r\n\r\n1,,error\r\n\r\n",
        "\"arrival\",\"path\",\"latency\",\"outcome\"\n\"0.5\",\"/a,b\",\"0.02\",\"ok\"\n 1 , , , error \n",
    ] {
        assert_eq!(calls(text), expected, "{text:?}");
    }
}

#[test]
fn what_a_trace_does_not_tell_is_left_open() {
    assert_eq!(calls("arrival\n0\n0.25\n"), "0ns ? ?; 250ms ? ?; ");
    assert_eq!(calls("arrival"), "");
}

#[test]
fn outcomes_are_words_or_statuses() {
    let words = "ok 200 404 error timeout 500 503 refused throttled 429";
    let text = words.split(' ').fold("arrival,outcome".to_owned(), |text, word| text + "\n0," + word);
    let told = read(text, BadLines::Refused).unwrap().arrivals.into_iter();
    let told: Vec<_> =
        told.map(|arrival| arrival.told.outcome.unwrap().map_err(|failure| format!("{failure:?}"))).collect();
    let (failed, down, throttled) =
        ("Failed".to_owned(), "Down".to_owned(), "Throttled { retry_after: None }".to_owned());
    let failures =
        [&failed, &failed, &failed, &failed, &down, &throttled, &throttled].map(|failure| Err(failure.clone()));
    assert_eq!(told, [vec![Ok(()); 3], failures.to_vec()].concat());
}

#[test]
fn a_bad_line_is_told_by_its_number() {
    for (line, reason) in [
        ("", None),
        ("x,1,ok", Some("`arrival` is \"x\", and must be a number of seconds, at least 0")),
        (",1,ok", Some("`arrival` is \"\", and must be a number of seconds, at least 0")),
        ("-1,1,ok", Some("`arrival` is \"-1\", and must be a number of seconds, at least 0")),
        ("nan,1,ok", Some("`arrival` is \"nan\", and must be a number of seconds, at least 0")),
        ("1e300,1,ok", Some("`arrival` is \"1e300\", and must be a number of seconds, at least 0")),
        ("1,slow,ok", Some("`latency` is \"slow\", and must be a number of seconds, at least 0")),
        (
            "1,1,fine",
            Some("`outcome` is \"fine\", and must be ok, error, timeout, refused, throttled, or a status of HTTP"),
        ),
        (
            "1,1,999",
            Some("`outcome` is \"999\", and must be ok, error, timeout, refused, throttled, or a status of HTTP"),
        ),
        ("1,1", Some("it has 2 columns, and the header 3")),
        ("0,5,1,ok", Some("it has 4 columns, and the header 3")),
        ("1,\"1,ok", Some("it has 2 columns, and the header 3")),
    ] {
        for end in ["\n", "\r\n"] {
            let text = ["arrival,latency,outcome", "0,1,ok", "", line, "9,1,ok"].join(end);
            let refused = read(&text, BadLines::Refused).err();
            assert_eq!(refused, reason.map(|reason| format!("line 4: {reason}")), "{line:?}");
            let skipped = read(&text, BadLines::Skipped).unwrap();
            assert_eq!(skipped.arrivals.len(), 2);
            assert_eq!((skipped.skipped, skipped.first_bad), (u64::from(reason.is_some()), refused));
        }
    }
    assert_eq!(read(b"arrival\n1\n\xff\n", BadLines::Refused).unwrap_err(), "line 3: it is no text in UTF-8");
}

#[test]
fn a_header_that_says_no_arrival_is_refused() {
    for (text, reason) in [
        (&b""[..], "the header has no column `arrival`: \"\""),
        (b"time,latency\n1,2\n", "the header has no column `arrival`: \"time,latency\""),
        (b"\xff\xfea\0r\0", "the header is no text in UTF-8"),
    ] {
        assert_eq!(read(text, BadLines::Skipped).unwrap_err(), reason);
    }
}

#[test]
fn disorder_is_sorted_and_told() {
    let trace = read("arrival,latency\n3,1\n1,2\n2,3\n2,4\n5,5\n", BadLines::Refused).unwrap();
    let calls: Vec<_> =
        trace.arrivals.iter().map(|call| (call.at.as_secs(), call.told.latency.unwrap().as_secs())).collect();
    assert_eq!(calls, [(0, 2), (1, 3), (1, 4), (2, 1), (4, 5)]);
    assert_eq!(trace.to_string(), "5 calls; sorted, because 3 calls stood after one that arrived later");
}

#[test]
fn time_begins_at_the_whole_second_of_the_first_call() {
    let trace = read("arrival\n1700000000.25\n1700003600.75\n", BadLines::Refused).unwrap();
    let gap: Vec<_> = trace.arrivals.iter().map(|call| call.at).collect();
    assert_eq!(gap, [millis(250), millis(3_600_750)]);
}

#[test]
fn a_trace_longer_than_a_week_is_refused() {
    let refused = read("arrival\n0\n1700000000\n", BadLines::Skipped).unwrap_err();
    assert!(refused.starts_with("the last call arrives 1700000000 seconds after the first"), "{refused}");
}

#[test]
fn a_million_lines_are_read() {
    let mut text = "arrival,latency,outcome\n".to_owned();
    for line in 0..1_000_000 {
        writeln!(text, "{}.{:03},0.0{},{}", line / 1000, line % 1000, line % 10, ["ok", "503"][line % 2]).unwrap();
    }
    let trace = read(text, BadLines::Refused).unwrap();
    assert_eq!((trace.arrivals.len(), trace.disordered), (1_000_000, 0));
    assert_eq!(trace.arrivals[999_999].at, millis(999_999));
}
