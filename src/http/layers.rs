//! The layers, set up for HTTP.

use std::borrow::Cow;
use std::hash::Hash;
use std::time::Duration;

use http::{Request, Response};
use http_body::Body;
use tower::{BoxError, Service};

use super::classify::HttpClassifier;
use super::coalesce::{Buffered, MAX_BODY, OnlyGets};
use super::guarded::Http;
use super::idempotent::Idempotent;
use super::paced::BetweenFrames;
use super::resend::{Resend, WatchBody};
use crate::bulkhead::{BulkheadBuilder, BulkheadLayer};
use crate::call::{Builder, Plain, Protocol};
use crate::circuit_breaker::{CircuitBreakerBuilder, CircuitBreakerLayer};
use crate::coalesce::{CoalesceBuilder, CoalesceLayer};
use crate::dead_letter::{self, DeadLetterLayer};
use crate::error::Error;
use crate::fallback::{ByOutcome, FallbackLayer};
use crate::hedge::{self, HedgeBuilder, HedgeLayer};
use crate::measure::{MeasureBuilder, MeasureLayer};
use crate::rate_limit::{RateLimitBuilder, RateLimitLayer};
use crate::replicas::{Passing, Replicas, ReplicasBuilder};
use crate::retry::{RetryBuilder, RetryLayer, Rules};
use crate::state::rate::Rate;
use crate::throttle::{ThrottleBuilder, ThrottleLayer};
use crate::timeout::TimeoutLayer;

impl CircuitBreakerLayer {
    /// Starts to build a circuit breaker for HTTP.
    ///
    /// Errors and events show its name, of 1 to 64 bytes. It goes by the [status](HttpClassifier), and by how the body ends.
    /// A call is in flight until the body of its response has ended. If the body breaks, the call is a failure. If the body is
    /// dropped, the call is a success: its caller may have had enough. A call whose response
    /// still streams half of [`half_open_for`](Builder::half_open_for) after it was first polled is a success.
    pub fn http(name: impl Into<Cow<'static, str>>) -> CircuitBreakerBuilder<Http> {
        Self::builder(name).http()
    }
}

impl<T> Builder<T> {
    /// Judges calls by the [status](HttpClassifier), and ends them at the end of the response's body.
    ///
    /// Defaults to ending them at the response's head.
    pub fn http(self) -> Builder<T, Http> {
        self.end(Http::default())
    }
}

impl RetryLayer {
    /// Starts to build a retry for HTTP.
    ///
    /// Events show its name, of 1 to 64 bytes. It goes by the [status](HttpClassifier) and obeys `Retry-After`. It sends a
    /// request again if the request is [idempotent](Idempotent) or was not sent. Until then it keeps a
    /// [copy](super::ReplayBody) of the request's body. Bodies must be `Unpin`; put a body that is not in a `Box::pin`. Later
    /// attempts carry their [number](super::Attempt).
    ///
    /// The inner service takes a body `B` that can be made of a [`ReplayBody`](super::ReplayBody), see [`Resend`]:
    ///
    /// - your own service, or a mock, takes a `Request<ReplayBody<Full<Bytes>>>` where the caller sends a `Request<Full<Bytes>>`;
    /// - hyper-util's client is a `Client<_, ReplayBody<_>>`;
    /// - around a service that takes every body, such as axum's router, name `B`: `RetryLayer::http::<axum::body::Body>("orders")`;
    /// - around any other service, put `.map_request(|request: Request<ReplayBody<_>>| request.map(Other::new))` under the retry.
    ///
    /// Before another attempt, the last response gives back its connection and its places in the inner layers. For that, up to
    /// 16 KiB of its rest are read within 50 milliseconds, and what remains is dropped. The next attempt may start that much
    /// later.
    pub fn http<B>(name: impl Into<Cow<'static, str>>) -> RetryBuilder<Rules<HttpClassifier, Resend<B>, Idempotent>> {
        let (classifier, keep, retry_if) = (HttpClassifier::new(), Resend::by(WatchBody), Idempotent::new());
        Self::builder(name).rules(Rules { classifier, keep, retry_if })
    }
}

