use super::*;

#[test]
fn it_sees_the_kept_request_and_each_result_that_may_be_retried() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&seen);
    let layer = hasty().classify(|_: Result<&u32, &Error>| Outcome::Transient).retry_if(
        move |kept: &u32, result: Result<&u32, &Error>| {
            let code = result.copied().unwrap_or_else(|error| error.downcast_ref::<Down>().unwrap().0);
            log.lock().unwrap().push((*kept, code));
            true
        },
    );
    // The third result is the last one allowed: no retry is due.
    assert_eq!(send(&layer.build().unwrap(), &[1, 503, 3]), (3, 3));
    assert_eq!(*seen.lock().unwrap(), [(7, 1), (7, 503)]);
}

#[test]
fn what_it_refuses_is_returned_and_costs_no_token() {
    let budget = fixed_budget(1);
    let layer = hasty().budget(budget.clone()).retry_if(|_: &u32, _: Result<&u32, &Error>| false).build().unwrap();
    assert_eq!((send(&layer, &[1]), budget.available()), ((1, 1), 1));
}

#[test]
fn it_is_not_asked_where_no_retry_is_due() {
    let never = |_: &u32, _: Result<&u32, &Error>| panic!("asked");
    let failed = hasty().classify(|_: Result<&u32, &Error>| Outcome::Failed).retry_if(never);
    assert_eq!(send(&failed.build().unwrap(), &[1]), (1, 1));
    assert_eq!(send(&hasty().retry_if(never).build().unwrap(), &[REJECTED]), (REJECTED, 1));
}
