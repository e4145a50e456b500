//! What the types for HTTP and gRPC promise.

#[cfg(feature = "reqwest")]
mod of_reqwest;
#[cfg(feature = "tonic")]
mod of_tonic;

use std::fmt::Debug;
use std::hash::Hash;
use std::marker::{PhantomData, PhantomPinned};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body::{Body, Frame};
use http_body_util::Full;
use palisade::bulkhead::{AdaptiveGuard, QueueSettings};
use palisade::circuit_breaker::{Circuit, CircuitSettings};
use palisade::grpc::{AnswerBody, Code, CountAttempts, GrpcAnswers, GrpcClassifier, Pushback};
use palisade::http::answer::HttpAnswers;
use palisade::http::criticality::{Bodies, Header};
use palisade::http::health::{BeatService, Beater, BeaterBuilder, HealthService, HttpCheck};
use palisade::http::{
    AnswerLayer, Attempt, BetweenFrames, ByTable, DeadlineLayer, DrainedBody, GuardedBody, Host, Http, HttpClassifier,
    Idempotent, Looked, Marked, PacedBody, ReplayBody, Resend, TimedBody, ToAuthority, WatchBody, answer, deadline,
    host,
};
use palisade::retry::{Always, AsIs, CloneRequest, Rules};
use palisade::timeout::{Countdown, Pause};
use palisade::{
    BulkheadBuilder, BulkheadGuard, BulkheadHandle, BulkheadLayer, CircuitBreakerBuilder, CircuitBreakerLayer,
    CircuitGuard, CircuitHandle, CriticalityLayer, CriticalityScope, DefaultClassifier, Error, FallbackLayer,
    PerKeyBuilder, PerKeyHandle, PerKeyLayer, RetryBuilder, RetryLayer, ServiceBuilderExt, TimeoutLayer, call,
    fallback,
};
use tower::{BoxError, Layer, Service, ServiceBuilder, ServiceExt, service_fn};

use super::lists::every_type_is;
use super::{Otherwise, Sends, sends, tells};
use crate::over_http::each_http_layer;

type InHttp = Http<HttpClassifier>;
type InGrpc = Http<GrpcClassifier>;
type Plain = Full<Bytes>;
type ByHost<B> = fn(&Request<B>) -> Host;
type InBulkhead<B> = GuardedBody<B, BulkheadGuard, HttpClassifier>;
type InAdaptive<B> = GuardedBody<B, AdaptiveGuard, HttpClassifier>;
type InCircuit<B> = GuardedBody<B, CircuitGuard, GrpcClassifier>;
type Chosen = fn(Error) -> Response<Plain>;

/// A service that everybody can name, whatever bodies it takes.
#[derive(Clone, Copy, Debug)]
struct Silent;

impl<A> Service<Request<A>> for Silent {
    type Response = Response<Plain>;
    type Error = BoxError;
    type Future = std::future::Ready<Result<Response<Plain>, BoxError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<A>) -> Self::Future {
        std::future::ready(Ok(Response::default()))
    }
}

