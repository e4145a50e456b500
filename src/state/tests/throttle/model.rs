//! Claims against a list of all calls.

use proptest::prelude::*;

use super::*;
use crate::outcome::Outcome::{Ignored, Throttled, Transient};
use crate::state::draws::{Draws, fraction};

const SEED: u64 = 3;

#[derive(Clone, Copy, Debug)]
enum Step {
    Wait(u64),
    Enter(Criticality),
    End(Criticality, Outcome),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let wait = prop_oneof![4 => 1..40_u64, 2 => 80..120_u64, 1 => Just(WINDOW), 1 => Just(u64::MAX / 3)];
    let class =
        || prop_oneof![4 => Just(Critical), 1 => Just(Criticality::CriticalPlus), 1 => Just(Criticality::Sheddable)];
    let throttled = Throttled { retry_after: None };
    let outcome = prop_oneof![
        4 => Just(Success), 3 => Just(Failed), 1 => Just(Transient), 1 => Just(throttled), 1 => Just(Ignored)
    ];
    let step = prop_oneof![
        1 => wait.prop_map(Step::Wait),
        4 => class().prop_map(Step::Enter),
        4 => (class(), outcome).prop_map(|(class, outcome)| Step::End(class, outcome)),
    ];
    prop::collection::vec(step, 1..300)
}

/// Whether calls are looked at, and when one was last rejected.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Watch {
    Off,
    On,
    Since(u64),
}

struct Model {
    rules: Rules,
    /// When each call was counted, and whether the service took it.
    calls: [Vec<(u64, bool)>; Criticality::COUNT],
    watches: [Watch; Criticality::COUNT],
    draws: Draws,
}

impl Model {
    fn asked(&self, class: Criticality, now: u64) -> Asked {
        let held = self.calls[class as usize].iter().filter(|(at, _)| now / BUCKET - at / BUCKET < 2);
        let (requests, accepts) = held.fold((0, 0), |(all, taken), (_, is)| (all + 1, taken + u64::from(*is)));
        Asked { requests, accepts }
    }

    fn probability(&self, class: Criticality, now: u64) -> f64 {
        let Asked { requests, accepts } = self.asked(class, now);
        let [requests, accepts] = [requests, accepts].map(|count| f64::from(u32::try_from(count).expect("few")));
        ((requests - self.rules.k * accepts) / (requests + 1.0)).max(0.0).min(self.rules.max_rejection)
    }

    fn count(&mut self, class: Criticality, is_taken: bool, now: u64) {
        self.calls[class as usize].push((now, is_taken));
        let watch = &mut self.watches[class as usize];
        if !is_taken && *watch == Watch::Off && self.probability(class, now) > 0.0 {
            self.watches[class as usize] = Watch::On;
        }
    }

    /// Whether a call passes, and whether it is told that calls are rejected, or no more.
    fn enter(&mut self, class: Criticality, now: u64) -> (bool, Option<bool>) {
        let (watch, probability) = (self.watches[class as usize], self.probability(class, now));
        let rejects = watch != Watch::Off && probability > 0.0 && fraction(self.draws.draw()) < probability;
        if rejects {
            self.count(class, false, now);
            self.watches[class as usize] = Watch::Since(now);
            return (false, (watch == Watch::On).then_some(true));
        }
        let is_over = match watch {
            Watch::Off => false,
            Watch::On => true,
            Watch::Since(last) => now.saturating_sub(last) >= WINDOW,
        };
        if probability > 0.0 || !is_over {
            return (true, None);
        }
        self.watches[class as usize] = Watch::Off;
        (true, (watch != Watch::On).then_some(false))
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_throttle_rejects_what_the_list_of_all_calls_says(
        k in prop_oneof![Just(1.0), Just(1.5), Just(2.0), Just(10.0)],
        max_rejection in prop_oneof![Just(0.95), Just(0.5), Just(0.001)],
        steps in steps(),
    ) {
        let rules = Rules { k, max_rejection };
        let throttle = Throttle::new(rules, Nanos(WINDOW), 2, SEED);
        let draws = Draws::new(SEED);
        let mut model = Model { rules, calls: [const { Vec::new() }; 4], watches: [Watch::Off; 4], draws };
        let mut now = 0_u64;
        for step in steps {
            match step {
                Step::Wait(wait) => now = now.saturating_add(wait),
                Step::Enter(class) => {
                    let entered = throttle.enter(class, Nanos(now));
                    let told = entered.change.map(|change| change.rejects);
                    prop_assert_eq!((entered.passes, told), model.enter(class, now));
                }
                Step::End(class, outcome) => {
                    throttle.exit(class, outcome, Nanos(now));
                    if outcome != Ignored {
                        model.count(class, outcome == Success, now);
                    }
                }
            }
            for class in Criticality::IN_ORDER {
                let view = throttle.view(class, Nanos(now));
                prop_assert_eq!((view.asked, view.probability), (model.asked(class, now), model.probability(class, now)));
            }
        }
    }
}
