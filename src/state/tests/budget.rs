//! Claims about what retries may spend.

use std::{
    sync::atomic::{AtomicU64, Ordering::SeqCst},
    thread,
};

use proptest::prelude::*;

use crate::{state::budget::Tokens, time::Nanos};

const START: Nanos = Nanos(0);
const SECOND: u64 = 1_000_000_000;

/// Takes all there are, and tells how many that was.
fn drain(tokens: &Tokens, now: Nanos) -> u64 {
    std::iter::repeat_with(|| tokens.withdraw(now)).take_while(|taken| *taken).map(u64::from).sum()
}

fn empty(capacity: u32, per_call: f64, per_second: f64) -> Tokens {
    let tokens = Tokens::new(capacity, per_call, per_second);
    assert_eq!(drain(&tokens, START), u64::from(capacity));
    tokens
}

fn deposit(tokens: &Tokens, times: usize) {
    (0..times).for_each(|_| tokens.deposit());
}

#[test]
fn a_budget_starts_full() {
    let tokens = Tokens::new(100, 0.2, 10.0);
    assert_eq!(tokens.available(START), 100);
    assert_eq!(drain(&tokens, START), 100);
}

#[test]
fn a_budget_of_one_holds_one() {
    let tokens = Tokens::new(1, 0.0, 0.0);
    assert!(tokens.withdraw(START));
    assert!(!tokens.withdraw(START));
}

#[test]
fn the_greatest_budget_starts_full() {
    assert_eq!(Tokens::new(u32::MAX, 0.2, 10.0).available(START), u64::from(u32::MAX));
}

#[test]
fn a_withdrawal_takes_exactly_one() {
    let tokens = Tokens::new(3, 0.0, 0.0);
    assert!(tokens.withdraw(START));
    assert_eq!(tokens.available(START), 2);
}

#[test]
fn looking_takes_nothing() {
    let tokens = Tokens::new(3, 0.0, 0.0);
    assert_eq!((tokens.available(START), tokens.available(START)), (3, 3));
}

#[test]
fn a_withdrawal_that_is_refused_takes_nothing() {
    let tokens = empty(2, 0.5, 0.0);
    deposit(&tokens, 1);
    assert!(!tokens.withdraw(START));
    deposit(&tokens, 1);
    assert!(tokens.withdraw(START));
}

#[test]
fn five_times_a_fifth_is_one_token() {
    let tokens = empty(100, 0.2, 0.0);
    deposit(&tokens, 4);
    assert!(!tokens.withdraw(START));
    deposit(&tokens, 1);
    assert!(tokens.withdraw(START));
    assert!(!tokens.withdraw(START));
}

#[test]
fn a_million_millionths_are_one_token() {
    let tokens = empty(2, 1e-6, 0.0);
    deposit(&tokens, 999_999);
    assert!(!tokens.withdraw(START));
    deposit(&tokens, 1);
    assert_eq!(drain(&tokens, START), 1);
}

#[test]
fn a_ratio_finer_than_a_millionth_is_rounded_to_one() {
    let (up, down) = (empty(2, 0.000_000_6, 0.0), empty(2, 0.000_000_4, 0.0));
    deposit(&up, 1_000_000);
    deposit(&down, 1_000_000);
    assert_eq!((drain(&up, START), drain(&down, START)), (1, 0));
}

#[test]
fn a_ratio_of_zero_gains_nothing() {
    let tokens = empty(100, 0.0, 0.0);
    deposit(&tokens, 10_000);
    assert!(!tokens.withdraw(START));
}

#[test]
fn a_ratio_above_one_gains_several_at_once() {
    let tokens = empty(10_000, 1_000.0, 0.0);
    deposit(&tokens, 3);
    assert_eq!(drain(&tokens, START), 3_000);
}

#[test]
fn looking_between_deposits_loses_no_part() {
    let tokens = empty(100, 0.3, 0.0);
    for calls in 1..=100 {
        deposit(&tokens, 1);
        assert_eq!(tokens.available(START), calls * 3 / 10);
    }
}

#[test]
fn deposits_stop_at_the_capacity() {
    let tokens = empty(5, 1.0, 0.0);
    deposit(&tokens, 1_000);
    assert_eq!(drain(&tokens, START), 5);
}

#[test]
fn what_was_deposited_above_the_capacity_is_gone() {
    let tokens = Tokens::new(5, 1.0, 0.0);
    deposit(&tokens, 10);
    assert_eq!(drain(&tokens, START), 5);
    assert_eq!(tokens.available(START), 0);
}

#[test]
fn a_part_of_a_token_above_the_capacity_is_gone() {
    let tokens = Tokens::new(1, 0.5, 0.0);
    deposit(&tokens, 1);
    assert!(tokens.withdraw(START));
    deposit(&tokens, 1);
    assert!(!tokens.withdraw(START));
}

