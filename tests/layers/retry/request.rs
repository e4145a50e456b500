use super::*;

/// Cannot be cloned.
#[derive(Debug, PartialEq, Eq)]
struct Order(u32);

type Log = Arc<Mutex<Vec<String>>>;

/// A service that fails, and logs what it is sent.
fn logging<T: std::fmt::Debug>(log: &Log) -> Strict<impl FnMut(T) -> Ready<Result<(), Down>> + Clone + use<T>> {
    let log = Arc::clone(log);
    strict(move |order| {
        log.lock().unwrap().push(format!("sent {order:?}"));
        ready(Err(Down(1)))
    })
}

/// What is logged where orders are copied by this function.
fn sent(copy: impl Fn(&Order) -> Option<Order> + Clone) -> Vec<String> {
    let (log, budget) = (Log::default(), fixed_budget(9));
    let layer = hasty().budget(budget.clone()).copy_request(copy).build().unwrap();
    layer.layer(logging(&log)).oneshot(Order(1)).now_or_never().unwrap().unwrap_err();
    let log = log.lock().unwrap().clone();
    assert_eq!(budget.available(), 10 - log.len() as u64, "only what is sent again costs a token");
    log
}

#[test]
fn each_attempt_is_sent_a_copy_of_what_was_asked() {
    assert_eq!(sent(|order| Some(Order(order.0))), ["sent Order(1)"; 3]);
}

#[test]
fn what_is_not_copied_is_sent_once() {
    assert_eq!(sent(|_| None), ["sent Order(1)"]);
}

#[test]
fn a_copy_that_is_not_copied_again_is_sent_itself() {
    assert_eq!(sent(|order| (order.0 == 1).then_some(Order(2))), ["sent Order(1)", "sent Order(2)"]);
}

#[test]
fn it_is_copied_before_the_first_attempt() {
    let log = Log::default();
    let copies = Arc::clone(&log);
    let layer = hasty().max_attempts(2).copy_request(move |order: &Order| {
        copies.lock().unwrap().push("copied".to_owned());
        Some(Order(order.0))
    });
    layer.build().unwrap().layer(logging(&log)).oneshot(Order(1)).now_or_never().unwrap().unwrap_err();
    assert_eq!(log.lock().unwrap()[..2], ["copied", "sent Order(1)"]);
}

#[test]
fn it_is_copied_by_clone_by_default() {
    let log = Log::default();
    let service = hasty().build().unwrap().layer(logging::<String>(&log));
    service.oneshot("pay".to_owned()).now_or_never().unwrap().unwrap_err();
    assert_eq!(*log.lock().unwrap(), [r#"sent "pay""#; 3]);
}
