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

#[tokio::test(start_paused = true)]
async fn a_waiter_sleeps_until_it_has_a_place_or_its_wait_is_over() {
    for (frees, millis) in [(true, 99), (false, 0)] {
        let mut service = BulkheadLayer::builder(1).max_wait(LONG).build().unwrap().layer(inner());
        let mut held = Some(begin(&mut service, Ask::Hang));
        let polls = Arc::<AtomicUsize>::default();
        let (waiter, start) = (Box::pin(service.call(Ask::Answer)), now());
        let waiter = tokio::spawn(Counted { inner: waiter, polls: Arc::clone(&polls) });
        for _ in 0..millis {
            advance(MILLI).await;
        }
        held.take_if(|_| frees);
        assert_eq!(waiter.await.unwrap().is_ok(), frees);
        assert_eq!((polls.load(SeqCst), now() - start), (2, if frees { millis * MILLI } else { LONG }));
    }
}

#[tokio::test(start_paused = true)]
async fn a_place_wakes_nobody_but_the_first() {
    let mut service = queue(1, 100).layer(inner());
    let held = begin(&mut service, Ask::Hang);
    let waiters: Vec<_> = (0..100).map(|_| begin(&mut service, Ask::Hang)).collect();
    drop(held);
    assert_eq!(waiters.iter().filter(|waiter| waiter.is_woken()).count(), 1);
}
