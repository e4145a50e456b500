//! What the types promise, and what they do not ask for.

#[cfg(feature = "http")]
mod for_http;
mod lists;

use std::fmt::Debug;
use std::future::{Ready, pending, ready};
use std::marker::{PhantomData, PhantomPinned};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use palisade::{
    Backoff, BulkheadLayer, DeadLetter, DeadLetterLayer, Error, FallbackLayer, Outcome, Replicas, RetryLayer,
    ServiceBuilderExt, TimeoutLayer, fallback,
};
use tower::layer::layer_fn;
use tower::{Layer, Service, ServiceBuilder, ServiceExt, service_fn};

use crate::layers::{
    Replicated, Stale, breaker, each_admission, each_layer, falling_back, limit, measure, pace, places, queue, rate,
    retry, throttle,
};
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

/// Neither the service nor the request nor the response is `Clone`.
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

impl Stale for Single {
    fn stale() -> Self {
        Self(0)
    }
}

impl Stale for Rc<str> {
    fn stale() -> Self {
        "stale".into()
    }
}

/// Finds out whether a type meets a bound: only then it has the inherent method, which goes before that of the trait.
macro_rules! tells {
    ($name:ident: $bound:path) => {
        struct $name<T>(PhantomData<T>);

        impl<T: $bound> $name<T> {
            fn yes(&self) -> bool {
                true
            }
        }

        impl<T> Otherwise for $name<T> {}
    };
}

use tells;

trait Otherwise {
    fn yes(&self) -> bool {
        false
    }
}

tells!(Sends: Send);

fn sends<T>(_: &T) -> Sends<T> {
    Sends(PhantomData)
}

/// A future of a call that may be sent to another thread, and one that may not.
fn sending<R>(_: R) -> impl Future<Output = Result<u32, Down>> + Send {
    pending()
}

fn staying<R>(_: R) -> impl Future<Output = Result<u32, Down>> {
    let here = Rc::new(());
    async move {
        pending::<()>().await;
        drop(here);
        Ok(1)
    }
}

#[test]
fn the_futures_of_the_next_tests_differ_in_send_alone() {
    assert!(sends(&sending(1)).yes() && !sends(&staying(1)).yes());
}

/// All that is asked of a layer, its services and their futures, whatever they wrap.
fn assert_layer<L, Request>(_: &L)
where
    L: Layer<Echo> + Clone + Send + Sync + Debug + 'static,
    L::Service: Service<Request, Error = Error, Future: Send + Debug + 'static> + Clone + Send + Sync + Debug + 'static,
{
}

macro_rules! each_may_be_shared_and_kept_and_shown {
    ($($name:ident: $layer:expr;)+) => {$(
        assert_layer::<_, u32>(&$layer);
    )+};
}

#[test]
fn layers_services_and_futures_may_be_shared_kept_and_shown() {
    each_layer! { each_may_be_shared_and_kept_and_shown!
        fallback_to_a_service: FallbackLayer::new(fallback::service(Echo)).or(fallback::value(1));
        timeout_by_request: TimeoutLayer::by_request((|_| Duration::ZERO) as fn(&u32) -> Duration);
        bulkhead_per_key: BulkheadLayer::builder(1).per_key((|&n| n) as fn(&u32) -> u32).build().unwrap();
        replicas: Replicated;
        standard: palisade::standard("standard").unwrap();
    }
}

macro_rules! each_sends_exactly_when_the_inner_does {
    ($($name:ident: $layer:expr;)+) => {$(
        assert!(sends(&Layer::layer(&$layer, service_fn(sending)).call(1_u32)).yes(), stringify!($name));
        assert!(!sends(&Layer::layer(&$layer, service_fn(staying)).call(1_u32)).yes(), stringify!($name));
    )+};
}

#[tokio::test(start_paused = true)]
async fn a_future_may_be_sent_exactly_when_the_inner_may() {
    each_layer! { each_sends_exactly_when_the_inner_does!
        replicas: Replicated;
        fallback_to_a_service: FallbackLayer::new(fallback::service(service_fn(sending))).or(fallback::value(1));
        standard: palisade::standard("standard").unwrap();
    }
    let to_what_stays = FallbackLayer::new(fallback::service(service_fn(staying)));
    assert!(!sends(&to_what_stays.layer(service_fn(sending)).call(1)).yes());
}

macro_rules! each_takes {
    ($service:expr, $request:expr => $($name:ident: $layer:expr;)+) => {$(
        assert_eq!(Layer::layer(&$layer, $service).oneshot($request).await.unwrap().0, 3, stringify!($name));
    )+};
    ($($name:ident: $layer:expr;)+) => {
        each_takes!(Single(1), Single(2) => $($name: $layer;)+);
    };
}

