//! One error for all: it stays flat through any stack, ours and foreign, and keeps what the service said.

use std::{convert::Infallible, error, fmt, future, io, time::Duration};

use palisade::{
    BulkheadLayer, CircuitBreakerLayer, Error, FallbackError, FallbackLayer, RejectionReason, RetryLayer, TimeoutLayer,
    fallback,
};
use tower::{
    BoxError, Layer, Service, ServiceBuilder, ServiceExt, buffer::BufferLayer, load_shed::LoadShedLayer, service_fn,
    util::BoxCloneService,
};

use crate::support::{Down, io_error};

type Boxed = BoxCloneService<u32, u32, Error>;

/// A stack that passes errors on.
trait Wrap {
    fn wrap<S, E>(self, inner: S) -> Boxed
    where
        S: Service<u32, Response = u32, Error = E, Future: Send + 'static> + Clone + Send + 'static,
        E: Into<BoxError> + Send + Sync + 'static;
}

const LIMIT: Duration = Duration::from_secs(60);

fn breaker() -> CircuitBreakerLayer {
    CircuitBreakerLayer::builder("outer").build().unwrap()
}

fn once() -> RetryLayer {
    RetryLayer::builder("outer").max_attempts(1).build().unwrap()
}

fn limit() -> TimeoutLayer {
    TimeoutLayer::new(LIMIT)
}

type TakeNone = fn(Result<&u32, &Error>) -> bool;

fn passing() -> FallbackLayer<fallback::Value<u32>, TakeNone> {
    FallbackLayer::value(0).take_if(|_| false)
}

macro_rules! stacks {
    ($($name:ident: $($layer:expr),+;)+) => {$(
        #[expect(non_camel_case_types, reason = "it names a module of tests too")]
        struct $name;

        impl Wrap for $name {
            fn wrap<S, E>(self, inner: S) -> Boxed
            where
                S: Service<u32, Response = u32, Error = E, Future: Send + 'static> + Clone + Send + 'static,
                E: Into<BoxError> + Send + Sync + 'static,
            {
                BoxCloneService::new(ServiceBuilder::new()$(.layer($layer))+.service(inner))
            }
        }
    )+};
}

stacks! {
    circuit_breaker: breaker();
    retrying: once();
    timeout: limit();
    timeout_of_readiness: limit().cover_readiness();
    bulkhead: BulkheadLayer::new(8);
    bulkhead_with_queue: BulkheadLayer::builder(8).max_wait(LIMIT).build().unwrap();
    fallback_passing: passing();
    five_in_order: passing(), limit(), once(), breaker(), BulkheadLayer::new(8);
    five_upside_down: BulkheadLayer::new(8), breaker(), once(), limit(), passing();
    five_twice: passing(), limit(), once(), breaker(), BulkheadLayer::new(8),
        passing(), limit().cover_readiness(), once(), breaker(), BulkheadLayer::builder(8).max_queue(8).build().unwrap();
    around_towers_timeout: breaker(), tower::timeout::TimeoutLayer::new(LIMIT);
    around_towers_buffer: breaker(), BufferLayer::<u32>::new(8);
    around_towers_load_shed: breaker(), LoadShedLayer::new();
    five_between_towers_layers: passing(), tower::timeout::TimeoutLayer::new(LIMIT), limit(), BufferLayer::<u32>::new(8),
        once(), LoadShedLayer::new(), breaker(), tower::timeout::TimeoutLayer::new(LIMIT), BulkheadLayer::new(8),
        BufferLayer::<u32>::new(8);
}

macro_rules! holds_through_every_stack {
    ($law:ident) => {
        holds_through_every_stack! {
            circuit_breaker retrying timeout timeout_of_readiness bulkhead bulkhead_with_queue fallback_passing
            five_in_order five_upside_down five_twice around_towers_timeout around_towers_buffer around_towers_load_shed
            five_between_towers_layers: $law
        }
    };
    ($($stack:ident)+: $law:ident) => {
        mod $law {
            $(
                #[tokio::test(start_paused = true)]
                async fn $stack() {
                    super::$law(super::$stack).await;
                }
            )+
        }
    };
}

