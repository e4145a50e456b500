use super::*;

/// Counts its clones.
#[derive(Debug)]
struct Costly(Arc<AtomicUsize>);

impl Clone for Costly {
    fn clone(&self) -> Self {
        self.0.fetch_add(1, SeqCst);
        Self(Arc::clone(&self.0))
    }
}

/// Answers, unless it is asked not to.
fn costly(clones: &Arc<AtomicUsize>) -> Strict<impl Fn(bool) -> Ready<Result<Costly, Down>> + Clone + use<>> {
    let clones = Arc::clone(clones);
    strict(move |answer: bool| ready(if answer { Ok(Costly(Arc::clone(&clones))) } else { Err(Down(1)) }))
}

#[tokio::test(start_paused = true)]
async fn a_value_that_is_not_needed_is_not_cloned() {
    let clones = Arc::default();
    let layer = FallbackLayer::value(Costly(Arc::clone(&clones))).clone();
    let service = layer.layer(costly(&clones)).clone();
    service.oneshot(true).await.unwrap();
    assert_eq!(clones.load(SeqCst), 0);
}

#[tokio::test(start_paused = true)]
async fn a_value_that_is_needed_is_cloned_once() {
    let clones = Arc::default();
    let layer = FallbackLayer::value(Costly(Arc::clone(&clones)));
    layer.layer(costly(&clones)).oneshot(false).await.unwrap();
    assert_eq!(clones.load(SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn a_value_behind_a_step_that_answers_is_not_cloned() {
    let (clones, source) = (Arc::default(), Arc::default());
    let first = fallback::function(move |_: Result<&Costly, &Error>| Ok::<_, Infallible>(Costly(Arc::clone(&source))));
    let layer = FallbackLayer::new(first).or(fallback::value(Costly(Arc::clone(&clones))));
    layer.layer(costly(&clones)).oneshot(false).await.unwrap();
    assert_eq!(clones.load(SeqCst), 0);
}

#[tokio::test(start_paused = true)]
async fn a_step_is_not_taken_for_a_call_that_succeeds() {
    let step = fallback::function(|_: Result<&u32, &Error>| -> Result<u32, Down> { panic!("taken") });
    assert_eq!(FallbackLayer::new(step).layer(answering()).oneshot(1).await.unwrap(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_service_that_is_not_needed_is_not_readied() {
    let step = Unready::new([]);
    let asked = Arc::clone(&step.asked);
    let layer = FallbackLayer::new(fallback::service(step));
    assert_eq!(layer.layer(answering()).oneshot(1).await.unwrap(), 1);
    assert_eq!(asked.load(SeqCst), 0);
}

#[tokio::test(start_paused = true)]
async fn a_step_is_not_taken_while_the_call_lasts() {
    let step = fallback::function(|_: Result<&u32, &Error>| -> Result<u32, Down> { panic!("taken") });
    let mut call = spawn(FallbackLayer::new(step).layer(hanging()).oneshot(1));
    assert!(call.poll().is_pending());
}

#[tokio::test(start_paused = true)]
async fn the_call_is_sent_once() {
    let inner = failing();
    let calls = inner.calls();
    FallbackLayer::value(7).layer(inner).oneshot(1).await.unwrap();
    assert_eq!(calls.count(), 1);
}

/// A type that has nothing: no `Clone`, no `Debug`, no `Default`.
struct Bare(u32);

fn bare() -> Strict<impl Fn(Bare) -> Ready<Result<Bare, Down>> + Clone> {
    strict(|Bare(request)| ready(Err(Down(request))))
}

#[tokio::test(start_paused = true)]
async fn a_function_asks_nothing_of_requests_and_responses() {
    let step = fallback::function(|_: Result<&Bare, &Error>| Ok::<_, Infallible>(Bare(7)));
    let result = FallbackLayer::new(step).layer(bare()).oneshot(Bare(1)).await;
    assert!(matches!(result, Ok(Bare(7))));
}

#[tokio::test(start_paused = true)]
async fn a_function_of_the_request_asks_nothing_of_requests_responses_and_what_is_kept() {
    let keep = |Bare(request): &Bare| Bare(*request);
    let step = fallback::function_of(keep, |kept: Bare, _: Result<&Bare, &Error>| Ok::<_, Infallible>(kept));
    let result = FallbackLayer::new(step).layer(bare()).oneshot(Bare(1)).await;
    assert!(matches!(result, Ok(Bare(1))));
}

#[tokio::test(start_paused = true)]
async fn a_future_asks_nothing_of_requests_responses_and_what_is_kept() {
    let keep = |Bare(request): &Bare| Bare(*request);
    let step = fallback::future_of(keep, |kept: Bare, _: Result<&Bare, &Error>| ready(Ok::<_, Infallible>(kept)));
    let result = FallbackLayer::new(step).layer(bare()).oneshot(Bare(1)).await;
    assert!(matches!(result, Ok(Bare(1))));
}

#[tokio::test(start_paused = true)]
async fn a_service_asks_nothing_of_responses() {
    let other = strict(|n: u32| ready(Ok::<_, Infallible>(Bare(n))));
    let inner = strict(|n: u32| ready(Err::<Bare, _>(Down(n))));
    let result = FallbackLayer::new(fallback::service(other)).layer(inner).oneshot(1).await;
    assert!(matches!(result, Ok(Bare(1))));
}

#[tokio::test(start_paused = true)]
async fn a_value_asks_nothing_of_requests() {
    let inner = strict(|Bare(request)| ready(Err::<u32, _>(Down(request))));
    assert_eq!(FallbackLayer::value(7).layer(inner).oneshot(Bare(1)).await.unwrap(), 7);
}

#[tokio::test(start_paused = true)]
async fn an_inner_service_need_not_be_clone() {
    struct Single;
    impl Service<u32> for Single {
        type Response = u32;
        type Error = Down;
        type Future = Ready<Result<u32, Down>>;

        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Down>> {
            Poll::Ready(Ok(()))
        }

        fn call(&mut self, request: u32) -> Self::Future {
            ready(Err(Down(request)))
        }
    }
    assert_eq!(FallbackLayer::value(7).layer(Single).oneshot(1).await.unwrap(), 7);
}
