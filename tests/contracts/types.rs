//! What the types promise, and what they do not ask for.

use std::{
    fmt::Debug,
    future::{Ready, pending, ready},
    marker::PhantomData,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
    time::Duration,
};

use palisade::{
    Backoff, Budget, BudgetBuilder, Bulkhead, BulkheadBuilder, BulkheadGuard, BulkheadHandle, BulkheadLayer,
    CircuitBreaker, CircuitBreakerBuilder, CircuitBreakerLayer, CircuitGuard, CircuitHandle, CircuitSnapshot,
    ConfigError, Counts, Deadline, DeadlineScope, DefaultClassifier, Elapsed, Error, Fallback, FallbackError,
    FallbackLayer, Jitter, Name, Outcome, Phase, QueueBuilder, QueueLayer, Rejection, RejectionReason, Retry,
    RetryBuilder, RetryLayer, ServiceBuilderExt, Timeout, TimeoutLayer,
    bulkhead::{Queue, QueueingBulkhead},
    call, fallback, retry, timeout,
};
use tower::{Layer, Service, ServiceBuilder, ServiceExt, service_fn};

use crate::support::Down;

/// A service that everybody can name.
#[derive(Clone, Copy, Debug)]
struct Echo;

impl Service<u32> for Echo {
    type Response = u32;
    type Error = Down;
    type Future = Ready<Result<u32, Down>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Down>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: u32) -> Self::Future {
        ready(Ok(request))
    }
}

/// Neither the service nor the response is `Clone`.
#[derive(Debug)]
struct Single(u32);

impl Service<Self> for Single {
    type Response = Self;
    type Error = Down;
    type Future = Ready<Result<Self, Down>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Down>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Self) -> Self::Future {
        ready(Ok(Self(request.0 + self.0)))
    }
}

type Plain = fallback::Value<u32>;

macro_rules! every_type_is {
    ($claim:ident: [$($bound:tt)+] $($type:ty),+ $(,)?) => {
        #[test]
        fn $claim() {
            fn check<T: $($bound)+>() {}
            $(check::<$type>();)+
        }
    };
}

