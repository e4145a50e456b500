//! What chooses between things asks of checks, of a service's health and of nodes.

use palisade::health::{Degraded, Health, Heartbeats};
use palisade::test_util::{EventLog, LoggedEvent};
use palisade::{Judge, Judgement};

use super::*;

#[tokio::test(start_paused = true)]
async fn a_check_is_healthy_before_its_first_result_and_unhealthy_when_stale() {
    let thing = Thing::default();
    thing.is(Err(Down(1)));
    let check = thing.check("thing").timeout(SECOND).build().unwrap();
    assert_eq!((check.judge(), check.why()), (Judgement::Healthy, None));
    let task = run(&check).await;
    assert_eq!((check.judge(), check.why().as_deref()), (Judgement::Unhealthy, Some("down 1")));
    thing.is(Ok(()));
    sleep(2 * SECOND).await;
    assert_eq!((check.judge(), check.why()), (Judgement::Healthy, None));
    task.abort();
    sleep(DAY).await;
    assert_eq!((check.judge(), check.why().as_deref()), (Judgement::Unhealthy, Some("stale")));
}

#[tokio::test(start_paused = true)]
async fn a_degraded_check_is_degraded() {
    let check = HealthCheck::new("disks", async || Ok::<_, Down>(Degraded("9 of 10"))).unwrap();
    run(&check).await;
    assert_eq!((check.judge(), check.why().as_deref()), (Judgement::Degraded, Some("9 of 10")));
}

#[tokio::test(start_paused = true)]
async fn a_service_is_judged_by_what_each_kind_of_check_weighs() {
    let bad = |name| {
        let thing = Thing::default();
        thing.is(Err(Down(1)));
        thing.check(name).build().expect("it is legal")
    };
    let [critical, degrading, informing] = ["critical", "degrading", "informing"].map(bad);
    for (health, judgement, why) in [
        (Health::builder().informing(&informing), Judgement::Healthy, None),
        (Health::builder().degrading(&degrading), Judgement::Degraded, Some("degrading unhealthy: down 1")),
        (
            Health::builder().critical(&critical).degrading(&degrading),
            Judgement::Unhealthy,
            Some("critical unhealthy: down 1, degrading unhealthy: down 1"),
        ),
    ] {
        let health = health.build().unwrap();
        let checks: Vec<_> = health.checks().map(|(_, check)| check.clone()).collect();
        for check in &checks {
            run(check).await;
        }
        assert_eq!((health.judge(), health.why().as_deref()), (judgement, why));
    }
}

#[tokio::test(start_paused = true)]
async fn a_service_is_healthy_before_the_first_results_and_not_while_it_drains() {
    let check = Thing::default().check("critical").build().unwrap();
    let health = Health::builder().critical(&check).build().unwrap();
    assert_eq!((health.judge(), health.is_ready()), (Judgement::Healthy, false));
    health.drain();
    assert_eq!((health.judge(), health.why().as_deref()), (Judgement::Unhealthy, Some("draining")));
}

#[tokio::test(start_paused = true)]
async fn a_node_is_judged_by_its_beats_from_the_first_on() {
    let heartbeats = Heartbeats::builder().build().unwrap();
    let [node, other] = ["a", "b"].map(|node| heartbeats.watch(node));
    advance(DAY).await;
    assert_eq!((node.judge(), node.why()), (Judgement::Healthy, None));
    heartbeats.beat("a");
    advance(2 * SECOND).await;
    assert_eq!(node.judge(), Judgement::Healthy);
    advance(18 * SECOND).await;
    assert_eq!((node.judge(), node.why().as_deref()), (Judgement::Unhealthy, Some("silent for 20s")));
    heartbeats.beat("a");
    assert_eq!((node.judge(), node.why()), (Judgement::Healthy, None));
    assert_eq!(other.judge(), Judgement::Healthy);
}

#[tokio::test(start_paused = true)]
async fn a_node_that_is_forgotten_is_unhealthy_until_it_beats() {
    let heartbeats = Heartbeats::builder().build().unwrap();
    heartbeats.beat("a");
    let node = heartbeats.watch("a");
    advance(60 * 60 * SECOND).await;
    assert_eq!(heartbeats.phi("a"), None);
    assert_eq!((node.judge(), node.why().as_deref()), (Judgement::Unhealthy, Some("silent, and forgotten")));
    assert!(heartbeats.beat("a"));
    assert_eq!(node.judge(), Judgement::Healthy);
}

#[tokio::test(start_paused = true)]
async fn a_watch_tells_a_suspicion_once() {
    let heartbeats = Heartbeats::builder().build().unwrap();
    let node = heartbeats.watch("a");
    let events = EventLog::of_thread();
    for told in 1..3 {
        heartbeats.beat("a");
        advance(60 * SECOND).await;
        (0..3).for_each(|_| assert_eq!(node.judge(), Judgement::Unhealthy));
        let suspected = |event: &LoggedEvent| event.field("message") == "node suspected";
        assert_eq!(events.of("palisade::heartbeats").iter().filter(|event| suspected(event)).count(), told);
    }
}

#[tokio::test(start_paused = true)]
async fn a_watch_keeps_its_heartbeats_alive() {
    let heartbeats = Heartbeats::builder().build().unwrap();
    heartbeats.beat("a");
    let node = heartbeats.watch("a");
    drop(heartbeats);
    advance(60 * SECOND).await;
    assert_eq!(node.judge(), Judgement::Unhealthy);
}
