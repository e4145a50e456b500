//! Deadlines in headers: what is read, what is written, and three hops over real sockets.

#![cfg(feature = "http")]
#![expect(clippy::unwrap_used, reason = "an unwrap in vain fails the test, as it should")]

use std::{
    convert::Infallible,
    future::{Pending, Ready, pending, ready},
    mem,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll},
    time::Duration,
};

use axum::{Router, body::Body, extract::State, routing::get};
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, Response, StatusCode, Version};
use http_body_util::{BodyExt, Full};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use palisade::{
    Backoff, CircuitBreakerLayer, Deadline, Elapsed, Error, Jitter, Phase, RetryLayer, TimeoutLayer,
    http::{AnswerLayer, DeadlineLayer, ReplayBody, deadline::Deadlines},
};
use tokio::net::TcpListener;
use tower::{Layer, Service, ServiceBuilder, ServiceExt};

use crate::support::{Calls, Strict, strict};

const SECOND: Duration = Duration::from_secs(1);
const MILLI: Duration = Duration::from_millis(1);

static MILLIS: HeaderName = HeaderName::from_static("x-request-timeout-ms");
static GRPC: HeaderName = HeaderName::from_static("grpc-timeout");

fn in_millis() -> DeadlineLayer {
    DeadlineLayer::header(MILLIS.clone())
}

/// A response that says this.
fn saying<T: Clone + Send + Sync + 'static>(what: T) -> Response<()> {
    let mut response = Response::new(());
    response.extensions_mut().insert(what);
    response
}

/// What a response says.
fn said<B, T: Clone + Send + Sync + 'static>(response: Response<B>) -> T {
    response.into_parts().0.extensions.remove().unwrap()
}

/// What is seen below the layer.
#[derive(Clone, Debug, PartialEq)]
struct Seen {
    current: Option<Duration>,
    extension: Option<Duration>,
    header: Option<String>,
}

impl Seen {
    fn of<B>(request: &Request<B>, name: &HeaderName) -> Self {
        Self {
            current: Deadline::current().map(Deadline::remaining),
            extension: request.extensions().get().copied().map(Deadline::remaining),
            header: request.headers().get(name).map(|value| value.to_str().unwrap().to_owned()),
        }
    }

    fn nothing() -> Self {
        Self { current: None, extension: None, header: None }
    }

    fn all(left: Duration, header: &str) -> Self {
        Self { current: Some(left), extension: Some(left), header: Some(header.to_owned()) }
    }
}

type See = Strict<Box<dyn FnMut(Request<()>) -> Ready<Result<Response<()>, Error>>>>;

fn see(name: &'static HeaderName) -> See {
    strict(Box::new(move |request: Request<()>| ready(Ok(saying(Seen::of(&request, name))))))
}

fn with(name: &HeaderName, values: &[&str]) -> Request<()> {
    let mut request = Request::new(());
    for value in values {
        request.headers_mut().append(name.clone(), HeaderValue::from_bytes(value.as_bytes()).unwrap());
    }
    request
}

async fn through(layer: DeadlineLayer, name: &'static HeaderName, values: &[&str]) -> Result<Seen, Error> {
    layer.layer(see(name)).oneshot(with(name, values)).await.map(said)
}

