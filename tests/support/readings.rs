//! What registries show.

use palisade::registry::Reading;

/// The value of a counter or a gauge, and how many calls a histogram has.
pub fn number(reading: &Reading) -> f64 {
    let count = |count: u64| f64::from(u32::try_from(count).expect("no test counts so far"));
    match reading {
        Reading::Count(calls) => count(*calls),
        Reading::Level(level) => *level,
        Reading::Histogram(times) => count(times.count()),
        other => panic!("unknown: {other:?}"),
    }
}
