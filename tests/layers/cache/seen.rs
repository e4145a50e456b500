//! What a cache tells, counts and shows.

use palisade::Registry;
use palisade::registry::Sample;
use palisade::test_util::{EventLog, LoggedEvent};
use tracing::Level;

use super::*;
use crate::support::readings::number;

/// The level and the fields of each event, in one line each.
fn told(events: &EventLog) -> Vec<String> {
    let fields = ["name", "message", "result", "age", "entries"];
    let line = |event: LoggedEvent| {
        assert_eq!(event.level, Level::DEBUG);
        let fields = fields.map(|field| event.field(field).to_owned());
        fields.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" ")
    };
    events.of("palisade::cache").into_iter().map(line).collect()
}

#[tokio::test(start_paused = true)]
async fn each_answer_and_each_refresh_is_told() {
    let events = EventLog::of_thread();
    let inner = Inner::default().answers([Answer::Echo, Answer::Echo, Answer::After(0, Err(Down(1)))]);
    let service = builder().stale_while_revalidate(SECOND).stale_if_error(60 * SECOND).build().unwrap().layer(inner);
    for wait in [0, 3, 7, 10, 1] {
        advance(wait * SECOND).await;
        get(&service, 7).await.unwrap();
        yield_now().await;
    }
    assert_eq!(
        told(&events),
        [
            "catalog answered miss",
            "catalog answered hit 3s",
            "catalog answered stale 10s",
            "catalog refreshed renewed",
            "catalog answered stale 10s",
            "catalog refreshed failed",
            "catalog answered miss",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn evictions_are_told_by_their_number() {
    let events = EventLog::of_thread();
    let key: Key = |request| *request;
    let layer = CacheLayer::builder("catalog", key).capacity(10).build().unwrap();
    let (handle, service) = (layer.handle(), layer.layer(Inner::default()));
    for request in 0..1_000 {
        get(&service, request).await.unwrap();
    }
    handle.snapshot();
    get(&service, 1_000).await.unwrap();
    let evicted = events.of("palisade::cache").into_iter().filter(|event| event.field("message") == "evicted");
    let evicted: u64 = evicted.map(|event| event.field("entries").parse::<u64>().unwrap()).sum();
    assert!((980..=1_000).contains(&evicted), "{evicted}");
}

#[tokio::test(start_paused = true)]
async fn a_cache_is_counted_and_listed() {
    let registry = Registry::new();
    let layer = builder().registry(&registry).stale_if_error(20 * SECOND).build().unwrap();
    let service = layer.layer(Inner::default().answers([Answer::Echo]).ever_answers(Answer::After(0, Err(Down(1)))));
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is a small count")]
    let count = |metric: &str, label: Option<&str>| {
        let metric = registry.metrics().into_iter().find(|one| one.name == metric).unwrap();
        let is_asked = |sample: &&Sample| label.is_none_or(|label| sample.labels[1].1 == label);
        number(&metric.samples.iter().find(is_asked).unwrap().value) as u64
    };
    let result = |result| count("palisade_cache_calls_total", Some(result));
    assert_eq!(result("hit"), 0);
    get(&service, 7).await.unwrap();
    get(&service, 7).await.unwrap();
    advance(10 * SECOND).await;
    get(&service, 7).await.unwrap();
    assert_eq!(["hit", "stale", "miss", "passed"].map(result), [1, 1, 1, 0]);
    assert_eq!(count("palisade_cache_entries", None), 1);
    let instances = registry.instances();
    let instance = instances.iter().find(|instance| instance.kind.as_str() == "cache").unwrap();
    let shown: Vec<_> = instance.settings.iter().chain(&instance.snapshot).map(ToString::to_string).collect();
    assert_eq!(
        shown,
        [
            "ttl 10s",
            "ttl_jitter 0",
            "stale_while_revalidate off",
            "stale_if_error 20s",
            "keep 0ns",
            "early 0",
            "capacity 10000",
            "max_refreshes off",
            "refresh_timeout off",
            "entries 1",
            "weight 1",
            "refreshing 0",
            "hits 1",
            "stale 1",
            "misses 1",
        ]
    );
}
