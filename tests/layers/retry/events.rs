use super::*;

/// The reason for which the retrying stopped, as the event tells it.
fn stop<L>(layer: &L, codes: &'static [u32]) -> String
where
    L: Layer<Coded, Service: Service<u32, Response = u32, Error = Error>>,
{
    let events = EventLog::of_thread();
    send(layer, codes);
    events.of(TARGET).last().unwrap().field("reason").to_owned()
}

#[tokio::test(start_paused = true)]
async fn each_retry_is_told_with_its_delay_and_what_it_is_for() {
    let events = EventLog::of_thread();
    timed(&patient(10 * MILLI).max_attempts(2).build().unwrap(), &[1]).await;
    let event = &events.of(TARGET)[0];
    let fields = ["message", "name", "attempt", "delay", "outcome"].map(|name| event.field(name));
    assert_eq!((event.level, fields), (Level::DEBUG, ["retrying", "retry", "2", "10ms", "transient"]));
    assert!(event.field("error").starts_with("the service failed: "), "{event:?}");
}

#[test]
fn the_end_of_the_retrying_is_told_with_its_reason() {
    let events = EventLog::of_thread();
    send(&hasty().build().unwrap(), &[1]);
    let event = events.of(TARGET).pop().unwrap();
    let fields = ["name", "attempt", "reason"].map(|name| event.field(name));
    assert_eq!((event.level, fields), (Level::DEBUG, ["retry", "3", "max_attempts"]));
    let at_the_deadline = (TimeoutLayer::new(Duration::ZERO), hasty().build().unwrap());
    assert_eq!(stop(&at_the_deadline, &[1]), "deadline");
    assert_eq!(stop(&hasty().budget(fixed_budget(1)).build().unwrap(), &[1]), "budget");
    assert_eq!(stop(&hasty().classify(asks_for(Some(31 * SECOND))).build().unwrap(), &[503]), "retry_after");
    assert_eq!(stop(&hasty().copy_request(|_: &u32| None).build().unwrap(), &[1]), "no_copy");
    let refusing = hasty().retry_if(|_: &u32, _: Result<&u32, &Error>| false);
    assert_eq!(stop(&refusing.build().unwrap(), &[1]), "retry_if");
}

#[test]
fn the_rejection_that_stopped_the_retrying_is_told() {
    for (builder, reason) in [(hasty(), "rejected"), (hasty().retry_rejected().max_attempts(2), "max_attempts")] {
        let events = EventLog::of_thread();
        send(&builder.build().unwrap(), &[1, REJECTED]);
        let stopped = events.of(TARGET).pop().unwrap();
        assert_eq!((stopped.field("reason"), stopped.field("rejection")), (reason, &*rejected().to_string()));
    }
}

#[test]
fn a_success_is_not_told() {
    let events = EventLog::of_thread();
    send(&hasty().build().unwrap(), &[200]);
    assert_eq!(events.all(), []);
}

#[test]
fn an_error_of_another_kind_names_no_rejection() {
    let events = EventLog::of_thread();
    let service = strict(|()| ready(Err::<(), _>(io_error("reset"))));
    hasty().build().unwrap().layer(service).oneshot(()).now_or_never().unwrap().unwrap_err();
    assert!(!events.of(TARGET).pop().unwrap().fields.contains_key("rejection"));
}

#[test]
fn a_name_that_is_set_replaces_the_constructors() {
    let error = hasty().name(Name::new("payments").unwrap()).max_attempts(0).build().unwrap_err();
    assert!(error.to_string().contains("payments"), "{error}");
}
