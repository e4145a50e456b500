//! What the layers for HTTP allocate, to the end of the body.

use std::fmt::Debug;
use std::future::{Ready, ready};
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::poll_fn;
use http::{Request, Response};
use http_body::{Body, Frame};
use http_body_util::{Empty, Full};
use palisade::http::ReplayBody;
use palisade::{BulkheadLayer, CircuitBreakerLayer, Error, RetryLayer, TimeoutLayer};
use tower::util::ServiceFn;
use tower::{BoxError, Layer, Service, ServiceBuilder, ServiceExt, service_fn};

use crate::allocations::claims::Claims;
use crate::allocations::services::Broken;

const LIMIT: Duration = Duration::from_secs(1);
/// To write a deadline once: a header and an extension, each with a map that was empty.
const TELLS_DEADLINE: usize = 7;

/// So many frames, each after so many polls that pend.
#[derive(Clone, Copy, Debug)]
struct Frames {
    left: u32,
    pends: u32,
    pending: u32,
}

impl Frames {
    const fn new(left: u32, pends: u32) -> Self {
        Self { left, pends, pending: pends }
    }
}

impl Body for Frames {
    type Data = Bytes;
    type Error = Broken;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        if self.left == 0 {
            return Poll::Ready(None);
        }
        if self.pending > 0 {
            self.pending -= 1;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        (self.left, self.pending) = (self.left - 1, self.pends);
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(b"some")))))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }
}

type Server = ServiceFn<fn(Frames) -> Ready<Result<Response<Frames>, Broken>>>;

fn server() -> Server {
    service_fn(|frames| ready(Ok(Response::new(frames))))
}

/// Calls the service, reads the response to its end, and returns the number of its frames.
async fn read<S, B>(service: &mut S, ask: Frames) -> u32
where
    S: Service<Frames, Response = Response<B>, Error = Error>,
    B: Body<Data = Bytes, Error = Error>,
{
    let response = service.ready().await.unwrap().call(ask).await.unwrap();
    count(response.into_body()).await
}

/// Reads a body to its end, and returns the number of its frames.
async fn count<B: Body<Data = Bytes, Error: Debug>>(body: B) -> u32 {
    let mut body = pin!(body);
    let mut frames = 0;
    while let Some(frame) = poll_fn(|cx| body.as_mut().poll_frame(cx)).await {
        drop(frame.unwrap());
        frames += 1;
    }
    frames
}

/// Responds with as many frames as the request has, once it has read them.
async fn served<R>(request: Request<ReplayBody<R>>) -> Result<Response<Frames>, Error>
where
    R: Body<Error: Into<BoxError>> + Unpin,
{
    Ok(Response::new(Frames::new(count(request.into_body()).await, 0)))
}

/// The claims for a retry, and for five layers, that send this body.
async fn sent<R>(claims: &mut Claims, kind: &str, body: R, claimed: usize)
where
    R: Body<Error: Into<BoxError>> + Clone + Unpin + 'static,
{
    let retry = RetryLayer::http("retry").build().unwrap();
    sends(claims, &format!("retry for HTTP, {kind}"), &mut retry.layer(service_fn(served)), &body, claimed).await;
    let five = ServiceBuilder::new()
        .layer(TimeoutLayer::http(LIMIT))
        .layer(retry)
        .layer(CircuitBreakerLayer::http("breaker").build().unwrap())
        .layer(BulkheadLayer::http(1).build().unwrap())
        .layer(TimeoutLayer::http(LIMIT))
        .service_fn(served);
    sends(claims, &format!("five layers for HTTP, {kind}"), &mut { five }, &body, claimed).await;
    let standard = palisade::http::standard("standard").unwrap();
    let within = ServiceBuilder::new().layer(TimeoutLayer::http(LIMIT)).layer(standard).service_fn(served);
    sends(
        claims,
        &format!("standard client below a timeout, {kind}"),
        &mut { within },
        &body,
        claimed + TELLS_DEADLINE,
    )
    .await;
}

async fn sends<S, R, B>(claims: &mut Claims, path: &str, service: &mut S, body: &R, claimed: usize)
where
    S: Service<Request<R>, Response = Response<B>, Error = Error>,
    R: Clone,
    B: Body<Data = Bytes, Error: Debug>,
{
    let round = async || {
        let response = service.ready().await.unwrap().call(Request::new(body.clone())).await.unwrap();
        count(response.into_body()).await;
    };
    claims.each(path, claimed, round).await;
}

/// The claims for a body that is over, one that streams, and one that pends before each frame.
async fn through<L, B>(claims: &mut Claims, name: &str, layer: &L, pends: usize)
where
    L: Layer<Server>,
    L::Service: Service<Frames, Response = Response<B>, Error = Error>,
    B: Body<Data = Bytes, Error = Error>,
{
    let service = &mut layer.layer(server());
    let kinds = [
        ("over", Frames::new(0, 0), 0),
        ("of 3 frames", Frames::new(3, 0), 0),
        ("that pends", Frames::new(3, 2), pends),
    ];
    for (kind, body, claimed) in kinds {
        let round = async || assert_eq!(read(service, body).await, body.left);
        claims.each(&format!("{name} for HTTP, a body {kind}"), claimed, round).await;
    }
}

pub(crate) async fn claim(claims: &mut Claims) {
    sent(claims, "no body", Empty::<Bytes>::new(), 0).await;
    sent(claims, "a body in memory", Full::new(Bytes::from_static(b"some")), 0).await;
    // What the attempts share, and the copy.
    sent(claims, "a body that streams", Frames::new(1, 0), 2).await;
    // The box of the timer, made when the body pends.
    through(claims, "timeout", &TimeoutLayer::http(LIMIT), 1).await;
    through(claims, "timeout between frames", &TimeoutLayer::new(LIMIT).between_frames(LIMIT), 1).await;
    through(claims, "breaker", &CircuitBreakerLayer::http("breaker").build().unwrap(), 0).await;
    // A stream without a code is a failure.
    let patient = CircuitBreakerLayer::grpc("breaker").failure_rate(1.0).build().unwrap();
    patient.handle().metrics_only();
    through(claims, "breaker, for gRPC,", &patient, 0).await;
    let keyed = CircuitBreakerLayer::http("breaker").per_key(|_: &Frames| 1).build().unwrap();
    through(claims, "breaker per key", &keyed, 0).await;
    through(claims, "bulkhead per key", &BulkheadLayer::http(1).per_key(|_: &Frames| 1).build().unwrap(), 0).await;
    through(claims, "bulkhead", &BulkheadLayer::http(1).build().unwrap(), 0).await;
    through(claims, "bulkhead with a queue", &BulkheadLayer::http(1).max_queue(1).build().unwrap(), 0).await;
}
