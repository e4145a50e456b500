//! When a check runs, and what becomes of its results.

use std::io;

use palisade::health::Degraded;
use palisade::{Deadline, Error};
use tokio::time::timeout;
use tower::BoxError;

use super::*;

#[tokio::test(start_paused = true)]
async fn the_first_result_decides_alone_and_then_thresholds() {
    let thing = Thing::default();
    thing.is(Err(Down(1)));
    let check = thing.check("thing").build().unwrap();
    assert_eq!(check.verdict(), Verdict::Healthy, "before the first result");
    run(&check).await;
    assert_eq!(check.verdict(), down("down 1"));

    thing.is(Ok(()));
    sleep(SECOND).await;
    assert_eq!(check.verdict(), down("down 1"), "one good result");
    sleep(SECOND).await;
    assert_eq!(check.verdict(), Verdict::Healthy, "two good results");

    thing.is(Err(Down(2)));
    sleep(2 * SECOND).await;
    assert_eq!(check.verdict(), Verdict::Healthy, "two bad results");
    sleep(SECOND).await;
    assert_eq!(check.verdict(), down("down 2"), "three bad results");
}

#[tokio::test(start_paused = true)]
async fn a_check_may_return_what_says_how_the_thing_is() {
    let plain = HealthCheck::new("plain", async || Ok::<_, io::Error>(())).unwrap();
    let degraded = HealthCheck::new("degraded", async || Ok::<_, io::Error>(Degraded("slow"))).unwrap();
    let owned = HealthCheck::new("owned", async || Ok::<_, String>(Degraded(format!("{} of 10", 9)))).unwrap();
    let whole = HealthCheck::new("whole", async || Ok::<_, &str>(Verdict::Unhealthy("gone".into()))).unwrap();
    let boxed = HealthCheck::new("boxed", async || Err::<(), BoxError>("refused".into())).unwrap();
    let ours = HealthCheck::new("ours", async || Err::<(), _>(Error::from(BoxError::from("cut")))).unwrap();
    for (check, verdict) in [
        (plain, Verdict::Healthy),
        (degraded, Verdict::Degraded("slow".into())),
        (owned, Verdict::Degraded("9 of 10".into())),
        (whole, down("gone")),
        (boxed, down("refused")),
        (ours, down("cut")),
    ] {
        run(&check).await;
        assert_eq!(check.verdict(), verdict);
    }
}

#[tokio::test(start_paused = true)]
async fn a_reason_names_the_sources_of_an_error() {
    let error = || io::Error::other(Error::from(BoxError::from("the cable is out")));
    let check = HealthCheck::new("thing", move || async move { Err::<(), _>(error()) }).unwrap();
    run(&check).await;
    assert_eq!(check.verdict(), down("the service failed: the cable is out"));
}

#[tokio::test(start_paused = true)]
async fn a_check_begins_an_interval_after_the_last_began_or_when_it_ended() {
    for (takes, begins) in [(200, [0, 1_000, 2_000]), (1_500, [0, 1_500, 3_000])] {
        let (started, times) = (now(), Arc::new(std::sync::Mutex::new(Vec::new())));
        let seen = Arc::clone(&times);
        let check = move || {
            seen.lock().unwrap().push((now() - started).as_millis());
            good_after(takes * MILLI)
        };
        let check = HealthCheck::builder("thing", check).interval(SECOND).jitter(0.0).build().unwrap();
        tokio::spawn(check.run());
        until(|| times.lock().unwrap().len() == 3).await;
        assert_eq!(*times.lock().unwrap(), begins);
    }
}

#[tokio::test(start_paused = true)]
async fn jitter_only_lengthens_and_is_seeded() {
    let gaps = async |seed| {
        let (sender, mut times) = tokio::sync::mpsc::unbounded_channel();
        let check = move || {
            sender.send(now()).unwrap();
            async { Ok::<_, Down>(()) }
        };
        let check = HealthCheck::builder("thing", check).interval(SECOND).jitter(0.5).seed(seed).build().unwrap();
        tokio::spawn(check.run());
        let mut last = times.recv().await.unwrap();
        let mut gaps = Vec::new();
        for _ in 0..50 {
            let next = times.recv().await.unwrap();
            gaps.push(next - last);
            last = next;
        }
        gaps
    };
    let first = gaps(1).await;
    // A timer has a resolution of a millisecond.
    assert!(first.iter().all(|gap| (SECOND..=1502 * MILLI).contains(gap)), "{first:?}");
    assert!(first.iter().any(|&gap| gap > 1100 * MILLI));
    let whole = |gaps: &[Duration]| gaps.iter().map(Duration::as_millis).collect::<Vec<_>>();
    let (again, other) = (gaps(1).await, gaps(2).await);
    let off = whole(&first).into_iter().zip(whole(&again)).map(|(one, two)| one.abs_diff(two)).max();
    assert!(off <= Some(1), "{first:?} {again:?}");
    assert_ne!(whole(&first), whole(&other));
}

