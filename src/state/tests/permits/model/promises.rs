//! Claims about any steps in any order.

use proptest::prelude::*;

use super::{Pair, Step};
use crate::state::tests::permits::enter_all;

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => Just(Step::TryEnter),
        6 => (0..6_usize).prop_map(|max_queue| Step::Join { max_queue }),
        4 => Just(Step::Leave),
        3 => (0..8_usize).prop_map(|whose| Step::Poll { whose }),
        3 => (0..8_usize).prop_map(|whose| Step::Cancel { whose }),
        1 => prop_oneof![4 => 0..5_usize, 1 => Just(usize::MAX)].prop_map(|limit| Step::Resize { limit }),
        2 => Just(Step::Grant),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn permits_are_a_queue_and_a_counter(limit in 0..4_usize, steps in prop::collection::vec(step(), 0..80)) {
        let mut pair = Pair::new(limit);
        pair.take_all(steps);
    }

    #[test]
    fn nobody_waits_while_a_place_is_free(limit in 0..4_usize, steps in prop::collection::vec(step(), 0..80)) {
        let mut pair = Pair::new(limit);
        for step in steps {
            pair.take(step);
            if matches!(step, Step::Resize { .. }) {
                while pair.model.in_flight < pair.model.limit && !pair.model.queue.is_empty() {
                    pair.take(Step::Grant);
                }
            }
            prop_assert!(pair.permits.queued() == 0 || pair.permits.in_flight() >= pair.permits.limit());
        }
    }

    #[test]
    fn when_everybody_has_gone_all_places_are_free(limit in 1..4_usize, steps in prop::collection::vec(step(), 0..80)) {
        let mut pair = Pair::new(limit);
        pair.take_all(steps);
        while !pair.waiters.is_empty() {
            pair.take(Step::Cancel { whose: 0 });
        }
        while pair.model.held > 0 {
            pair.take(Step::Leave);
        }
        pair.take(Step::Resize { limit });
        prop_assert_eq!(pair.permits.in_flight(), 0);
        prop_assert_eq!(enter_all(&pair.permits), limit);
    }
}
