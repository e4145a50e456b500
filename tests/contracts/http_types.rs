//! What the types for HTTP and gRPC promise.

use std::{
    fmt::Debug,
    hash::Hash,
    marker::{PhantomData, PhantomPinned},
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderName, Request, Response, uri::Authority};
use http_body::{Body, Frame};
use http_body_util::{Empty, Full};
use palisade::{
    Bulkhead, BulkheadBuilder, BulkheadGuard, BulkheadHandle, BulkheadLayer, CircuitBreaker, CircuitBreakerBuilder,
    CircuitBreakerLayer, CircuitGuard, CircuitHandle, DefaultClassifier, Error, Fallback, FallbackLayer, PerKeyBuilder,
    PerKeyHandle, PerKeyLayer, QueueLayer, Retry, RetryBuilder, RetryLayer, ServiceBuilderExt, Timeout, TimeoutLayer,
    bulkhead::{self, Queue, QueueSettings, QueueingBulkhead},
    call::{self, AtOnce, InTurn},
    circuit_breaker::{Circuit, CircuitSettings},
    fallback,
    grpc::{AnswerBody, Code, CountAttempts, GrpcAnswers, GrpcClassifier, Pushback},
    http::{
        AnswerLayer, Attempt, ByTable, DeadlineLayer, DrainedBody, GuardedBody, Http, HttpClassifier, Idempotent,
        ReplayBody, Resend, TimedBody, WatchBody, WholeAnswer,
        answer::{self, Answers, HttpAnswers},
        deadline::{self, Deadlines},
        host,
    },
    retry::{Always, AsIs, CloneRequest, Rules},
    timeout::{CallOnly, Countdown, CoverReadiness, Head},
};
use tower::{BoxError, Service, ServiceBuilder, ServiceExt, service_fn};

type Sent<B> = ReplayBody<B>;
type ForHttp<B> = Rules<HttpClassifier, Resend<Sent<B>>, Idempotent>;
type ForGrpc<B> = Rules<GrpcClassifier, Resend<Sent<B>, CountAttempts>, Pushback>;
type InHttp = Http<HttpClassifier>;
type InGrpc = Http<GrpcClassifier>;
type Plain = Full<Bytes>;
type Host = Option<Authority>;
type ByHost<B> = fn(&Request<B>) -> Host;
type Keyed<A, W> = PerKeyLayer<Host, ByHost<Plain>, A, Http, W>;
type Circuits = Keyed<Circuit, AtOnce>;
type Places = Keyed<bulkhead::Places, AtOnce>;
type Queues = Keyed<Queue, InTurn>;
type KeyedService<L> = <L as tower::Layer<Silent>>::Service;
type Chosen = fn(Error) -> Response<Plain>;

/// A service that everybody can name, whatever bodies it takes and gives.
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
    Attempt, ByTable, Http, InHttp, InGrpc, HttpClassifier, GrpcClassifier, Code, Pushback, Idempotent, WholeAnswer,
    Idempotent<fn(&Error) -> bool>, Resend<Plain>,
    GuardedBody<Plain, BulkheadGuard, HttpClassifier>, GuardedBody<Plain, CircuitGuard, HttpClassifier>, DrainedBody<Plain>, TimedBody<Plain>,
    CountAttempts, WatchBody,
    ReplayBody<Plain>, Countdown, Head, AsIs, AsIs<CloneRequest>, ForHttp<Plain>, ForGrpc<Plain>,
    CircuitBreakerBuilder<InHttp>, CircuitBreakerLayer<InHttp>, CircuitBreaker<Silent, InHttp>,
    CircuitBreakerBuilder<InGrpc>, CircuitBreakerLayer<InGrpc>, CircuitBreaker<Silent, InGrpc>,
    RetryBuilder<ForHttp<Plain>>, RetryLayer<ForHttp<Plain>>, Retry<Silent, ForHttp<Plain>>,
    RetryBuilder<ForGrpc<Plain>>, RetryLayer<ForGrpc<Plain>>, Retry<Silent, ForGrpc<Plain>>,
    BulkheadBuilder<Http>, BulkheadLayer<Http>,
    Bulkhead<Silent, Http>, QueueLayer<Http>,
    QueueingBulkhead<Silent, Http>, CallOnly<WholeAnswer>, CoverReadiness<WholeAnswer>,
    TimeoutLayer<Duration, CallOnly<WholeAnswer>>, Timeout<Silent, Duration, CallOnly<WholeAnswer>>,
    TimeoutLayer<Duration, CoverReadiness<WholeAnswer>>, Timeout<Silent, Duration, CoverReadiness<WholeAnswer>>,
    FallbackLayer<fallback::Value<()>, fallback::ByOutcome<HttpClassifier>>,
    Fallback<Silent, fallback::Value<()>, fallback::ByOutcome<GrpcClassifier>>,
    AnswerLayer, AnswerLayer<GrpcAnswers>, AnswerLayer<Chosen>, Answers<Silent, HttpAnswers>, HttpAnswers, GrpcAnswers,
    Answers<Silent, GrpcAnswers>, Answers<Silent, Chosen>, AnswerBody<Plain>, DeadlineLayer, Deadlines<Silent>,
    PerKeyBuilder<CircuitSettings, InHttp, Host, ByHost<Plain>>, Circuits, Places, Queues,
    PerKeyBuilder<QueueSettings, Http, Host, ByHost<Plain>>, KeyedService<Circuits>,
    KeyedService<Places>, KeyedService<Queues>, PerKeyHandle<Host, CircuitHandle>,
    PerKeyHandle<Host, BulkheadHandle>,
}

