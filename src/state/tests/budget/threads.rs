//! Claims about threads that spend together.

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::SeqCst;
use std::thread;

use super::{START, deposit, drain, empty};
use crate::state::budget::Tokens;
use crate::time::Nanos;

/// Runs `run` on so many threads at once, and adds up what it returns.
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
fn under_threads_exactly_what_is_deposited_is_handed_out() {
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
fn under_threads_deposits_and_reserve_bound_what_is_handed_out() {
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
