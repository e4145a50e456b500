//! Calls that are drawn at the same moment. What windows count is claimed under `circuit`.

use std::cell::Cell;

use loom::model;

use super::race;
use crate::outcome::Outcome::{Failed, Success};
use crate::state::criticality::Criticality::Critical;
use crate::state::throttle::alarm::Alarm;
use crate::state::throttle::{Change, Rules, Throttle};
use crate::sync::Arc;
use crate::time::{Nanos, Now};

const BUCKET: u64 = 100;
const WINDOW: Nanos = Nanos(2 * BUCKET);
const RULES: Rules = Rules { k: 2.0, max_rejection: 0.95 };

fn throttle() -> Throttle {
    Throttle::new(RULES, WINDOW, 2, 7)
}

/// Notes that it is read.
#[derive(Clone, Copy)]
struct Watched<'a>(&'a Cell<bool>);

impl Now for Watched<'_> {
    fn now(self) -> Nanos {
        self.0.set(true);
        Nanos(0)
    }
}

/// Whether the next call is looked at.
fn is_looked_at(throttle: &Throttle) -> bool {
    let was_read = Cell::new(false);
    let _ = throttle.enter(Critical, Watched(&was_read));
    was_read.get()
}

#[test]
fn a_failure_beside_a_call_that_clears_the_alarm_is_seen() {
    model(|| {
        let throttle = Arc::new(throttle());
        // Raised by the first, and needed no more after the second.
        throttle.exit(Critical, Failed, Nanos(0));
        throttle.exit(Critical, Success, Nanos(0));
        let other = Arc::clone(&throttle);
        let (entered, ()) = race(move || other.enter(Critical, Nanos(0)), || throttle.exit(Critical, Failed, Nanos(0)));
        assert!(entered.change.is_none_or(|change| change.rejects));
        assert!(is_looked_at(&throttle));
    });
}

#[test]
fn of_failures_that_come_together_the_last_raises_the_alarm() {
    model(|| {
        let throttle = Arc::new(throttle());
        // One failure more would be too few.
        throttle.exit(Critical, Success, Nanos(0));
        let other = Arc::clone(&throttle);
        race(move || other.exit(Critical, Failed, Nanos(0)), || throttle.exit(Critical, Failed, Nanos(0)));
        assert!(is_looked_at(&throttle));
    });
}

#[test]
fn of_calls_that_are_rejected_together_one_tells_the_beginning() {
    model(|| {
        let throttle = Arc::new(throttle());
        (0..9).for_each(|_| throttle.exit(Critical, Failed, Nanos(0)));
        let other = Arc::clone(&throttle);
        let (one, two) = race(move || other.enter(Critical, Nanos(0)), || throttle.enter(Critical, Nanos(0)));
        let told =
            [one, two].iter().filter(|entered| matches!(entered.change, Some(Change { rejects: true, .. }))).count();
        assert_eq!(told, usize::from(!(one.passes && two.passes)));
        let rejected = [one, two].iter().filter(|entered| !entered.passes).count() as u64;
        let view = throttle.view(Critical, Nanos(0));
        assert_eq!((view.rejected, view.asked.requests), (rejected, 9 + rejected));
    });
}

#[test]
fn a_rejection_beside_an_end_is_a_new_beginning_or_prevents_it() {
    model(|| {
        let alarm = Arc::new(Alarm::new());
        assert!(alarm.reject(Nanos(BUCKET)));
        let (other, now) = (Arc::clone(&alarm), Nanos(BUCKET + WINDOW.0));
        let (ended, begun) = race(move || other.clear(now, WINDOW, || false), || alarm.reject(now));
        assert_eq!(ended, begun);
        assert!(!alarm.is_clear());
    });
}

#[test]
fn of_calls_that_end_it_together_one_tells_the_end() {
    model(|| {
        let alarm = Arc::new(Alarm::new());
        assert!(alarm.reject(Nanos(BUCKET)));
        let (other, now) = (Arc::clone(&alarm), Nanos(BUCKET + WINDOW.0));
        let (one, two) = race(move || other.clear(now, WINDOW, || false), || alarm.clear(now, WINDOW, || false));
        assert!(one ^ two);
        assert!(alarm.is_clear());
    });
}