every_type_is! {
    every_layer_and_service_and_builder_may_be_cloned: [Clone]
    CircuitBreakerBuilder<InHttp>, CircuitBreakerLayer<InHttp>, CircuitBreaker<Silent, InHttp>,
    RetryBuilder<ForHttp<Empty<Bytes>>>, RetryLayer<ForHttp<Empty<Bytes>>>, Retry<Silent, ForGrpc<Empty<Bytes>>>,
    BulkheadBuilder<Http>, BulkheadLayer<Http>, QueueingBulkhead<Silent, Http>, Timeout<Silent, Duration, CoverReadiness<WholeAnswer>>, FallbackLayer<fallback::Value<()>,
    fallback::ByOutcome<GrpcClassifier>>, ReplayBody<Once>, AnswerLayer, AnswerLayer<GrpcAnswers>,
    AnswerLayer<Chosen>, Answers<Silent, HttpAnswers>, Answers<Silent, GrpcAnswers>, Answers<Silent, Chosen>,
    DeadlineLayer, Deadlines<Silent>, Circuits, Places, Queues, KeyedService<Circuits>, KeyedService<Places>,
    KeyedService<Queues>, PerKeyHandle<Uncloned, CircuitHandle>, PerKeyHandle<Uncloned, BulkheadHandle>,
    PerKeyLayer<Uncloned, fn(&Request<Plain>) -> Uncloned, Circuit, InHttp>,
}

every_type_is! {
    what_says_how_to_do_it_is_copied_for_nothing: [Copy]
    Attempt, ByTable, Code, Pushback, WholeAnswer, Idempotent, Http, InHttp, InGrpc, HttpClassifier, GrpcClassifier,
    Resend<Once>, Rules<HttpClassifier, Resend<Once>, Idempotent>, TimeoutLayer<Duration, CallOnly<WholeAnswer>>,
    Rules<DefaultClassifier, AsIs, Always>, Countdown, Head, call::Plain<HttpClassifier>,
    AnswerLayer, AnswerLayer<GrpcAnswers>, AnswerLayer<Chosen>, HttpAnswers, GrpcAnswers,
}

every_type_is! {
    what_is_told_can_be_compared_and_looked_up: [Eq + Hash]
    Attempt, Code,
}

every_type_is! {
    every_body_that_can_be_made_of_nothing_is: [Default + Body]
    GuardedBody<Plain, BulkheadGuard, HttpClassifier>, GuardedBody<Plain, CircuitGuard, GrpcClassifier>, DrainedBody<Plain>, AnswerBody<Once>,
    TimedBody<Plain>, ReplayBody<Plain>,
    TimedBody<DrainedBody<GuardedBody<GuardedBody<TimedBody<Plain>, BulkheadGuard, HttpClassifier>, CircuitGuard, GrpcClassifier>>>,
}

every_type_is! {
    every_body_that_is_wrapped_breaks_with_the_one_error: [Body<Error = Error>]
    GuardedBody<Once, BulkheadGuard, HttpClassifier>, GuardedBody<Once, CircuitGuard, GrpcClassifier>, DrainedBody<Once>, TimedBody<Once>,
    AnswerBody<Once>,
}