async fn grpc(value: &str) -> Seen {
    through(DeadlineLayer::grpc(), &GRPC, &[value]).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn every_unit_of_grpc_timeout_is_read_and_written_in_the_finest_that_fits() {
    let minute = 60 * SECOND;
    for (value, left, written) in [
        ("1H", 60 * minute, "3600000m"),
        ("99999999H", 262_800 * 60 * minute, "15768000M"), // 30 years are as good as never
        ("28H", 28 * 60 * minute, "100800S"),
        ("2M", 2 * minute, "120000m"),
        ("3S", 3 * SECOND, "3000000u"),
        ("99999999S", 99_999_999 * SECOND, "99999999S"),
        ("250m", 250 * MILLI, "250000u"),
        ("99m", 99 * MILLI, "99000000n"),
        ("7u", Duration::from_micros(7), "7000n"),
        ("9n", Duration::from_nanos(9), "9n"),
        ("00000009S", 9 * SECOND, "9000000u"),
    ] {
        assert_eq!(grpc(value).await, Seen::all(left, written), "{value}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_written_is_rounded_down() {
    let left = Duration::new(100_000, 999_999_999);
    let mut request = Request::new(());
    request.extensions_mut().insert(Deadline::after(left));
    let seen = DeadlineLayer::grpc().layer(see(&GRPC)).oneshot(request.clone()).await.unwrap();
    assert_eq!(said::<_, Seen>(seen), Seen::all(left, "100000S"));
    let seen = in_millis().layer(see(&MILLIS)).oneshot(request).await.unwrap();
    assert_eq!(said::<_, Seen>(seen), Seen::all(left, "100000999"));
}

#[tokio::test(start_paused = true)]
async fn an_unreadable_grpc_timeout_is_as_good_as_none_and_goes_no_further() {
    let garbage =
        ["", "S", "1", "1s", "1h", "1U", "-1S", "+1S", "1.5S", " 1S", "1 S", "1SS", "0x1S", "123456789S", "é1S"];
    for value in garbage {
        assert_eq!(grpc(value).await, Seen::nothing(), "{value:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn unreadable_milliseconds_are_as_good_as_none_and_go_no_further() {
    for value in ["", "1s", "-1", "+1", "1.5", "1e3", "0x10", "1 000", "never", "é"] {
        assert_eq!(through(in_millis(), &MILLIS, &[value]).await.unwrap(), Seen::nothing(), "{value:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn whitespace_around_milliseconds_is_no_part_of_them() {
    for value in [" 1500", "1500 ", "\t1500 \t"] {
        let seen = through(in_millis(), &MILLIS, &[value]).await.unwrap();
        assert_eq!(seen, Seen::all(1500 * MILLI, "1500"), "{value:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn more_milliseconds_than_any_clock_counts_are_as_good_as_never() {
    let seen = through(in_millis(), &MILLIS, &["99999999999999999999999"]).await.unwrap();
    assert_eq!(seen, Seen::all(946_080_000 * SECOND, "946080000000"));
}

#[tokio::test(start_paused = true)]
async fn where_nothing_is_known_nothing_is_written() {
    assert_eq!(through(in_millis(), &MILLIS, &[]).await.unwrap(), Seen::nothing());
}

#[tokio::test(start_paused = true)]
async fn of_several_values_the_least_counts_and_one_goes_on() {
    let service = in_millis().layer(strict(|request: Request<()>| {
        ready(Ok::<_, Error>(saying(request.headers().get_all(&MILLIS).iter().cloned().collect::<Vec<_>>())))
    }));
    let written = service.oneshot(with(&MILLIS, &["700", "nonsense", "300", "500"])).await.unwrap();
    assert_eq!(said::<_, Vec<HeaderValue>>(written), ["300"]);
}

/// The request of one that waits for 3 s by its header and for 2 s by its extensions.
fn patient(header: u64, extension: u64) -> Request<()> {
    let mut request = with(&MILLIS, &[&(header * 1000).to_string()]);
    request.extensions_mut().insert(Deadline::after(Duration::from_secs(extension)));
    request
}

#[tokio::test(start_paused = true)]
async fn the_nearest_of_header_extension_and_surroundings_counts() {
    for (header, extension, around) in [(1, 2, 3), (2, 1, 3), (3, 2, 1), (1, 1, 1), (2, 3, 1)] {
        let call = in_millis().layer(see(&MILLIS)).oneshot(patient(header, extension));
        let seen = Deadline::after(Duration::from_secs(around)).scope(call).await.unwrap();
        assert_eq!(said::<_, Seen>(seen), Seen::all(SECOND, "1000"), "{header} {extension} {around}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_timeout_around_is_what_is_written() {
    let stack = ServiceBuilder::new().layer(TimeoutLayer::new(SECOND)).layer(in_millis());
    let seen = stack.service(see(&MILLIS)).oneshot(patient(3, 2)).await.unwrap();
    assert_eq!(said::<_, Seen>(seen), Seen::all(SECOND, "1000"));
}

#[tokio::test(start_paused = true)]
async fn the_time_runs_from_the_call_and_not_from_the_first_poll() {
    let mut service = in_millis()
        .layer(strict(|_: Request<()>| async { Ok::<_, Error>(saying(Deadline::current().map(Deadline::remaining))) }));
    let call = service.ready().await.unwrap().call(with(&MILLIS, &["3000"]));
    tokio::time::advance(SECOND).await;
    assert_eq!(said::<_, Option<Duration>>(call.await.unwrap()), Some(2 * SECOND));
}

#[tokio::test(start_paused = true)]
async fn every_poll_runs_within_the_deadline() {
    let service = in_millis().layer(strict(|_: Request<()>| async {
        tokio::time::sleep(SECOND).await;
        Ok::<_, Error>(saying(Deadline::current().map(Deadline::remaining)))
    }));
    let call = tokio::spawn(service.oneshot(with(&MILLIS, &["3000"])));
    assert_eq!(said::<_, Option<Duration>>(call.await.unwrap().unwrap()), Some(2 * SECOND));
    assert_eq!(Deadline::current(), None);
}

/// Says with its one frame what it is polled under.
struct Asking(bool);

impl http_body::Body for Asking {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, Infallible>>> {
        let says = || http_body::Frame::data(format!("{:?}", Deadline::current().map(Deadline::remaining)).into());
        Poll::Ready((!mem::replace(&mut self.0, true)).then(|| Ok(says())))
    }
}

#[tokio::test(start_paused = true)]
async fn every_frame_of_the_answer_is_made_within_the_deadline() {
    let service = in_millis().layer(strict(|_: Request<()>| ready(Ok::<_, Error>(Response::new(Asking(false))))));
    let body = service.oneshot(with(&MILLIS, &["3000"])).await.unwrap().into_body();
    tokio::time::advance(SECOND).await;
    assert_eq!(body.collect().await.unwrap().to_bytes(), "Some(2s)");
    assert_eq!(Deadline::current(), None);
}

/// A call that is too late, and whether its service was called.
async fn late(layer: DeadlineLayer, request: Request<()>) -> (Elapsed, usize) {
    let inner = see(&MILLIS);
    let calls = inner.calls();
    let error = layer.layer(inner).oneshot(request).await.unwrap_err();
    (*error.elapsed().unwrap(), calls.count())
}

#[tokio::test(start_paused = true)]
async fn a_call_whose_time_is_over_is_not_sent() {
    let mut past = Request::new(());
    past.extensions_mut().insert(Deadline::after(SECOND));
    tokio::time::advance(2 * SECOND).await;
    let over =
        [(in_millis(), with(&MILLIS, &["0"])), (DeadlineLayer::grpc(), with(&GRPC, &["0n"])), (in_millis(), past)];
    for (layer, request) in over {
        let (elapsed, calls) = late(layer, request).await;
        assert_eq!((elapsed.limit(), elapsed.elapsed(), calls), (Duration::ZERO, Duration::ZERO, 0));
        assert!(elapsed.by_caller());
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_with_no_whole_unit_left_is_not_sent() {
    let left = Duration::from_micros(999);
    let mut request = Request::new(());
    request.extensions_mut().insert(Deadline::after(left));
    let (elapsed, calls) = late(in_millis(), request.clone()).await;
    assert_eq!((elapsed.limit(), elapsed.by_caller(), calls), (left, true, 0));
    assert!(DeadlineLayer::grpc().layer(see(&GRPC)).oneshot(request).await.is_ok());
}

type Hang = fn(Request<()>) -> Pending<Result<Response<()>, Error>>;

/// A breaker over a service that never answers, and what calls it.
fn hung() -> (CircuitBreakerLayer, Strict<Hang>, Calls) {
    let layer = CircuitBreakerLayer::consecutive(1);
    let service: Strict<Hang> = strict(|_| pending());
    let calls = service.calls();
    (layer, service, calls)
}

/// How a call ends that hangs under this stack, and whether that opens the circuit.
macro_rules! hang {
    ($request:expr; $($layer:expr),+) => {{
        let (breaker, service, calls) = hung();
        let handle = breaker.handle();
        let stack = ServiceBuilder::new()$(.layer($layer))+.layer(breaker);
        let error = stack.service(service).oneshot($request).await.unwrap_err();
        assert_eq!(calls.count(), 1);
        (*error.elapsed().unwrap(), handle.phase())
    }};
}

#[tokio::test(start_paused = true)]
async fn a_timeout_around_stays_our_own_and_its_end_counts() {
    let (elapsed, phase) =
        hang!(Request::new(()); TimeoutLayer::new(SECOND), in_millis(), TimeoutLayer::new(5 * SECOND));
    assert_eq!((elapsed.limit(), elapsed.by_caller(), phase), (SECOND, false, Phase::Open));
}

#[tokio::test(start_paused = true)]
async fn a_timeout_around_stays_our_own_through_a_header_that_rounds_it_down() {
    let limit = SECOND + Duration::from_micros(900);
    let five = TimeoutLayer::new(5 * SECOND);
    let (elapsed, phase) = hang!(Request::new(()); TimeoutLayer::new(limit), in_millis(), in_millis(), five);
    assert_eq!((elapsed.limit(), elapsed.by_caller(), phase), (limit, false, Phase::Open));
}

#[tokio::test(start_paused = true)]
async fn a_header_is_the_callers_own_deadline_and_opens_no_circuit() {
    let request = with(&MILLIS, &["500"]);
    let (elapsed, phase) = hang!(request; TimeoutLayer::new(SECOND), in_millis(), TimeoutLayer::new(5 * SECOND));
    assert_eq!((elapsed.limit(), elapsed.by_caller(), phase), (500 * MILLI, true, Phase::Closed));
}

#[tokio::test(start_paused = true)]
async fn a_header_that_was_changed_on_the_way_counts() {
    let shorten = |mut request: Request<()>| {
        request.headers_mut().insert(MILLIS.clone(), HeaderValue::from_static("10"));
        request
    };
    let stack = ServiceBuilder::new().layer(in_millis()).map_request(shorten).layer(in_millis());
    let seen = stack.service(see(&MILLIS)).oneshot(with(&MILLIS, &["1000"])).await.unwrap();
    assert_eq!(said::<_, Seen>(seen), Seen::all(10 * MILLI, "10"));
}

fn unavailable() -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    response
}

#[tokio::test(start_paused = true)]
async fn a_deadline_in_the_extensions_is_for_all_attempts_of_a_retry() {
    let pause = Backoff::constant(200 * MILLI).jitter(Jitter::None);
    let retry = RetryLayer::http("upstream").max_attempts(9).backoff(pause).without_budget().build().unwrap();
    let left = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&left);
    let stack = ServiceBuilder::new().layer(retry).service(strict(move |request: Request<ReplayBody<Full<Bytes>>>| {
        seen.lock().unwrap().push(request.extensions().get().copied().map(Deadline::remaining));
        ready(Ok::<_, Error>(unavailable()))
    }));
    let deadline = Deadline::after(500 * MILLI);
    let mut request = Request::new(Full::default());
    request.extensions_mut().insert(deadline);
    assert_eq!(stack.oneshot(request).await.unwrap().status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(*left.lock().unwrap(), [500, 300, 100].map(|millis| Some(millis * MILLI)));
    assert_eq!(deadline.remaining(), 100 * MILLI, "the last answer is returned at once");
}

#[tokio::test(start_paused = true)]
async fn a_retry_ends_with_the_services_own_answer_when_no_whole_unit_is_left_for_another_attempt() {
    for limit in [None, Some(TimeoutLayer::new(3 * SECOND))] {
        let service = strict(|_: Request<ReplayBody<Full<Bytes>>>| async {
            tokio::time::advance(Duration::from_micros(99_500)).await;
            Ok::<_, Error>(unavailable())
        });
        let calls = service.calls();
        let retry = RetryLayer::http("upstream").backoff(Backoff::none()).build().unwrap();
        let stack = ServiceBuilder::new().layer(in_millis()).option_layer(limit).layer(retry).layer(in_millis());
        let request = with(&MILLIS, &["100"]).map(|()| Full::default());
        let answer = stack.service(service).oneshot(request).await;
        assert_eq!(answer.unwrap().status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(calls.count(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_not_sent_counts_for_nothing_whosoever_its_deadline_is() {
    let (breaker, service, calls) = hung();
    let circuit = breaker.handle();
    let unsent = breaker.layer(in_millis().layer(service));
    let own = TimeoutLayer::new(Duration::from_micros(999)).layer(unsent.clone());
    own.oneshot(Request::new(())).await.unwrap_err();
    let brought = ServiceBuilder::new().layer(DeadlineLayer::grpc()).layer(TimeoutLayer::new(SECOND)).service(unsent);
    brought.oneshot(with(&GRPC, &["999u"])).await.unwrap_err();
    assert_eq!((calls.count(), circuit.phase()), (0, Phase::Closed));
}

type Http = Client<HttpConnector, Full<Bytes>>;

fn client(version: Version) -> Deadlines<Http> {
    DeadlineLayer::header(MILLIS.clone()).layer(plain(version))
}

fn plain(version: Version) -> Http {
    Client::builder(TokioExecutor::new()).http2_only(version == Version::HTTP_2).build_http()
}

/// What a hop was sent, and what its handler had left.
#[derive(Clone, Debug)]
struct Hop {
    header: String,
    left: Duration,
}

type Hops = Arc<Mutex<Vec<Hop>>>;

/// What a hop needs to call the next.
#[derive(Clone)]
struct Relay {
    client: Deadlines<Http>,
    next: Option<String>,
    came_in: Arc<Mutex<Vec<String>>>,
    hops: Hops,
}

async fn relay(State(relay): State<Relay>) -> StatusCode {
    let left = Deadline::current().unwrap().remaining();
    let header = relay.came_in.lock().unwrap().pop().unwrap();
    relay.hops.lock().unwrap().push(Hop { header, left });
    let Some(next) = relay.next else { return StatusCode::OK };
    let request = Request::get(next).body(Full::default()).unwrap();
    relay.client.oneshot(request).await.unwrap().status()
}

/// Serves a hop; tells its address.
async fn serve(layer: DeadlineLayer, name: HeaderName, relay_to: Relay) -> String {
    let came_in = Arc::clone(&relay_to.came_in);
    let note = move |request: Request<Body>| {
        came_in.lock().unwrap().push(request.headers()[&name].to_str().unwrap().to_owned());
        request
    };
    let stack = ServiceBuilder::new().map_request(note).layer(AnswerLayer::http()).layer(layer);
    let router = Router::new().route("/", get(relay)).layer(stack).with_state(relay_to);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}/")
}

/// Sends a request through three hops, and tells what they saw.
async fn three_hops(layer: DeadlineLayer, name: &HeaderName, version: Version, value: &str) -> Vec<Hop> {
    let client = layer.layer(plain(version));
    let hops = Hops::default();
    let mut next = None;
    for _ in 0..3 {
        let relay = Relay { client: client.clone(), next, came_in: Arc::default(), hops: Arc::clone(&hops) };
        next = Some(serve(layer.clone(), name.clone(), relay).await);
    }
    let request = Request::get(next.unwrap()).version(version).header(name, value).body(Full::default()).unwrap();
    assert_eq!(plain(version).request(request).await.unwrap().status(), StatusCode::OK);
    let hops = hops.lock().unwrap();
    hops.clone()
}

/// The time that a header of either kind tells.
fn told(header: &str) -> Duration {
    let number = |digits: &str| digits.parse().unwrap();
    match header.strip_suffix(['n', 'u', 'm', 'S']) {
        None => Duration::from_millis(number(header)),
        Some(digits) if header.ends_with('n') => Duration::from_nanos(number(digits)),
        Some(digits) if header.ends_with('u') => Duration::from_micros(number(digits)),
        Some(digits) if header.ends_with('m') => Duration::from_millis(number(digits)),
        Some(digits) => Duration::from_secs(number(digits)),
    }
}

async fn deadlines_shrink(layer: DeadlineLayer, name: &HeaderName, value: &str) {
    for version in [Version::HTTP_11, Version::HTTP_2] {
        let hops = three_hops(layer.clone(), name, version, value).await;
        assert_eq!((hops.len(), hops[0].header.as_str()), (3, value));
        assert!(hops.iter().all(|hop| hop.left <= told(&hop.header)), "{hops:?}");
        assert!(hops.windows(2).all(|pair| told(&pair[1].header) < told(&pair[0].header)), "{hops:?}");
        assert!(hops.windows(2).all(|pair| pair[1].left < pair[0].left), "{hops:?}");
    }
}

#[tokio::test]
async fn deadlines_in_milliseconds_shrink_across_three_hops() {
    deadlines_shrink(in_millis(), &MILLIS, "60000").await;
}

#[tokio::test]
async fn grpc_timeouts_shrink_across_three_hops() {
    deadlines_shrink(DeadlineLayer::grpc(), &GRPC, "60S").await;
    deadlines_shrink(DeadlineLayer::grpc(), &GRPC, "59999999u").await;
}

#[tokio::test]
async fn a_request_whose_time_is_over_is_answered_504_and_reaches_no_handler() {
    for version in [Version::HTTP_11, Version::HTTP_2] {
        let hops = Hops::default();
        let relay = Relay { client: client(version), next: None, came_in: Arc::default(), hops: Arc::clone(&hops) };
        let address = serve(in_millis(), MILLIS.clone(), relay).await;
        let request = Request::get(address).version(version).header(&MILLIS, "0").body(Full::default()).unwrap();
        assert_eq!(plain(version).request(request).await.unwrap().status(), StatusCode::GATEWAY_TIMEOUT);
        assert!(hops.lock().unwrap().is_empty());
    }
}
