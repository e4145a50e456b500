//! Claims against figures that are counted nanosecond by nanosecond.

use proptest::prelude::*;
use proptest::sample::Index;

use super::*;
use crate::state::history::Standing::{OnTrial, Out, Up};

/// A change as it was told.
#[derive(Clone, Copy, Debug)]
struct Change {
    at: u64,
    to: Standing,
    is_by_hand: bool,
}

/// Changes that the diagram of a circuit allows, each a while after the one before.
fn changes() -> impl Strategy<Value = Vec<Change>> {
    let step = (1..30_u64, any::<Index>(), 1..40_u64);
    (0..100_u64, prop::collection::vec(step, 0..40)).prop_map(|(born, steps)| {
        let (mut at, mut standing) = (born, Up);
        steps
            .into_iter()
            .map(|(after, choice, open_for)| {
                at += after;
                let open = down(at + open_for);
                let (to, is_by_hand) = match standing {
                    Up => *choice.get(&[(open, false), (open, false), (Out, true)]),
                    Standing::Down { .. } => {
                        *choice.get(&[(OnTrial, false), (OnTrial, false), (Up, true), (Out, true)])
                    }
                    OnTrial => *choice.get(&[(Up, false), (open, false), (Up, true), (Out, true)]),
                    Out => *choice.get(&[(Up, true), (Out, true)]),
                };
                standing = to;
                Change { at, to, is_by_hand }
            })
            .collect()
    })
}

fn told(number: usize, change: &Change) -> Record<usize> {
    let Change { at, to, is_by_hand } = *change;
    record(at, Turn { is_by_hand, ..turn(number as u64, to) }, number)
}

/// How it stood in the nanosecond from `at` on.
fn standing(changes: &[Change], at: u64) -> Standing {
    changes.iter().rev().find(|change| change.at <= at).map_or(Up, |change| change.to)
}

fn fails(standing: Standing) -> bool {
    matches!(standing, Standing::Down { .. } | OnTrial)
}

fn is_down(changes: &[Change], at: u64) -> bool {
    match standing(changes, at) {
        Standing::Down { until } => at < until.0,
        other => other == OnTrial,
    }
}

/// The numbers from `from` to `now`, by looking at each nanosecond.
fn naive(changes: &[Change], from: u64, now: u64) -> [u64; 6] {
    let count = |begin: u64, end: u64, is: &dyn Fn(u64) -> bool| (begin..end).filter(|at| is(*at)).count() as u64;
    let begins = changes.iter().enumerate().filter(|(number, change)| {
        fails(change.to) && !number.checked_sub(1).is_some_and(|before| fails(changes[before].to))
    });
    let failures = begins.map(|(number, begin)| {
        let end = changes[number..].iter().find(|change| !fails(change.to)).map_or(u64::MAX, |change| change.at);
        (begin.at, end)
    });
    let inside: Vec<_> = failures.filter(|(begin, end)| *end > from || *begin >= from).collect();
    let longest = inside.iter().map(|(begin, end)| count(from.max(*begin), now.min(*end), &|at| is_down(changes, at)));
    let pairs = changes.windows(2).filter(|pair| pair[0].to == OnTrial && pair[1].at > from);
    let (restored, reopened) = (
        pairs.clone().filter(|pair| pair[1].to == Up && !pair[1].is_by_hand).count(),
        pairs.filter(|pair| matches!(pair[1].to, Standing::Down { .. })).count(),
    );
    [
        count(from, now, &|at| standing(changes, at) == Up),
        count(from, now, &|at| is_down(changes, at)),
        longest.max().unwrap_or(0),
        inside.len() as u64,
        restored as u64,
        reopened as u64,
    ]
}

proptest! {
    #[test]
    fn figures_are_those_of_each_nanosecond(changes in changes(), window in 1..900_u64, later in 0..50_u64) {
        let now = changes.last().map_or(100, |change| change.at) + later;
        let mut history = History::new(Nanos(0), MANY);
        changes.iter().enumerate().for_each(|(number, change)| history.keep(told(number, change)));
        prop_assert_eq!(numbers(history.sums(None, Nanos(now))), naive(&changes, 0, now));
        let over = numbers(history.sums(Some(Nanos(window)), Nanos(now)));
        prop_assert_eq!(over, naive(&changes, now.saturating_sub(window), now));
    }

    #[test]
    fn what_is_forgotten_stays_in_the_figures(changes in changes(), capacity in 0..10_usize, window in 1..900_u64) {
        let now = changes.last().map_or(100, |change| change.at) + 10;
        let mut history = History::new(Nanos(0), capacity);
        changes.iter().enumerate().for_each(|(number, change)| history.keep(told(number, change)));
        prop_assert!(history.records().len() <= capacity);
        prop_assert_eq!(numbers(history.sums(None, Nanos(now))), naive(&changes, 0, now));
        let forgotten = changes.len().saturating_sub(capacity).checked_sub(1).map_or(0, |last| changes[last].at);
        if window < now {
            let over = numbers(history.sums(Some(Nanos(window)), Nanos(now)));
            prop_assert_eq!(over, naive(&changes, (now - window).max(forgotten), now));
        }
    }

    #[test]
    fn the_order_in_which_changes_are_told_is_all_the_same(
        (changes, order) in changes().prop_flat_map(|changes| {
            let numbers: Vec<_> = (0..changes.len()).collect();
            (Just(changes), Just(numbers).prop_shuffle())
        })
    ) {
        let mut history = History::new(Nanos(0), MANY);
        for number in order {
            history.keep(told(number, &changes[number]));
        }
        prop_assert_eq!(whats(&history), (0..changes.len()).collect::<Vec<_>>());
        let times: Vec<_> = history.records().iter().map(|record| record.at.0).collect();
        prop_assert_eq!(times, changes.iter().map(|change| change.at).collect::<Vec<_>>());
        prop_assert_eq!(numbers(history.sums(None, Nanos(10_000))), naive(&changes, 0, 10_000));
    }

    #[test]
    fn the_failures_that_are_told_are_those_that_are_counted(changes in changes(), later in 0..50_u64) {
        let now = Nanos(changes.last().map_or(100, |change| change.at) + later);
        let mut history = History::new(Nanos(0), MANY);
        changes.iter().enumerate().for_each(|(number, change)| history.keep(told(number, change)));
        let (failures, sums) = (history.failures(Counted::default(), now), history.sums(None, now));
        prop_assert_eq!(failures.len() as u64, sums.failures);
        prop_assert_eq!(failures.iter().map(|failed| failed.lasted.0).sum::<u64>(), sums.downtime.0);
    }
}
