//! Claims about failures in a row.

use loom::model;

use super::{consecutive_only, enter, record};
use crate::outcome::Outcome::{self, Failed, Success};
use crate::state::models::circuit::throttled;
use crate::state::models::race;
use crate::sync::Arc;
use crate::time::Nanos;

/// How many failures in a row these two leave after a first one.
fn in_a_row(one: Outcome, two: Outcome, legal: &'static [u32]) {
    model(move || {
        let circuit = consecutive_only(9, 1);
        let [old, first, second] = [(); 3].map(|()| enter(&circuit, 0).unwrap());
        record(&circuit, old, Failed, 0);
        let other = Arc::clone(&circuit);
        race(move || record(&other, first, one, 0), || record(&circuit, second, two, 0));
        assert!(legal.contains(&circuit.view(Nanos(0)).counts.consecutive));
    });
}

#[test]
fn failures_in_a_row_are_each_counted() {
    in_a_row(Failed, Failed, &[3]);
}

#[test]
fn a_success_beside_a_failure_ends_the_row_before_or_after_it() {
    in_a_row(Failed, Success, &[0, 1]);
}

#[test]
fn a_throttled_call_beside_a_failure_leaves_the_row_to_it() {
    in_a_row(Failed, throttled(0), &[2]);
}
