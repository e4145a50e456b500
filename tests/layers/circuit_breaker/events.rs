use palisade::test_util::LoggedEvent;

use tracing::Level;

use super::*;

/// Each transition: its level, where it came from, where it went, and why.
fn transitions(events: &EventLog) -> Vec<String> {
    let row = |event: &LoggedEvent| {
        let [from, to, reason] = ["from", "to", "reason"].map(|field| event.field(field));
        format!("{} {from} to {to}: {reason}", event.level)
    };
    events.of(TARGET).iter().filter(|event| event.fields.contains_key("to")).map(row).collect()
}

/// These fields of an event.
fn fields<'a, const N: usize>(event: &'a LoggedEvent, names: [&str; N]) -> [&'a str; N] {
    names.map(|name| event.field(name))
}

#[tokio::test(start_paused = true)]
async fn opening_and_recovering_are_told() {
    let events = EventLog::of_thread();
    let circuit = recovering(touchy()).await;
    run(&circuit, "s").await;
    let told = [
        "WARN closed to open: failure_rate",
        "INFO open to half_open: open_time_over",
        "INFO half_open to closed: recovered",
    ];
    assert_eq!(transitions(&events), told);
}

#[tokio::test(start_paused = true)]
async fn opening_is_told_with_the_rule_and_the_counts_that_decided() {
    let events = EventLog::of_thread();
    let by_rate = circuit(touchy().min_calls(4).slow_rate(1.0, SECOND));
    run(&by_rate, "ssf").await;
    take(&by_rate, 2 * SECOND, Outcome::Failed).await;
    take(&circuit(touchy().slow_rate(1.0, SECOND)), 2 * SECOND, Outcome::Success).await;
    fail(&CircuitBreakerLayer::consecutive(3).handle(), 3);
    run(&circuit(touchy()), "t").await;
    let rules = ["failure_rate", "slow_rate", "consecutive", "throttled_rate"];
    assert_eq!(transitions(&events), rules.map(|rule| format!("WARN closed to open: {rule}")));
    let told = events.of(TARGET);
    let names = ["name", "calls", "failures", "slow", "open_for"];
    assert_eq!(fields(&told[0], names), ["payments", "4", "2", "1", "1s"]);
    assert_eq!(told[2].field("consecutive"), "3");
    assert_eq!(fields(&told[3], ["calls", "failures", "throttled"]), ["1", "0", "1"]);
}

#[tokio::test(start_paused = true)]
async fn a_failed_recovery_is_told_with_the_counts_of_the_probes() {
    let circuit = recovering(builder()).await;
    let events = EventLog::of_thread();
    run(&circuit, "sfff").await;
    let told = ["INFO open to half_open: open_time_over", "WARN half_open to open: failure_rate"];
    assert_eq!(transitions(&events), told);
    assert_eq!(fields(&events.of(TARGET)[1], ["calls", "failures", "slow"]), ["4", "3", "0"]);
}

#[tokio::test(start_paused = true)]
async fn a_recovery_whose_callers_left_is_told() {
    let circuit = recovering(touchy()).await;
    drop(enter(&circuit));
    let events = EventLog::of_thread();
    advance(10 * SECOND).await;
    rejection(&circuit);
    assert_eq!(transitions(&events), ["WARN half_open to open: abandoned"]);
}

#[tokio::test(start_paused = true)]
async fn changes_by_hand_are_told_once() {
    let events = EventLog::of_thread();
    let circuit = circuit(builder());
    let by_hand = BY_HAND.into_iter().chain([CircuitHandle::reset as fn(&CircuitHandle)]);
    for set in [CircuitHandle::reset as fn(&CircuitHandle)].into_iter().chain(by_hand) {
        set(&circuit);
        set(&circuit);
    }
    let told = [
        "WARN closed to forced_open: by_hand",
        "INFO forced_open to forced_closed: by_hand",
        "INFO forced_closed to metrics_only: by_hand",
        "INFO metrics_only to closed: by_hand",
    ];
    assert_eq!(transitions(&events), told);
    assert_eq!(events.all().len(), told.len());
}

#[tokio::test(start_paused = true)]
async fn a_circuit_that_only_measures_tells_when_it_would_have_opened() {
    let circuit = circuit(touchy().min_calls(2));
    circuit.metrics_only();
    let events = EventLog::of_thread();
    fail(&circuit, 1);
    assert_eq!(events.of(TARGET), []);
    fail(&circuit, 1);
    assert_eq!(transitions(&events), ["WARN metrics_only to metrics_only: failure_rate"]);
    assert_eq!(events.of(TARGET)[0].field("failures"), "2");
    fail(&circuit, 2);
    assert_eq!(transitions(&events).len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_rejection_of_each_reason_is_told_at_debug() {
    let breaker = touchy().build().unwrap();
    let circuit = breaker.handle();
    fail(&circuit, 1);
    let events = EventLog::of_thread();
    rejection(&circuit);
    open_time(&circuit).await;
    drop(enter(&circuit));
    breaker.layer(up().stalled()).call(()).await.unwrap_err();
    let _probe = enter(&circuit);
    rejection(&circuit);
    circuit.force_open();
    rejection(&circuit);
    let told = events.of(TARGET);
    let rejected: Vec<_> = told.iter().filter(|event| event.level == Level::DEBUG).collect();
    assert_eq!(fields(rejected[0], ["name", "reason", "retry_after"]), ["payments", "circuit_open", "1s"]);
    let reasons: Vec<_> = rejected.iter().map(|event| event.field("reason")).collect();
    assert_eq!(reasons, ["circuit_open", "not_ready", "probes_taken", "forced_open"]);
}

#[tokio::test(start_paused = true)]
async fn ordinary_calls_are_not_told() {
    let events = EventLog::of_thread();
    run(&circuit(builder()), "sfita").await;
    assert_eq!(events.all(), []);
}
