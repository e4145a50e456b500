//! What the laws hold for over HTTP: each layer alone, and all in order.

use std::{convert::Infallible, time::Duration};

use bytes::Bytes;
use http::{HeaderName, Request, Response};
use http_body::Body;
use http_body_util::{BodyExt, Full, combinators::UnsyncBoxBody};
use palisade::{
    Backoff, Budget, BulkheadBuilder, BulkheadLayer, CircuitBreakerBuilder, CircuitBreakerLayer, Error, QueueBuilder,
    RetryLayer, TimeoutLayer,
    http::{AnswerLayer, DeadlineLayer, HttpClassifier, Idempotent, ReplayBody, Resend, host},
    retry::Rules,
};
use tokio_test::{assert_ready, task};
use tower::{BoxError, Layer, Service, ServiceBuilder, ServiceExt};

use super::server::{At, Server, Tell};
use crate::{
    inner::Inner,
    remains::{Handles, Tallies},
    stacks::{PAUSE, PLACES, Stack},
};

pub(crate) type Plain = Full<Bytes>;

type Retrying = RetryLayer<Rules<HttpClassifier, Resend<ReplayBody<Plain>>, Idempotent>>;

/// The bodies of all answers.
pub(crate) type Answer = UnsyncBoxBody<Bytes, Error>;

/// The limit on each call of a stack with a timeout.
pub(crate) const LIMIT: Duration = Duration::from_secs(10);

pub(crate) const WAIT: HeaderName = HeaderName::from_static("x-request-timeout-ms");

/// What every stack is.
pub(crate) trait Http:
    Service<Request<Plain>, Response = Response<Answer>, Error = Error, Future: Send + 'static> + Clone + Send
{
}

impl<S> Http for S where
    S: Service<Request<Plain>, Response = Response<Answer>, Error = Error, Future: Send + 'static> + Clone + Send
{
}

pub(crate) fn request() -> Request<Plain> {
    Request::get("http://localhost/").body(Plain::default()).expect("all of it is legal")
}

pub(crate) fn boxed<B>(response: Response<B>) -> Response<Answer>
where
    B: Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    response.map(|body| body.map_err(one).boxed_unsync())
}

pub(crate) fn server(inner: Inner, at: At, tallies: &Tallies) -> Server {
    let (sent, passed) = (tallies.sent.count(), tallies.passed.count());
    let called = Tell::new(move |()| {
        sent(());
        passed(());
    });
    Server { inner, at, called, ended: Tell::new(tallies.ended.count()) }
}

/// A layer alone, with all that there is to look at.
fn alone<L, B>(layer: &L, inner: Inner, at: At, owned: Handles) -> Stack<impl Http + use<L, B>>
where
    L: Layer<Server>,
    L::Service: Service<Request<Plain>, Response = Response<B>> + Clone + Send,
    <L::Service as Service<Request<Plain>>>::Error: Into<BoxError> + 'static,
    <L::Service as Service<Request<Plain>>>::Future: Send + 'static,
    B: Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    let tallies = Tallies::default();
    let handles = Handles { inner: inner.clone(), tallies: tallies.clone(), ..owned };
    let service = ServiceBuilder::new()
        .map_request(tallies.asked.count())
        .map_response(boxed::<B>)
        .map_err(one)
        .layer(layer)
        .service(server(inner, at, &tallies));
    Stack { service, handles }
}

fn one<E: Into<BoxError>>(error: E) -> Error {
    Error::from(error.into())
}

fn circuit<C>(builder: CircuitBreakerBuilder<C>) -> CircuitBreakerBuilder<C> {
    builder.probes(2).open_for(Backoff::none())
}

fn breaker() -> CircuitBreakerLayer<palisade::http::Http> {
    circuit(CircuitBreakerLayer::http("circuit")).build().unwrap()
}

fn places() -> BulkheadBuilder<palisade::http::Http> {
    BulkheadLayer::http(PLACES)
}

fn queue() -> QueueBuilder<palisade::http::Http> {
    BulkheadLayer::http(PLACES).name("queue").max_wait(Duration::from_secs(5))
}

fn retry() -> Retrying {
    let budget = Budget::builder().capacity(10).ratio(0.0).per_second(0.0).build().unwrap();
    RetryLayer::http("retry").backoff(Backoff::constant(PAUSE)).budget(budget).build().unwrap()
}

pub(crate) fn circuit_for_http(inner: Inner, at: At) -> Stack<impl Http> {
    let layer = breaker();
    alone(&layer, inner, at, Handles { circuit: Some(layer.handle()), ..Handles::default() })
}

pub(crate) fn circuit_for_grpc(inner: Inner, at: At) -> Stack<impl Http> {
    let layer = circuit(CircuitBreakerLayer::grpc("circuit")).build().unwrap();
    alone(&layer, inner, at, Handles { circuit: Some(layer.handle()), ..Handles::default() })
}

pub(crate) fn circuit_per_key(inner: Inner, at: At) -> Stack<impl Http> {
    let layer = circuit(CircuitBreakerLayer::http("circuit")).per_key(host::<Plain>).build().unwrap();
    begin(&layer);
    let circuit = layer.handle().get(&host(&request())).unwrap();
    circuit.reset();
    alone(&layer, inner, at, Handles { circuit: Some(circuit), ..Handles::default() })
}

pub(crate) fn bulkhead_for_http(inner: Inner, at: At) -> Stack<impl Http> {
    let layer = places().build().unwrap();
    alone(&layer, inner, at, Handles { bulkheads: vec![layer.handle()], ..Handles::default() })
}

pub(crate) fn queue_for_http(inner: Inner, at: At) -> Stack<impl Http> {
    let layer = queue().build().unwrap();
    alone(&layer, inner, at, Handles { bulkheads: vec![layer.handle()], ..Handles::default() })
}

