//! What checks and heartbeats tell.

use palisade::Name;
use palisade::health::{Health, Heartbeats};
use palisade::test_util::{EventLog, LoggedEvent};
use tracing::Level;

use super::*;

/// The level and these fields of each event of a target, in one line each.
fn told(events: &EventLog, target: &str, fields: &[&str]) -> Vec<String> {
    let line = |event: LoggedEvent| {
        let fields: Vec<_> = fields.iter().map(|field| event.field(field).to_owned()).collect();
        format!("{} {}", event.level, fields.join(" "))
    };
    events.of(target).into_iter().map(line).collect()
}

#[tokio::test(start_paused = true)]
async fn each_change_of_a_verdict_is_told_and_a_good_start_is_not() {
    let events = EventLog::of_thread();
    let thing = Thing::default();
    let check = thing.check("database").build().unwrap();
    run(&check).await;
    thing.is(Err(Down(1)));
    sleep(10 * SECOND).await;
    thing.is(Ok(()));
    sleep(10 * SECOND).await;
    let told = told(&events, "palisade::health", &["name", "from", "to", "why", "message"]);
    assert_eq!(
        told,
        ["WARN database healthy unhealthy down 1 verdict changed", "INFO database unhealthy healthy  verdict changed"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_suspicion_is_told_once_when_asked_and_so_is_the_return() {
    let events = EventLog::of_thread();
    let heartbeats = Heartbeats::builder().name(Name::new("cluster").unwrap()).build().unwrap();
    heartbeats.beat("a\n\"b\"");
    advance(60 * SECOND).await;
    assert_eq!(events.of("palisade::heartbeats"), [], "nobody asked");
    for _ in 0..3 {
        assert!(heartbeats.is_suspected("a\n\"b\""));
    }
    heartbeats.beat("a\n\"b\"");
    heartbeats.beat("a\n\"b\"");
    let told = told(&events, "palisade::heartbeats", &["name", "node", "silent", "message"]);
    assert_eq!(told, [r#"WARN cluster a\n\"b\" 60s node suspected"#, r#"INFO cluster a\n\"b\" 60s node returned"#]);
    let suspected = &events.of("palisade::heartbeats")[0];
    assert!(suspected.field("suspected").starts_with("54."), "{suspected:?}");
}

#[tokio::test(start_paused = true)]
async fn a_beat_tells_the_suspicion_that_it_ends() {
    let events = EventLog::of_thread();
    let heartbeats = Heartbeats::builder().build().unwrap();
    heartbeats.beat("a");
    advance(60 * SECOND).await;
    heartbeats.beat("a");
    let messages = told(&events, "palisade::heartbeats", &["message"]);
    assert_eq!(messages, ["WARN node suspected", "INFO node returned"]);
}

#[tokio::test(start_paused = true)]
async fn a_flood_of_nodes_is_a_warning_once_a_minute() {
    let events = EventLog::of_thread();
    let heartbeats = Heartbeats::builder().capacity(0).build().unwrap();
    for _ in 0..3 {
        for node in 0..5 {
            assert!(!heartbeats.beat(&format!("node {node}")));
        }
        advance(60 * SECOND).await;
    }
    let all = events.of("palisade::heartbeats");
    let warnings = all.iter().filter(|event| event.level == Level::WARN).count();
    assert_eq!((all.len(), warnings), (15, 3));
    assert!(
        all.iter().all(|event| event.field("message") == "no room for another node" && event.field("capacity") == "0")
    );
}

#[test]
fn draining_is_told_once_when_it_begins_and_once_when_it_is_undone() {
    let events = EventLog::of_thread();
    let health = Health::builder().name(Name::new("orders").unwrap()).build().unwrap();
    health.undrain();
    for _ in 0..2 {
        health.drain();
        health.clone().drain();
        health.undrain();
        health.undrain();
    }
    let told = told(&events, "palisade::health", &["name", "message"]);
    assert_eq!(told, ["INFO orders draining", "INFO orders no longer draining"].repeat(2));
}