every_type_is! {
    every_future_may_be_sent_where_the_inner_may: [Send + 'static + Debug]
    <CircuitBreaker<Silent, InHttp> as Service<Request<Plain>>>::Future,
    <CircuitBreaker<Silent, InGrpc> as Service<Request<Plain>>>::Future,
    <Retry<Silent, ForHttp<Plain>> as Service<Request<Plain>>>::Future,
    <Retry<Silent, ForGrpc<Plain>> as Service<Request<Plain>>>::Future,
    <Timeout<Silent, Duration, CallOnly<WholeAnswer>> as Service<Request<Plain>>>::Future,
    <Timeout<Silent, Duration, CoverReadiness<WholeAnswer>> as Service<Request<Plain>>>::Future,
    <Bulkhead<Silent, Http> as Service<Request<Plain>>>::Future,
    <QueueingBulkhead<Silent, Http> as Service<Request<Plain>>>::Future,
    <Answers<Silent, HttpAnswers> as Service<Request<Plain>>>::Future,
    <Answers<Silent, GrpcAnswers> as Service<Request<Plain>>>::Future,
    <Answers<Silent, Chosen> as Service<Request<Plain>>>::Future,
    <Deadlines<Silent> as Service<Request<Plain>>>::Future,
    <KeyedService<Circuits> as Service<Request<Plain>>>::Future,
    <KeyedService<Places> as Service<Request<Plain>>>::Future,
    <KeyedService<Queues> as Service<Request<Plain>>>::Future,
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

/// Tells whether a type is so: the method of its own is there only where it is, and goes before that of the trait.
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

trait Otherwise {
    fn yes(&self) -> bool {
        false
    }
}

tells!(Sends: Send);
tells!(Shares: Sync);
tells!(Moves: Unpin);

#[test]
fn a_body_may_be_sent_and_shared_exactly_when_the_inner_may() {
    macro_rules! check {
        ($($body:ident $(<_, $($held:ty),+>)?),+) => {$(
            assert!(Sends::<$body<Once $($(, $held)+)?>>(PhantomData).yes(), stringify!($body));
            assert!(Shares::<$body<Once $($(, $held)+)?>>(PhantomData).yes(), stringify!($body));
            assert!(!Sends::<$body<Once<Rc<()>> $($(, $held)+)?>>(PhantomData).yes(), stringify!($body));
            assert!(!Shares::<$body<Once<Rc<()>> $($(, $held)+)?>>(PhantomData).yes(), stringify!($body));
        )+};
    }
    check!(GuardedBody<_, BulkheadGuard, HttpClassifier>, GuardedBody<_, CircuitGuard, HttpClassifier>, DrainedBody, TimedBody, ReplayBody, AnswerBody);
}

#[test]
fn a_body_that_can_be_moved_can_be_moved_when_it_is_wrapped() {
    macro_rules! check {
        ($($body:ident $(<_, $($held:ty),+>)?),+) => {$(
            assert!(Moves::<$body<Once $($(, $held)+)?>>(PhantomData).yes(), stringify!($body));
        )+};
    }
    check!(GuardedBody<_, BulkheadGuard, HttpClassifier>, GuardedBody<_, CircuitGuard, HttpClassifier>, DrainedBody, TimedBody, ReplayBody, AnswerBody);
}

#[test]
fn a_body_that_must_not_be_moved_is_pinned_where_it_is_wrapped() {
    assert!(!Moves::<GuardedBody<Once<PhantomPinned>, BulkheadGuard, HttpClassifier>>(PhantomData).yes());
    assert!(!Moves::<GuardedBody<Once<PhantomPinned>, CircuitGuard, GrpcClassifier>>(PhantomData).yes());
    assert!(!Moves::<TimedBody<Once<PhantomPinned>>>(PhantomData).yes());
    assert!(!Moves::<AnswerBody<Once<PhantomPinned>>>(PhantomData).yes());
}

fn sends<T>(_: &T) -> Sends<T> {
    Sends(PhantomData)
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

macro_rules! sends_exactly_when_the_inner_does {
    ($($name:ident: $layer:expr;)+) => {
        mod a_future_may_be_sent_exactly_when_the_inner_may {
            use tower::Layer;
            use super::*;

            $(
                #[tokio::test(start_paused = true)]
                async fn $name() {
                    let request = || Request::new(Once::<()>(PhantomData));
                    assert!(sends(&Layer::layer(&$layer, service_fn(sending)).call(request())).yes());
                    assert!(!sends(&Layer::layer(&$layer, service_fn(staying)).call(request())).yes());
                }
            )+
        }
    };
}

sends_exactly_when_the_inner_does! {
    circuit_for_http: CircuitBreakerLayer::http("c").build().unwrap();
    circuit_for_grpc: CircuitBreakerLayer::grpc("c").build().unwrap();
    retry_for_http: RetryLayer::http::<Sent<Once>>("r").build().unwrap();
    retry_for_grpc: RetryLayer::grpc::<Sent<Once>>("r").build().unwrap();
    timeout_for_http: TimeoutLayer::http(Duration::from_secs(1));
    timeout_of_readiness: TimeoutLayer::grpc(Duration::from_secs(1)).cover_readiness();
    bulkhead_for_http: BulkheadLayer::http(1).build().unwrap();
    bulkhead_with_queue: BulkheadLayer::grpc(1).max_queue(1).build().unwrap();
    answers: AnswerLayer::new(|_| Response::new(Once::<()>(PhantomData)));
    answers_for_grpc: AnswerLayer::grpc();
    deadlines: DeadlineLayer::header(HeaderName::from_static("x-wait"));
    circuit_per_key: CircuitBreakerLayer::http("c").per_key(host::<Once>).build().unwrap();
    bulkhead_per_key: BulkheadLayer::http(1).per_key(host::<Once>).build().unwrap();
    queue_per_key: BulkheadLayer::http(1).max_queue(1).per_key(host::<Once>).build().unwrap();
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

#[cfg(feature = "reqwest")]
#[path = "reqwest_types.rs"]
mod of_reqwest;

#[cfg(feature = "tonic")]
#[path = "tonic_types.rs"]
mod of_tonic;