#[tokio::test(start_paused = true)]
async fn the_task_ends_when_the_last_handle_is_gone() {
    let (hung, waiting) = (std::future::pending::<Result<(), Down>>, || async { Ok::<_, Down>(()) });
    let hung = HealthCheck::builder("hung", hung).timeout(DAY).build().unwrap();
    let waiting = HealthCheck::builder("waiting", waiting).interval(DAY).build().unwrap();
    for check in [hung, waiting] {
        let (task, other, started) = (tokio::spawn(check.run()), check.clone(), now());
        yield_now().await;
        drop(check);
        sleep(SECOND).await;
        assert!(!task.is_finished(), "another handle is there");
        drop(other);
        timeout(SECOND, task).await.expect("it ends").unwrap();
        assert_eq!(now() - started, SECOND, "it ends at once");
    }
}

#[tokio::test(start_paused = true)]
async fn a_second_run_ends_at_once_and_may_follow_the_first() {
    let (calls, check) = counting();
    let first = tokio::spawn(check.run());
    until(|| calls.count() > 0).await;
    check.run().await;
    assert_eq!(calls.count(), 1);

    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    tokio::spawn(check.run());
    until(|| calls.count() == 2).await;
}

#[tokio::test(start_paused = true)]
async fn a_run_that_was_never_polled_leaves_the_check_to_others() {
    let (calls, check) = counting();
    drop(check.run());
    tokio::spawn(check.run());
    until(|| calls.count() > 0).await;
}

/// A check that hangs, and how often it was begun.
fn counting() -> (Calls, HealthCheck) {
    let calls = Calls::default();
    let counted = calls.clone();
    let check = move || {
        counted.add();
        std::future::pending::<Result<(), Down>>()
    };
    (calls, HealthCheck::builder("thing", check).timeout(DAY).build().expect("it is legal"))
}

#[tokio::test(start_paused = true)]
async fn a_verdict_that_is_not_renewed_is_stale() {
    let thing = Thing::default();
    let check = thing.check("thing").timeout(SECOND).build().unwrap();
    let task = run(&check).await;
    let last = check.snapshot().last.unwrap();
    task.abort();
    sleep(5 * SECOND).await;
    assert_eq!(check.verdict(), Verdict::Healthy);
    sleep(2 * SECOND).await;
    let stale = check.snapshot();
    assert_eq!(stale.verdict, down("stale"));
    assert_eq!((stale.last, stale.since - last), (Some(last), 6 * SECOND));

    let never = thing.check("never run").timeout(SECOND).build().unwrap();
    sleep(6 * SECOND).await;
    assert_eq!(never.verdict(), Verdict::Healthy);
    sleep(MILLI).await;
    assert_eq!(never.verdict(), down("stale"));
}

#[tokio::test(start_paused = true)]
async fn no_check_that_takes_its_time_is_stale_between_two_results() {
    // The longest pause there is: after a quick check comes one that takes all its time, an interval with all its jitter later.
    let mut calls = 0_u32;
    let check = move || {
        calls += 1;
        let takes = if calls % 2 == 0 { 499 * MILLI } else { Duration::ZERO };
        good_after(takes)
    };
    let check = HealthCheck::builder("thing", check).interval(SECOND).jitter(1.0).timeout(500 * MILLI);
    let check = check.unhealthy_threshold(1).build().unwrap();
    run(&check).await;
    for _ in 0..20_000 {
        assert_eq!(check.verdict(), Verdict::Healthy);
        sleep(MILLI).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_has_the_times() {
    let started = now();
    let check = || good_after(30 * MILLI);
    let check = HealthCheck::builder("thing", check).interval(SECOND).jitter(0.0).build().unwrap();
    let before = check.snapshot();
    assert_eq!((before.last, before.took), (None, None));
    tokio::spawn(check.run());
    sleep(2500 * MILLI).await;
    let snapshot = check.snapshot();
    assert_eq!((snapshot.since - started, snapshot.took), (30 * MILLI, Some(30 * MILLI)));
    assert_eq!(snapshot.last, Some(started + 2030 * MILLI));
}

#[tokio::test(start_paused = true)]
async fn a_check_sees_its_limit_as_its_deadline() {
    let check = || async {
        let left = Deadline::current().map(Deadline::remaining);
        Err::<(), _>(format!("{left:?}"))
    };
    let check = HealthCheck::builder("thing", check).timeout(2 * SECOND).build().unwrap();
    run(&check).await;
    assert_eq!(check.verdict().why(), Some("Some(2s)"));
}

#[tokio::test(start_paused = true)]
async fn changes_are_heard_one_after_another_until_the_end() {
    let thing = Thing::default();
    let check = thing.check("thing").unhealthy_threshold(1).healthy_threshold(1).build().unwrap();
    let mut changes = check.changes();
    run(&check).await;
    thing.is(Err(Down(1)));
    assert_eq!(changes.next().await, Some(down("down 1")));
    thing.is(Err(Down(2)));
    sleep(3 * SECOND).await;
    thing.is(Ok(()));
    assert_eq!(changes.next().await, Some(Verdict::Healthy), "another reason is no change");
    thing.is(Err(Down(3)));
    sleep(3 * SECOND).await;
    thing.is(Ok(()));
    sleep(3 * SECOND).await;
    assert_eq!(changes.next().await, Some(Verdict::Healthy), "the last of those that came meanwhile");
    drop(check);
    assert_eq!(timeout(SECOND, changes.next()).await, Ok(None));
}
