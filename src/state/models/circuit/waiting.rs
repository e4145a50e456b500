//! Claims about those who wait until a call would pass.

use std::task::Waker;

use loom::model;

use super::{OPEN_FOR, half_open, record};
use crate::outcome::Outcome::Success;
use crate::state::circuit::{Circuit, Entry};
use crate::state::models::race;
use crate::sync::Arc;
use crate::time::Nanos;

#[test]
fn who_is_refused_is_woken_by_the_end_of_the_probe() {
    let ends: [fn(&Circuit, Entry); 2] =
        [|circuit, probe| circuit.abandon(probe), |circuit, probe| drop(record(circuit, probe, Success, OPEN_FOR))];
    for end in ends {
        model(move || {
            let (circuit, probe) = half_open(1);
            let other = Arc::clone(&circuit);
            let end = move || {
                end(&other, probe);
                other.take_waiting().count()
            };
            let asks = || circuit.refuses_until(&mut None, Waker::noop(), Nanos(OPEN_FOR)).is_some();
            let (woken, is_refused) = race(end, asks);
            assert_eq!(woken == 1, is_refused);
        });
    }
}
