use std::iter::repeat;

use super::*;

/// An inner service that takes its time to get ready, and then to answer. A clone starts not ready.
struct Slow {
    wait: Duration,
    timer: Option<Pin<Box<Sleep>>>,
}

impl Clone for Slow {
    fn clone(&self) -> Self {
        Self { wait: self.wait, timer: None }
    }
}

impl Service<()> for Slow {
    type Response = ();
    type Error = Down;
    type Future = Pin<Box<dyn Future<Output = Result<(), Down>>>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Down>> {
        let wait = self.wait;
        self.timer.get_or_insert_with(|| Box::pin(sleep(wait))).as_mut().poll(cx).map(Ok)
    }

    fn call(&mut self, (): ()) -> Self::Future {
        assert!(self.timer.as_ref().is_some_and(|timer| timer.is_elapsed()), "called before it was ready");
        Box::pin(sleep(self.wait).map(Ok))
    }
}

#[tokio::test(start_paused = true)]
async fn the_wait_for_it_is_in_the_limit_only_where_it_is_covered() {
    let plain = TimeoutLayer::new(100 * MILLI);
    for (wait, passes, passes_covered) in
        [(49 * MILLI, true, true), (80 * MILLI, true, false), (120 * MILLI, false, false)]
    {
        let slow = Slow { wait, timer: None };
        assert_eq!(plain.layer(slow.clone()).oneshot(()).await.is_ok(), passes, "{wait:?}");
        let start = now();
        let covered = plain.clone().cover_readiness().layer(slow).oneshot(()).await;
        assert_eq!(covered.is_ok(), passes_covered, "{wait:?}");
        assert_eq!(now() - start, if passes_covered { 2 * wait } else { 100 * MILLI }, "{wait:?}");
    }
}

#[test]
fn it_is_the_inner_services_own() {
    let mut pends = TimeoutLayer::new(Duration::ZERO).layer(up::<()>().stalled());
    assert!(pends.ready().now_or_never().is_none());
    let mut fails = TimeoutLayer::new(SECOND).layer(up::<()>().readiness(repeat(FAILS)));
    let error = fails.ready().now_or_never().unwrap().map(drop).unwrap_err();
    assert_eq!(error.downcast_ref(), Some(&Down(3)));
}

#[tokio::test(start_paused = true)]
async fn covered_it_is_ended_at_the_limit_of_the_request() {
    let layer = TimeoutLayer::by_request(|limit: &Duration| *limit).cover_readiness();
    let ended = elapsed(layer.layer(up().stalled()).oneshot(100 * MILLI).await);
    assert_eq!((ended.limit(), ended.elapsed()), (100 * MILLI, 100 * MILLI));
}

#[test]
fn covered_it_is_asked_for_in_the_call() {
    let gate = up::<()>().readiness([FAILS]);
    let mut service = TimeoutLayer::new(SECOND).cover_readiness().layer(gate.clone());
    let mut failing = call(&mut service, ());
    assert_eq!(gate.polls().count(), 0);
    let error = assert_ready!(failing.poll()).unwrap_err();
    assert_eq!(error.downcast_ref(), Some(&Down(3)));
    assert!(assert_ready!(call(&mut service, ()).poll()).is_ok());
}

#[tokio::test(start_paused = true)]
async fn covered_it_may_ask_for_the_deadline() {
    #[derive(Clone)]
    struct Asking;
    impl Service<()> for Asking {
        type Response = ();
        type Error = Down;
        type Future = std::future::Ready<Result<(), Down>>;

        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Down>> {
            assert_eq!(Deadline::current().map(Deadline::remaining), Some(SECOND));
            Poll::Ready(Ok(()))
        }

        fn call(&mut self, (): ()) -> Self::Future {
            ready(Ok(()))
        }
    }
    TimeoutLayer::new(SECOND).cover_readiness().layer(Asking).oneshot(()).await.unwrap();
}
