//! Claims about entries: how long they are of use, and who refreshes them.

mod model;

use crate::state::cache::{Grace, Life, Phase, Plan, Turn};
use crate::time::Nanos;

const S: u64 = 1_000_000_000;

/// Draws that take nothing from a time to live, and never refresh early.
const NEVER: u64 = u64::MAX;

const GRACE: Grace = Grace { while_revalidate: Nanos(5 * S), if_error: Nanos(20 * S), keep: Nanos(60 * S) };

/// Fresh for ten seconds, of a call that took one.
fn life() -> Life {
    Life::new(Nanos(10 * S), GRACE, 0.1, NEVER, Nanos(S), Nanos(100 * S))
}

fn at(age: u64) -> Nanos {
    Nanos(100 * S + age)
}

#[test]
fn each_phase_ends_where_its_time_does() {
    let rows = [
        ("at once", 0, Phase::Fresh),
        ("to the last nanosecond", 10 * S - 1, Phase::Fresh),
        ("then stale", 10 * S, Phase::Stale),
        ("for all of its time", 15 * S - 1, Phase::Stale),
        ("then on errors", 15 * S, Phase::OnError),
        ("which count from freshness too", 30 * S - 1, Phase::OnError),
        ("then kept", 30 * S, Phase::Kept),
        ("for its own time", 70 * S - 1, Phase::Kept),
        ("then gone", 70 * S, Phase::Gone),
        ("for ever", u64::MAX - 100 * S, Phase::Gone),
    ];
    for (label, age, phase) in rows {
        assert_eq!(life().phase(at(age)), phase, "{label}");
        assert_eq!(life().is_kept(at(age)), phase != Phase::Gone, "{label}");
        assert_eq!(life().stands_in(at(age)), age < 30 * S, "{label}");
    }
}

#[test]
fn the_longest_grace_keeps_an_entry() {
    let grace = Grace { while_revalidate: Nanos(S), if_error: Nanos(0), keep: Nanos(0) };
    let life = Life::new(Nanos(0), grace, 0.0, NEVER, Nanos(0), at(0));
    assert_eq!([0, S - 1, S].map(|age| life.phase(at(age))), [Phase::Stale, Phase::Stale, Phase::Gone]);
    assert!(!life.stands_in(at(0)), "stale while it is refreshed, and never for an error");
}

#[test]
fn times_without_an_end_never_end() {
    let forever = Grace { while_revalidate: Nanos::MAX, ..GRACE };
    let life = Life::new(Nanos(S), forever, 0.0, NEVER, Nanos(0), at(0));
    assert_eq!(life.phase(Nanos::MAX), Phase::Stale);
    let life = Life::new(Nanos::MAX, GRACE, 0.0, 0, Nanos(0), at(0));
    assert_eq!(life.phase(Nanos(u64::MAX - 1)), Phase::Fresh);
}

#[test]
fn a_clock_that_goes_back_makes_an_entry_new() {
    assert_eq!(life().age(Nanos(0)), Nanos(0));
    assert_eq!(life().phase(Nanos(0)), Phase::Fresh);
}

#[test]
fn jitter_takes_less_than_its_share() {
    let ttl = |jitter, drawn| {
        let life = Life::new(Nanos(1 << 20), Grace::NONE, jitter, drawn, Nanos(0), Nanos(0));
        (0..=1 << 20).find(|age| life.phase(Nanos(*age)) == Phase::Gone)
    };
    let rows = [
        ("none", 0.0, 0, 1 << 20),
        ("the least", 0.5, u64::MAX, 1 << 20),
        ("the middle", 0.5, u64::MAX / 2, (1 << 20) - (1 << 18)),
        ("the most, a little less than half", 0.5, 0, 1 << 19),
    ];
    for (label, jitter, drawn, left) in rows {
        assert_eq!(ttl(jitter, drawn), Some(left), "{label}");
    }
}

