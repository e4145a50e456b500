use super::*;

/// An inner service whose readiness is scripted, all clones together; it pays once the script is over.
#[derive(Clone)]
struct Broken {
    good: Arc<Mutex<Vec<bool>>>,
}

impl Service<()> for Broken {
    type Response = &'static str;
    type Error = Down;
    type Future = Ready<Result<&'static str, Down>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Down>> {
        let good = self.good.lock().unwrap().pop().unwrap();
        Poll::Ready(if good { Ok(()) } else { Err(Down(9)) })
    }

    fn call(&mut self, (): ()) -> Self::Future {
        ready(if self.good.lock().unwrap().is_empty() { Ok("paid") } else { Err(Down(1)) })
    }
}

/// Readiness polls in the order in which they are made.
fn broken(polls: &[bool]) -> Broken {
    Broken { good: Arc::new(Mutex::new(polls.iter().rev().copied().collect())) }
}

#[tokio::test(start_paused = true)]
async fn it_is_awaited_before_each_attempt() {
    let service = Slow::new();
    let sent = Arc::clone(&service.sent);
    hasty().build().unwrap().layer(service).oneshot(()).await.unwrap_err();
    assert_eq!(sent.load(Ordering::SeqCst), 3);
}

#[tokio::test(start_paused = true)]
async fn it_is_awaited_on_the_instance_that_is_called() {
    // `strict` panics when a clone is called that was not itself polled ready.
    let service = failing();
    let calls = service.calls();
    let mut service = hasty().build().unwrap().layer(service);
    for _ in 0..2 {
        service.ready().await.unwrap().call(()).await.unwrap_err();
    }
    assert_eq!(calls.count(), 6);
}

#[test]
fn a_service_that_is_not_ready_is_not_ready_behind_a_retry() {
    let mut service = hasty().build().unwrap().layer(Unready { ready: false });
    assert!(service.ready().now_or_never().is_none());
}

#[test]
fn an_error_before_the_first_attempt_is_the_callers() {
    let error = hasty().build().unwrap().layer(broken(&[false])).oneshot(()).now_or_never().unwrap().unwrap_err();
    assert_eq!(number_of(&error), Some(9));
}

#[test]
fn an_error_before_a_later_attempt_is_a_result_that_is_retried() {
    let service = broken(&[true, false, true]);
    assert_eq!(hasty().build().unwrap().layer(service).oneshot(()).now_or_never().unwrap().unwrap(), "paid");
}

#[test]
fn an_error_before_the_last_attempt_is_the_last_result() {
    let layer = hasty().max_attempts(2).build().unwrap();
    let error = layer.layer(broken(&[true, false, true])).oneshot(()).now_or_never().unwrap().unwrap_err();
    assert_eq!(number_of(&error), Some(9));
}

#[test]
fn an_attempt_that_was_never_sent_gives_its_token_back() {
    let budget = fixed_budget(1);
    let layer = hasty().max_attempts(2).budget(budget.clone()).build().unwrap();
    layer.layer(broken(&[true, false, true])).oneshot(()).now_or_never().unwrap().unwrap_err();
    assert_eq!(budget.available(), 1);
}
