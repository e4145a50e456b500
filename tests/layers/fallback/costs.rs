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

#[tokio::test(start_paused = true)]
async fn a_value_is_cloned_once_where_it_is_needed_and_only_there() {
    let (clones, other) = (Arc::<AtomicUsize>::default(), Arc::<AtomicUsize>::default());
    let value = || fallback::value(Costly(Arc::clone(&clones)));
    let made = Arc::clone(&other);
    let inner = strict(move |answers: bool| ready(if answers { Ok(Costly(Arc::clone(&made))) } else { Err(Down(1)) }));
    let layer = FallbackLayer::new(value()).clone();
    let service = layer.layer(inner.clone()).clone();
    service.clone().oneshot(true).await.unwrap();
    assert_eq!(clones.load(SeqCst), 0, "the call succeeds");
    let first = fallback::function(move |_: Result<&Costly, &Error>| Ok::<_, Infallible>(Costly(Arc::clone(&other))));
    FallbackLayer::new(first).or(value()).layer(inner).oneshot(false).await.unwrap();
    assert_eq!(clones.load(SeqCst), 0, "an earlier step answers");
    service.oneshot(false).await.unwrap();
    assert_eq!(clones.load(SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn a_step_is_not_taken_before_the_call_has_failed() {
    let step = fallback::function(|_: Result<&u32, &Error>| -> Result<u32, Down> { panic!("taken") });
    let layer = FallbackLayer::new(step);
    assert_eq!(layer.layer(up()).oneshot(1).await.unwrap(), 1);
    let _lasts = begin(&mut layer.layer(hung()), 1);
}

#[tokio::test(start_paused = true)]
async fn a_service_that_is_not_needed_is_not_readied() {
    let gate = up();
    let layer = FallbackLayer::new(fallback::service(gate.clone()));
    assert_eq!((layer.layer(up()).oneshot(1).await.unwrap(), gate.polls().count()), (1, 0));
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

/// A service that fails, and has nothing either.
fn bare<T>() -> Strict<impl Fn(Bare) -> Ready<Result<T, Down>>> {
    let owned = Bare(1);
    strict(move |Bare(request)| ready(Err(Down(request * owned.0))))
}

#[tokio::test(start_paused = true)]
async fn steps_ask_nothing_of_requests_responses_and_services() {
    let keep = |Bare(request): &Bare| Bare(*request);
    let step = fallback::function(|_: Result<&Bare, &Error>| Ok::<_, Infallible>(Bare(7)));
    assert!(matches!(FallbackLayer::new(step).layer(bare()).oneshot(Bare(1)).await, Ok(Bare(7))));
    let step = fallback::function_of(keep, |kept: Bare, _: Result<&Bare, &Error>| Ok::<_, Infallible>(kept));
    assert!(matches!(FallbackLayer::new(step).layer(bare()).oneshot(Bare(1)).await, Ok(Bare(1))));
    let step = fallback::future_of(keep, |kept: Bare, _: Result<&Bare, &Error>| ready(Ok::<_, Infallible>(kept)));
    assert!(matches!(FallbackLayer::new(step).layer(bare()).oneshot(Bare(1)).await, Ok(Bare(1))));
    assert_eq!(FallbackLayer::value(7).layer(bare()).oneshot(Bare(1)).await.unwrap(), 7);
    let other = fallback::service(strict(|n: u32| ready(Ok::<_, Infallible>(Bare(n)))));
    let inner = strict(|n: u32| ready(Err::<Bare, _>(Down(n))));
    assert!(matches!(FallbackLayer::new(other).layer(inner).oneshot(1).await, Ok(Bare(1))));
}
