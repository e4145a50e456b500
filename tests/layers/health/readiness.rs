//! The health of a service.

use palisade::health::{CheckKind, Health};

use super::*;

/// Three checks of things, one of each kind, that have run.
async fn service() -> ([Thing; 3], Health) {
    let things: [Thing; 3] = Default::default();
    let check = |at: usize, name| {
        let check = things[at].check(name).healthy_threshold(1).unhealthy_threshold(1);
        check.build().expect("it is legal")
    };
    let (critical, degrading, informing) = (check(0, "critical"), check(1, "degrading"), check(2, "informing"));
    let health = Health::builder().critical(&critical).degrading(&degrading).informing(&informing).build();
    for check in [critical, degrading, informing] {
        run(&check).await;
    }
    (things, health.expect("the names differ"))
}

#[tokio::test(start_paused = true)]
async fn only_a_critical_check_takes_readiness_away() {
    let (things, health) = service().await;
    for (thing, is_ready) in things.iter().zip([false, true, true]) {
        assert!(health.is_ready());
        thing.is(Err(Down(1)));
        sleep(2 * SECOND).await;
        assert_eq!(health.is_ready(), is_ready);
        thing.is(Ok(()));
        sleep(2 * SECOND).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_critical_check_without_a_result_is_not_ready() {
    let check = Thing::default().check("critical").build().unwrap();
    let health = Health::builder().critical(&check).build().unwrap();
    assert!(!health.is_ready() && !health.has_started());
    run(&check).await;
    assert!(health.is_ready() && health.has_started());
    let unchecked = Thing::default().check("degrading").build().unwrap();
    assert!(Health::builder().degrading(&unchecked).build().unwrap().is_ready());
    assert!(Health::builder().build().unwrap().is_ready());
}

#[tokio::test(start_paused = true)]
async fn what_has_started_stays_started() {
    let ([critical, ..], health) = service().await;
    assert!(health.is_ready());
    critical.is(Err(Down(1)));
    sleep(2 * SECOND).await;
    assert!(!health.is_ready() && health.has_started());
}

#[tokio::test(start_paused = true)]
async fn draining_takes_readiness_away_and_nothing_else() {
    let (_things, health) = service().await;
    let clone = health.clone();
    clone.drain();
    assert!(health.is_draining() && !health.is_ready() && health.has_started());
    let verdicts: Vec<_> = health.checks().map(|(_, check)| check.verdict()).collect();
    assert_eq!(verdicts, [Verdict::Healthy, Verdict::Healthy, Verdict::Healthy]);
}

#[tokio::test(start_paused = true)]
async fn a_drain_that_is_taken_back_leaves_readiness_to_the_checks() {
    let ([critical, ..], health) = service().await;
    health.drain();
    health.undrain();
    assert!(!health.is_draining() && health.is_ready());
    critical.is(Err(Down(1)));
    sleep(2 * SECOND).await;
    health.undrain();
    assert!(!health.is_ready());
}

#[tokio::test(start_paused = true)]
async fn a_stale_critical_check_is_not_ready() {
    let check = Thing::default().check("critical").build().unwrap();
    let health = Health::builder().critical(&check).build().unwrap();
    run(&check).await.abort();
    assert!(health.is_ready());
    sleep(DAY).await;
    assert!(!health.is_ready());
}

#[test]
fn two_checks_of_one_name_are_refused() {
    let check = Thing::default().check("twice").build().unwrap();
    let error = Health::builder().critical(&check).degrading(&check).build().unwrap_err();
    assert_eq!(error.to_string(), "health: `check` is `twice` again, but must be of another name than the others");
}

#[tokio::test(start_paused = true)]
async fn checks_are_listed_in_their_order_with_their_kinds() {
    let (_things, health) = service().await;
    let listed: Vec<_> = health.checks().map(|(kind, check)| (kind, check.name().as_str())).collect();
    let expected = [CheckKind::Critical, CheckKind::Degrading, CheckKind::Informing];
    assert_eq!(listed, expected.map(|kind| (kind, kind.as_str())));
}
