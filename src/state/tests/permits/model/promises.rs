//! Claims about any steps in any order.

use proptest::prelude::*;

use super::{Pair, Place, Step};
use crate::state::criticality::Criticality;
use crate::state::tests::permits::enter_all;
use crate::time::Nanos;

fn left() -> impl Strategy<Value = Nanos> {
    prop_oneof![3 => (0..10_u64).prop_map(Nanos), 1 => Just(Nanos::MAX)]
}

fn class() -> impl Strategy<Value = Criticality> {
    prop::sample::select(Criticality::IN_ORDER.as_slice())
}

/// All places for all, shares that fall with the class, and any.
fn shares() -> impl Strategy<Value = [u32; Criticality::COUNT]> {
    let falling = prop::array::uniform4(1..=10_u32).prop_map(|mut shares| {
        shares.sort_unstable();
        shares
    });
    prop_oneof![1 => Just([10; Criticality::COUNT]), 2 => falling, 1 => prop::array::uniform4(1..=10_u32)]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => class().prop_map(|class| Step::TryEnter { class }),
        6 => (class(), 0..6_usize, left()).prop_map(|(class, max_queue, left)| Step::Join { class, max_queue, left }),
        4 => (0..8_usize, left()).prop_map(|(whose, left)| Step::Hold { whose, left }),
        4 => (0..8_usize).prop_map(|whose| Step::Leave { whose }),
        3 => (0..8_usize).prop_map(|whose| Step::Poll { whose }),
        3 => (0..8_usize).prop_map(|whose| Step::Cancel { whose }),
        1 => prop_oneof![4 => 0..5_usize, 1 => Just(usize::MAX)].prop_map(|limit| Step::Resize { limit }),
        2 => Just(Step::Grant),
        2 => (0..10_u64).prop_map(|time| Step::Pass { time: Nanos(time) }),
        2 => Just(Step::TakeBack),
    ]
}

impl Pair {
    /// As a caller does who finds no place.
    fn make_room(&mut self) {
        let now = self.now;
        while self.places().any(|place| *place != Place::TakenBack && !place.counts(now)) {
            self.take(Step::TakeBack);
            self.grant_all();
        }
    }

    fn grant_all(&mut self) {
        while self.leaves_one_waiting() {
            self.take(Step::Grant);
        }
    }

    /// Whether somebody waits who may enter.
    fn leaves_one_waiting(&mut self) -> bool {
        let waiting: Vec<_> = self.queue().collect();
        waiting.into_iter().any(|(_, class)| self.has_room(class))
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn permits_are_a_queue_a_counter_and_deadlines(
        limit in 0..6_usize,
        shares in shares(),
        steps in prop::collection::vec(step(), 0..80),
    ) {
        let mut pair = Pair::new(limit, shares);
        pair.take_all(steps);
    }

    #[test]
    fn nobody_waits_while_its_share_is_free(
        limit in 0..6_usize,
        shares in shares(),
        steps in prop::collection::vec(step(), 0..80),
    ) {
        let mut pair = Pair::new(limit, shares);
        for step in steps {
            pair.take(step);
            if matches!(step, Step::Resize { .. } | Step::TakeBack) {
                pair.grant_all();
            }
            prop_assert!(!pair.leaves_one_waiting());
        }
    }

    #[test]
    fn who_makes_room_leaves_no_late_call_with_a_place(
        limit in 0..6_usize,
        shares in shares(),
        steps in prop::collection::vec(step(), 0..80),
    ) {
        let mut pair = Pair::new(limit, shares);
        pair.take_all(steps);
        pair.grant_all();
        pair.make_room();
        let now = pair.now;
        prop_assert!(!pair.permits.take_back(now));
        prop_assert!(!pair.leaves_one_waiting());
    }

    #[test]
    fn no_more_are_in_time_than_the_limit(
        limit in 0..6_usize,
        shares in shares(),
        steps in prop::collection::vec(step(), 0..80),
    ) {
        let mut pair = Pair::new(limit, shares);
        for step in steps {
            if !matches!(step, Step::Resize { .. }) {
                pair.take(step);
            }
            prop_assert!(pair.permits.in_flight(pair.now) <= limit);
        }
    }

    #[test]
    fn when_everybody_has_gone_all_places_are_free(
        limit in 1..6_usize,
        steps in prop::collection::vec(step(), 0..80),
    ) {
        let mut pair = Pair::new(limit, [10; Criticality::COUNT]);
        pair.take_all(steps);
        while !pair.waiters.is_empty() {
            pair.take(Step::Cancel { whose: 0 });
        }
        while !pair.calls.is_empty() {
            pair.take(Step::Leave { whose: 0 });
        }
        pair.take(Step::Resize { limit });
        prop_assert_eq!(pair.permits.in_flight(Nanos(0)), 0);
        prop_assert_eq!(enter_all(&pair.permits), limit);
    }
}
