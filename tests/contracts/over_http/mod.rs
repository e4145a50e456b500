//! The stacks over HTTP, where a response goes on after its head: a call ends with its body.

mod keys;
mod limits;
#[cfg(feature = "reqwest")]
mod of_reqwest;
mod seeded;
mod server;
mod whole;

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, Response};
use http_body::Body;
use palisade::bulkhead::AdaptiveBuilder;
use palisade::http::{AnswerLayer, DeadlineLayer, Http, HttpClassifier, Idempotent, ReplayBody, Resend, host};
use palisade::retry::Rules;
use palisade::{
    Adaptive, Backoff, BulkheadBuilder, BulkheadLayer, CircuitBreakerBuilder, CircuitBreakerLayer, Deadline, Error,
    Jitter, MeasureBuilder, MeasureLayer, Name, QueueBuilder, Rate, RateLimitBuilder, RateLimitLayer, RejectionReason,
    Replicas, RetryLayer, ThrottleBuilder, ThrottleLayer, TimeoutLayer,
};
use tokio::time::advance;
use tokio_test::{assert_pending, assert_ready, task};
use tower::layer::layer_fn;
use tower::{BoxError, Layer, Service, ServiceBuilder, ServiceExt, service_fn};

use self::server::Server;
use self::whole::{Plain, Whole, read, request};
use crate::calls;
use crate::determinism::{assert_same, assert_seeded, run_calls};
use crate::laws::{At, Row};
use crate::layers::{PAUSE, PLACES, budget};
use crate::remains::{AtRest, FallsBack, Handles, Streams, Tallies, Tally, Watched};
use crate::stacks::{Boxed, Stack};
use crate::support::inner::Answer::{After, Echo, Never};
use crate::support::inner::{Answer, Inner};
use crate::support::{Down, reason};

pub(crate) const LIMIT: Duration = Duration::from_secs(10);

pub(crate) const WAIT: HeaderName = HeaderName::from_static("x-request-timeout-ms");

pub(crate) const CLASS: HeaderName = HeaderName::from_static("x-criticality");

/// Gives a macro a row for each layer for HTTP that admits calls or rejects them, with and without keys.
macro_rules! each_http_admission {
    ($law:ident! $($others:tt)*) => {
        $law! {
            circuit_for_http: $crate::over_http::breaker().build().unwrap();
            circuit_for_grpc: $crate::over_http::circuit(palisade::CircuitBreakerLayer::grpc("circuit")).build().unwrap();
            circuit_per_key: $crate::over_http::breaker().per_key(palisade::http::host).build().unwrap();
            own_limit_for_http: $crate::own_limit::layer::<palisade::http::Http<palisade::http::HttpClassifier>>();
            measure_for_http: $crate::over_http::measure().build().unwrap();
            measure_until_head: $crate::over_http::measure().until_head().build().unwrap();
            measure_for_grpc: palisade::MeasureLayer::grpc("measure").build().unwrap();
            measure_per_key: $crate::over_http::measure().per_key(palisade::http::host).build().unwrap();
            bulkhead_for_http: $crate::over_http::places().build().unwrap();
            bulkhead_per_key: $crate::over_http::places().per_key(palisade::http::host).build().unwrap();
            adaptive_for_http: $crate::over_http::adaptive().build().unwrap();
            adaptive_per_key: $crate::over_http::adaptive().per_key(palisade::http::host).build().unwrap();
            queue_for_http: $crate::over_http::queue().build().unwrap();
            queue_per_key: $crate::over_http::queue().per_key(palisade::http::host).build().unwrap();
            rate_limit_for_http: $crate::over_http::rate().headers().heed_throttling().build().unwrap();
            rate_limit_per_key: $crate::over_http::rate().per_key(palisade::http::host).build().unwrap();
            throttle_for_http: $crate::over_http::throttle().build().unwrap();
            throttle_for_grpc: palisade::ThrottleLayer::grpc("throttle").max_rejection(f64::MIN_POSITIVE).build().unwrap();
            throttle_per_key: $crate::over_http::throttle().per_key(palisade::http::host).build().unwrap();
            waits_for_http: $crate::over_http::rate().headers().max_wait($crate::over_http::LIMIT).build().unwrap();
            $($others)*
        }
    };
}

/// Gives a macro a row for each layer for HTTP.
macro_rules! each_http_layer {
    ($law:ident! $($others:tt)*) => {
        $crate::over_http::each_http_admission! { $law!
            retry_for_http: $crate::over_http::retry();
            timeout_for_http: palisade::TimeoutLayer::http($crate::over_http::LIMIT);
            timeout_of_readiness_for_http: palisade::TimeoutLayer::http($crate::over_http::LIMIT).cover_readiness();
            timeout_between_frames: palisade::TimeoutLayer::http($crate::over_http::LIMIT).between_frames($crate::over_http::LIMIT);
            deadlines: palisade::http::DeadlineLayer::header($crate::over_http::WAIT);
            criticality_of_header: palisade::CriticalityLayer::header($crate::over_http::CLASS);
            answers_for_grpc: palisade::http::AnswerLayer::grpc();
            $($others)*
        }
    };
}

pub(crate) use each_http_admission;
pub(crate) use each_http_layer;

macro_rules! rows {
    ($($name:ident: $layer:expr;)+) => {
        &[
            $((stringify!($name), |inner, at| alone(&$layer, inner, at)),)+
            ("replicas_for_http", replicas),
            ("answers_for_http", |inner, at| alone(&AnswerLayer::http(), inner, at)),
            #[cfg(feature = "reqwest")]
            ("of_reqwest", of_reqwest::stack),
            ("all_in_order_for_http", all_in_order),
        ]
    };
}

