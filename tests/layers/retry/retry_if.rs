use super::*;

#[test]
fn it_sees_the_kept_request_and_the_result() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&seen);
    let layer = hasty().retry_if(move |kept: &&'static str, result: Result<&(), &Error>| {
        log.lock().unwrap().push((*kept, number_of(result.unwrap_err())));
        true
    });
    let script = Script::new([Err(Down(1)), Err(Down(2)), Err(Down(3))]);
    let service = strict(move |_: &'static str| ready(script.next()));
    layer.build().unwrap().layer(service).oneshot("POST").now_or_never().unwrap().unwrap_err();
    // The third result is the last one allowed: no retry is due.
    assert_eq!(*seen.lock().unwrap(), [("POST", Some(1)), ("POST", Some(2))]);
}

#[test]
fn it_sees_a_poor_answer() {
    let layer = hasty()
        .classify(|_: Result<&u16, &Error>| Outcome::Transient)
        .retry_if(|(): &(), result: Result<&u16, &Error>| result.is_ok_and(|status| *status == 503));
    let answer = layer.build().unwrap().layer(scripted([Ok(503), Ok(500)])).oneshot(()).now_or_never();
    assert_eq!(answer.unwrap().unwrap(), 500);
}

#[test]
fn what_it_refuses_is_returned() {
    let layer = hasty().retry_if(|(): &(), _: Result<&(), &Error>| false).build().unwrap();
    let service = failing();
    let calls = service.calls();
    let error = layer.layer(service).oneshot(()).now_or_never().unwrap().unwrap_err();
    assert_eq!((number_of(&error), calls.count()), (Some(1), 1));
}

#[test]
fn what_it_refuses_costs_no_token() {
    let budget = fixed_budget(1);
    let layer = hasty().budget(budget.clone()).retry_if(|(): &(), _: Result<&(), &Error>| false).build().unwrap();
    layer.layer(failing()).oneshot(()).now_or_never().unwrap().unwrap_err();
    assert_eq!(budget.available(), 1);
}

#[test]
fn it_is_not_asked_where_no_retry_is_due() {
    let layer = hasty()
        .classify(|_: Result<&(), &Error>| Outcome::Failed)
        .retry_if(|(): &(), _: Result<&(), &Error>| panic!("asked"));
    layer.build().unwrap().layer(failing()).oneshot(()).now_or_never().unwrap().unwrap_err();
}

#[test]
fn it_is_not_asked_about_a_rejection() {
    let layer = hasty().retry_if(|(): &(), _: Result<&(), &Error>| panic!("asked")).build().unwrap();
    let service = answering::<()>(vec![Err(rejected().into())]);
    layer.layer(service).oneshot(()).now_or_never().unwrap().unwrap_err();
}