/// An error with a chain of its own.
#[derive(Debug)]
struct Nested(io::Error);

impl fmt::Display for Nested {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("nested")
    }
}

impl error::Error for Nested {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        Some(&self.0)
    }
}

async fn nested(_: u32) -> Result<u32, Nested> {
    Err(Nested(io_error("root")))
}

/// The texts of an error and of its sources.
fn chain(error: &dyn error::Error) -> Vec<String> {
    std::iter::successors(Some(error), |error| error.source()).map(ToString::to_string).collect()
}

async fn a_rejection_stays_whole(stack: impl Wrap) {
    let layer = CircuitBreakerLayer::builder("inmost").build().unwrap();
    layer.handle().force_open();
    let error = stack.wrap(layer.layer(service_fn(nested))).oneshot(1).await.unwrap_err();
    let Error::Rejected(rejection) = error else { panic!("{error:?}") };
    assert_eq!((rejection.name().as_str(), rejection.layer()), ("inmost", "circuit breaker"));
    assert_eq!((rejection.reason(), rejection.retry_after()), (RejectionReason::ForcedOpen, None));
}
holds_through_every_stack!(a_rejection_stays_whole);

async fn a_rejection_keeps_when_to_try_again(stack: impl Wrap) {
    let layer = CircuitBreakerLayer::builder("inmost").consecutive(1).seed(1).build().unwrap();
    layer.handle().try_enter().unwrap().failure();
    let expected = layer.handle().snapshot().retry_after;
    let error = stack.wrap(layer.layer(service_fn(nested))).oneshot(1).await.unwrap_err();
    assert_eq!(error.rejection().unwrap().retry_after(), expected);
    assert!(expected > Some(Duration::ZERO));
}
holds_through_every_stack!(a_rejection_keeps_when_to_try_again);

async fn a_rejection_by_a_full_bulkhead_stays_one(stack: impl Wrap) {
    let layer = BulkheadLayer::builder(0).name("inmost").build().unwrap();
    let error = stack.wrap(layer.layer(service_fn(nested))).oneshot(1).await.unwrap_err();
    let rejection = error.rejection().unwrap();
    assert_eq!((rejection.name().as_str(), rejection.reason()), ("inmost", RejectionReason::Full));
}
holds_through_every_stack!(a_rejection_by_a_full_bulkhead_stays_one);

async fn a_timeout_stays_one_with_its_limit(stack: impl Wrap) {
    let inner = TimeoutLayer::new(Duration::from_secs(1)).layer(service_fn(|_| future::pending::<Result<u32, Down>>()));
    let Err(Error::TimedOut(elapsed)) = stack.wrap(inner).oneshot(1).await else { panic!("no timeout") };
    assert_eq!((elapsed.limit(), elapsed.elapsed()), (Duration::from_secs(1), Duration::from_secs(1)));
}
holds_through_every_stack!(a_timeout_stays_one_with_its_limit);

async fn an_error_of_the_service_is_boxed_once(stack: impl Wrap) {
    let error = stack.wrap(service_fn(nested)).oneshot(1).await.unwrap_err();
    let Error::Service(boxed) = error else { panic!("{error:?}") };
    assert!(boxed.downcast::<Nested>().is_ok());
}
holds_through_every_stack!(an_error_of_the_service_is_boxed_once);

async fn an_error_of_the_service_comes_back_by_reference(stack: impl Wrap) {
    let error = stack.wrap(service_fn(|_| async { Err(Down(7)) })).oneshot(1).await.unwrap_err();
    assert_eq!(error.downcast_ref(), Some(&Down(7)));
}
holds_through_every_stack!(an_error_of_the_service_comes_back_by_reference);

