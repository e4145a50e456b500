use super::*;

/// Counts how often a future is polled.
struct Counted<F> {
    inner: Pin<Box<F>>,
    polls: Arc<AtomicUsize>,
}

impl<F: Future> Future for Counted<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        self.polls.fetch_add(1, SeqCst);
        self.inner.as_mut().poll(cx)
    }
}

fn counted<F: Future>(inner: F) -> (Counted<F>, Arc<AtomicUsize>) {
    let polls = Arc::default();
    (Counted { inner: Box::pin(inner), polls: Arc::clone(&polls) }, polls)
}

#[tokio::test(start_paused = true)]
async fn a_waiter_sleeps_until_it_has_a_place() {
    let mut service = BulkheadLayer::builder(1).max_wait(LONG).max_queue(1).build().unwrap().layer(inner());
    let held = begin(&mut service, Ask::Hang);
    let (waiter, polls) = counted(service.call(Ask::Answer));
    let waiter = tokio::spawn(waiter);
    for _ in 0..99 {
        advance(TICK).await;
    }
    assert_eq!(polls.load(SeqCst), 1);
    drop(held);
    assert_eq!(waiter.await.unwrap().unwrap(), 7);
    assert_eq!(polls.load(SeqCst), 2);
}

#[tokio::test(start_paused = true)]
async fn a_waiter_sleeps_until_its_wait_is_over() {
    let mut service = BulkheadLayer::builder(1).max_wait(LONG).build().unwrap().layer(inner());
    let _held = begin(&mut service, Ask::Hang);
    let (waiter, polls) = counted(service.call(Ask::Answer));
    let started = Deadline::after(Duration::ZERO).instant();
    assert!(tokio::spawn(waiter).await.unwrap().is_err());
    assert_eq!(started.elapsed(), LONG);
    assert_eq!(polls.load(SeqCst), 2);
}

#[tokio::test(start_paused = true)]
async fn a_place_wakes_nobody_but_the_first() {
    let mut service = BulkheadLayer::builder(1).max_queue(100).build().unwrap().layer(inner());
    let held = begin(&mut service, Ask::Hang);
    let waiters: Vec<_> = (0..100).map(|_| begin(&mut service, Ask::Hang)).collect();
    drop(held);
    assert_eq!(waiters.iter().filter(|waiter| waiter.is_woken()).count(), 1);
}
