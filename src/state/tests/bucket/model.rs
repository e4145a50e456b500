//! Claims against a bucket that counts in fractions of a call, and against one that remembers every call.

use proptest::prelude::*;

use super::*;

#[derive(Clone, Copy, Debug)]
enum Step {
    Take { calls: u32 },
    Wait { calls: u32, most: u64 },
    GiveBack,
    Shut { nanos: u64 },
    Drain,
    Pass { nanos: u64 },
}

fn step() -> impl Strategy<Value = Step> {
    let nanos = || prop_oneof![Just(0), 1..1_000_u64, 1..S, 1..20 * S];
    let calls = || prop_oneof![4 => Just(1), 1 => 0..12_u32];
    prop_oneof![
        6 => calls().prop_map(|calls| Step::Take { calls }),
        4 => (calls(), nanos()).prop_map(|(calls, most)| Step::Wait { calls, most }),
        1 => Just(Step::GiveBack),
        1 => nanos().prop_map(|nanos| Step::Shut { nanos }),
        1 => Just(Step::Drain),
        6 => nanos().prop_map(|nanos| Step::Pass { nanos }),
    ]
}

/// The moments at which calls passed, one for each.
#[derive(Debug, Default)]
struct Passed(Vec<u64>);

impl Passed {
    fn add(&mut self, calls: u32, at: u64) {
        self.0.extend((0..calls).map(|_| at));
    }

    /// Whether in some span of time more passed than the burst and the rate allow.
    fn is_too_many(&mut self, interval: u64, burst: u32) -> bool {
        self.0.sort_unstable();
        let burst = u64::from(burst);
        let ends = self.0.iter().zip(0_u64..);
        ends.clone().any(|(start, first)| {
            let later = ends.clone().skip(usize::try_from(first).expect("few"));
            later.into_iter().any(|(end, last)| last - first + 1 > burst + (end - start) / interval)
        })
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn in_no_span_of_time_more_pass_than_burst_and_rate(
        calls in 1..50_u32,
        period in 1_000..10 * S,
        burst in 1..10_u32,
        steps in prop::collection::vec(step(), 0..60),
    ) {
        let bucket = Bucket::new(Rate::per(Duration::from_nanos(period), calls), burst);
        let interval = period.div_ceil(u64::from(calls));
        let (mut now, mut passed, mut last) = (0, Passed::default(), None);
        for step in steps {
            match step {
                Step::Take { calls } => {
                    let room = available(&bucket, now);
                    let taken = take(&bucket, calls, now);
                    prop_assert_eq!(taken.is_ok(), calls == 0 || calls <= room);
                    if taken.is_ok() {
                        passed.add(calls, now);
                    }
                    last = None;
                }
                Step::Wait { calls, most } => {
                    if let Ok(turn) = bucket.take(calls, at(now), at(now + most)) {
                        prop_assert!(turn.due.0 - now <= most);
                        passed.add(calls, turn.due.0);
                        last = Some((turn, calls));
                    }
                }
                Step::GiveBack => if let Some((turn, calls)) = last.take().filter(|(turn, _)| turn.due.0 > now) {
                    bucket.give_back(turn);
                    // It is the last but for those that pass at the same moment, which are worth as much.
                    for _ in 0..calls {
                        let given = passed.0.iter().rposition(|at| *at == turn.due.0).expect("it was added");
                        passed.0.remove(given);
                    }
                },
                Step::Shut { nanos } => {
                    bucket.shut(at(now + nanos));
                    prop_assert!(nanos == 0 || available(&bucket, now + nanos - 1) == 0);
                    last = None;
                }
                Step::Drain => {
                    let room = available(&bucket, now);
                    prop_assert_eq!(bucket.drain(at(now)), room);
                    prop_assert_eq!(available(&bucket, now), 0);
                    last = None;
                }
                Step::Pass { nanos } => now += nanos,
            }
        }
        prop_assert!(!passed.is_too_many(interval, burst), "{:?}", passed);
    }

    #[test]
    fn a_change_of_the_rate_keeps_what_was_taken_in_calls(
        rates in prop::collection::vec(1..1_000_000_u32, 1..20),
        taken in 0..100_u32,
        now in 1..S,
    ) {
        let bucket = Bucket::new(Rate::per_second(rates[0]), 100);
        take(&bucket, taken, now).ok();
        for rate in rates {
            bucket.set(at(now), None, |_, burst| (Rate::per_second(rate), burst));
            let left = available(&bucket, now);
            prop_assert!(left <= 100 - taken && left + 1 >= 100 - taken, "{left} of {}", 100 - taken);
        }
    }
}