async fn an_error_of_the_service_comes_back_by_value(stack: impl Wrap) {
    let error = stack.wrap(service_fn(|_| async { Err(Down(7)) })).oneshot(1).await.unwrap_err();
    assert_eq!(error.downcast::<Down>().unwrap(), Down(7));
}
holds_through_every_stack!(an_error_of_the_service_comes_back_by_value);

async fn an_error_asked_for_as_another_comes_back_unchanged(stack: impl Wrap) {
    let error = stack.wrap(service_fn(|_| async { Err(Down(7)) })).oneshot(1).await.unwrap_err();
    let error = error.downcast::<Nested>().unwrap_err();
    assert_eq!(error.downcast_ref(), Some(&Down(7)));
}
holds_through_every_stack!(an_error_asked_for_as_another_comes_back_unchanged);

async fn the_chain_of_sources_is_kept(stack: impl Wrap) {
    let error = stack.wrap(service_fn(nested)).oneshot(1).await.unwrap_err();
    assert_eq!(chain(&error)[1..], ["nested", "root"]);
}
holds_through_every_stack!(the_chain_of_sources_is_kept);

async fn an_io_error_keeps_its_kind(stack: impl Wrap) {
    let refused = |_| async { Err(io::Error::new(io::ErrorKind::ConnectionRefused, "refused")) };
    let error = stack.wrap(service_fn(refused)).oneshot(1).await.unwrap_err();
    assert_eq!(error.downcast_ref::<io::Error>().unwrap().kind(), io::ErrorKind::ConnectionRefused);
}
holds_through_every_stack!(an_io_error_keeps_its_kind);

async fn a_boxed_error_is_not_boxed_again(stack: impl Wrap) {
    let boxed = |_| async { Err(BoxError::from(Down(7))) };
    let error = stack.wrap(service_fn(boxed)).oneshot(1).await.unwrap_err();
    assert_eq!(error.downcast_ref(), Some(&Down(7)));
}
holds_through_every_stack!(a_boxed_error_is_not_boxed_again);

async fn a_boxed_error_of_ours_is_unboxed(stack: impl Wrap) {
    let layer = BulkheadLayer::builder(0).name("inmost").build().unwrap();
    let boxed = ServiceBuilder::new().map_err(BoxError::from).layer(layer).service(service_fn(nested));
    let error = stack.wrap(boxed).oneshot(1).await.unwrap_err();
    assert_eq!(error.rejection().unwrap().name().as_str(), "inmost");
}
holds_through_every_stack!(a_boxed_error_of_ours_is_unboxed);

async fn a_service_that_cannot_fail_may_be_wrapped(stack: impl Wrap) {
    let service = service_fn(|request: u32| async move { Ok::<_, Infallible>(request) });
    assert_eq!(stack.wrap(service).oneshot(5).await.unwrap(), 5);
}
holds_through_every_stack!(a_service_that_cannot_fail_may_be_wrapped);

async fn a_service_may_return_our_error_by_question_mark(stack: impl Wrap) {
    async fn fails(_: u32) -> Result<u32, Error> {
        let boxed: Result<u32, BoxError> = Err(Down(7).into());
        let never: Result<u32, Infallible> = Ok(1);
        Ok(never? + boxed?)
    }
    let error = stack.wrap(service_fn(fails)).oneshot(1).await.unwrap_err();
    assert_eq!(error.downcast_ref(), Some(&Down(7)));
}
holds_through_every_stack!(a_service_may_return_our_error_by_question_mark);

async fn a_stack_may_be_spawned_inside_of_a_task(stack: impl Wrap) {
    let service = stack.wrap(service_fn(|n: u32| async move { Ok::<_, Error>(n) }));
    let task = tokio::spawn(async move {
        let inner = async move { service.oneshot(4).await };
        tokio::spawn(inner).await
    });
    assert_eq!(task.await.unwrap().unwrap().unwrap(), 4);
}
holds_through_every_stack!(a_stack_may_be_spawned_inside_of_a_task);