/// `-ln(1/2)` is 0.693: a call of one second makes the draw early in the last 693 ms.
#[test]
fn an_early_refresh_goes_by_the_formula() {
    let half = 1 << 63;
    let rows = [
        ("too soon", 10 * S - 694_000_000, 1.0, half, false),
        ("soon enough", 10 * S - 693_000_000, 1.0, half, true),
        ("twice as eager", 10 * S - 1_386_000_000, 2.0, half, true),
        ("a draw of 1 is never early", 10 * S - 1, 1.0, u64::MAX, false),
        ("the least draw is 36.7 seconds early", 0, 1.0, 0, true),
        ("switched off", 10 * S - 1, 0.0, 0, false),
    ];
    for (label, age, beta, drawn, is_early) in rows {
        assert_eq!(life().is_early(at(age), beta, || drawn), is_early, "{label}");
    }
}

#[test]
fn nothing_is_drawn_where_no_draw_would_do() {
    let life = Life::new(Nanos(100 * S), GRACE, 0.0, NEVER, Nanos(S), at(0));
    assert!(!life.is_early(at(60 * S), 1.0, || unreachable!("it is 40 seconds too soon")));
    assert!(life.is_early(at(64 * S), 1.0, || 0));
}

const ANSWER: Plan = Plan::Answer { refresh: false };
const REFRESH: Plan = Plan::Answer { refresh: true };

#[test]
fn a_plan_follows_from_the_phase_and_the_turn() {
    let (due, taken, failed) = (Turn::default, || turned(Turn::try_take), || turned(Turn::fail_at));
    let rows = [
        ("fresh", 0, NEVER, true, due(), ANSWER),
        ("early", 9 * S, 1, true, due(), REFRESH),
        ("early, and another refreshes it", 9 * S, 1, true, taken(), ANSWER),
        ("early, just after a failure", 9 * S, 1, true, failed(), ANSWER),
        ("early, without a background", 9 * S, 1, false, due(), Plan::Ask),
        ("early, without a background, after a failure", 9 * S, 1, false, failed(), ANSWER),
        ("stale", 10 * S, NEVER, true, due(), REFRESH),
        ("stale, and another refreshes it", 10 * S, NEVER, true, taken(), ANSWER),
        ("stale, just after a failure", 10 * S, NEVER, true, failed(), ANSWER),
        ("for errors", 15 * S, NEVER, true, due(), Plan::Ask),
        ("for errors, while another refreshes it", 15 * S, NEVER, true, taken(), ANSWER),
        ("for errors, just after one", 15 * S, NEVER, true, failed(), ANSWER),
        ("kept", 30 * S, NEVER, true, due(), Plan::Ask),
        ("kept, just after a failure", 30 * S, NEVER, true, failed(), Plan::Ask),
        ("gone", 70 * S, NEVER, true, due(), Plan::Ask),
    ];
    for (label, age, drawn, in_background, turn, plan) in rows {
        assert_eq!(Plan::of(&life(), &turn, at(age), 1.0, in_background, || drawn), plan, "{label}");
    }
}

/// A turn after something was done with it.
fn turned<T>(done: impl FnOnce(&Turn, Nanos) -> T) -> Turn {
    let turn = Turn::default();
    done(&turn, at(0));
    turn
}

impl Turn {
    /// A failure that holds at every age of the tables.
    fn fail_at(&self, _: Nanos) {
        self.fail(at(1_000 * S));
    }
}

#[test]
fn a_turn_is_taken_by_one_at_a_time() {
    let turn = Turn::default();
    assert!(turn.try_take(at(0)) && !turn.try_take(at(1_000 * S)));
    turn.give_back();
    assert!(turn.try_take(at(0)));
}

#[test]
fn after_a_failure_no_turn_is_due_for_a_second() {
    let turn = turned(Turn::try_take);
    turn.fail(at(0));
    assert!(!turn.is_due(at(S - 1)) && !turn.try_take(at(S - 1)));
    assert!(turn.try_take(at(S)));
}

#[test]
fn of_two_threads_one_takes_the_turn() {
    let turns: Vec<_> = (0..1_000).map(|_| Turn::default()).collect();
    let taken = std::sync::atomic::AtomicUsize::new(0);
    super::together(turns.len(), |round| {
        taken.fetch_add(usize::from(turns[round].try_take(at(0))), std::sync::atomic::Ordering::Relaxed);
    });
    assert_eq!(taken.into_inner(), turns.len());
}