pub(crate) fn bulkhead_per_key(inner: Inner, at: At) -> Stack<impl Http> {
    let layer = places().per_key(host::<Plain>).build().unwrap();
    begin(&layer);
    let bulkheads = layer.handle().get(&host(&request())).into_iter().collect();
    alone(&layer, inner, at, Handles { bulkheads, ..Handles::default() })
}

pub(crate) fn queue_per_key(inner: Inner, at: At) -> Stack<impl Http> {
    let layer = queue().per_key(host::<Plain>).build().unwrap();
    begin(&layer);
    let bulkheads = layer.handle().get(&host(&request())).into_iter().collect();
    alone(&layer, inner, at, Handles { bulkheads, ..Handles::default() })
}

/// Makes the first call of a key, so that there is something to look at.
fn begin<L, B>(layer: &L)
where
    L: Layer<Server>,
    L::Service: Service<Request<Plain>, Response = Response<B>, Error = Error>,
{
    let server = server(Inner::default(), At::Head, &Tallies::default());
    assert!(assert_ready!(task::spawn(layer.layer(server).oneshot(request())).poll()).is_ok());
}

pub(crate) fn retry_for_http(inner: Inner, at: At) -> Stack<impl Http> {
    let layer = retry();
    alone(&layer, inner, at, Handles { budget: layer.budget(), ..Handles::default() })
}

pub(crate) fn timeout_for_http(inner: Inner, at: At) -> Stack<impl Http> {
    alone(&TimeoutLayer::http(LIMIT), inner, at, Handles::default())
}

pub(crate) fn timeout_of_readiness_for_http(inner: Inner, at: At) -> Stack<impl Http> {
    alone(&TimeoutLayer::http(LIMIT).cover_readiness(), inner, at, Handles::default())
}

pub(crate) fn deadlines(inner: Inner, at: At) -> Stack<impl Http> {
    alone(&DeadlineLayer::header(WAIT), inner, at, Handles::default())
}

pub(crate) fn answers(inner: Inner, at: At) -> Stack<impl Http> {
    alone(&AnswerLayer::http(), inner, at, Handles { falls_back: true, ..Handles::default() })
}

pub(crate) fn answers_for_grpc(inner: Inner, at: At) -> Stack<impl Http> {
    alone(&AnswerLayer::grpc(), inner, at, Handles { falls_back: true, ..Handles::default() })
}

#[cfg(feature = "reqwest")]
pub(crate) fn of_reqwest(inner: Inner, at: At) -> Stack<impl Http> {
    let layer = ServiceBuilder::new()
        .map_response(Response::<reqwest::Body>::from)
        .map_request(|request: Request<Plain>| {
            let request = request.map(|_| Bytes::new());
            reqwest::Request::try_from(request).expect("a request that reqwest takes")
        })
        .layer(palisade::reqwest::ReqwestLayer)
        .into_inner();
    alone(&layer, inner, at, Handles::default())
}

pub(crate) fn all_in_order(inner: Inner, at: At) -> Stack<impl Http> {
    let (retry, breaker, queue, places) = (retry(), breaker(), queue().build().unwrap(), places().build().unwrap());
    let tallies = Tallies::default();
    let handles = Handles {
        inner: inner.clone(),
        circuit: Some(breaker.handle()),
        bulkheads: vec![queue.handle(), places.handle()],
        budget: retry.budget(),
        falls_back: true,
        tallies: tallies.clone(),
    };
    let counted = server(inner, at, &Tallies { passed: tallies.passed, ended: tallies.ended, ..Tallies::default() });
    let service = ServiceBuilder::new()
        .map_response(boxed)
        .map_err(one::<Infallible>)
        .layer(AnswerLayer::http())
        .layer(DeadlineLayer::header(WAIT))
        .layer(TimeoutLayer::http(LIMIT * 2))
        .layer(queue)
        .layer(retry)
        .map_request(tallies.sent.count())
        .map_request(tallies.asked.count())
        .layer(breaker)
        .layer(places)
        .layer(TimeoutLayer::http(LIMIT))
        .service(counted);
    Stack { service, handles }
}

/// Makes a test of a law for each stack, or for those named.
macro_rules! over_http {
    (every stack: $law:ident) => {
        $crate::over_http::stacks::over_http! {
            circuit_for_http circuit_for_grpc circuit_per_key bulkhead_for_http queue_for_http bulkhead_per_key queue_per_key
            retry_for_http timeout_for_http timeout_of_readiness_for_http deadlines answers answers_for_grpc all_in_order,
            #[cfg(feature = "reqwest")] of_reqwest: $law
        }
    };
    (every circuit: $law:ident) => {
        $crate::over_http::stacks::over_http! {
            circuit_for_http circuit_for_grpc circuit_per_key all_in_order: $law
        }
    };
    (every bulkhead: $law:ident) => {
        $crate::over_http::stacks::over_http! {
            bulkhead_for_http queue_for_http bulkhead_per_key queue_per_key all_in_order: $law
        }
    };
    (every timeout: $law:ident) => {
        $crate::over_http::stacks::over_http! { timeout_for_http timeout_of_readiness_for_http all_in_order: $law }
    };
    ($($stack:ident)+ $(, #[$on:meta] $other:ident)*: $law:ident) => {
        mod $law {
            $(
                #[tokio::test(start_paused = true)]
                async fn $stack() {
                    super::$law($crate::over_http::stacks::$stack).await;
                }
            )+
            $(
                #[$on]
                #[tokio::test(start_paused = true)]
                async fn $other() {
                    super::$law($crate::over_http::stacks::$other).await;
                }
            )*
        }
    };
}

pub(crate) use over_http;