pub(crate) const ROWS: &[Row] = each_http_layer!(rows!);

pub(crate) fn circuit<E>(builder: CircuitBreakerBuilder<E>) -> CircuitBreakerBuilder<E> {
    builder.probes(2).open_for(Backoff::none())
}

pub(crate) fn breaker() -> CircuitBreakerBuilder<Http> {
    circuit(CircuitBreakerLayer::http("circuit"))
}

pub(crate) fn measure() -> MeasureBuilder<Http> {
    MeasureLayer::http("measure")
}

pub(crate) fn places() -> BulkheadBuilder<Http> {
    BulkheadLayer::http(PLACES)
}

/// More calls than any law makes.
pub(crate) fn rate() -> RateLimitBuilder<Http> {
    RateLimitLayer::http("rate", Rate::per_second(1000)).burst(1000)
}

/// It rejects no call of any law.
pub(crate) fn throttle() -> ThrottleBuilder<Http> {
    ThrottleLayer::http("throttle").max_rejection(f64::MIN_POSITIVE)
}

pub(crate) fn adaptive() -> AdaptiveBuilder<Http> {
    places().adaptive(Adaptive::gradient().min(PLACES))
}

pub(crate) fn queue() -> QueueBuilder<Http> {
    BulkheadLayer::http(PLACES).name(Name::new("queue").unwrap()).max_wait(Duration::from_secs(5))
}

pub(crate) fn retry<B>() -> RetryLayer<Rules<HttpClassifier, Resend<ReplayBody<B>>, Idempotent>> {
    RetryLayer::http("retry").backoff(Backoff::constant(PAUSE)).budget(budget()).build().unwrap()
}

impl Watched for DeadlineLayer {
    fn watch(&self, handles: Handles) -> Handles {
        handles
    }
}

impl<A> Watched for AnswerLayer<A> {
    fn watch(&self, handles: Handles) -> Handles {
        handles.with(FallsBack)
    }
}

/// The services of a layer over a server.
fn stack<L, B>(layer: &L, server: &Server, handles: Handles) -> Stack
where
    L: Layer<Server> + Clone,
    L::Service: Service<Request<Plain>, Response = Response<B>> + Clone + Send + 'static,
    <L::Service as Service<Request<Plain>>>::Error: Into<BoxError> + 'static,
    <L::Service as Service<Request<Plain>>>::Future: Send + 'static,
    B: Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    let service = Whole::of(layer.layer(server.clone()));
    let twin = Boxed::new(Whole::of(layer.clone().layer(server.clone())));
    let below = service.0.clone();
    let limited = Rc::new(move |limit| Boxed::new(Whole::of(TimeoutLayer::http(limit).layer(below.clone()))));
    Stack { service: Boxed::new(service), twin, handles, limited }
}

fn alone<L, B>(layer: &L, inner: Inner, at: At) -> Stack
where
    L: Layer<Server> + Watched + Clone,
    L::Service: Service<Request<Plain>, Response = Response<B>> + Clone + Send + 'static,
    <L::Service as Service<Request<Plain>>>::Error: Into<BoxError> + 'static,
    <L::Service as Service<Request<Plain>>>::Future: Send + 'static,
    B: Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    // A key has nothing to look at before its first call.
    let first = Server { inner: Inner::default(), at, tallies: Tallies::default() };
    assert!(task::spawn(layer.layer(first).oneshot(request(0))).poll().is_ready());
    let handles = layer.watch(Handles::of(&inner)).with(Streams);
    handles.each().for_each(AtRest::reset);
    let tallies = handles.tallies.clone();
    let layer = ServiceBuilder::new().map_request(tallies.asked.count()).layer(layer);
    stack(&layer, &Server { inner, at, tallies }, handles)
}

fn replicas(inner: Inner, at: At) -> Stack {
    let handles = Handles::of(&inner).with(Streams);
    let server = Server { inner, at, tallies: handles.tallies.clone() };
    let replicas = Replicas::http::<ReplayBody<Plain>>("replicas").add("a", server.clone()).add("b", server.clone());
    let replicas = replicas.ready_within(Duration::MAX).without_consecutive().build().unwrap();
    let handles = handles.with(replicas.handle());
    stack(&layer_fn(move |_| replicas.clone()), &server, handles)
}

fn all_in_order(inner: Inner, at: At) -> Stack {
    let (retry, places, queue) = (retry(), places().build().unwrap(), queue().build().unwrap());
    let breaker = breaker().build().unwrap();
    let (answers, limit) = (AnswerLayer::http(), TimeoutLayer::http(LIMIT));
    let handles =
        Handles::of(&inner).with(Streams).and(&answers).and(&limit).and(&queue).and(&retry).and(&breaker).and(&places);
    let tallies = handles.tallies.clone();
    let layer = ServiceBuilder::new()
        .layer(answers)
        .layer(DeadlineLayer::header(WAIT))
        .layer(TimeoutLayer::http(LIMIT * 2))
        .layer(queue)
        .layer(retry)
        .map_request(tallies.sent.count())
        .map_request(tallies.asked.count())
        .layer(breaker)
        .layer(places)
        .layer(limit);
    stack(&layer, &Server { inner, at, tallies: Tallies { sent: Tally::default(), ..tallies } }, handles)
}