impl<C, B, A, P, G> RetryBuilder<Rules<C, Resend<B, A>, P>, G> {
    /// Keeps copies of request bodies up to this size, in bytes.
    ///
    /// A request with a larger body is sent once. Raise it where larger requests must be sent again; each request in flight may
    /// then cost that much memory. Defaults to 65,536.
    pub fn max_body(mut self, bytes: usize) -> Self {
        self.rules.keep.max_body = bytes;
        self
    }
}

impl<C, K, N, G> RetryBuilder<Rules<C, K, Idempotent<N>>, G> {
    /// Asks a function whether an error says that nothing was sent, where [`not_sent`](super::not_sent()) cannot tell.
    ///
    /// Set it for the errors of your own client. Defaults to a function that always returns `false`.
    pub fn not_sent<M: Fn(&Error) -> bool>(self, not_sent: M) -> RetryBuilder<Rules<C, K, Idempotent<M>>, G> {
        self.retry_if(Idempotent::new().not_sent(not_sent))
    }
}

impl HedgeLayer {
    /// Starts to build a hedge for HTTP.
    ///
    /// Events show its name, of 1 to 64 bytes. It goes by the [status](HttpClassifier). It hedges a request whose method is
    /// idempotent, or that carries an `Idempotency-Key`, as [`Idempotent`] has it. The body of the request must be there as a whole when
    /// the hedge starts, in memory or read to its end by the first attempt, without trailers. Hedges carry the
    /// [number](super::Attempt) of their attempt. The rest of a response that failed is read while other attempts are in flight, and
    /// dropped after 50 milliseconds, because one of them may wait for its place below. The inner service takes a body that can be made
    /// of a [`ReplayBody`](super::ReplayBody), as under [`RetryLayer::http`].
    pub fn http<B>(
        name: impl Into<Cow<'static, str>>,
    ) -> HedgeBuilder<hedge::Rules<HttpClassifier, Resend<B, ()>, Idempotent>> {
        let (classifier, keep, hedge_if) = (HttpClassifier::new(), Resend::by(()), Idempotent::new());
        Self::builder(name).map(|_| hedge::Rules { classifier, keep, hedge_if })
    }
}

impl<C, B, A, H> HedgeBuilder<hedge::Rules<C, Resend<B, A>, H>> {
    /// Keeps copies of request bodies up to this size, in bytes.
    ///
    /// A request with a larger body is sent once. Each request in flight may cost that much memory. Defaults to 65,536.
    pub fn max_body(self, bytes: usize) -> Self {
        self.map(|mut rules| {
            rules.keep.max_body = bytes;
            rules
        })
    }
}

impl<S> Replicas<S> {
    /// Starts to build one service of several for HTTP.
    ///
    /// Errors and events show its name, of 1 to 64 bytes. Replicas are judged by the [status](HttpClassifier), and by how the body
    /// ends. A call is in flight until the body of its response has ended, or is dropped. It goes on to another replica where it was
    /// [not sent](super::not_sent()); until then a [copy](super::ReplayBody) of the request's body is kept. The replicas take a body
    /// that can be made of a [`ReplayBody`](super::ReplayBody), as under [`RetryLayer::http`].
    pub fn http<B>(name: impl Into<Cow<'static, str>>) -> ReplicasBuilder<S, Passing<Http, Resend<B>>> {
        let (end, keep) = (Http::default(), Resend::by(WatchBody));
        Self::builder(name).passing(|Passing { key, .. }| Passing { end, keep, key })
    }
}

impl<S, E, B, A, K> ReplicasBuilder<S, Passing<E, Resend<B, A>, K>> {
    /// Keeps copies of request bodies up to this size, in bytes.
    ///
    /// A request with a larger body goes on to no other replica once its body was asked for. Each request in flight may cost that
    /// much memory. Defaults to 65,536.
    pub fn max_body(mut self, bytes: usize) -> Self {
        self.passing.keep.max_body = bytes;
        self
    }
}