every_type_is! {
    every_public_type_may_be_shared_and_kept_and_shown: [Send + Sync + 'static + Debug]
    Backoff, Jitter, Name, Deadline, ConfigError, Error, Elapsed, Rejection, RejectionReason, Outcome,
    DefaultClassifier, call::Plain, Phase, Counts,
    CircuitBreaker<Echo>, CircuitBreakerBuilder, CircuitBreakerLayer, CircuitGuard, CircuitHandle, CircuitSnapshot,
    Retry<Echo>, RetryBuilder, RetryLayer, Budget, BudgetBuilder, retry::Rules, retry::CloneRequest, retry::Always,
    Timeout<Echo>, TimeoutLayer, Timeout<Echo, Duration, timeout::CoverReadiness>, timeout::CallOnly,
    timeout::ByRequest<fn(&u32) -> Duration>,
    Bulkhead<Echo>, BulkheadBuilder, BulkheadLayer, BulkheadHandle, BulkheadGuard, Queue,
    QueueingBulkhead<Echo>, QueueLayer, QueueBuilder,
    Fallback<Echo, Plain>, FallbackLayer<Plain>, FallbackError, fallback::ByOutcome, fallback::Answer<u32>, Plain,
    fallback::Or<Plain, Plain>, fallback::Function<fn()>, fallback::FunctionOf<fn(), fn()>,
    fallback::FutureOf<fn(), fn()>, fallback::ServiceStep<Echo>, DeadlineScope<Ready<()>>,
}

every_type_is! {
    every_layer_and_service_and_handle_may_be_cloned: [Clone]
    CircuitBreaker<Echo>, CircuitBreakerBuilder, CircuitBreakerLayer, CircuitHandle, CircuitSnapshot,
    Retry<Echo>, RetryBuilder, RetryLayer, Budget, BudgetBuilder, Timeout<Echo>, TimeoutLayer,
    Bulkhead<Echo>, BulkheadBuilder, BulkheadLayer, BulkheadHandle, QueueLayer,
    QueueingBulkhead<Echo>, Fallback<Echo, Plain>, FallbackLayer<Plain>,
}

every_type_is! {
    every_future_may_be_sent_and_shown_where_the_inner_may: [Send + 'static + Debug]
    <CircuitBreaker<Echo> as Service<u32>>::Future, <Retry<Echo> as Service<u32>>::Future,
    <Timeout<Echo> as Service<u32>>::Future, <Timeout<Echo, Duration, timeout::CoverReadiness> as Service<u32>>::Future,
    <Bulkhead<Echo> as Service<u32>>::Future, <QueueingBulkhead<Echo> as Service<u32>>::Future,
    <Fallback<Echo, Plain> as Service<u32>>::Future,
    <Fallback<Echo, fallback::Or<fallback::ServiceStep<Echo>, Plain>> as Service<u32>>::Future,
}

every_type_is! {
    what_is_told_is_copied_for_nothing: [Copy]
    Name, Rejection, RejectionReason, Elapsed, Outcome, Phase, Counts, Deadline, Backoff, CircuitSnapshot,
}

/// Tells whether a type is `Send`: the method of its own is there only where it is, and goes before that of the trait.
struct Sends<T>(PhantomData<T>);

impl<T: Send> Sends<T> {
    #[expect(clippy::unused_self, reason = "methods are chosen by their receiver")]
    fn yes(&self) -> bool {
        true
    }
}

trait Otherwise {
    fn yes(&self) -> bool {
        false
    }
}

impl<T> Otherwise for Sends<T> {}

fn sends<T>(_: &T) -> Sends<T> {
    Sends(PhantomData)
}

/// A future of a call that may be sent to another thread, and one that may not.
fn sending(_: u32) -> impl Future<Output = Result<u32, Down>> + Send {
    pending()
}

fn staying(_: u32) -> impl Future<Output = Result<u32, Down>> {
    let here = Rc::new(());
    async move {
        pending::<()>().await;
        drop(here);
        Ok(1)
    }
}

#[test]
fn the_futures_that_follow_differ_in_send_alone() {
    assert!(sends(&sending(1)).yes() && !sends(&staying(1)).yes());
}

macro_rules! sends_exactly_when_the_inner_does {
    ($($name:ident: $layer:expr;)+) => {
        mod a_future_may_be_sent_exactly_when_the_inner_may {
            use super::*;

            $(
                #[tokio::test(start_paused = true)]
                async fn $name() {
                    let layer = $layer;
                    assert!(sends(&layer.layer(service_fn(sending)).call(1)).yes());
                    assert!(!sends(&layer.layer(service_fn(staying)).call(1)).yes());
                }
            )+
        }
    };
}

sends_exactly_when_the_inner_does! {
    circuit_breaker: CircuitBreakerLayer::consecutive(5);
    retrying: RetryLayer::builder("retry").build().unwrap();
    timeout_of_the_call: TimeoutLayer::new(Duration::from_secs(1));
    timeout_of_readiness: TimeoutLayer::new(Duration::from_secs(1)).cover_readiness();
    bulkhead_without_queue: BulkheadLayer::new(1);
    bulkhead_with_queue: BulkheadLayer::builder(1).max_queue(1).build().unwrap();
    falling_back: FallbackLayer::value(1);
    falling_back_to_a_service: FallbackLayer::new(fallback::service(service_fn(sending))).or(fallback::value(1));
}

#[test]
fn a_fallback_to_what_stays_stays() {
    let layer = FallbackLayer::new(fallback::service(service_fn(staying)));
    assert!(!sends(&layer.layer(service_fn(sending)).call(1)).yes());
}

macro_rules! asks_for_nothing {
    ($claim:ident: $inner:expr, $request:expr, $answer:ident => $check:expr; $($name:ident: $layer:expr;)+) => {
        mod $claim {
            use super::*;

            $(
                #[tokio::test(start_paused = true)]
                async fn $name() {
                    let $answer = Layer::layer(&$layer, $inner).oneshot($request).await.unwrap();
                    assert!($check);
                }
            )+
        }
    };
}

asks_for_nothing! {
    neither_service_nor_request_nor_response_need_be_clone: Single(1), Single(2), answer => answer.0 == 3;
    circuit_breaker: CircuitBreakerLayer::consecutive(5);
    timeout: TimeoutLayer::new(Duration::from_secs(1));
    timeout_by_request: TimeoutLayer::by_request(|_: &Single| Duration::from_secs(1));
    bulkhead: BulkheadLayer::new(1);
    fallback: FallbackLayer::new(fallback::function(|_: Result<&Single, &Error>| Err(Down(1))));
    the_four_together: ServiceBuilder::new()
        .layer(FallbackLayer::new(fallback::function(|_: Result<&Single, &Error>| Err(Down(1)))))
        .layer(TimeoutLayer::new(Duration::from_secs(1)))
        .layer(CircuitBreakerLayer::consecutive(5))
        .layer(BulkheadLayer::new(1));
}

/// Neither `Clone` as a request nor as a response.
#[derive(Debug)]
struct Once(u32);

asks_for_nothing! {
    neither_request_nor_response_need_be_clone:
    service_fn(|request: Once| async move { Ok::<_, Down>(request) }), Once(3), answer => answer.0 == 3;
    retrying: RetryLayer::builder("retry").copy_request(|_: &Once| None).build().unwrap();
    timeout_of_readiness: TimeoutLayer::new(Duration::from_secs(1)).cover_readiness();
    bulkhead_with_queue: BulkheadLayer::builder(1).max_queue(1).build().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_response_that_is_not_clone_is_retried_and_returned_by_value() {
    let busy = |result: Result<&Once, &Error>| match result {
        Ok(Once(0)) | Err(_) => Outcome::Transient,
        Ok(_) => Outcome::Success,
    };
    let layer = RetryLayer::builder("retry").backoff(Backoff::none()).classify(busy).build().unwrap();
    let service = layer.layer(service_fn(|()| async { Ok::<_, Down>(Once(0)) }));
    assert_eq!(service.oneshot(()).await.unwrap().0, 0);
}

/// The service borrows, the request borrows, and the response stays on its thread.
macro_rules! asks_for_no_lifetime {
    ($($name:ident: $layer:expr;)+) => {
        mod nothing_need_be_static_or_sent {
            use super::*;

            $(
                #[tokio::test(start_paused = true)]
                async fn $name() {
                    let (prefix, request) = (String::from("hello "), String::from("world"));
                    let greet = |request: &str| ready(Ok::<Rc<str>, Down>(Rc::from(prefix.clone() + request)));
                    let service = Layer::layer(&$layer, service_fn(&greet));
                    let answer = service.oneshot(request.as_str()).await.unwrap();
                    assert_eq!(&*answer, "hello world");
                }
            )+
        }
    };
}

asks_for_no_lifetime! {
    circuit_breaker: CircuitBreakerLayer::consecutive(5);
    retrying: RetryLayer::builder("retry").build().unwrap();
    timeout_of_the_call: TimeoutLayer::new(Duration::from_secs(1));
    timeout_of_readiness: TimeoutLayer::new(Duration::from_secs(1)).cover_readiness();
    bulkhead_without_queue: BulkheadLayer::new(1);
    bulkhead_with_queue: BulkheadLayer::builder(1).max_queue(1).build().unwrap();
    falling_back: FallbackLayer::new(fallback::function(|_: Result<&Rc<str>, &Error>| Err(Down(1))));
    the_five_together: ServiceBuilder::new()
        .layer(FallbackLayer::new(fallback::function(|_: Result<&Rc<str>, &Error>| Err(Down(1)))))
        .layer(TimeoutLayer::new(Duration::from_secs(1)))
        .layer(RetryLayer::builder("retry").build().unwrap())
        .layer(CircuitBreakerLayer::consecutive(5))
        .layer(BulkheadLayer::new(1));
}

#[tokio::test(start_paused = true)]
async fn an_error_need_be_neither_clone_nor_an_error_type() {
    let service = CircuitBreakerLayer::consecutive(5).layer(service_fn(|()| async { Err::<(), _>("a text") }));
    assert_eq!(service.oneshot(()).await.unwrap_err().to_string(), "the service failed");
}

/// A future that must not be moved.
struct Pinned(std::marker::PhantomPinned);

impl Future for Pinned {
    type Output = Result<u32, Down>;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        Poll::Ready(Ok(1))
    }
}

#[tokio::test(start_paused = true)]
async fn futures_that_must_not_move_are_called_through_all_five() {
    let service = ServiceBuilder::new()
        .layer(FallbackLayer::value(1))
        .layer(TimeoutLayer::new(Duration::from_secs(1)))
        .layer(RetryLayer::builder("retry").build().unwrap())
        .layer(CircuitBreakerLayer::consecutive(5))
        .layer(BulkheadLayer::new(1))
        .service(service_fn(|()| Pinned(std::marker::PhantomPinned)));
    assert_eq!(service.oneshot(()).await.unwrap(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_methods_of_a_service_builder_build_what_its_layers_do() {
    fn same<T>(_: &T, _: &T) {}
    let (breaker, retry) = (CircuitBreakerLayer::consecutive(1), RetryLayer::builder("retry").build().unwrap());
    let (fallback, limit, bulkhead) =
        (FallbackLayer::value(7), TimeoutLayer::new(Duration::from_secs(1)), BulkheadLayer::new(1));
    let keyed = BulkheadLayer::builder(1).per_key(|&n: &u32| n).build().unwrap();
    let by_methods = ServiceBuilder::new()
        .with_fallback(fallback.clone())
        .with_timeout(limit)
        .with_retry(retry.clone())
        .with_circuit_breaker(breaker.clone())
        .with_bulkhead(bulkhead.clone())
        .with_per_key(keyed.clone())
        .service(Echo);
    let by_layers = ServiceBuilder::new()
        .layer(fallback)
        .layer(limit)
        .layer(retry)
        .layer(breaker.clone())
        .layer(bulkhead)
        .layer(keyed)
        .service(Echo);
    same(&by_methods, &by_layers);
    breaker.handle().force_open();
    assert_eq!((by_methods.oneshot(1).await.unwrap(), by_layers.oneshot(1).await.unwrap()), (7, 7));
    assert_eq!(breaker.handle().snapshot().rejected, 2);
}

#[test]
fn the_futures_have_names() {
    fn check<T>(_: PhantomData<T>) {}
    check(PhantomData::<call::ResponseFuture<Ready<()>, CircuitGuard, call::Plain>>);
    check(PhantomData::<retry::ResponseFuture<Echo, u32, DefaultClassifier, retry::AsIs, retry::Always>>);
    check(PhantomData::<timeout::ResponseFuture<Ready<()>>>);
    check(PhantomData::<timeout::ReadyFuture<Echo, u32>>);
    check(PhantomData::<call::WaitingFuture<Echo, u32, Queue, call::Plain>>);
    check(PhantomData::<fallback::ResponseFuture<Ready<()>, u32, u32, Plain, fallback::ByOutcome>>);
}
