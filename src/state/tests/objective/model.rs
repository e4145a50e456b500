//! A model of an objective: a list of all calls.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

/// When each call came, in steps.
#[derive(Default)]
struct Naive(Vec<(u64, Call)>);

impl Naive {
    /// The calls of the bucket of now and of those before it that make up the window.
    fn asked(&self, indicator: Indicator, window: u64, now: u64) -> Asked {
        let width = if window > HOUR { 30 } else { 1 };
        let is_held = |step: u64| step / width + window / width > now / width;
        let held = self.0.iter().filter(|(step, _)| is_held(*step)).map(|(_, call)| *call);
        let held: Vec<_> = held.filter(|call| indicator == Indicator::Availability || *call != Call::Bad).collect();
        let bad = if indicator == Indicator::Availability { Call::Bad } else { Call::Slow };
        Asked { calls: held.len() as u64, bad: held.iter().filter(|call| **call == bad).count() as u64 }
    }

    /// Whether an alert fires: by the page of the workbook, in floating point.
    #[expect(clippy::cast_precision_loss, reason = "the counts are small")]
    fn is_firing(&self, rules: &Rules, (indicator, target): (Indicator, f64), number: usize, now: u64) -> bool {
        let (share, long, short) =
            [(0.02, 360, 30), (0.05, 2_160, 180), (0.1, 8_640, 720), (0.1, 25_920, 2_160)][number];
        let threshold = share * rules.period as f64 / long as f64;
        let [long, short] = [long, short].map(|window| self.asked(indicator, window, now));
        // No row is so near to its threshold that rounding decides.
        let burns = |asked: Asked| asked.bad as f64 / asked.calls as f64 / (1.0 - target) >= threshold - 1e-6;
        long.bad >= rules.min_bad && burns(long) && burns(short)
    }

    fn is_failing(&self, rules: &Rules, targets: [f64; 2], now: u64) -> bool {
        let each = Indicator::ALL.into_iter().zip(targets);
        each.into_iter().any(|of| (0..2).any(|page| self.is_firing(rules, of, page, now)))
    }
}

/// How long to wait, in steps, and which calls come then.
fn events() -> impl Strategy<Value = Vec<(u64, Call, u8)>> {
    let wait = prop_oneof![6 => 0..3_u64, 3 => 0..400_u64, 1 => 0..30_000_u64];
    let call = prop_oneof![2 => Just(Call::Bad), 2 => Just(Call::Slow), 5 => Just(Call::Fast)];
    vec((wait, call, 1..20_u8), 1..60)
}

const TARGETS: [f64; 2] = [0.97, 0.96];

fn rules() -> Rules {
    Rules { targets: TARGETS.map(Target::new), period: 5 * STEPS_PER_DAY, min_bad: 3 }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn windows_and_alerts_are_those_of_a_list_of_all_calls(events in events()) {
        let (mut objective, mut naive, rules) = (Objective::new(rules()), Naive::default(), rules());
        for (wait, call, times) in events {
            objective.step += wait;
            objective.record(call, times.into());
            naive.0.extend((0..times).map(|_| (objective.step, call)));
            let now = objective.step;
            for (indicator, share) in Indicator::ALL.into_iter().zip(TARGETS) {
                let seen = objective.seen(indicator);
                for (window, asked) in BurnWindow::ALL.into_iter().zip(seen.windows) {
                    prop_assert_eq!(asked, naive.asked(indicator, window.steps(), now), "{:?} at {}", window, now);
                }
                prop_assert_eq!(seen.asked, naive.asked(indicator, rules.period, now));
                let firing = [0, 1, 2, 3].map(|number| naive.is_firing(&rules, (indicator, share), number, now));
                prop_assert_eq!(seen.firing, firing, "{:?} at {}", indicator, now);
            }
        }
    }

    /// Nobody looks but the first call of each step.
    #[test]
    fn failures_are_those_of_a_look_at_each_step(events in vec((0..400_u64, 1..4_u64, 0..20_u64), 1..12)) {
        let (mut objective, mut naive, rules) = (Objective::new(rules()), Naive::default(), rules());
        let mut failing = vec![false];
        for (wait, bad, fast) in events {
            for step in objective.step + 1..=objective.step + wait + 1 {
                failing.push(naive.is_failing(&rules, TARGETS, step));
            }
            objective.step += wait + 1;
            objective.record(Call::Bad, bad);
            objective.record(Call::Fast, fast);
            naive.0.extend((0..bad).map(|_| (objective.step, Call::Bad)));
            naive.0.extend((0..fast).map(|_| (objective.step, Call::Fast)));
        }
        let noted = objective.failures();
        let is_noted = |step: u64| noted.iter().any(|[began, ended]| (*began..*ended).contains(&step));
        // The one that goes on at the last step has taken no time in it.
        for (step, is_failing) in (0..).zip(&failing[..failing.len() - 1]) {
            prop_assert_eq!(is_noted(step), *is_failing, "at {}: {:?}", step, noted);
        }
    }
}