impl<S, A, B, F, K> CoalesceLayer<S, Request<A>, OnlyGets<F>, Buffered>
where
    S: Service<Request<A>, Response = Response<B>>,
    B: Body<Error: Into<BoxError> + 'static> + Unpin,
    F: Fn(&Request<A>) -> K,
    K: Hash + Eq,
{
    /// Starts to build a layer that shares HTTP calls of the same key, a function of the request.
    ///
    /// The key must hold whatever the response depends on: the URI, and also the user (`Authorization`, `Cookie`) and what the service
    /// negotiates (`Accept-Language`). Errors and events show the layer's name, of 1 to 64 bytes.
    ///
    /// Only [`GET` requests](OnlyGets) are shared, and all others are sent as they are. The body of a response is read whole before its
    /// callers get it. If it is larger than [`max_body`](CoalesceBuilder::max_body), it is not shared: the caller who began the call
    /// gets it as it streams, and the others make calls of their own. Bodies must be `Unpin`; put a body that is not in a `Box::pin`.
    pub fn http(name: impl Into<Cow<'static, str>>, key: F) -> CoalesceBuilder<S, Request<A>, OnlyGets<F>, Buffered> {
        CoalesceBuilder::of(name.into(), OnlyGets(key), Buffered { max_body: Some(MAX_BODY) })
    }
}

impl<S, Request, B> CoalesceBuilder<S, Request, B, Buffered> {
    /// Shares responses whose bodies have at most this size, in bytes.
    ///
    /// Each call that is shared may cost that much memory, and one frame of the body more. Raise it where many ask for large
    /// responses at once; each of them waits until the whole response is there. Defaults to 1,048,576.
    pub fn max_body(mut self, bytes: usize) -> Self {
        self.share.max_body = Some(bytes);
        self
    }
}

impl TimeoutLayer {
    /// Ends HTTP calls whose responses have not ended after `limit`.
    ///
    /// Zero polls once. [`Duration::MAX`] is as good as never.
    pub fn http(limit: Duration) -> TimeoutLayer<Duration, Http> {
        Self::new(limit).cover_body()
    }
}

impl<L, R> TimeoutLayer<L, Plain, R> {
    /// Takes the body of an HTTP response into the limit.
    ///
    /// A body that is not done in time ends with [`Error::TimedOut`]. Defaults to timing the call up to the head of its response.
    pub fn cover_body(self) -> TimeoutLayer<L, Http, R> {
        self.end(Http::default())
    }
}

impl<L, E, R> TimeoutLayer<L, E, R> {
    /// Ends a response whose body pauses for longer than `limit` between two frames, or before the first.
    ///
    /// It is for HTTP and gRPC responses that may take long but must not stall: server-sent events, watches, downloads. The body
    /// ends with [`Error::TimedOut`], and a circuit below counts a failure, as at the other limits. Add it to
    /// [`http`](Self::http) or [`grpc`](Self::grpc) to limit the whole as well, or to [`new`](Self::new), whose limit is over at
    /// the head, to let the body take as long as it likes.
    ///
    /// Only time in which the body is waited for counts: a pause starts when the body is polled and has no frame. So a reader
    /// that takes its time over each frame is not taken for a body that stalls. Zero ends a body that has no frame when it is
    /// polled. Defaults to no limit.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use bytes::Bytes;
    /// use http::{Request, Response};
    /// use http_body_util::{BodyExt, channel::Channel};
    /// use palisade::{Error, TimeoutLayer};
    /// use tower::{ServiceBuilder, ServiceExt, service_fn};
    ///
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() -> Result<(), Error> {
    /// let (mut sender, events) = Channel::<Bytes, Error>::new(8);
    /// let mut events = Some(events);
    /// let service = ServiceBuilder::new()
    ///     .layer(TimeoutLayer::new(Duration::from_secs(3)).between_frames(Duration::from_secs(30)))
    ///     .service(service_fn(move |_: Request<()>| {
    ///         let events = events.take().expect("it is called once");
    ///         async { Ok::<_, Error>(Response::new(events)) }
    ///     }));
    ///
    /// let mut events = service.oneshot(Request::new(())).await?.into_body();
    /// sender.send_data("tick".into()).await.ok();
    /// assert!(matches!(events.frame().await, Some(Ok(_))));
    /// let stalled = events.frame().await.and_then(Result::err).and_then(|error| error.elapsed());
    /// assert!(stalled.is_some_and(|elapsed| elapsed.between_frames()));
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias = "read_timeout")]
    #[doc(alias = "idle_timeout")]
    pub fn between_frames(self, limit: Duration) -> TimeoutLayer<L, BetweenFrames<E>, R> {
        self.map_end(|end| BetweenFrames { limit, end })
    }
}