#[test]
fn time_gains_a_token_at_the_nanosecond_when_it_is_due() {
    let tokens = empty(100, 0.0, 10.0);
    assert!(!tokens.withdraw(Nanos(SECOND / 10 - 1)));
    assert!(tokens.withdraw(Nanos(SECOND / 10)));
    assert!(!tokens.withdraw(Nanos(SECOND / 5 - 1)));
    assert!(tokens.withdraw(Nanos(SECOND / 5)));
}

#[test]
fn time_gains_evenly_within_the_second() {
    let tokens = empty(100, 0.0, 10.0);
    let available = |tenths| tokens.available(Nanos(SECOND / 10 * tenths));
    assert_eq!((0..=10).map(available).collect::<Vec<_>>(), (0..=10).collect::<Vec<_>>());
}

#[test]
fn reading_at_every_nanosecond_loses_nothing() {
    let tokens = empty(100, 0.0, 333_333.333_333);
    for now in 0..=40_000 {
        assert_eq!(tokens.available(Nanos(now)), now * 333_333_333_333 / 1_000_000_000_000_000);
    }
}

#[test]
fn withdrawing_at_every_nanosecond_loses_nothing() {
    let tokens = empty(100, 0.0, 333_333.333_333);
    let taken: u64 = (0..=40_000).map(|now| u64::from(tokens.withdraw(Nanos(now)))).sum();
    assert_eq!(taken, 40_000 * 333_333_333_333 / 1_000_000_000_000_000);
}

#[test]
fn a_millionth_a_second_is_a_token_after_a_million_seconds() {
    let tokens = empty(1, 0.0, 1e-6);
    assert!(!tokens.withdraw(Nanos(1_000_000 * SECOND - 1)));
    assert!(tokens.withdraw(Nanos(1_000_000 * SECOND)));
}

#[test]
fn nothing_a_second_gains_nothing_ever() {
    let tokens = empty(5, 0.0, 0.0);
    assert!(!tokens.withdraw(Nanos::MAX));
}

#[test]
fn time_and_calls_add_up() {
    let tokens = empty(5, 0.25, 1.0);
    deposit(&tokens, 3);
    assert!(!tokens.withdraw(Nanos(SECOND / 4 - 1)));
    assert!(tokens.withdraw(Nanos(SECOND / 4)));
}

#[test]
fn time_stops_at_the_capacity() {
    let tokens = empty(5, 0.0, 10.0);
    assert_eq!(drain(&tokens, Nanos(60 * SECOND)), 5);
}

#[test]
fn a_full_budget_saves_no_time() {
    let tokens = Tokens::new(1, 0.0, 1.0);
    let taken = 10 * SECOND;
    assert!(tokens.withdraw(Nanos(taken)));
    assert!(!tokens.withdraw(Nanos(taken + SECOND - 1)));
    assert!(tokens.withdraw(Nanos(taken + SECOND)));
}

/// Less than a millionth of a token is more than the capacity, too.
#[test]
fn a_full_budget_saves_not_even_the_smallest_part() {
    let tokens = Tokens::new(1, 0.0, 1.0);
    let taken = 999;
    assert!(tokens.withdraw(Nanos(taken)));
    assert!(!tokens.withdraw(Nanos(taken + SECOND - 1)));
    assert!(tokens.withdraw(Nanos(taken + SECOND)));
}

#[test]
fn a_budget_filled_by_what_is_given_back_saves_not_even_the_smallest_part() {
    let tokens = empty(1, 0.0, 1.0);
    assert!(!tokens.withdraw(Nanos(999)));
    tokens.give_back();
    assert!(tokens.withdraw(Nanos(999)));
    assert!(!tokens.withdraw(Nanos(999 + SECOND - 1)));
    assert!(tokens.withdraw(Nanos(999 + SECOND)));
}

#[test]
fn a_clock_that_stands_still_gains_nothing() {
    let tokens = empty(5, 0.0, 10.0);
    let now = Nanos(SECOND / 10);
    assert!(tokens.withdraw(now));
    assert!((0..1_000).all(|_| !tokens.withdraw(now)));
}

#[test]
fn a_clock_that_goes_back_gains_nothing() {
    let tokens = empty(50, 0.0, 10.0);
    assert_eq!(drain(&tokens, Nanos(SECOND)), 10);
    assert_eq!(drain(&tokens, Nanos(SECOND / 2)), 0);
    assert_eq!(drain(&tokens, START), 0);
}

#[test]
fn time_that_is_seen_twice_gains_once() {
    let tokens = empty(50, 0.0, 10.0);
    assert_eq!(drain(&tokens, Nanos(SECOND)), 10);
    assert_eq!(drain(&tokens, Nanos(SECOND / 2)), 0);
    assert_eq!(drain(&tokens, Nanos(SECOND)), 0);
    assert_eq!(drain(&tokens, Nanos(SECOND + SECOND / 10)), 1);
}

