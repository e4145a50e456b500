//! Readings, and changes by hand, at the same moment.

use super::{race, race_of_three};
use crate::state::degradation::{Degradation, Hysteresis, Lines, PAUSE};
use crate::sync::Arc;
use crate::time::Nanos;

const AT_ONCE: Lines = Lines { enter_at: 0.8, leave_at: 0.5, enter_after: Nanos(0), leave_after: Nanos(0) };

fn degradation() -> Arc<Degradation> {
    Arc::new(Degradation::new(vec![Hysteresis::new(AT_ONCE, 1), Hysteresis::new(AT_ONCE, 0)]))
}

/// Reads the signal if it is due, and returns whether it was.
fn ask(degradation: &Degradation, value: f64, now: Nanos) -> bool {
    let Some(turn) = degradation.turn(now) else { return false };
    // The mode that a signal asks for while it is read is an old one, and no turn is due.
    assert!(degradation.turn(Nanos::MAX).is_none());
    let _: Option<_> = degradation.read(&[value], now);
    drop(turn);
    true
}

#[test]
fn of_those_who_ask_together_one_reads() {
    loom::model(|| {
        let degradation = degradation();
        let (one, two) = (Arc::clone(&degradation), Arc::clone(&degradation));
        let (one, two, three) = race_of_three(
            move || ask(&one, 1.0, Nanos(0)),
            move || ask(&two, 1.0, Nanos(0)),
            || ask(&degradation, 1.0, Nanos(0)),
        );
        assert_eq!([one, two, three].iter().filter(|has_read| **has_read).count(), 1);
        assert_eq!(degradation.in_force(), 1);
    });
}

#[test]
fn a_later_reading_decides() {
    loom::model(|| {
        let degradation = degradation();
        let other = Arc::clone(&degradation);
        let (first, second) = race(move || ask(&other, 1.0, Nanos(0)), || ask(&degradation, 0.0, PAUSE));
        assert!(first || second);
        // Where the later one came first, the earlier one was not due any more.
        assert_eq!(degradation.in_force(), usize::from(!second));
    });
}

#[test]
fn a_mode_set_by_hand_outlives_a_reading() {
    loom::model(|| {
        let degradation = degradation();
        let other = Arc::clone(&degradation);
        race(move || ask(&other, 1.0, Nanos(0)), || degradation.set(2, Nanos(0)).is_some());
        assert_eq!((degradation.in_force(), degradation.view().in_force), (2, 2));
        let _: Option<_> = degradation.auto(Nanos(1));
        assert_eq!((degradation.in_force(), degradation.view().in_force), (1, 1));
    });
}