#[tokio::test(start_paused = true)]
async fn a_foreign_timeout_is_an_error_of_the_service() {
    let inner = tower::timeout::TimeoutLayer::new(Duration::from_secs(1))
        .layer(service_fn(|_: u32| future::pending::<Result<u32, Down>>()));
    let error = breaker().layer(inner).oneshot(1).await.unwrap_err();
    assert!(error.downcast_ref::<tower::timeout::error::Elapsed>().is_some());
}

#[tokio::test(start_paused = true)]
async fn a_shed_call_is_an_error_of_the_service() {
    let inner = LoadShedLayer::new().layer(tower::limit::ConcurrencyLimit::new(service_fn(nested), 0));
    let error = breaker().layer(inner).oneshot(1).await.unwrap_err();
    assert!(error.downcast_ref::<tower::load_shed::error::Overloaded>().is_some());
}

#[tokio::test(start_paused = true)]
async fn a_fallback_that_failed_too_tells_both_errors() {
    let fails = fallback::function(|_: Result<&u32, &Error>| Err(Down(2)));
    let error = FallbackLayer::new(fails).layer(service_fn(nested)).oneshot(1).await.unwrap_err();
    let both = error.downcast_ref::<FallbackError>().unwrap();
    assert_eq!(both.error().downcast_ref(), Some(&Down(2)));
    assert!(both.before().unwrap().downcast_ref::<Nested>().is_some());
}

#[tokio::test(start_paused = true)]
async fn a_fallback_that_failed_too_tells_the_sources_of_both() {
    let fails = fallback::function(|_: Result<&u32, &Error>| Err(Down(2)));
    let error = FallbackLayer::new(fails).layer(service_fn(nested)).oneshot(1).await.unwrap_err();
    let told = chain(&error).join("; ");
    assert!(["nested", "root", "down 2"].iter().all(|text| told.contains(text)), "{told}");
}

#[tokio::test(start_paused = true)]
async fn a_fallback_that_was_rejected_hides_no_call_that_was_sent() {
    let full = fallback::service(BulkheadLayer::new(0).layer(service_fn(nested)));
    let error = FallbackLayer::new(full).layer(service_fn(nested)).oneshot(1).await.unwrap_err();
    assert!(error.rejection().is_none(), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn a_chain_of_fallbacks_that_were_rejected_hides_no_call_that_was_sent() {
    let full = || fallback::service(BulkheadLayer::new(0).layer(service_fn(nested)));
    let layer = FallbackLayer::new(full()).or(full()).or(full());
    let error = layer.layer(service_fn(nested)).oneshot(1).await.unwrap_err();
    assert!(error.rejection().is_none(), "{error:?}");
}

#[test]
fn an_error_is_at_most_four_words() {
    assert!(size_of::<Error>() <= 32);
}

#[test]
fn a_boxed_error_of_ours_converts_back_to_itself() {
    let rejection = BulkheadLayer::new(0).handle().try_enter().unwrap_err();
    let boxed: BoxError = Error::from(rejection).into();
    assert_eq!(Error::from(boxed).rejection(), Some(&rejection));
}

#[test]
fn a_timeout_and_a_rejection_are_no_error_of_the_service() {
    let error = Error::from(BulkheadLayer::new(0).handle().try_enter().unwrap_err());
    assert!(error.downcast_ref::<Down>().is_none());
    assert!(error.downcast::<Down>().unwrap_err().rejection().is_some());
}

#[test]
fn a_rejection_tells_layer_name_and_reason() {
    let layer = BulkheadLayer::builder(0).name("orders").build().unwrap();
    let text = Error::from(layer.handle().try_enter().unwrap_err()).to_string();
    assert!(["bulkhead", "orders", "places"].iter().all(|word| text.contains(word)), "{text}");
}
