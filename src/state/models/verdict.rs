//! Results that come at the same moment.

use super::race;
use crate::state::verdict::{Level, Standing, Thresholds, Verdict};
use crate::sync::Arc;
use crate::time::Nanos;

fn down() -> Verdict {
    Verdict::Unhealthy("down".into())
}

fn standing(unhealthy: u32) -> Arc<Standing> {
    Arc::new(Standing::new(Thresholds { healthy: 1, unhealthy }, Nanos(1_000)))
}

#[test]
fn of_failures_that_come_together_one_changes_the_verdict() {
    loom::model(|| {
        let standing = standing(2);
        assert!(standing.record(Verdict::Healthy, Nanos(4)).is_none());
        let other = Arc::clone(&standing);
        let (one, two) = race(move || other.record(down(), Nanos(8)), || standing.record(down(), Nanos(8)));
        assert!(one.is_some() ^ two.is_some());
        assert_eq!(standing.level(Nanos(8)), Some(Level::Unhealthy));
    });
}

#[test]
fn what_is_read_without_the_lock_is_the_verdict() {
    loom::model(|| {
        let standing = standing(1);
        let other = Arc::clone(&standing);
        race(
            move || other.record(down(), Nanos(4)).is_some(),
            || standing.record(Verdict::Healthy, Nanos(4)).is_some(),
        );
        assert_eq!(standing.level(Nanos(4)), Some(standing.view(Nanos(4)).verdict.level()));
    });
}
