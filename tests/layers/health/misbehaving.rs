//! Checks that hang, panic or come late, and clocks that jump.

use std::panic::panic_any;

use super::*;

#[tokio::test(start_paused = true)]
async fn a_check_that_hangs_failed_when_its_time_is_over() {
    let dropped = Arc::new(());
    let held = Arc::clone(&dropped);
    let check = move || {
        let held = Arc::clone(&held);
        async move {
            std::future::pending::<()>().await;
            drop(held);
            Ok::<_, Down>(())
        }
    };
    let check = HealthCheck::builder("hung", check).timeout(2 * SECOND).build().unwrap();
    let started = now();
    run(&check).await;
    assert_eq!(check.snapshot().since - started, 2 * SECOND);
    assert!(check.verdict().why().is_some_and(|why| why.contains("2s")), "{}", check.verdict());
    assert_eq!(Arc::strong_count(&dropped), 2, "what hung is dropped");
}

#[tokio::test(start_paused = true)]
async fn what_a_check_answers_after_its_time_is_not_heard() {
    let check = || good_after(3 * SECOND);
    let check = HealthCheck::builder("late", check).interval(SECOND).timeout(2 * SECOND).build().unwrap();
    run(&check).await;
    sleep(DAY).await;
    assert_eq!(check.verdict().as_str(), "unhealthy");
}

#[tokio::test(start_paused = true)]
async fn a_check_that_panics_failed_and_is_run_again() {
    let mut calls = 0;
    let check = move || {
        calls += 1;
        let call = calls;
        assert!(call != 1, "at once");
        async move {
            match call {
                2 => panic!("in the middle of {call}"),
                3 => panic_any(3),
                _ => Ok::<_, Down>(()),
            }
        }
    };
    let check = HealthCheck::builder("panicking", check).interval(SECOND).jitter(0.0).healthy_threshold(1);
    let check = check.build().unwrap();
    let task = run(&check).await;
    for why in ["panicked: at once", "panicked: in the middle of 2", "panicked: without a message"] {
        assert_eq!(check.verdict().why(), Some(why));
        sleep(SECOND).await;
    }
    assert_eq!((check.verdict(), task.is_finished()), (Verdict::Healthy, false));
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_jumps_by_days_makes_a_verdict_stale_until_one_check() {
    let (thing, calls) = (Thing::default(), Calls::default());
    let counted = calls.clone();
    let looked = thing.clone();
    let check = move || {
        counted.add();
        let result = looked.look();
        async move { result }
    };
    let check = HealthCheck::builder("thing", check).build().unwrap();
    run(&check).await;
    let before = calls.count();
    // Nothing runs while the clock is moved, as in a process that was stopped.
    advance(3 * DAY).await;
    until(|| calls.count() > before).await;
    assert_eq!((check.verdict(), calls.count()), (Verdict::Healthy, before + 1), "no check is made up for");
}

#[tokio::test(start_paused = true)]
async fn what_flaps_faster_than_its_thresholds_changes_nothing() {
    let thing = Thing::default();
    let check = thing.check("flapping").build().unwrap();
    let mut changes = check.changes();
    run(&check).await;
    for round in 0..500 {
        thing.is(if round % 3 == 0 { Ok(()) } else { Err(Down(1)) });
        sleep(SECOND).await;
        assert_eq!(check.verdict(), Verdict::Healthy, "round {round}");
    }
    drop(check);
    assert_eq!(changes.next().await, None);
}

#[test]
fn the_longest_times_and_the_shortest_run() {
    for (interval, timeout, jitter) in [
        (Duration::MAX, Duration::MAX, 1.0),
        (Duration::from_nanos(1), Duration::ZERO, 0.0),
        (Duration::from_nanos(1), Duration::MAX, 1.0),
        (Duration::MAX, Duration::ZERO, 0.0),
    ] {
        paused(async {
            let check = HealthCheck::builder("thing", async || Ok::<_, Down>(()));
            let check = check.interval(interval).timeout(timeout).jitter(jitter).unhealthy_threshold(u32::MAX);
            let check = check.build().unwrap();
            run(&check).await;
            sleep(SECOND).await;
            assert_eq!(check.verdict(), Verdict::Healthy, "{interval:?} {timeout:?}");
        });
    }
}
