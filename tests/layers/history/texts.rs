//! What a timeline says of each kind of layer.

use palisade::health::Verdict;
use palisade::{Adaptive, BulkheadLayer, Health, HealthCheck, Heartbeats, Policy, Rate, RateLimitLayer, Replicas};
use tokio::task::yield_now;

use super::*;
use crate::support::Down;
use crate::support::inner::{Answer, Inner};

#[tokio::test(start_paused = true)]
async fn a_circuit_says_how_it_went_and_why() {
    let registry = Registry::new();
    let circuit = circuit(&registry);
    fail(&circuit);
    advance(10 * SECOND).await;
    fail(&circuit);
    advance(10 * SECOND).await;
    circuit.try_enter().unwrap().success();
    circuit.metrics_only();
    fail(&circuit);
    circuit.reset();
    assert_eq!(
        texts(&registry),
        [
            "opened for 10s (consecutive, 1 of 1 calls failed)",
            "open to half open (open time over)",
            "opened for 10s (failure rate, 1 of 1 calls failed)",
            "open to half open (open time over)",
            "half open to closed (recovered, 0 of 1 calls failed)",
            "closed to metrics only (by hand)",
            "would have opened (consecutive, 1 of 1 calls failed)",
            "metrics only to closed (by hand)",
        ]
    );
}

#[test]
fn a_bulkhead_says_when_it_was_resized_by_hand() {
    let registry = Registry::new();
    let bulkhead = BulkheadLayer::builder(8).registry(&registry).build().unwrap().handle();
    let adapted = BulkheadLayer::builder(8).adaptive(Adaptive::vegas()).registry(&registry).build().unwrap();
    bulkhead.resize(3);
    adapted.handle().resize(5);
    assert_eq!(texts(&registry), ["resized to 3", "resized to 5"]);
}

#[tokio::test(start_paused = true)]
async fn a_rate_limit_says_what_it_was_set_to_and_when_it_was_shut() {
    let registry = Registry::new();
    let builder = RateLimitLayer::builder("seen", Rate::per_second(9)).registry(&registry);
    let limit = builder.per_key(|key: &u32| *key).show_keys().build().unwrap().handle();
    assert!(limit.block(7, 5 * SECOND));
    // A longer time goes on with what is there.
    assert!(limit.block(7, 9 * SECOND));
    assert!(limit.unblock(&7));
    limit.set_rate(Rate::per_second(3)).unwrap();
    assert_eq!(
        texts(&registry),
        [
            "shut for 5s",
            "let calls pass again",
            "rate set to 3 calls in 1s, at most 9 at once",
            "rate set to 3 calls in 1s, at most 9 at once",
        ]
    );
    let keys: Vec<_> = all(&registry).happenings.into_iter().map(|happening| happening.key).collect();
    assert_eq!(keys.iter().flatten().count(), 3);
}

#[tokio::test(start_paused = true)]
async fn replicas_say_who_is_ejected_and_who_takes_over() {
    let registry = Registry::new();
    let bad = Inner::default().answers([Answer::After(0, Err(Down(1)))]);
    let builder = Replicas::builder("orders").add("a", bad).add("b", Inner::default());
    let service =
        builder.policy(Policy::FailOver).consecutive(1).max_tries(1).needed(2).registry(&registry).build().unwrap();
    service.clone().oneshot(1).await.unwrap_err();
    service.clone().oneshot(1).await.unwrap();
    let handle = service.handle();
    handle.readmit("a");
    handle.drain("b");
    let said = texts(&registry);
    // Its time has jitter.
    assert!(said[0].starts_with("replica a ejected for 3") && said[0].ends_with("s (consecutive)"), "{said:?}");
    for text in [
        "failed over from b to a (unhealthy)",
        "replicas 1 healthy, 2 needed and 0 to spare",
        "failed over from a to b (unhealthy)",
        "replica a readmitted (by hand)",
        "replica b drained",
    ] {
        assert!(said.iter().any(|said| said == text), "{text}: {said:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn checks_and_health_say_their_verdicts() {
    let registry = Registry::new();
    let check = async || Ok::<_, Down>(Verdict::Degraded("slow".into()));
    let disk = HealthCheck::builder("disk", check).registry(&registry).build().unwrap();
    let health = Health::builder().critical(&disk).registry(&registry).build().unwrap();
    tokio::spawn(disk.run());
    yield_now().await;
    health.drain();
    health.undrain();
    assert_eq!(texts(&registry), ["healthy to degraded (slow)", "began to drain", "drains no longer"]);
}

#[tokio::test(start_paused = true)]
async fn heartbeats_say_which_node_is_silent() {
    let registry = Registry::new();
    let heartbeats = Heartbeats::builder().registry(&registry).build().unwrap();
    for _ in 0..5 {
        heartbeats.beat("n1");
        advance(SECOND).await;
    }
    advance(100 * SECOND).await;
    assert!(heartbeats.is_suspected("n1"));
    heartbeats.beat("n1");
    assert_eq!(texts(&registry), ["node n1 suspected, silent for 1m 41s", "node n1 returned, silent for 1m 41s"]);
}
