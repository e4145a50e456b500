//! One error for all: it stays flat through any stack, ours and foreign, and keeps what the service said.

use std::convert::Infallible;
use std::time::Duration;
use std::{error, fmt, future, io};

use palisade::fallback::Value;
use palisade::{
    BulkheadLayer, CircuitBreakerLayer, Error, FallbackError, FallbackLayer, Name, RejectionReason, TimeoutLayer,
    fallback,
};
use tower::buffer::BufferLayer;
use tower::load_shed::LoadShedLayer;
use tower::timeout::TimeoutLayer as TowersTimeout;
use tower::util::BoxCloneService;
use tower::{BoxError, Layer, Service, ServiceBuilder, ServiceExt, service_fn};

use crate::layers::{breaker, each_passing_layer, limit, places, queue, retry};
use crate::support::{Down, chain, io_error, paused, reason};

type Boxed = BoxCloneService<u32, u32, Error>;

const LIMIT: Duration = Duration::from_secs(60);

/// A layer that passes errors on, around any service.
trait Wrap {
    fn wrap<S, E>(self, inner: S) -> Boxed
    where
        S: Service<u32, Response = u32, Error = E, Future: Send + 'static> + Clone + Send + 'static,
        E: Into<BoxError> + Send + Sync + 'static;
}

type TakeNone = fn(Result<&u32, &Error>) -> bool;

fn passing() -> FallbackLayer<Value<u32>, TakeNone> {
    FallbackLayer::value(0).fallback_if(|_| false)
}

macro_rules! rows {
    ($($name:ident: $layer:expr;)+) => {
        $(
            #[expect(non_camel_case_types, reason = "it is the name of a row")]
            struct $name;

            impl Wrap for $name {
                fn wrap<S, E>(self, inner: S) -> Boxed
                where
                    S: Service<u32, Response = u32, Error = E, Future: Send + 'static> + Clone + Send + 'static,
                    E: Into<BoxError> + Send + Sync + 'static,
                {
                    Boxed::new(Layer::layer(&$layer, inner))
                }
            }
        )+

        macro_rules! holds_through_every_stack {
            ($law:ident) => {
                mod $law {
                    $(
                        #[test]
                        fn $name() {
                            super::paused(super::$law(super::$name));
                        }
                    )+
                }
            };
        }
    };
}

each_passing_layer! { rows!
    fallback_passing: passing();
    five_in_order: ServiceBuilder::new()
        .layer(passing()).layer(limit()).layer(retry()).layer(breaker()).layer(places());
    five_upside_down: ServiceBuilder::new()
        .layer(places()).layer(breaker()).layer(retry()).layer(limit()).layer(passing());
    five_twice: ServiceBuilder::new()
        .layer(passing()).layer(limit()).layer(retry()).layer(breaker()).layer(places())
        .layer(passing()).layer(limit().cover_readiness()).layer(retry()).layer(breaker()).layer(queue());
    around_towers_timeout: ServiceBuilder::new().layer(breaker()).layer(TowersTimeout::new(LIMIT));
    around_towers_buffer: ServiceBuilder::new().layer(breaker()).layer(BufferLayer::<u32>::new(8));
    around_towers_load_shed: ServiceBuilder::new().layer(breaker()).layer(LoadShedLayer::new());
    five_between_towers_layers: ServiceBuilder::new()
        .layer(passing()).layer(TowersTimeout::new(LIMIT)).layer(limit()).layer(BufferLayer::<u32>::new(8))
        .layer(retry()).layer(LoadShedLayer::new()).layer(breaker()).layer(TowersTimeout::new(LIMIT)).layer(places())
        .layer(BufferLayer::<u32>::new(8));
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
fn texts(error: &Error) -> Vec<String> {
    chain(error).map(ToString::to_string).collect()
}

async fn a_rejection_stays_whole(stack: impl Wrap) {
    let layer = CircuitBreakerLayer::builder("inmost").consecutive(1).seed(1).build().unwrap();
    layer.handle().try_enter().unwrap().failure();
    let expected = layer.handle().snapshot().retry_after;
    assert!(expected > Some(Duration::ZERO));
    let error = stack.wrap(layer.layer(service_fn(nested))).oneshot(1).await.unwrap_err();
    let Error::Rejected(rejection) = error else { panic!("{error:?}") };
    assert_eq!((rejection.name().as_str(), rejection.layer()), ("inmost", "circuit breaker"));
    assert_eq!((rejection.reason(), rejection.retry_after()), (RejectionReason::CircuitOpen, expected));
}
holds_through_every_stack!(a_rejection_stays_whole);

async fn a_timeout_stays_one_with_its_limit(stack: impl Wrap) {
    let inner = TimeoutLayer::new(Duration::from_secs(1)).layer(service_fn(|_| future::pending::<Result<u32, Down>>()));
    let Err(Error::TimedOut(elapsed)) = stack.wrap(inner).oneshot(1).await else { panic!("no timeout") };
    assert_eq!((elapsed.limit(), elapsed.elapsed()), (Duration::from_secs(1), Duration::from_secs(1)));
}
holds_through_every_stack!(a_timeout_stays_one_with_its_limit);

async fn an_error_of_the_service_is_boxed_once_with_its_sources(stack: impl Wrap) {
    let error = stack.wrap(service_fn(nested)).oneshot(1).await.unwrap_err();
    assert_eq!(texts(&error)[1..], ["nested", "root"]);
    let Error::Service(boxed) = error else { panic!("{error:?}") };
    assert!(boxed.downcast::<Nested>().is_ok());
}
holds_through_every_stack!(an_error_of_the_service_is_boxed_once_with_its_sources);

async fn an_error_of_the_service_comes_back_as_what_it_was(stack: impl Wrap) {
    let error = stack.wrap(service_fn(|_| async { Err(Down(7)) })).oneshot(1).await.unwrap_err();
    let error = error.downcast::<Nested>().unwrap_err();
    assert_eq!(error.downcast_ref(), Some(&Down(7)));
    assert_eq!(error.downcast::<Down>().unwrap(), Down(7));
}
holds_through_every_stack!(an_error_of_the_service_comes_back_as_what_it_was);

async fn a_boxed_error_of_ours_is_unboxed(stack: impl Wrap) {
    let layer = BulkheadLayer::builder(0).name(Name::new("inmost").unwrap()).build().unwrap();
    let boxed = ServiceBuilder::new().map_err(BoxError::from).layer(layer).service(service_fn(nested));
    let error = stack.wrap(boxed).oneshot(1).await.unwrap_err();
    let rejection = error.rejection().unwrap();
    assert_eq!((rejection.name().as_str(), rejection.reason()), ("inmost", RejectionReason::Full));
}
holds_through_every_stack!(a_boxed_error_of_ours_is_unboxed);

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
    let service = stack.wrap(service_fn(|n: u32| async move { Ok::<_, Infallible>(n) }));
    let task = tokio::spawn(async move {
        let inner = async move { service.oneshot(4).await };
        tokio::spawn(inner).await
    });
    assert_eq!(task.await.unwrap().unwrap().unwrap(), 4);
}
holds_through_every_stack!(a_stack_may_be_spawned_inside_of_a_task);

