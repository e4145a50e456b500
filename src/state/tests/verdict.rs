//! What moves a verdict.

use std::borrow::Cow;

use proptest::prelude::*;

use crate::state::verdict::{Degraded, Judged, Level, Standing, Thresholds, Verdict};
use crate::time::Nanos;

use Level::{Degraded as D, Healthy as H, Unhealthy as U};

const THRESHOLDS: Thresholds = Thresholds { healthy: 2, unhealthy: 3 };

fn result(level: Level) -> Verdict {
    match level {
        H => Verdict::Healthy,
        D => Degraded("slow").into(),
        U => Verdict::Unhealthy("down".into()),
    }
}

/// The verdicts after each of these results.
fn levels(thresholds: Thresholds, results: &[Level]) -> Vec<Level> {
    let mut judged = Judged::new();
    let mut verdict = |&level: &Level| {
        let before = judged.verdict();
        let changed = judged.record(thresholds, result(level), Nanos(0));
        assert!(changed.is_none_or(|was| was == before));
        judged.verdict().level()
    };
    results.iter().map(&mut verdict).collect()
}

#[test]
fn a_verdict_moves_by_its_thresholds() {
    for (case, results, verdicts) in [
        ("the first result decides alone", &[U, H] as &[_], &[U, U] as &[_]),
        ("two good in a row", &[U, H, H], &[U, U, H]),
        ("three bad in a row", &[H, U, U, U], &[H, H, H, U]),
        ("two bad", &[H, U, U, H, U, U, H], &[H; 7]),
        ("one good among the bad", &[U, H, U, H, U], &[U; 5]),
        ("degraded needs as many as unhealthy", &[H, D, D, D], &[H, H, H, D]),
        ("bad in different degrees", &[H, U, D, U, U, U], &[H, H, H, D, D, U]),
        ("three unhealthy count, whatever was before", &[H, D, U, U, U], &[H, H, H, D, U]),
        ("good in different degrees", &[U, D, H, H], &[U, U, D, H]),
        ("two healthy count, whatever was before", &[U, D, H, H, H], &[U, U, D, H, H]),
        ("from degraded both ways", &[D, U, U, U, D, D, H, H], &[D, D, D, U, U, D, D, H]),
        ("degraded among the healthy", &[D, H, D, H, D], &[D; 5]),
    ] {
        assert_eq!(levels(THRESHOLDS, results), verdicts, "{case}");
    }
}

#[test]
fn with_thresholds_of_one_each_result_decides() {
    let results = [H, U, D, H, D, U, H];
    assert_eq!(levels(Thresholds { healthy: 1, unhealthy: 1 }, &results), results);
}

#[test]
fn what_flaps_faster_than_its_thresholds_never_moves() {
    let flapping: Vec<_> = [U, U, H].into_iter().cycle().take(10_000).collect();
    assert!(levels(THRESHOLDS, &flapping[2..]).iter().all(|&level| level == H));
    assert!(levels(THRESHOLDS, &flapping).iter().all(|&level| level == U));
}

proptest! {
    #[test]
    fn a_verdict_agrees_with_a_look_at_all_results(
        results in prop::collection::vec(prop::sample::select(vec![H, D, U]), 1..60),
        (healthy, unhealthy) in (1_u32..5, 1_u32..5),
    ) {
        let mut verdict = results[0];
        let mut verdicts = vec![verdict];
        for end in 2..=results.len() {
            let in_a_row = |is: &dyn Fn(Level) -> bool| {
                u32::try_from(results[..end].iter().rev().take_while(|&&level| is(level)).count()).unwrap()
            };
            let worse = [U, D].into_iter().find(|&to| in_a_row(&|level| level >= to) >= unhealthy);
            let better = [H, D].into_iter().find(|&to| in_a_row(&|level| level <= to) >= healthy);
            verdict = match results[end - 1] {
                now if now > verdict => worse.map_or(verdict, |to| to.max(verdict)),
                now if now < verdict => better.map_or(verdict, |to| to.min(verdict)),
                _ => verdict,
            };
            verdicts.push(verdict);
        }
        prop_assert_eq!(levels(Thresholds { healthy, unhealthy }, &results), verdicts);
    }
}

#[test]
fn the_reason_is_that_of_the_last_bad_result() {
    let mut judged = Judged::new();
    let down = |why: &'static str| Verdict::Unhealthy(why.into());
    assert_eq!(judged.record(THRESHOLDS, down("refused"), Nanos(1)), Some(Verdict::Healthy));
    assert_eq!(judged.record(THRESHOLDS, down("late"), Nanos(2)), None);
    assert_eq!(judged.verdict(), down("late"));
    assert_eq!(judged.record(THRESHOLDS, Verdict::Healthy, Nanos(3)), None);
    assert_eq!(judged.verdict(), down("late"));
}

#[test]
fn a_reason_is_cut_between_characters() {
    let long = Degraded("é".repeat(1_000)).into();
    let mut judged = Judged::new();
    assert!(judged.record(THRESHOLDS, long, Nanos(0)).is_some());
    assert_eq!(judged.verdict(), Verdict::Degraded(Cow::Owned("é".repeat(200))));
}

#[test]
fn a_verdict_holds_since_it_changed() {
    let standing = Standing::new(THRESHOLDS, Nanos::MAX);
    for (level, at, since) in [(H, 10, 10), (U, 20, 10), (U, 30, 10), (U, 40, 40), (U, 50, 40)] {
        let changed = standing.record(result(level), Nanos(at)).is_some();
        assert_eq!((standing.view(Nanos(60)).since, changed), (Nanos(since), at == 40), "at {at}");
    }
}

#[test]
fn before_the_first_result_there_is_a_verdict_and_no_level() {
    let standing = Standing::new(THRESHOLDS, Nanos(100));
    let view = standing.view(Nanos(100));
    assert_eq!((view.verdict, view.last, standing.level(Nanos(100))), (Verdict::Healthy, None, None));
}

#[test]
fn a_verdict_that_nobody_renews_is_unhealthy() {
    let standing = Standing::new(THRESHOLDS, Nanos(100));
    assert_eq!(standing.level(Nanos(101)), Some(U), "a check that never ran");
    for at in [1_000, u64::MAX / 2] {
        assert!(standing.record(Verdict::Healthy, Nanos(at)).is_none());
        let last = at & !3;
        assert_eq!(standing.level(Nanos(last + 100)), Some(H));
        assert_eq!(standing.level(Nanos(last + 101)), Some(U));
        let view = standing.view(Nanos(u64::MAX));
        assert_eq!((view.verdict.why(), view.since), (Some("stale"), Nanos(last + 100)));
    }
    assert_eq!(standing.level(Nanos(0)), Some(H), "a clock that was read before the result came");
}
