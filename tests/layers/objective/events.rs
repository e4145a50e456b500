//! Claims about what an objective tells.

use std::sync::{Arc, Mutex};

use palisade::event::{self, Event, Source};
use palisade::test_util::{EventLog, LoggedEvent};
use tracing::Level;

use super::*;

/// The level and some fields of each event, in one line each.
fn told(events: &EventLog) -> Vec<String> {
    let line = |event: LoggedEvent| {
        let fields = ["indicator", "severity", "long", "short", "threshold", "message"]
            .map(|field| event.field(field).to_owned());
        format!("{} {}", event.level, fields.join(" "))
    };
    events.of("palisade::objective").into_iter().map(line).collect()
}

#[tokio::test(start_paused = true)]
async fn each_alert_is_told_once_when_it_fires_and_once_when_it_is_resolved() {
    let events = EventLog::of_thread();
    let objective = builder().build().unwrap();
    record(&objective, Outcome::Failed, 5);
    assert_eq!(told(&events), [""; 0], "nobody has looked");
    for _ in 0..3 {
        assert_eq!(firing(objective.availability()).len(), 4);
    }
    let fired = told(&events);
    let expected = [
        "WARN availability page 1h 5m 14.4 alert fires",
        "WARN availability page 6h 30m 6.0 alert fires",
        "WARN availability notify 1d 2h 3.0 alert fires",
        "WARN availability ticket 3d 6h 1.0 alert fires",
    ];
    assert_eq!(fired, expected);
    let first = &events.of("palisade::objective")[0];
    assert_eq!((first.field("name"), first.field("burn")), ("checkout", "1000.0"));
    assert!(first.field("runbook_url").ends_with("objective/index.html#when-an-alert-fires"));
    advance(HOUR / 12).await;
    assert_eq!(firing(objective.availability()).len(), 3);
    assert_eq!(told(&events)[4..], ["INFO availability page 1h 5m 14.4 alert resolved"]);
    assert_eq!(events.of("palisade::objective")[4].level, Level::INFO);
}

#[tokio::test(start_paused = true)]
async fn the_first_call_of_each_ten_seconds_tells() {
    let events = EventLog::of_thread();
    let objective = builder().build().unwrap();
    record(&objective, Outcome::Failed, 100);
    advance(9_999 * MILLI).await;
    record(&objective, Outcome::Failed, 1);
    assert_eq!(told(&events).len(), 0);
    advance(MILLI).await;
    record(&objective, Outcome::Failed, 1);
    assert_eq!(told(&events).len(), 4);
    record(&objective, Outcome::Failed, 100);
    advance(10 * SECOND).await;
    record(&objective, Outcome::Failed, 100);
    assert_eq!(told(&events).len(), 4, "they fire already");
}

#[tokio::test(start_paused = true)]
async fn an_alert_says_what_to_do() {
    let heard = Arc::<Mutex<Vec<String>>>::default();
    let kept = Arc::clone(&heard);
    let _subscription = event::observe(move |source: Source<'_>, event: &Event<'_>| {
        if let (Event::Alert { runbook_url, severity, .. }, "an alert that says it") = (event, source.name().as_str()) {
            kept.lock().unwrap().push(format!("{source} {} {runbook_url}", severity.as_str()));
        }
    });
    let registry = Registry::new();
    let objective = Objective::builder("an alert that says it").latency(0.99, SECOND).runbook_url("https://wiki/slow");
    let objective = objective.registry(&registry).build().unwrap();
    (0..5).for_each(|_| objective.record(Outcome::Success, 2 * SECOND));
    drop(registry.metrics());
    assert_eq!(heard.lock().unwrap()[0], "objective `an alert that says it` page https://wiki/slow");
}

#[tokio::test(start_paused = true)]
async fn an_observer_may_ask_the_objective_that_tells_it() {
    let objective = Objective::builder("asked while it tells").availability(0.999).build().unwrap();
    let (asked, met) = (objective.clone(), Arc::<Mutex<Vec<bool>>>::default());
    let kept = Arc::clone(&met);
    let _subscription = event::observe(move |source: Source<'_>, _: &Event<'_>| {
        if source.name() == asked.name() {
            kept.lock().unwrap().push(asked.is_met());
        }
    });
    record(&objective, Outcome::Failed, 5);
    assert!(!objective.is_met());
    assert_eq!(*met.lock().unwrap(), [false; 4]);
}
