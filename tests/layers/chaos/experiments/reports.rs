//! What reports say.

use super::*;

#[test]
fn a_report_says_what_was_measured() {
    paused(async {
        let thing = Broken::default();
        let looked = thing.clone();
        let level = move || if looked.is_broken() { 2.5 } else { 1.0 };
        let mut report = breaking(&thing).measure("p99 | s", level).run().await;
        report.began = std::time::SystemTime::UNIX_EPOCH;
        let text = "nobody notices: held\n  began 1970-01-01T00:00:00.000Z, took 10s\n  a thing: 7\n  p99 | s: 1.000 before, 2.500 during, \
                    1.000 after";
        assert_eq!(report.to_string(), text);
        let markdown = "## nobody notices\n\nThe hypothesis: held.\n\nBegan 1970-01-01T00:00:00.000Z, took 10s.\n\n| fault | done |\n|---|---|\n\
                        | a thing | 7 |\n\n| measured | before | during | after |\n|---|---|---|---|\n\
                        | p99 \\| s | 1.000 | 2.500 | 1.000 |\n";
        assert_eq!(report.markdown(), markdown);
    });
}

#[cfg(feature = "serde")]
#[test]
fn a_report_is_json() {
    paused(async {
        let thing = Broken::default();
        let looked = thing.clone();
        let experiment = breaking(&thing).measure("level", || 1.0);
        let mut report = experiment.steady(unless(move || looked.is_broken())).run().await;
        report.began = std::time::SystemTime::UNIX_EPOCH;
        let json = serde_json::to_value(&report).unwrap();
        let expected = serde_json::json!({
            "name": "nobody notices",
            "outcome": "broken",
            "why": "down 1",
            "began": "1970-01-01T00:00:00.000Z",
            "took": 0.0,
            "faults": [["a thing", 7]],
            "measurements": [{ "name": "level", "before": 1.0, "during": 1.0, "after": 1.0 }],
        });
        assert_eq!(json, expected);
    });
}