impl BulkheadLayer {
    /// Starts to build a bulkhead for HTTP, with at most `max_concurrent` calls in flight.
    ///
    /// 0 rejects all. A call is in flight until the body of its response has ended, or is dropped.
    pub fn http(max_concurrent: usize) -> BulkheadBuilder<Http> {
        Self::builder(max_concurrent).http()
    }
}

impl RateLimitLayer {
    /// Starts to build a rate limit for HTTP.
    ///
    /// Errors and events show its name, of 1 to 64 bytes. It goes by the [status](HttpClassifier) and `Retry-After` where it is to
    /// [heed](Builder::heed_throttling) the service.
    pub fn http(name: impl Into<Cow<'static, str>>, rate: Rate) -> RateLimitBuilder<Http> {
        Self::builder(name, rate).http()
    }
}

impl ThrottleLayer {
    /// Starts to build a throttle for HTTP.
    ///
    /// Errors and events show its name, of 1 to 64 bytes. It goes by the [status](HttpClassifier), and by how the body ends: a call is
    /// accepted if it is a `Success`, which takes a refusal that is the request's own fault for one. It counts when the
    /// body of its response has ended or is dropped; a head that is a failure counts at once.
    pub fn http(name: impl Into<Cow<'static, str>>) -> ThrottleBuilder<Http> {
        Self::builder(name).http()
    }
}

impl MeasureLayer {
    /// Starts to build a measure for HTTP, with a name of 1 to 64 bytes, which metrics show.
    ///
    /// It goes by the [status](HttpClassifier), and by how the body ends. A call takes until the body of its response has ended, or is
    /// dropped.
    pub fn http(name: impl Into<Cow<'static, str>>) -> MeasureBuilder<Http> {
        Self::builder(name).http()
    }
}

impl<C, T> MeasureBuilder<Http<C>, T> {
    /// Ends the time of a call at the head of its response.
    ///
    /// Set it where responses are streams that go on for long, or where callers read slowly: then the time of the body says little
    /// about the service. The head alone says how the call ended, and a call whose body still streams is not in flight. Defaults
    /// to the end of the body.
    #[doc(alias = "time_to_first_byte")]
    pub fn until_head(self) -> MeasureBuilder<Plain<C>, T> {
        self.map_end(|http| Plain::new(http.classifier()))
    }
}

impl<F> FallbackLayer<F> {
    /// Answers by this step where the HTTP call failed, by an error or by its [status](HttpClassifier).
    ///
    /// The extensions of an answer have [`Degraded`](crate::fallback::Degraded), which allocates.
    pub fn http(step: F) -> FallbackLayer<F, ByOutcome<HttpClassifier>, Http> {
        Self::new(step).classify(HttpClassifier::new()).mark(Http::default())
    }
}

impl<Q> DeadLetterLayer<Q> {
    /// Hands over HTTP calls that failed, by an error or by their [status](HttpClassifier).
    ///
    /// A letter has a `Request<Bytes>`, the whole of it but its extensions. The layer keeps a [copy](super::ReplayBody) of the request's
    /// body until the call has ended. If the call fails before the body was read, it is read then, and the caller waits for that. Bodies
    /// must be `Unpin`, and the inner service takes a body `B` that can be made of a [`ReplayBody`](super::ReplayBody), as under
    /// [`RetryLayer::http`].
    pub fn http<B>(sink: Q) -> DeadLetterLayer<Q, dead_letter::Rules<HttpClassifier, Resend<B>>> {
        Self::new(sink).map(|_| dead_letter::Rules {
            classifier: HttpClassifier::new(),
            keep: Resend::by(WatchBody),
            accept: dead_letter::Never,
        })
    }
}

impl<Q, C, B, W, A> DeadLetterLayer<Q, dead_letter::Rules<C, Resend<B, W>, A>> {
    /// Makes letters of requests whose bodies have at most this size, in bytes.
    ///
    /// Each request in flight may cost that much memory. Defaults to 65,536.
    pub fn max_body(self, bytes: usize) -> Self {
        self.map(|mut rules| {
            rules.keep.max_body = bytes;
            rules
        })
    }
}
