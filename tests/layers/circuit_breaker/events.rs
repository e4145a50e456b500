//! Events.

use super::*;

/// Level, `from`, `to` and `reason` of each transition.
fn transitions(events: &Events) -> Vec<(Level, String, String, String)> {
    let told = |event: &support::events::Recorded, field: &str| event.field(field).to_owned();
    let is_transition = |event: &support::events::Recorded| event.fields.contains_key("to");
    let row = |event| (told(event, "from"), told(event, "to"), told(event, "reason"));
    let level = |event: &support::events::Recorded| event.level;
    let events = events.of(TARGET);
    let rows = events.iter().filter(|&event| is_transition(event)).map(|event| (level(event), row(event)));
    rows.map(|(level, (from, to, reason))| (level, from, to, reason)).collect()
}

#[tokio::test(start_paused = true)]
async fn opening_and_recovering_are_told() {
    let events = Events::record();
    let circuit = recovering(touchy()).await;
    succeed(&circuit, 1);
    let told = [
        row(Level::WARN, "closed", "open", "failure_rate"),
        row(Level::INFO, "open", "half_open", "open_time_over"),
        row(Level::INFO, "half_open", "closed", "recovered"),
    ];
    assert_eq!(transitions(&events), told);
}

#[tokio::test(start_paused = true)]
async fn opening_tells_which_rule_tripped_and_the_counts_that_decided() {
    let events = Events::record();
    let circuit = circuit(touchy().min_calls(4).slow_rate(1.0, SECOND));
    settle(&circuit, [Outcome::Success, Outcome::Success, Outcome::Failed]);
    take(&circuit, 2 * SECOND, Outcome::Failed).await;
    let told = events.of(TARGET);
    let fields = ["name", "reason", "calls", "failures", "slow", "open_for"].map(|field| told[0].field(field));
    assert_eq!(fields, ["payments", "failure_rate", "4", "2", "1", "1s"]);
}

#[tokio::test(start_paused = true)]
async fn opening_by_slowness_is_told() {
    let events = Events::record();
    let circuit = circuit(touchy().slow_rate(1.0, SECOND));
    take(&circuit, 2 * SECOND, Outcome::Success).await;
    assert_eq!(transitions(&events), [row(Level::WARN, "closed", "open", "slow_rate")]);
}

#[tokio::test(start_paused = true)]
async fn opening_by_failures_in_a_row_is_told_with_their_number() {
    let events = Events::record();
    fail(&CircuitBreakerLayer::consecutive(3).handle(), 3);
    assert_eq!(transitions(&events), [row(Level::WARN, "closed", "open", "consecutive")]);
    assert_eq!(events.of(TARGET)[0].field("consecutive"), "3");
}

#[tokio::test(start_paused = true)]
async fn a_failed_recovery_is_told_with_the_counts_of_the_probes() {
    let circuit = recovering(builder()).await;
    let events = Events::record();
    settle(&circuit, [Outcome::Success, Outcome::Failed, Outcome::Failed, Outcome::Failed]);
    let opened = row(Level::WARN, "half_open", "open", "failure_rate");
    assert_eq!(transitions(&events), [row(Level::INFO, "open", "half_open", "open_time_over"), opened]);
    let told = events.of(TARGET);
    assert_eq!(["calls", "failures", "slow"].map(|field| told[1].field(field)), ["4", "3", "0"]);
}

#[tokio::test(start_paused = true)]
async fn a_recovery_that_hung_is_told() {
    let circuit = recovering(touchy()).await;
    let _hanging = enter(&circuit);
    let events = Events::record();
    advance(30 * SECOND).await;
    rejection(&circuit);
    assert_eq!(transitions(&events), [row(Level::WARN, "half_open", "open", "hung")]);
}

#[tokio::test(start_paused = true)]
async fn changes_by_hand_are_told() {
    let events = Events::record();
    let circuit = circuit(builder());
    circuit.force_open();
    circuit.force_closed();
    circuit.metrics_only();
    circuit.reset();
    let told = [
        row(Level::WARN, "closed", "forced_open", "by_hand"),
        row(Level::INFO, "forced_open", "forced_closed", "by_hand"),
        row(Level::INFO, "forced_closed", "metrics_only", "by_hand"),
        row(Level::INFO, "metrics_only", "closed", "by_hand"),
    ];
    assert_eq!(transitions(&events), told);
}

#[tokio::test(start_paused = true)]
async fn self_transitions_are_not_told() {
    let circuit = circuit(builder());
    for set in
        [CircuitHandle::reset, CircuitHandle::force_open, CircuitHandle::force_closed, CircuitHandle::metrics_only]
    {
        set(&circuit);
        let events = Events::record();
        set(&circuit);
        assert_eq!(events.of(TARGET), []);
    }
}

#[tokio::test(start_paused = true)]
async fn a_circuit_that_only_measures_tells_each_time_it_would_have_opened() {
    let circuit = circuit(touchy().min_calls(2));
    circuit.metrics_only();
    let events = Events::record();
    fail(&circuit, 1);
    assert_eq!(events.of(TARGET), []);
    fail(&circuit, 1);
    assert_eq!(transitions(&events), [row(Level::WARN, "metrics_only", "metrics_only", "failure_rate")]);
    assert_eq!(events.of(TARGET)[0].field("failures"), "2");
    fail(&circuit, 2);
    assert_eq!(transitions(&events).len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_rejection_is_told_at_debug() {
    let circuit = circuit(touchy());
    fail(&circuit, 1);
    let events = Events::record();
    rejection(&circuit);
    let told = events.of(TARGET);
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].level, Level::DEBUG);
    let fields = ["name", "reason", "retry_after"].map(|field| told[0].field(field));
    assert_eq!(fields, ["payments", "circuit_open", "1s"]);
}

#[tokio::test(start_paused = true)]
async fn each_reason_of_a_rejection_has_its_name_in_events() {
    let breaker = touchy().build().unwrap();
    let circuit = breaker.handle();
    fail(&circuit, 1);
    open_time(&circuit).await;
    let events = Events::record();
    drop(enter(&circuit));
    breaker.layer(Gate::new([Poll::Pending])).call(()).await.unwrap_err();
    let _probe = enter(&circuit);
    rejection(&circuit);
    circuit.force_open();
    rejection(&circuit);
    let told = events.of(TARGET);
    let rejected = told.iter().filter(|event| event.level == Level::DEBUG).map(|event| event.field("reason"));
    assert_eq!(rejected.collect::<Vec<_>>(), ["not_ready", "probes_taken", "forced_open"]);
}

#[tokio::test(start_paused = true)]
async fn ordinary_calls_are_not_told() {
    let events = Events::record();
    let circuit = circuit(builder());
    settle(&circuit, [Outcome::Success, Outcome::Failed, Outcome::Ignored, THROTTLED]);
    drop(enter(&circuit));
    assert_eq!(events.all(), []);
}
