use super::*;

/// The events of a call: message, attempt, and what else they say.
async fn told(
    layer: &impl Layer<Planned, Service: Service<u32, Response = u32, Error = Error>>,
    plan: &'static [(u64, u32)],
) -> Vec<[String; 3]> {
    let events = EventLog::of_thread();
    send(layer, plan).await;
    let said = |event: &LoggedEvent| {
        assert_eq!((event.field("name"), event.level), ("hedge", tracing::Level::DEBUG));
        let more = [event.field("in_flight"), event.field("reason")].concat();
        [event.field("message").to_owned(), event.field("attempt").to_owned(), more]
    };
    events.of("palisade::hedge").iter().map(said).collect()
}

#[tokio::test(start_paused = true)]
async fn what_a_hedge_does_is_told() {
    let layer = ten().classify(by_code).max_hedges(2).budget(fixed_budget(3)).build().unwrap();
    let two = [["hedging", "2", "1"], ["hedging", "3", "2"], ["hedge won", "3", ""]];
    assert_eq!(told(&layer, &[(90, 200), (90, 201), (5, 202)]).await, two);
    let failed = [["hedging", "2", "0"], ["hedge withheld", "3", "budget"]];
    assert_eq!(told(&layer, &[(5, 503), (20, 503)]).await, failed);
    let none: [[&str; 3]; 0] = [];
    assert_eq!(told(&layer, &[(5, 200)]).await, none, "what needs no hedge");
}

#[tokio::test(start_paused = true)]
async fn why_a_hedge_does_not_start_is_told() {
    let no_copy = ten().copy_request(|_: &u32| None).build().unwrap();
    assert_eq!(told(&no_copy, &[(50, 200)]).await, [["hedge withheld", "2", "no_copy"]]);
    let late = ten().build().unwrap();
    let told_late = Deadline::after(5 * MILLI).scope(told(&late, &[(50, 200)])).await;
    assert_eq!(told_late, [["hedge withheld", "2", "deadline"]]);
    let objective = palisade::Objective::builder("hedged").availability(0.999).build().unwrap();
    let gated = ten().budget_gate(objective.gate(0.0)).build().unwrap();
    assert_eq!(told(&gated, &[(50, 200)]).await, [["hedge withheld", "2", "budget_gate"]]);
}