#[tokio::test(start_paused = true)]
async fn what_foreign_layers_say_is_an_error_of_the_service() {
    let hung = TowersTimeout::new(LIMIT).layer(service_fn(|_: u32| future::pending::<Result<u32, Down>>()));
    let late = breaker().layer(hung).oneshot(1).await.unwrap_err();
    assert!(late.downcast_ref::<tower::timeout::error::Elapsed>().is_some());
    let full = LoadShedLayer::new().layer(tower::limit::ConcurrencyLimit::new(service_fn(nested), 0));
    let shed = breaker().layer(full).oneshot(1).await.unwrap_err();
    assert!(shed.downcast_ref::<tower::load_shed::error::Overloaded>().is_some());
}

#[tokio::test(start_paused = true)]
async fn a_fallback_that_failed_too_tells_both_errors() {
    let fails = fallback::function(|_: Result<&u32, &Error>| Err(Down(2)));
    let error = FallbackLayer::new(fails).layer(service_fn(nested)).oneshot(1).await.unwrap_err();
    let both = error.downcast_ref::<FallbackError>().unwrap();
    assert_eq!(both.error().downcast_ref(), Some(&Down(2)));
    assert!(both.before().unwrap().downcast_ref::<Nested>().is_some());
    let told = texts(&error).concat();
    assert!(["nested", "root", "down 2"].iter().all(|text| told.contains(text)), "{told}");
}

#[tokio::test(start_paused = true)]
async fn rejected_fallbacks_hide_no_call_that_was_sent() {
    let full = || fallback::service(BulkheadLayer::new(0).layer(service_fn(nested)));
    let one = FallbackLayer::new(full()).layer(service_fn(nested)).oneshot(1).await;
    let three = FallbackLayer::new(full()).or(full()).or(full()).layer(service_fn(nested)).oneshot(1).await;
    assert_eq!((reason(&one), reason(&three)), (None, None), "{one:?}, {three:?}");
}

#[test]
fn an_error_is_at_most_four_words() {
    assert!(size_of::<Error>() <= 32);
}

/// As a service gives them by `?` when it uses a handle or a layer itself.
#[tokio::test(start_paused = true)]
async fn what_is_ours_comes_out_of_a_box_as_it_was() {
    let rejection = BulkheadLayer::new(0).handle().try_enter().unwrap_err();
    for boxed in [BoxError::from(rejection), BoxError::from(Error::from(rejection))] {
        assert!(matches!(Error::from(boxed), Error::Rejected(own) if own == rejection));
    }
    let hangs = service_fn(|_: u32| future::pending::<Result<u32, Error>>());
    let elapsed = TimeoutLayer::new(LIMIT).layer(hangs).oneshot(1).await.unwrap_err().elapsed().unwrap();
    assert!(matches!(Error::from(BoxError::from(elapsed)), Error::TimedOut(own) if own.limit() == LIMIT));
}

#[test]
fn a_timeout_and_a_rejection_are_no_error_of_the_service() {
    let error = Error::from(BulkheadLayer::new(0).handle().try_enter().unwrap_err());
    assert!(error.downcast_ref::<Down>().is_none() && error.elapsed().is_none());
    assert!(error.downcast::<Down>().unwrap_err().rejection().is_some());
}

#[test]
fn a_rejection_tells_layer_name_and_reason() {
    let layer = BulkheadLayer::builder(0).name(Name::new("orders").unwrap()).build().unwrap();
    let text = Error::from(layer.handle().try_enter().unwrap_err()).to_string();
    assert!(["bulkhead", "orders", "places"].iter().all(|word| text.contains(word)), "{text}");
}