every_type_is! {
    every_public_type_may_be_shared_and_kept_and_shown: [Send + Sync + 'static + Debug]
    Attempt, ByTable, Http, InHttp, InGrpc, HttpClassifier, GrpcClassifier, Code, Pushback, Idempotent,
    Idempotent<fn(&Error) -> bool>, Resend<Plain>, CountAttempts, WatchBody, Countdown, Pause, BetweenFrames<Http>, AsIs,
    AsIs<CloneRequest>, HttpAnswers, GrpcAnswers, Looked, BeaterBuilder<Silent>,
    HttpCheck<Silent, Plain>,
}

every_type_is! {
    layers_builders_and_handles_may_be_cloned_and_shared: [Clone + Send + Sync + 'static + Debug]
    CircuitBreakerBuilder<InHttp>, CircuitBreakerLayer<InGrpc>, BulkheadBuilder<Http>, BulkheadLayer<Http>,
    RetryBuilder<Rules<HttpClassifier, Resend<ReplayBody<Plain>>, Idempotent>>,
    RetryLayer<Rules<GrpcClassifier, Resend<ReplayBody<Plain>, CountAttempts>, Pushback>>,
    FallbackLayer<fallback::Value<()>, fallback::ByOutcome<GrpcClassifier>>, ReplayBody<Once>, AnswerLayer<Chosen>,
    PerKeyHandle<Host, CircuitHandle>, PerKeyHandle<Host, BulkheadHandle>, CriticalityLayer<Bodies<Header>>,
    HealthService, BeatService, Beater<Silent>, ToAuthority<Silent>, Marked,
}

every_type_is! {
    every_builder_per_key_may_be_shared_and_shown: [Send + Sync + 'static + Debug]
    PerKeyBuilder<CircuitSettings, InHttp, Host, ByHost<Plain>>, PerKeyBuilder<QueueSettings, Http, Host, ByHost<Plain>>,
}

every_type_is! {
    what_is_of_a_key_asks_for_no_clone_of_it: [Clone]
    PerKeyHandle<Uncloned, CircuitHandle>, PerKeyHandle<Uncloned, BulkheadHandle>,
    PerKeyLayer<Uncloned, fn(&Request<Plain>) -> Uncloned, Circuit, InHttp>,
}

every_type_is! {
    what_says_how_to_do_it_is_copied: [Copy]
    Attempt, ByTable, Code, Pushback, Idempotent, Http, InHttp, InGrpc, HttpClassifier, GrpcClassifier,
    Resend<Once>, Rules<HttpClassifier, Resend<Once>, Idempotent>, call::LazyLayer,
    Rules<DefaultClassifier, AsIs, Always>, Countdown, call::Plain<HttpClassifier>,
    AnswerLayer, AnswerLayer<GrpcAnswers>, AnswerLayer<Chosen>, HttpAnswers, GrpcAnswers,
}

every_type_is! {
    what_is_told_can_be_compared_and_looked_up: [Eq + Hash]
    Attempt, Code,
}

every_type_is! {
    every_body_that_can_be_made_of_nothing_is: [Default + Body + Debug]
    InBulkhead<Plain>, DrainedBody<Plain>, AnswerBody<Once>, TimedBody<Plain>, PacedBody<Plain>, ReplayBody<Plain>, CriticalityScope<Plain>,
    InCircuit<DrainedBody<InBulkhead<TimedBody<Plain>>>>,
}

every_type_is! {
    every_body_that_is_wrapped_breaks_with_the_one_error: [Body<Error = Error>]
    InBulkhead<Once>, InCircuit<Once>, DrainedBody<Once>, TimedBody<Once>, PacedBody<Once>, AnswerBody<Once>,
}

every_type_is! {
    every_future_of_what_is_for_http_may_be_sent_and_shown: [Send + 'static + Debug]
    answer::ResponseFuture<std::future::Pending<()>, HttpAnswers>, deadline::ResponseFuture<std::future::Pending<()>>,
}

/// A key that is looked for and no more.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Uncloned;

/// A body that is neither `Clone` nor `Default`, and as movable and as sendable as `T`.
#[derive(Debug)]
struct Once<T = ()>(PhantomData<T>);

impl<T> Body for Once<T> {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        Poll::Ready(None)
    }
}

tells!(Shares: Sync);
tells!(Moves: Unpin);

macro_rules! each_is_as_free_as_what_it_wraps {
    ($($body:ident, $is_pinned:expr;)+) => {$(
        let body = stringify!($body);
        assert!(Sends::<$body<Once>>(PhantomData).yes(), "{body}");
        assert!(Shares::<$body<Once>>(PhantomData).yes(), "{body}");
        assert!(Moves::<$body<Once>>(PhantomData).yes(), "{body}");
        assert!(!Sends::<$body<Once<Rc<()>>>>(PhantomData).yes(), "{body}");
        assert!(!Shares::<$body<Once<Rc<()>>>>(PhantomData).yes(), "{body}");
        assert!(!$is_pinned || !Moves::<$body<Once<PhantomPinned>>>(PhantomData).yes(), "{body}");
    )+};
}

/// Some keep what they wrap in a box, and can be moved in any case.
#[test]
fn a_body_is_as_free_as_the_body_it_wraps() {
    each_is_as_free_as_what_it_wraps! {
        InBulkhead, true;
        InAdaptive, true;
        InCircuit, true;
        CriticalityScope, true;
        TimedBody, true;
        PacedBody, true;
        AnswerBody, true;
        DrainedBody, false;
        ReplayBody, false;
    }
}

/// All that is asked of a layer, its services and their futures, whatever they wrap.
fn assert_layer<L>(_: &L)
where
    L: Layer<Silent> + Clone + Send + Sync + Debug + 'static,
    L::Service: Service<Request<Plain>, Future: Send + Debug + 'static> + Clone + Send + Sync + Debug + 'static,
{
}

macro_rules! each_may_be_shared_and_kept_and_shown {
    ($($name:ident: $layer:expr;)+) => {$(
        assert_layer(&$layer);
    )+};
}

#[test]
fn layers_services_and_futures_may_be_shared_kept_and_shown() {
    each_http_layer! { each_may_be_shared_and_kept_and_shown!
        retry_for_grpc: RetryLayer::grpc::<ReplayBody<Plain>>("retry").build().unwrap();
        timeout_for_grpc: TimeoutLayer::grpc(Duration::from_secs(1));
        answers: AnswerLayer::new((|_| Response::default()) as Chosen);
        answers_for_http: AnswerLayer::http();
        deadlines_for_grpc: DeadlineLayer::grpc();
        standard_for_http: palisade::http::standard::<ReplayBody<Plain>>("standard").unwrap();
        standard_for_grpc: palisade::grpc::standard::<ReplayBody<Plain>>("standard").unwrap();
        standard_for_servers: palisade::http::server_standard(8);
    }
}

async fn sending<A>(_: Request<A>) -> Result<Response<Once>, BoxError> {
    Ok(Response::new(Once(PhantomData)))
}

async fn staying<A>(_: Request<A>) -> Result<Response<Once>, BoxError> {
    let here = Rc::new(());
    tokio::task::yield_now().await;
    drop(here);
    Ok(Response::new(Once(PhantomData)))
}

macro_rules! each_sends_exactly_when_the_inner_does {
    ($($name:ident: $layer:expr;)+) => {$(
        let request = || Request::new(Once::<()>(PhantomData));
        assert!(sends(&Layer::layer(&$layer, service_fn(sending)).call(request())).yes(), stringify!($name));
        assert!(!sends(&Layer::layer(&$layer, service_fn(staying)).call(request())).yes(), stringify!($name));
    )+};
}

#[tokio::test(start_paused = true)]
async fn a_future_may_be_sent_exactly_when_the_inner_may() {
    each_http_layer! { each_sends_exactly_when_the_inner_does!
        retry_for_grpc: RetryLayer::grpc::<ReplayBody<Once>>("retry").build().unwrap();
        answers: AnswerLayer::new(|_| Response::new(Once::<()>(PhantomData)));
        standard_for_http: palisade::http::standard::<ReplayBody<Once>>("standard").unwrap();
        standard_for_grpc: palisade::grpc::standard::<ReplayBody<Once>>("standard").unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_service_builder_has_methods_for_what_http_adds() {
    let refused = BulkheadLayer::http(0).per_key(host::<Plain>).build().unwrap();
    let service = ServiceBuilder::new()
        .with_answers(AnswerLayer::http())
        .with_deadline(DeadlineLayer::grpc())
        .with_per_key(refused)
        .service(Silent);
    let Ok(answer) = service.oneshot(Request::new(Plain::default())).await;
    assert_eq!(answer.status(), 503);
}
