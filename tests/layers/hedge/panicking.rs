//! Panics of what a hedge calls.

use std::task::Context;

use super::*;

/// What panics, and at which time.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Step {
    Clone,
    Ready,
    Call,
}

/// Never responds, and panics once.
#[derive(Debug)]
struct Fragile {
    panics: (Step, usize),
    made: Arc<[AtomicUsize; 3]>,
}

impl Fragile {
    fn new(panics: (Step, usize)) -> Self {
        Self { panics, made: Arc::default() }
    }

    fn make(&self, step: Step) {
        let made = self.made[step as usize].fetch_add(1, Ordering::SeqCst) + 1;
        assert!(self.panics != (step, made), "by plan");
    }
}

impl Clone for Fragile {
    fn clone(&self) -> Self {
        self.make(Step::Clone);
        Self { panics: self.panics, made: Arc::clone(&self.made) }
    }
}

impl Service<u32> for Fragile {
    type Response = u32;
    type Error = Error;
    type Future = std::future::Pending<Result<u32, Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.make(Step::Ready);
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: u32) -> Self::Future {
        self.make(Step::Call);
        std::future::pending()
    }
}

/// Polls a call every ten milliseconds until it panics, and drops it.
async fn panicked<S: Service<u32>>(service: S) {
    let mut call = task::spawn(service.oneshot(7));
    while !panics(|| assert_pending!(call.poll().map(|_| ()))) {
        advance(10 * MILLI).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_panic_of_the_service_leaks_no_token_and_no_place() {
    for (what, panics, tokens) in [
        ("the clone that is kept", (Step::Clone, 1), 9),
        ("the clone of the hedge", (Step::Clone, 2), 9),
        ("the readiness of the hedge", (Step::Ready, 2), 9),
        ("the call of the hedge, which was sent", (Step::Call, 2), 8),
        ("the clone of the next hedge", (Step::Clone, 3), 8),
    ] {
        let (budget, places, service) = (fixed_budget(9), BulkheadLayer::new(5), Fragile::new(panics));
        let made = Arc::clone(&service.made);
        let layer = ten().max_hedges(2).budget(budget.clone()).build().unwrap();
        let mut service = layer.layer(places.layer(service));
        panicked(&mut service).await;
        assert_eq!((places.handle().in_flight(), budget.available()), (0, tokens), "{what}");
        let calls = || made[Step::Call as usize].load(Ordering::SeqCst);
        let before = calls();
        assert_pending!(task::spawn(service.oneshot(7)).poll());
        assert_eq!(calls() - before, 1, "{what}: the next call is sent");
    }
}

#[tokio::test(start_paused = true)]
async fn a_panic_of_a_rule_leaks_no_token_and_no_place() {
    let (budget, places) = (fixed_budget(9), BulkheadLayer::new(5));
    let copied = AtomicUsize::new(0);
    let copies_once = |request: &u32| {
        assert_eq!(copied.fetch_add(1, Ordering::SeqCst), 0, "by plan");
        Some(*request)
    };
    let build = || ten().budget(budget.clone());
    panicked(build().hedge_if(|_: &u32| panic!("by plan")).build().unwrap().layer(places.layer(up()))).await;
    panicked(build().copy_request(|_: &u32| panic!("by plan")).build().unwrap().layer(places.layer(up()))).await;
    panicked(build().copy_request(copies_once).build().unwrap().layer(places.layer(hung()))).await;
    let judges = |_: Result<&u32, &Error>| panic!("by plan");
    panicked(build().classify(judges).build().unwrap().layer(places.layer(up()))).await;
    assert_eq!((places.handle().in_flight(), budget.available()), (0, 9));
}