#[tokio::test(start_paused = true)]
async fn neither_service_nor_request_nor_response_need_be_clone() {
    each_admission! { each_takes!
        timeout: limit();
        timeout_by_request: TimeoutLayer::by_request(|_: &Single| Duration::from_secs(1));
        fallback: falling_back();
        the_four_together:
            ServiceBuilder::new().layer(falling_back()).layer(limit()).layer(breaker()).layer(places()).into_inner();
    }
    // These make clones of the service, or copies of the request.
    each_takes! { service_fn(async |request: Single| Ok::<_, Down>(request)), Single(3) =>
        replicas: layer_fn(|inner| {
            Replicas::builder("replicas").add("a", inner).copy_request(|_: &Single| None).build().unwrap()
        });
        retrying: RetryLayer::builder("retry").copy_request(|_: &Single| None).build().unwrap();
        dead_letter: DeadLetterLayer::new(|_: DeadLetter<Single>| ()).copy_request(|_: &Single| None);
        timeout_of_readiness: limit().cover_readiness();
        bulkhead_with_queue: queue();
        rate_limit_with_waits: pace();
    }
}

#[tokio::test(start_paused = true)]
async fn a_response_that_is_not_clone_is_retried_and_returned() {
    let busy = |_: Result<&Single, &Error>| Outcome::Transient;
    let layer = RetryLayer::builder("retry").backoff(Backoff::none()).classify(busy).build().unwrap();
    let service = layer.layer(service_fn(|()| async { Ok::<_, Down>(Single(0)) }));
    assert_eq!(service.oneshot(()).await.unwrap().0, 0);
}

/// The service borrows, the request borrows, and the response stays on its thread.
macro_rules! each_takes_what_is_borrowed {
    ($($name:ident: $layer:expr;)+) => {$(
        let (prefix, request) = (String::from("hello "), String::from("world"));
        let greet = |request: &str| ready(Ok::<Rc<str>, Down>(Rc::from(prefix.clone() + request)));
        let response = Layer::layer(&$layer, service_fn(&greet)).oneshot(request.as_str()).await.unwrap();
        assert_eq!(&*response, "hello world", stringify!($name));
    )+};
}

#[tokio::test(start_paused = true)]
async fn nothing_need_be_static_or_sent() {
    each_layer! { each_takes_what_is_borrowed!
        replicas: Replicated;
        the_five_together: ServiceBuilder::new()
            .layer(falling_back())
            .layer(limit())
            .layer(retry())
            .layer(breaker())
            .layer(places());
        standard: palisade::standard("standard").unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn an_error_need_be_neither_clone_nor_an_error_type() {
    let service = breaker().layer(service_fn(|()| async { Err::<(), _>("a text") }));
    assert_eq!(service.oneshot(()).await.unwrap_err().to_string(), "the service failed");
}

/// A future that must not be moved.
struct Pinned(PhantomPinned);

impl Future for Pinned {
    type Output = Result<u32, Down>;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        Poll::Ready(Ok(1))
    }
}

macro_rules! each_takes_what_must_not_move {
    ($($name:ident: $layer:expr;)+) => {$(
        let service = Layer::layer(&$layer, service_fn(|()| Pinned(PhantomPinned)));
        assert_eq!(service.oneshot(()).await.unwrap(), 1, stringify!($name));
    )+};
}

#[tokio::test(start_paused = true)]
async fn futures_that_must_not_move_are_called() {
    each_layer! { each_takes_what_must_not_move!
        replicas: Replicated;
    }
}

#[tokio::test(start_paused = true)]
async fn the_methods_of_a_service_builder_build_what_its_layers_do() {
    fn same<T>(_: &T, _: &T) {}
    let (breaker, retry, fallback, bulkhead, rate) = (breaker(), retry(), falling_back(), places(), rate());
    let (measured, throttled) = (measure(), throttle());
    let keyed = BulkheadLayer::builder(1).per_key(|&n: &u32| n).build().unwrap();
    let by_methods = ServiceBuilder::new()
        .with_fallback(fallback.clone())
        .with_timeout(limit())
        .with_retry(retry.clone())
        .with_circuit_breaker(breaker.clone())
        .with_bulkhead(bulkhead.clone())
        .with_rate_limit(rate.clone())
        .with_throttle(throttled.clone())
        .with_measure(measured.clone())
        .with_per_key(keyed.clone())
        .service(Echo);
    let by_layers = ServiceBuilder::new()
        .layer(fallback)
        .layer(limit())
        .layer(retry)
        .layer(breaker.clone())
        .layer(bulkhead)
        .layer(rate)
        .layer(throttled)
        .layer(measured)
        .layer(keyed)
        .service(Echo);
    same(&by_methods, &by_layers);
    breaker.handle().force_open();
    assert_eq!((by_methods.oneshot(1).await.unwrap(), by_layers.oneshot(1).await.unwrap()), (404, 404));
    assert_eq!(breaker.handle().snapshot().rejected, 2);
}
