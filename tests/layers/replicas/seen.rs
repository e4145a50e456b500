//! What replicas tell, count and show.

use palisade::Registry;
use palisade::registry::{Reading, Sample};
use palisade::test_util::{EventLog, LoggedEvent};
use tracing::Level;

use super::*;

/// The level, the message and these fields of each event, in one line each.
fn told(events: &EventLog, fields: &[&str]) -> Vec<String> {
    let line = |event: LoggedEvent| {
        let fields = ["name", "message"].iter().chain(fields).map(|field| event.field(field).to_owned());
        [event.level.to_string()]
            .into_iter()
            .chain(fields.filter(|text| !text.is_empty()))
            .collect::<Vec<_>>()
            .join(" ")
    };
    events.of("palisade::replicas").into_iter().filter(|event| event.level != Level::DEBUG).map(line).collect()
}

#[tokio::test(start_paused = true)]
async fn each_change_of_a_replica_is_told() {
    let events = EventLog::of_thread();
    let inners = [Inner::failing(), Inner::default(), Inner::default()];
    let service = named(&inners).policy(Policy::RoundRobin).consecutive(2).build().unwrap();
    call(&service, 10).await;
    inners[0].recover();
    advance(40 * SECOND).await;
    call(&service, 3).await;
    service.handle().drain("b");
    assert_eq!(
        told(&events, &["replica", "reason", "times"]),
        [
            "WARN orders replica ejected a consecutive 1",
            "INFO orders replica is on trial a",
            "INFO orders replica readmitted a trial",
            "INFO orders replica drained b",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn failovers_and_panic_and_missing_spares_are_told() {
    let events = EventLog::of_thread();
    let inners = [(); 3].map(|()| Inner::default());
    let service = in_order(&inners).needed(2).spares(1).build().unwrap();
    call(&service, 1).await;
    service.handle().eject("a");
    service.handle().promote("c");
    service.handle().readmit("a");
    let told_now = told(&events, &["replica", "from", "to", "reason", "healthy"]);
    assert_eq!(
        told_now,
        [
            "WARN orders replica ejected a by_hand",
            "WARN orders failed over a b unhealthy",
            "WARN orders too few replicas are healthy 2",
            "WARN orders failed over b c by_hand",
            "INFO orders replica readmitted a by_hand",
            "INFO orders enough replicas are healthy 3",
        ]
    );
    let events = EventLog::of_thread();
    let service = named(&inners).build().unwrap();
    for name in ["a", "b"] {
        assert!(service.handle().eject(name));
    }
    service.handle().readmit("a");
    let told = told(&events, &["healthy", "replicas"]);
    let of_panic: Vec<_> = told.iter().filter(|line| line.contains("health ")).collect();
    assert_eq!(
        of_panic,
        ["WARN orders so few replicas are healthy that health is ignored 1 3", "INFO orders health counts again 2 3"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_refused_ejection_is_told_and_a_hostile_name_is_escaped() {
    let events = EventLog::of_thread();
    let service = Replicas::builder("orders").add("a\n\"b\"", Inner::failing()).build().unwrap();
    call(&service, 5).await;
    let line = r#"WARN orders too many replicas are ejected for another a\n\"b\" consecutive"#;
    assert_eq!(told(&events, &["replica", "reason"]), [line]);
}

#[tokio::test(start_paused = true)]
async fn a_rejected_call_is_told_at_debug() {
    let events = EventLog::of_thread();
    let service = Replicas::<Inner>::builder("orders").build().unwrap();
    service.oneshot(1).await.unwrap_err();
    let told = &events.of("palisade::replicas")[0];
    assert_eq!((told.level, told.field("reason")), (Level::DEBUG, "no_replica"));
}

/// The value of a metric with these labels beside the name.
fn value(registry: &Registry, metric: &str, labels: &[&str]) -> f64 {
    let metric = registry.metrics().into_iter().find(|known| known.name == metric).expect("it is in the table");
    let has_labels = |sample: &&Sample| sample.labels[1..].iter().map(|(_, value)| *value).eq(labels.iter().copied());
    match metric.samples.iter().find(has_labels).map(|sample| sample.value.clone()) {
        Some(Reading::Count(count)) => f64::from(u32::try_from(count).expect("no test counts so far")),
        Some(Reading::Level(level)) => level,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn everything_is_counted_and_comes_to_rest() {
    let registry = Registry::new();
    let inners = [Inner::failing(), Inner::default().ever(Readiness::Stalled), Inner::default()];
    let service = in_order(&inners).consecutive(2).registry(&registry).needed(3).build().unwrap();
    call(&service, 4).await;
    let held = {
        drop(inners[2].clone().ever_answers(Answer::Never));
        begin(&service)
    };
    let count = |metric: &str, labels: &[&str]| value(&registry, &format!("palisade_replica_{metric}"), labels);
    assert_eq!((count("members", &["healthy"]), count("members", &["ejected"])), (2.0, 1.0));
    assert_eq!((count("ejections_total", &["consecutive"]), count("ejections_total", &["by_hand"])), (1.0, 0.0));
    assert_eq!((count("failovers_total", &["unhealthy"]), count("failovers_total", &["fail_back"])), (1.0, 0.0));
    assert_eq!((count("passed_over_total", &["not_ready"]), count("passed_over_total", &["rejected"])), (3.0, 0.0));
    assert_eq!((count("in_flight", &[]), count("panic", &[]), count("missing", &[])), (1.0, 0.0, 1.0));
    drop(held);
    assert_eq!((count("in_flight", &[]), count("panic", &[])), (0.0, 0.0));
    for name in ["a", "b", "c"] {
        assert!(service.handle().drain(name));
    }
    service.clone().oneshot(1).await.unwrap_err();
    assert_eq!((count("rejected_total", &["no_replica"]), count("members", &["drained"])), (1.0, 3.0));
}

#[tokio::test(start_paused = true)]
async fn a_registry_lists_the_replicas_by_their_names() {
    let registry = Registry::new();
    let inners = [Inner::failing(), Inner::default(), Inner::default()];
    let service = named(&inners).policy(Policy::RoundRobin).consecutive(2).registry(&registry).build().unwrap();
    call(&service, 6).await;
    let instances = registry.instances();
    let shown: Vec<_> = instances.iter().map(|instance| instance.key.as_deref()).collect();
    assert_eq!(shown, [None, Some("a"), Some("b"), Some("c")], "the worst comes first");
    assert!(instances[1].snapshot.iter().any(|setting| setting.to_string() == "state ejected"), "{instances:?}");
    drop(service);
    assert_eq!(registry.instances(), []);
}
