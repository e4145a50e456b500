use super::*;

/// The calls alive now, and the most that there were at once.
#[derive(Clone, Default)]
struct Census {
    alive: Arc<AtomicUsize>,
    most: Arc<AtomicUsize>,
}

/// One call; alive until it is dropped.
struct Alive(Census);

impl Census {
    fn enter(&self) -> Alive {
        let alive = self.alive.fetch_add(1, SeqCst) + 1;
        self.most.fetch_max(alive, SeqCst);
        Alive(self.clone())
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.alive.fetch_sub(1, SeqCst);
    }
}

type Yielding = Pin<Box<dyn Future<Output = Result<(), Down>> + Send>>;

/// Pseudo-random numbers, the same in every run.
fn draw(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state >> 3
}

async fn yields(times: u64) {
    for _ in 0..times {
        yield_now().await;
    }
}

/// A service whose calls last for so many yields as the last digit asks; from 90 on, they panic at last.
fn yielding(census: Census) -> Strict<impl Fn(u64) -> Yielding + Clone> {
    strict(move |times: u64| -> Yielding {
        let alive = census.enter();
        Box::pin(async move {
            yields(times % 10).await;
            assert!(times < 90, "on purpose");
            drop(alive);
            Ok(())
        })
    })
}

/// Makes many calls from many tasks; some are dropped at a random moment, a few panic.
async fn hammer<S>(service: S, handle: &BulkheadHandle, limits: &[usize])
where
    S: Service<u64, Response = (), Error = Error> + Clone + Send + 'static,
    S::Future: Send,
{
    let mut tasks = JoinSet::new();
    for task in 1..=64_u64 {
        let (service, mut seed) = (service.clone(), task.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let (handle, limits) = (handle.clone(), limits.to_vec());
        tasks.spawn(async move {
            for _ in 0..200 {
                let call = service.clone().oneshot(draw(&mut seed) % 92);
                let patience = draw(&mut seed) % 40;
                let call = tokio::spawn(async move {
                    tokio::select! {
                        biased;
                        result = call => drop(result),
                        () = yields(patience), if patience < 20 => {}
                    }
                });
                if let Some(limit) = limits.get(usize::try_from(draw(&mut seed) % 64).expect("it is small")) {
                    handle.resize(*limit);
                }
                if let Err(failed) = call.await {
                    assert!(failed.is_panic());
                }
            }
        });
    }
    // A waiter that nobody wakes shall fail the test, not hang it.
    let all_done = timeout(Duration::from_secs(60), tasks.join_all()).await;
    all_done.expect("somebody is left waiting");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_more_calls_than_the_limit_are_alive_at_once() {
    let (layer, census) = (BulkheadLayer::new(3), Census::default());
    hammer(layer.layer(yielding(census.clone())), &layer.handle(), &[]).await;
    assert_eq!(census.most.load(SeqCst), 3);
    assert_eq!(layer.handle().in_flight(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_more_queued_calls_than_the_limit_are_alive_and_nothing_is_lost() {
    let (census, layer) = (Census::default(), BulkheadLayer::builder(3).max_queue(usize::MAX).build().unwrap());
    hammer(layer.layer(yielding(census.clone())), &layer.handle(), &[]).await;
    assert_eq!(census.most.load(SeqCst), 3);
    assert_eq!(census.alive.load(SeqCst), 0);
    assert_eq!((layer.handle().in_flight(), layer.handle().queued()), (0, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn resizes_let_no_more_in_than_the_largest_limit_and_lose_nothing() {
    let (census, layer) = (Census::default(), BulkheadLayer::builder(2).max_queue(usize::MAX).build().unwrap());
    hammer(layer.layer(yielding(census.clone())), &layer.handle(), &[1, 4, 2, 3]).await;
    assert!(census.most.load(SeqCst) <= 4);
    assert_eq!(census.alive.load(SeqCst), 0);
    assert_eq!((layer.handle().in_flight(), layer.handle().queued()), (0, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_the_storm_all_places_can_be_taken() {
    let (census, layer) = (Census::default(), BulkheadLayer::builder(2).max_queue(4).build().unwrap());
    hammer(layer.layer(yielding(census.clone())), &layer.handle(), &[1, 4]).await;
    layer.handle().resize(3);
    let places = [(); 3].map(|()| layer.handle().try_enter());
    assert!(places.iter().all(Result::is_ok));
    assert!(layer.handle().try_enter().is_err());
}