#[test]
fn a_clock_that_jumps_to_the_end_fills_to_the_capacity() {
    let tokens = empty(7, 0.0, 0.5);
    assert_eq!(drain(&tokens, Nanos::MAX), 7);
    assert!(!tokens.withdraw(Nanos::MAX));
}

#[test]
fn the_greatest_gains_over_the_longest_time_fill_the_greatest_budget() {
    let tokens = Tokens::new(u32::MAX, 1_000.0, 1_000_000.0);
    assert!(tokens.withdraw(START));
    deposit(&tokens, 1_000);
    assert_eq!(tokens.available(Nanos::MAX), u64::from(u32::MAX));
}

#[test]
fn the_greatest_gain_over_the_longest_time_does_not_overflow() {
    let tokens = empty(100_000, 0.0, 1_000_000.0);
    assert_eq!(tokens.available(Nanos::MAX), 100_000);
}

#[test]
fn calls_still_deposit_at_the_end_of_time() {
    let tokens = Tokens::new(1, 1.0, 1.0);
    assert_eq!(drain(&tokens, Nanos::MAX), 1);
    deposit(&tokens, 1);
    assert_eq!(drain(&tokens, Nanos::MAX), 1);
}

#[test]
fn a_token_that_is_given_back_can_be_withdrawn_again() {
    let tokens = empty(2, 0.0, 0.0);
    tokens.give_back();
    assert_eq!(drain(&tokens, START), 1);
}

#[test]
fn giving_back_stops_at_the_capacity() {
    let tokens = Tokens::new(2, 1.0, 0.0);
    assert!(tokens.withdraw(START));
    deposit(&tokens, 1);
    assert_eq!(tokens.available(START), 2);
    tokens.give_back();
    assert_eq!(drain(&tokens, START), 2);
}

#[test]
fn giving_back_to_the_greatest_budget_stops_at_the_capacity() {
    let tokens = Tokens::new(u32::MAX, 0.0, 0.0);
    tokens.give_back();
    assert_eq!(tokens.available(START), u64::from(u32::MAX));
}

#[test]
fn giving_back_loses_no_deposit_that_was_not_yet_counted() {
    let tokens = empty(10, 0.5, 0.0);
    deposit(&tokens, 3);
    tokens.give_back();
    deposit(&tokens, 1);
    assert_eq!(drain(&tokens, START), 3);
}

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
    let nanos = || prop_oneof![1..2_000_u64, 1..3 * SECOND, 1..1_000 * SECOND];
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

/// Runs it on so many threads at once, and adds up what they tell.
fn on_threads(threads: u64, run: impl Fn() -> u64 + Sync) -> u64 {
    let total = AtomicU64::new(0);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| total.fetch_add(run(), SeqCst));
        }
    });
    total.into_inner()
}

#[test]
fn under_threads_a_token_is_withdrawn_once() {
    let tokens = Tokens::new(1_000, 0.0, 0.0);
    assert_eq!(on_threads(4, || drain(&tokens, START)), 1_000);
}

#[test]
fn under_threads_no_deposit_is_lost() {
    let tokens = empty(10_000, 0.2, 0.0);
    // More threads than have a line of their own.
    on_threads(20, || {
        deposit(&tokens, 1_000);
        0
    });
    assert_eq!(tokens.available(START), 4_000);
}

#[test]
fn under_threads_all_that_is_deposited_and_no_more_is_handed_out() {
    let tokens = empty(10_000, 0.2, 0.0);
    let taken = on_threads(4, || {
        let call = |_| {
            tokens.deposit();
            u64::from(tokens.withdraw(START))
        };
        (0..2_000).map(call).sum()
    });
    assert_eq!(taken + drain(&tokens, START), 4 * 2_000 / 5);
}

#[test]
fn under_threads_time_that_several_see_gains_once() {
    let tokens = empty(10_000, 0.0, 1_000_000.0);
    let taken = on_threads(4, || (1..=5_000).map(|now| u64::from(tokens.withdraw(Nanos(now)))).sum());
    assert_eq!(taken + drain(&tokens, Nanos(5_000)), 5);
}

#[test]
fn under_threads_no_more_is_handed_out_than_deposits_and_the_reserve() {
    let tokens = Tokens::new(3, 0.2, 0.0);
    let taken = on_threads(4, || {
        let call = |_| {
            tokens.deposit();
            u64::from(tokens.withdraw(START))
        };
        (0..2_000).map(call).sum()
    });
    assert!(taken <= 3 + 4 * 2_000 / 5, "{taken} handed out");
}

#[test]
fn under_threads_giving_back_restores_all() {
    let tokens = Tokens::new(2, 0.0, 0.0);
    on_threads(4, || {
        for _ in 0..2_000 {
            if tokens.withdraw(START) {
                tokens.give_back();
            }
        }
        0
    });
    assert_eq!(drain(&tokens, START), 2);
}
