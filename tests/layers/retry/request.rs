use super::*;

/// Cannot be cloned.
#[derive(Debug, PartialEq, Eq)]
struct Order(u32);

type Log = Arc<Mutex<Vec<String>>>;

/// A service that fails, and logs what it is sent.
fn logging(log: &Log) -> Strict<impl FnMut(Order) -> Ready<Result<(), Down>> + Clone> {
    let log = Arc::clone(log);
    strict(move |order| {
        log.lock().unwrap().push(format!("sent {order:?}"));
        ready(Err(Down(1)))
    })
}

#[test]
fn it_is_copied_before_the_first_attempt() {
    let log = Log::default();
    let copies = Arc::clone(&log);
    let layer = hasty().max_attempts(2).copy_request(move |order: &Order| {
        copies.lock().unwrap().push("copied".to_owned());
        Some(Order(order.0))
    });
    let call = layer.build().unwrap().layer(logging(&log)).oneshot(Order(1));
    call.now_or_never().unwrap().unwrap_err();
    assert_eq!(log.lock().unwrap()[..2], ["copied", "sent Order(1)"]);
}

#[test]
fn each_attempt_is_sent_the_same() {
    let log = Log::default();
    let layer = hasty().copy_request(|order: &Order| Some(Order(order.0))).build().unwrap();
    layer.layer(logging(&log)).oneshot(Order(7)).now_or_never().unwrap().unwrap_err();
    assert_eq!(*log.lock().unwrap(), ["sent Order(7)"; 3]);
}

#[test]
fn it_is_copied_by_clone_by_default() {
    let sent = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&sent);
    let service = strict(move |request: String| {
        log.lock().unwrap().push(request);
        ready(Err::<(), _>(Down(1)))
    });
    let call = hasty().build().unwrap().layer(service).oneshot("pay".to_owned());
    call.now_or_never().unwrap().unwrap_err();
    assert_eq!(*sent.lock().unwrap(), ["pay"; 3]);
}

#[test]
fn what_is_not_copied_is_sent_once() {
    let log = Log::default();
    let layer = hasty().copy_request(|_: &Order| None).build().unwrap();
    let error = layer.layer(logging(&log)).oneshot(Order(7)).now_or_never().unwrap().unwrap_err();
    assert_eq!((number_of(&error), log.lock().unwrap().len()), (Some(1), 1));
}

#[test]
fn a_copy_that_is_not_copied_again_is_sent_itself() {
    let log = Log::default();
    let layer = hasty().copy_request(|order: &Order| (order.0 == 1).then_some(Order(2))).build().unwrap();
    layer.layer(logging(&log)).oneshot(Order(1)).now_or_never().unwrap().unwrap_err();
    assert_eq!(*log.lock().unwrap(), ["sent Order(1)", "sent Order(2)"]);
}

#[test]
fn what_is_not_copied_costs_no_token() {
    let budget = fixed_budget(1);
    let layer = hasty().budget(budget.clone()).copy_request(|(): &()| None).build().unwrap();
    layer.layer(failing()).oneshot(()).now_or_never().unwrap().unwrap_err();
    assert_eq!(budget.available(), 1);
}
