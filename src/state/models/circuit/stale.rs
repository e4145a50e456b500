//! Claims about those who read without the lock: what they say never goes back in time.
//!
//! The writer is the thread that loom runs first: it forgets that a reader came before a store once the writer itself has
//! read the word in between, and would not try the store earlier.

use std::time::Duration;

use loom::model;

use super::{OFF, OPEN_FOR, circuit, consecutive_only, enter, half_open, opened, record};
use crate::backoff::{Backoff, Jitter};
use crate::outcome::Outcome::Failed;
use crate::state::circuit::{Circuit, Phase, Refusal, Rules};
use crate::state::models::race;
use crate::state::window::Window;
use crate::sync::Arc;
use crate::time::Nanos;

const HALF: u64 = OPEN_FOR / 2;

/// Open for one open time, then for two.
fn doubling() -> Arc<Circuit> {
    let open_for = Backoff::exponential(Duration::from_nanos(OPEN_FOR), Duration::MAX).jitter(Jitter::None);
    opened(circuit(Rules { consecutive: Some(1), open_for, ..OFF }, Window::None))
}

fn refused(circuit: &Circuit, now: u64) -> Refusal {
    circuit.enter(Nanos(now)).0.unwrap_err()
}

#[test]
fn a_refusal_is_of_one_open_time_and_the_next_of_no_earlier_one() {
    let told = [Refusal::open(Nanos(HALF)), Refusal::PROBES_TAKEN, Refusal::open(Nanos(OPEN_FOR * 2 + HALF))];
    let place = move |refused| told.iter().position(|&one| one == refused).expect("it is of one open time");
    model(move || {
        let circuit = doubling();
        let other = Arc::clone(&circuit);
        let prober = || {
            let probe = enter(&circuit, OPEN_FOR).unwrap();
            _ = record(&circuit, probe, Failed, OPEN_FOR).unwrap();
        };
        let ((first, second), ()) = race(move || (refused(&other, HALF), refused(&other, HALF)), prober);
        assert!(place(first) <= place(second));
    });
}

#[test]
fn a_reader_that_sees_the_circuit_open_sees_until_when() {
    model(|| {
        let circuit = doubling();
        let probe = enter(&circuit, OPEN_FOR).unwrap();
        _ = record(&circuit, probe, Failed, OPEN_FOR).unwrap();
        // The circuit was open for two open times and now opens for one, so the earlier period ends later.
        circuit.reset(Nanos(OPEN_FOR));
        let entry = enter(&circuit, OPEN_FOR).unwrap();
        let other = Arc::clone(&circuit);
        let reader = move || (other.phase() == Phase::Open).then(|| refused(&other, OPEN_FOR));
        let (seen, _) = race(reader, || record(&circuit, entry, Failed, OPEN_FOR));
        assert!(seen.is_none_or(|seen| seen == Refusal::open(Nanos(OPEN_FOR))));
    });
}

#[test]
fn a_reader_that_saw_the_probes_taken_sees_no_earlier_open_time() {
    model(|| {
        let circuit = doubling();
        let failed = enter(&circuit, OPEN_FOR).unwrap();
        _ = record(&circuit, failed, Failed, OPEN_FOR).expect("it opens again");
        let other = Arc::clone(&circuit);
        let reader = move || (refused(&other, OPEN_FOR * 2), refused(&other, OPEN_FOR * 2));
        let ((first, second), _) = race(reader, || enter(&circuit, OPEN_FOR * 3));
        assert!(first != Refusal::PROBES_TAKEN || second == Refusal::PROBES_TAKEN);
    });
}

#[test]
fn nobody_is_refused_by_places_that_were_given_up() {
    model(|| {
        // Two places; the time of their holders is over, and the call that finds it leaves one free.
        let (circuit, _first) = half_open(2);
        enter(&circuit, OPEN_FOR).unwrap();
        let other = Arc::clone(&circuit);
        let (one, two) = race(move || enter(&other, OPEN_FOR * 2), || enter(&circuit, OPEN_FOR * 2));
        assert!(one.is_some() && two.is_some());
    });
}

#[test]
fn a_view_is_of_one_moment() {
    model(|| {
        let circuit = consecutive_only(1, 1);
        let entry = enter(&circuit, 0).unwrap();
        let other = Arc::clone(&circuit);
        let (view, _) = race(move || other.view(Nanos(HALF)), || record(&circuit, entry, Failed, HALF));
        let open = view.phase == Phase::Open;
        assert_eq!(view.since, Nanos(if open { HALF } else { 0 }));
        assert_eq!(view.left, open.then_some(Nanos(OPEN_FOR)));
    });
}
