//! The quantile of the last half minute.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

const MILLI: u64 = 1_000_000;
const SECOND: u64 = 1_000 * MILLI;

/// Records this many times at a moment.
fn record(latencies: &Latencies, times: u64, took: u64, at: u64) {
    (0..times).for_each(|_| latencies.record(Nanos(took), Nanos(at)));
}

fn median() -> Latencies {
    Latencies::new(0.5, Nanos(MILLI))
}

#[test]
fn under_twenty_samples_nothing_is_known() {
    let latencies = median();
    record(&latencies, MIN_SAMPLES - 1, 10 * MILLI, 0);
    assert_eq!(latencies.delay(Nanos(SECOND)), None);
    record(&latencies, 1, 10 * MILLI, SECOND);
    assert!(latencies.delay(Nanos(2 * SECOND)).is_some());
}

#[test]
fn what_was_found_holds_for_a_tenth_of_a_second() {
    let latencies = median();
    assert_eq!(latencies.delay(Nanos(0)), None);
    record(&latencies, 100, 10 * MILLI, 1);
    assert_eq!(latencies.delay(Nanos(100 * MILLI - 1)), None);
    assert!(latencies.delay(Nanos(100 * MILLI)).is_some());
}

#[test]
fn the_least_delay_bounds_the_quantile_from_below() {
    let latencies = Latencies::new(0.5, Nanos(20 * MILLI));
    record(&latencies, 100, 10 * MILLI, 0);
    assert_eq!(latencies.delay(Nanos(SECOND)), Some(Nanos(20 * MILLI)));
}

/// The last bucket with an upper edge ends at 68.7 seconds.
#[test]
fn a_quantile_above_a_minute_that_would_be_too_short_is_unknown() {
    for (seconds, is_known) in [(60, true), (66, true), (67, false), (70, false), (100_000, false)] {
        let latencies = median();
        record(&latencies, MIN_SAMPLES, seconds * SECOND, 0);
        let found = latencies.delay(Nanos(SECOND));
        assert_eq!(found.is_some(), is_known, "{seconds} s");
        assert!(found.is_none_or(|found| found >= Nanos(seconds * SECOND)), "{seconds} s");
    }
}

#[test]
fn a_sample_counts_for_at_least_25_and_less_than_30_seconds() {
    for at in [0, 1, 4_999 * MILLI, 5 * SECOND, 12 * SECOND] {
        let latencies = median();
        record(&latencies, 100, 10 * MILLI, at);
        assert!(latencies.delay(Nanos(at + 25 * SECOND - 1)).is_some(), "recorded at {at}");
        assert_eq!(latencies.delay(Nanos(at + 30 * SECOND)), None, "recorded at {at}");
    }
}

#[test]
fn a_long_pause_forgets_everything_however_it_is_asked() {
    let latencies = median();
    record(&latencies, 100, 10 * MILLI, 0);
    record(&latencies, 100, SECOND, 3_600 * SECOND);
    let delay = latencies.delay(Nanos(3_601 * SECOND)).expect("there are samples");
    assert!(delay.0 >= SECOND, "{delay:?}");
    assert_eq!(latencies.delay(Nanos(u64::MAX)), None);
}

#[test]
fn a_clock_that_goes_back_or_stands_still_is_legal() {
    let latencies = median();
    record(&latencies, 100, 10 * MILLI, 100 * SECOND);
    record(&latencies, 100, 10 * MILLI, 0);
    assert!(latencies.delay(Nanos(101 * SECOND)).is_some());
    record(&latencies, 100, 0, u64::MAX);
    record(&latencies, 100, u64::MAX, u64::MAX);
    latencies.delay(Nanos(u64::MAX));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Samples come in order, between pauses. The naive model keeps each with its slice.
    #[test]
    fn a_delay_is_at_most_a_twentieth_above_the_quantile_of_the_window(
        steps in vec((0..8 * SECOND, MILLI..60 * SECOND, 1_u64..40), 1..60),
        quantile in 0.01..0.99_f64,
    ) {
        let latencies = Latencies::new(quantile, Nanos(0));
        let (mut at, mut samples) = (0, Vec::new());
        for (pause, took, times) in steps {
            at += pause;
            record(&latencies, times, took, at);
            samples.extend((0..times).map(|_| (at / (5 * SECOND), took)));
            // The next time at which it looks.
            at = (at / (100 * MILLI) + 1) * 100 * MILLI;
            let first = (at / (5 * SECOND)).saturating_sub(5);
            let mut window: Vec<_> = samples.iter().filter(|(slice, _)| *slice >= first).map(|(_, took)| *took).collect();
            window.sort_unstable();
            let found = latencies.delay(Nanos(at));
            prop_assert_eq!(found.is_some(), window.len() as u64 >= MIN_SAMPLES);
            if let Some(Nanos(found)) = found {
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "samples are few")]
                let rank = ((window.len() as f64 * quantile).ceil() as usize).max(1);
                let exact = window[rank - 1];
                prop_assert!(exact <= found && found <= exact + exact / 20 + 1, "{} for {}", found, exact);
            }
        }
    }
}
