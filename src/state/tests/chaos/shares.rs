//! How many of the last calls are faulted.

use std::collections::VecDeque;

use proptest::prelude::*;

use super::*;

#[test]
fn a_tenth_of_the_calls_is_faulted_from_the_tenth_call_on() {
    let rules = Rules { max_share: 0.1, ..rules(vec![failing(1.0)]) };
    let met = meet(&rules, vec![0; 40]);
    let faulted: Vec<_> = met.iter().enumerate().filter_map(|(call, met)| met.as_ref().map(|_| call + 1)).collect();
    assert_eq!(faulted, [10, 20, 30, 40]);
}

#[test]
fn no_share_faults_no_call_and_all_of_it_each() {
    for (max_share, faulted) in [(0.0, 0), (1.0, 2_500)] {
        let rules = Rules { max_share, ..rules(vec![failing(1.0)]) };
        assert_eq!(meet(&rules, vec![0; 2_500]).iter().flatten().count(), faulted);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 32, ..ProptestConfig::default() })]

    /// A model that remembers the last 1,000 calls one by one.
    #[test]
    fn no_window_has_more_faults_than_its_share(seed: u64, rate in 0.0..=1.0, max_share in 0.0..=1.0) {
        let rules = Rules { seed, max_share, ..rules(vec![failing(rate)]) };
        let wanted = meet(&Rules { max_share: 1.0, ..rules.clone() }, vec![0; 3_000]);
        let mut window = VecDeque::new();
        for (wanted, met) in wanted.iter().zip(meet(&rules, vec![0; 3_000])) {
            window.push_back(false);
            if window.len() > 1_000 {
                window.pop_front();
            }
            let count = |calls: usize| f64::from(u32::try_from(calls).unwrap());
            let faulted = count(window.iter().filter(|faulted| **faulted).count());
            let may_be = faulted + 1.0 <= max_share * count(window.len());
            prop_assert_eq!(met.is_some(), wanted.is_some() && may_be);
            *window.back_mut().unwrap() = met.is_some();
        }
    }
}
