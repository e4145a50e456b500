//! Claims against a budget that counts each part at once.

use proptest::prelude::*;

use super::{SECOND, START, deposit, empty};
use crate::state::budget::Tokens;
use crate::time::Nanos;

#[derive(Clone, Copy, Debug)]
enum Step {
    Deposit { times: usize },
    Withdraw,
    GiveBack,
    Look,
    Pass { nanos: u64 },
    GoBack { nanos: u64 },
}

fn step() -> impl Strategy<Value = Step> {
    let nanos = || {
        prop_oneof![
            Just(0_u64),
            1..2_000_u64,
            1..3 * SECOND,
            1..1_000 * SECOND,
            1..100 * 3_600 * SECOND,
            u64::MAX - 9..=u64::MAX
        ]
    };
    prop_oneof![
        4 => (1..20_usize).prop_map(|times| Step::Deposit { times }),
        6 => Just(Step::Withdraw),
        1 => Just(Step::GiveBack),
        2 => Just(Step::Look),
        4 => nanos().prop_map(|nanos| Step::Pass { nanos }),
        1 => nanos().prop_map(|nanos| Step::GoBack { nanos }),
    ]
}

/// Counts in billionths of a millionth of a token, and does everything at once.
struct Model {
    capacity: u128,
    per_call: u128,
    per_nano: u128,
    balance: u128,
    /// The latest time that was seen.
    latest: u64,
}

impl Model {
    const TOKEN: u128 = 1_000_000_000_000_000;

    fn gain(&mut self, amount: u128) {
        self.balance = (self.balance + amount).min(self.capacity);
    }

    fn pass(&mut self, now: Nanos) {
        self.gain(u128::from(now.0.saturating_sub(self.latest)) * self.per_nano);
        self.latest = self.latest.max(now.0);
    }

    fn withdraw(&mut self) -> bool {
        let enough = self.balance >= Self::TOKEN;
        self.balance -= if enough { Self::TOKEN } else { 0 };
        enough
    }
}

/// A number of millionths, and the tokens that it is.
fn millionths(most: u32) -> impl Strategy<Value = (u32, f64)> {
    (0..=most).prop_map(|millionths| (millionths, f64::from(millionths) / 1e6))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn tokens_are_what_was_deposited_less_what_was_withdrawn(
        capacity in 1..12_u32,
        (in_call, per_call) in millionths(2_000_000),
        (in_second, per_second) in millionths(20_000_000),
        steps in prop::collection::vec(step(), 0..100),
    ) {
        let tokens = Tokens::new(capacity, per_call, per_second);
        let capacity = u128::from(capacity) * Model::TOKEN;
        let (per_call, per_nano) = (u128::from(in_call) * 1_000_000_000, u128::from(in_second));
        let mut model = Model { capacity, per_call, per_nano, balance: capacity, latest: 0 };
        let (mut now, mut spent) = (Nanos(0), 0_u32);
        for step in steps {
            match step {
                Step::Deposit { times } => {
                    deposit(&tokens, times);
                    (0..times).for_each(|_| model.gain(model.per_call));
                }
                Step::Withdraw => {
                    model.pass(now);
                    let taken = model.withdraw();
                    spent += u32::from(taken);
                    prop_assert_eq!(tokens.withdraw(now), taken);
                }
                Step::GiveBack if spent == 0 => {}
                Step::GiveBack => {
                    spent -= 1;
                    tokens.give_back();
                    model.gain(Model::TOKEN);
                }
                Step::Look => {
                    model.pass(now);
                    prop_assert_eq!(u128::from(tokens.available(now)), model.balance / Model::TOKEN);
                }
                Step::Pass { nanos } => now = now.saturating_add(Nanos(nanos)),
                Step::GoBack { nanos } => now = now.saturating_sub(Nanos(nanos)),
            }
        }
    }

    #[test]
    fn a_sum_of_thousandths_is_exact(thousandths in 0..=2_000_u32, calls in 0..2_000_u32) {
        let tokens = empty(1_000, f64::from(thousandths) / 1e3, 0.0);
        (0..calls).for_each(|_| tokens.deposit());
        prop_assert_eq!(tokens.available(START), u64::from(calls * thousandths / 1_000).min(1_000));
    }

    #[test]
    fn time_gains_the_same_however_often_it_is_read(
        (in_second, per_second) in millionths(100_000_000),
        readings in prop::collection::vec(1..100_000_000_u64, 0..100),
    ) {
        let tokens = empty(500, 0.0, per_second);
        let mut now = 0;
        for passed in readings {
            now += passed;
            let gained = u128::from(now) * u128::from(in_second) / Model::TOKEN;
            prop_assert_eq!(u128::from(tokens.available(Nanos(now))), gained.min(500));
        }
    }
}
