//! Settings that are not legal, and those at the edge.

use super::*;

fn error(builder: Builder) -> String {
    builder.build().map(drop).expect_err("it is not legal").to_string()
}

#[test]
fn a_setting_that_is_not_legal_is_told() {
    let day = Duration::from_secs(24 * 60 * 60);
    let fail = |rate: f64| Fault::fail(rate, |_: &u32| Down(1));
    let during = |from, to| fail(0.1).during(from..to);
    let rows = [
        (all().fault(fail(1.1)), "`fail` is 1.1, but must be 0 to 1"),
        (all().hang(-0.1), "`hang` is -0.1, but must be 0 to 1"),
        (all().hang(f64::NAN), "`hang` is NaN, but must be 0 to 1"),
        (all().hang(FaultRate::ramp(0.0, 2.0, SECOND)), "`hang` is 0 to 2 over 1s, but must be 0 to 1"),
        (
            all().fault(fail(0.75)).hang(0.5),
            "`rates` is 1.25, but must be at most 1 in all, of those that end calls at the same time",
        ),
        (
            all().delay(0.1, SECOND..MILLI),
            "`delay` is 1s to 1ms, but must be a range that does not end before it starts, or quantiles that grow, of shares \
             more than 0 and at most 1",
        ),
        (
            all().fault(during(SECOND, SECOND)),
            "`during` is 1s..1s, but must be a time that ends after it begins, and begins before the faults expire",
        ),
        (
            all().fault(during(600 * SECOND, 700 * SECOND)),
            "`during` is 600s..700s, but must be a time that ends after it begins, and begins before the faults expire",
        ),
        (all().max_share(1.5), "`max_share` is 1.5, but must be 0 to 1"),
        (all().by_key(2.0, |request| *request), "`by_key` is 2, but must be 0 to 1"),
        (all().expires(Duration::ZERO), "`expires` is 0ns, but must be more than zero, and at most a day"),
        (all().expires(day + MILLI), "`expires` is 86400.001s, but must be more than zero, and at most a day"),
        ((0..65).fold(all(), |builder, _| builder.delay(0.0, SECOND)), "`faults` is 65, but must be at most 64"),
    ];
    for (builder, expected) in rows {
        assert_eq!(error(builder), format!("chaos `faults`: {expected}"));
    }
    assert_eq!(error(ChaosLayer::builder("")), "chaos: `name` is \"\", but must be 1 to 64 bytes");
}

#[test]
fn knobs_at_their_ends_are_legal() {
    paused(async {
        let faults = all().delay(1.0, Duration::MAX).delay(1.0, palisade::chaos::Delay::exponential(Duration::MAX));
        let (service, handle, _) = started(faults.hang(1.0).by_key(1.0, |request| *request).seed(u64::MAX));
        let result = timeout(Duration::from_secs(500), service.oneshot(7)).await;
        assert!(result.is_err(), "it waits as long as the faults are on");
        handle.start_at(FaultRate::ramp(0.0, 1.0, Duration::MAX)).unwrap();
        assert_eq!(handle.snapshot().faulted, 0);
    });
}
