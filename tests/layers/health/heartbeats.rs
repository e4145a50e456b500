//! The beats of nodes.

use palisade::health::Heartbeats;

use super::*;

#[tokio::test(start_paused = true)]
async fn a_node_whose_beats_stay_away_is_suspected_until_it_returns() {
    let heartbeats = Heartbeats::builder().build().unwrap();
    for _ in 0..30 {
        assert!(heartbeats.beat("a") && heartbeats.beat("b"));
        advance(SECOND).await;
    }
    assert_eq!(heartbeats.suspected(), []);
    for _ in 0..10 {
        heartbeats.beat("b");
        advance(SECOND).await;
    }
    let suspected = heartbeats.suspected();
    assert_eq!((suspected.len(), &*suspected[0].node), (1, "a"));
    assert!(heartbeats.is_suspected("a") && !heartbeats.is_suspected("b"));
    assert!(heartbeats.phi("a") > Some(8.0) && heartbeats.phi("b") < Some(8.0));
    assert_eq!(suspected[0].silent, 11 * SECOND);
    heartbeats.beat("a");
    assert_eq!(heartbeats.suspected(), []);
}

#[tokio::test(start_paused = true)]
async fn nobody_knows_a_node_that_never_beat_or_was_forgotten() {
    let heartbeats = Heartbeats::builder().build().unwrap();
    assert_eq!(heartbeats.phi("a"), None);
    heartbeats.beat("a");
    assert!(heartbeats.phi("a").is_some());
    advance(60 * 60 * SECOND).await;
    assert_eq!((heartbeats.phi("a"), heartbeats.is_suspected("a")), (None, false));
    assert_eq!(heartbeats.snapshot(), []);
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_nodes_that_beat_leave_the_first_thousand() {
    let heartbeats = Heartbeats::builder().build().unwrap();
    let names: Vec<_> = (0..10_000).map(|node| format!("node-{node}")).collect();
    for _ in 0..3 {
        for (number, node) in names.iter().enumerate() {
            assert_eq!(heartbeats.beat(node), number < 1_000);
        }
        advance(SECOND).await;
    }
    assert_eq!((heartbeats.snapshot().len(), heartbeats.suspected()), (1_000, vec![]));
}

#[tokio::test(start_paused = true)]
async fn a_name_may_be_any_text_of_256_bytes() {
    let heartbeats = Heartbeats::builder().build().unwrap();
    for node in ["\"quoted\"", "a\nb\0", "é", "a/b?c#d%", " "] {
        assert!(heartbeats.beat(node) && heartbeats.phi(node).is_some(), "{node:?}");
    }
    assert!(heartbeats.beat(&"x".repeat(256)));
    assert!(!heartbeats.beat("") && !heartbeats.beat(&"x".repeat(257)));
}

#[tokio::test(start_paused = true)]
async fn after_a_clock_that_jumps_by_days_nodes_are_new() {
    let heartbeats = Heartbeats::builder().build().unwrap();
    heartbeats.beat("a");
    advance(3 * DAY).await;
    assert!(heartbeats.beat("a") && !heartbeats.is_suspected("a"));
}

#[tokio::test(start_paused = true)]
async fn each_setting_is_heeded() {
    let builder = || Heartbeats::builder().acceptable_pause(Duration::ZERO);
    let silence = async |heartbeats: palisade::health::HeartbeatsBuilder| {
        let heartbeats = heartbeats.build().unwrap();
        for _ in 0..50 {
            heartbeats.beat("a");
            advance(SECOND).await;
        }
        let started = now();
        while !heartbeats.is_suspected("a") {
            advance(MILLI).await;
        }
        (now() - started).as_millis()
    };
    let usual = silence(builder()).await;
    assert!(silence(builder().threshold(12.0)).await > usual);
    assert_eq!(silence(builder().acceptable_pause(3 * SECOND)).await, usual + 3_000);
    assert!(silence(builder().min_std_deviation(300 * MILLI)).await > usual + 500);
    assert!(silence(builder().first_estimate(100 * SECOND)).await > usual);
    assert!(silence(builder().first_estimate(10 * SECOND).samples(10)).await <= usual);
}

#[tokio::test(start_paused = true)]
async fn a_full_set_has_room_when_the_longest_silent_is_suspected() {
    let heartbeats = Heartbeats::builder().capacity(1).forget_after(DAY).build().unwrap();
    assert!(heartbeats.beat("a") && !heartbeats.beat("b"));
    advance(20 * SECOND).await;
    assert!(heartbeats.beat("b"));
    assert_eq!(heartbeats.phi("a"), None);
}
