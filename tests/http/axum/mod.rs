//! The circuit breaker and the bulkhead behind a real `axum::serve`, over real sockets.

#![expect(clippy::unwrap_used, reason = "an unwrap in vain fails the test, as it should")]

use crate::support;
#[cfg(feature = "http")]
mod gone;
#[cfg(feature = "http")]
mod head;
#[cfg(feature = "http")]
mod routes;
#[cfg(feature = "http")]
mod unread;

use std::{
    convert::Infallible,
    future::{Ready, ready},
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    error_handling::HandleErrorLayer,
    extract::{Request, State},
    handler::Handler,
    http::{Method, StatusCode, Uri, Version},
    response::Response,
    routing::{MethodRouter, any_service, get, get_service},
    serve::IncomingStream,
};
use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use palisade::{
    Backoff, BulkheadHandle, BulkheadLayer, CircuitBreakerBuilder, CircuitBreakerLayer, CircuitHandle, Error, Outcome,
    Phase, QueueLayer, call::Plain,
};
use tokio::{net::TcpListener, sync::Semaphore, task::JoinHandle};
use tower::{Layer, ServiceBuilder};

use crate::axum::support::strict;

type ByStatus = fn(Result<&Response, &Error>) -> Outcome;
type Breaker = CircuitBreakerLayer<Plain<ByStatus>>;
type Refuse = HandleErrorLayer<fn(Error) -> Ready<(StatusCode, String)>, ()>;
/// A breaker over a bulkhead, as tower's tuples stack them.
type Stack = (Refuse, Breaker, BulkheadLayer);

fn by_status(result: Result<&Response, &Error>) -> Outcome {
    match result {
        Ok(response) if response.status().is_server_error() => Outcome::Transient,
        Ok(_) => Outcome::Success,
        Err(_) => Outcome::Transient,
    }
}

#[expect(clippy::needless_pass_by_value, reason = "axum hands errors over by value")]
fn refuse(error: Error) -> Ready<(StatusCode, String)> {
    let reason = error.rejection().map_or("none", |rejection| rejection.reason().as_str());
    ready((StatusCode::SERVICE_UNAVAILABLE, reason.to_owned()))
}

fn refusals() -> Refuse {
    HandleErrorLayer::new(refuse)
}

/// Opens at two failures in a row, and for good.
fn breaker() -> CircuitBreakerBuilder<Plain<ByStatus>> {
    CircuitBreakerLayer::builder("axum")
        .without_failure_rate()
        .consecutive(2)
        .open_for(Backoff::constant(Duration::MAX))
        .classify(by_status as ByStatus)
}

/// What the handler does, and what it saw; the query of a request says what is asked of it.
#[derive(Clone, Default)]
struct Upstream {
    calls: Arc<AtomicUsize>,
    entered: Arc<Shared>,
    gate: Arc<Shared>,
}

struct Shared(Semaphore);

impl Default for Shared {
    fn default() -> Self {
        Self(Semaphore::new(0))
    }
}

impl Shared {
    async fn take(&self) {
        self.0.acquire().await.unwrap().forget();
    }

    fn give(&self) {
        self.0.add_permits(1);
    }
}

impl Upstream {
    /// Waits until a request is held in the handler.
    async fn entered(&self) {
        self.entered.take().await;
    }

    /// Lets one request that is held go on.
    fn release(&self) {
        self.gate.give();
    }

    fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }
}

async fn answer(State(upstream): State<Upstream>, uri: Uri) -> StatusCode {
    upstream.calls.fetch_add(1, Ordering::SeqCst);
    match uri.query() {
        Some("fail") => StatusCode::INTERNAL_SERVER_ERROR,
        Some("hold") => {
            upstream.entered.give();
            upstream.gate.take().await;
            StatusCode::OK
        }
        Some("panic") => panic!("as it was asked to"),
        _ => StatusCode::OK,
    }
}

/// Two guarded paths of an app.
struct App {
    router: Router<Upstream>,
    paths: [&'static str; 2],
}

fn app(paths: [&'static str; 2], router: Router<Upstream>) -> App {
    App { router, paths }
}

/// A server on a port of its own, and what stands behind it.
struct Server {
    address: SocketAddr,
    paths: [&'static str; 2],
    upstream: Upstream,
    serving: JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Server {
    async fn start(App { router, paths }: App) -> Self {
        let upstream = Upstream::default();
        let router = router.with_state(upstream.clone());
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let serving = tokio::spawn(async { axum::serve(listener, router).await.unwrap() });
        Self { address, paths, upstream, serving }
    }

    /// A client that has no connection yet.
    fn client(&self) -> Connection {
        let client = Client::builder(TokioExecutor::new()).build_http();
        Connection { client, address: self.address, version: Version::HTTP_11 }
    }

    /// A client that sends all requests at once over one connection.
    fn http2(&self) -> Connection {
        let client = Client::builder(TokioExecutor::new()).http2_only(true).build_http();
        Connection { client, address: self.address, version: Version::HTTP_2 }
    }

    /// Asks for one of the guarded paths, over a connection of its own.
    async fn get(&self, path: usize, query: &str) -> Reply {
        self.client().get(self.paths[path], query).await.unwrap()
    }

    /// Sends a request that will be held, over a connection of its own, and waits until it is.
    async fn hold(&self, path: usize) -> JoinHandle<Option<Reply>> {
        let (client, path) = (self.client(), self.paths[path]);
        let held = tokio::spawn(async move { client.get(path, "hold").await });
        self.upstream.entered().await;
        held
    }
}

#[derive(Clone)]
struct Connection {
    client: Client<HttpConnector, Empty<Bytes>>,
    address: SocketAddr,
    version: Version,
}

#[derive(Debug, PartialEq, Eq)]
struct Reply(StatusCode, String);

impl Reply {
    fn ok() -> Self {
        Self(StatusCode::OK, String::new())
    }

    fn failed() -> Self {
        Self(StatusCode::INTERNAL_SERVER_ERROR, String::new())
    }

    fn refused(reason: &str) -> Self {
        Self(StatusCode::SERVICE_UNAVAILABLE, reason.to_owned())
    }
}

impl Connection {
    /// `None` when the server hung up.
    async fn get(&self, path: &str, query: &str) -> Option<Reply> {
        self.ask(Method::GET, path, query).await
    }

    async fn ask(&self, method: Method, path: &str, query: &str) -> Option<Reply> {
        let uri = format!("http://{}{path}?{query}", self.address);
        let request = http::Request::builder().method(method).uri(uri).version(self.version);
        let request = request.body(Empty::new()).unwrap();
        let response = self.client.request(request).await.ok()?;
        let status = response.status();
        let body = response.into_body().collect().await.ok()?.to_bytes();
        Some(Reply(status, String::from_utf8(body.to_vec()).unwrap()))
    }
}

/// Lets the server go on until this is so.
async fn until(mut is_so: impl FnMut() -> bool) {
    while !is_so() {
        tokio::task::yield_now().await;
    }
}

/// Every way of attaching a layer.
mod ways {
    use super::*;

    pub(super) fn router_layer(stack: Stack) -> App {
        app(["/a", "/b"], Router::new().route("/a", get(answer)).route("/b", get(answer)).layer(stack))
    }

    pub(super) fn route_layer(stack: Stack) -> App {
        app(["/a", "/b"], Router::new().route("/a", get(answer)).route("/b", get(answer)).route_layer(stack))
    }

    pub(super) fn handler_layer(stack: Stack) -> App {
        let guarded = answer.layer(stack);
        app(["/a", "/b"], Router::new().route("/a", get(guarded.clone())).route("/b", get(guarded)))
    }

    pub(super) fn a_handler_layer_for_each_route(stack: Stack) -> App {
        let router = Router::new().route("/a", get(answer.layer(stack.clone()))).route("/b", get(answer.layer(stack)));
        app(["/a", "/b"], router)
    }

    pub(super) fn method_router_layer(stack: Stack) -> App {
        let router = Router::new().route("/a", get(answer).layer(stack.clone())).route("/b", get(answer).layer(stack));
        app(["/a", "/b"], router)
    }

    pub(super) fn method_router_route_layer(stack: Stack) -> App {
        let router = Router::new()
            .route("/a", get(answer).route_layer(stack.clone()))
            .route("/b", get(answer).route_layer(stack));
        app(["/a", "/b"], router)
    }

    pub(super) fn a_layer_around_nested_routers(stack: Stack) -> App {
        let innermost = Router::new().route("/a", get(answer));
        let router = Router::new().nest("/in", Router::new().nest("/most", innermost)).route("/b", get(answer));
        app(["/in/most/a", "/b"], router.layer(stack))
    }

    pub(super) fn a_layer_inside_nested_routers(stack: Stack) -> App {
        let one = Router::new().route("/a", get(answer)).layer(stack.clone());
        let two = Router::new().route("/b", get(answer)).layer(stack);
        app(["/one/a", "/two/b"], Router::new().nest("/one", one).nest("/two", two))
    }

    pub(super) fn merged_routers(stack: Stack) -> App {
        let one = Router::new().route("/a", get(answer)).layer(stack.clone());
        let two = Router::new().route("/b", get(answer)).route_layer(stack);
        app(["/a", "/b"], one.merge(two))
    }

    pub(super) fn a_layered_fallback(stack: Stack) -> App {
        app(["/no/route", "/nor/this"], Router::new().route("/a", get(answer)).fallback(answer).layer(stack))
    }

    pub(super) fn a_fallback_and_a_route(stack: Stack) -> App {
        let router = Router::new().route("/a", get(answer.layer(stack.clone()))).fallback(answer.layer(stack));
        app(["/a", "/no/route"], router)
    }

    pub(super) fn the_fallback_of_a_nested_router(stack: Stack) -> App {
        let nested = Router::new().route("/a", get(answer)).fallback(answer).layer(stack);
        app(["/in/a", "/in/no/route"], Router::new().nest("/in", nested))
    }

    pub(super) fn service_builder(stack: Stack) -> App {
        let (refuse, breaker, bulkhead) = stack;
        let builder = ServiceBuilder::new().layer(refuse).layer(breaker).layer(bulkhead);
        app(["/a", "/b"], Router::new().route("/a", get(answer)).route("/b", get(answer)).layer(builder))
    }

    pub(super) fn service_builders_of_each_route(stack: Stack) -> App {
        let (refuse, breaker, bulkhead) = stack;
        let builder = ServiceBuilder::new().layer(refuse).layer(breaker).layer(bulkhead);
        let router =
            Router::new().route("/a", get(answer.layer(builder.clone()))).route("/b", get(answer).layer(builder));
        app(["/a", "/b"], router)
    }

    pub(super) fn layers_one_by_one(stack: Stack) -> App {
        let (_, breaker, bulkhead) = stack;
        let route = || {
            let fallible: MethodRouter<Upstream, Error> = get(answer).layer(bulkhead.clone());
            fallible.layer::<_, Error>(breaker.clone()).handle_error(refuse)
        };
        app(["/a", "/b"], Router::new().route("/a", route()).route("/b", route()))
    }
}

/// Makes the same claims of each way.
macro_rules! every_way {
    ($($way:ident)+) => {$(
        mod $way {
            use super::*;

            #[tokio::test]
            async fn failures_on_two_connections_open_the_circuit_for_a_third() {
                opens_for_all(ways::$way).await;
            }

            #[tokio::test]
            async fn a_success_on_another_connection_ends_a_run_of_failures() {
                run_ends_for_all(ways::$way).await;
            }

            #[tokio::test]
            async fn a_request_held_on_one_connection_fills_the_bulkhead_for_others() {
                fills_for_all(ways::$way).await;
            }
        }
    )+};
}

every_way! {
    router_layer
    route_layer
    handler_layer
    a_handler_layer_for_each_route
    method_router_layer
    method_router_route_layer
    a_layer_around_nested_routers
    a_layer_inside_nested_routers
    merged_routers
    a_layered_fallback
    a_fallback_and_a_route
    the_fallback_of_a_nested_router
    service_builder
    service_builders_of_each_route
    layers_one_by_one
}

async fn opens_for_all(way: fn(Stack) -> App) {
    let breaker = breaker().build().unwrap();
    let circuit = breaker.handle();
    let server = Server::start(way((refusals(), breaker, BulkheadLayer::new(8)))).await;
    assert_eq!(server.get(0, "fail").await, Reply::failed());
    assert_eq!(server.get(1, "fail").await, Reply::failed());
    assert_eq!(circuit.phase(), Phase::Open);
    assert_eq!(server.get(0, "fine").await, Reply::refused("circuit_open"));
    assert_eq!(server.get(1, "fine").await, Reply::refused("circuit_open"));
    assert_eq!((server.upstream.calls(), circuit.snapshot().rejected), (2, 2));
}

async fn run_ends_for_all(way: fn(Stack) -> App) {
    let breaker = breaker().build().unwrap();
    let circuit = breaker.handle();
    let server = Server::start(way((refusals(), breaker, BulkheadLayer::new(8)))).await;
    for (path, query) in [(0, "fail"), (1, "fine"), (0, "fail")] {
        server.get(path, query).await;
    }
    assert_eq!((circuit.phase(), circuit.snapshot().counts.consecutive), (Phase::Closed, 1));
}

async fn fills_for_all(way: fn(Stack) -> App) {
    let (breaker, bulkhead) = (breaker().build().unwrap(), BulkheadLayer::new(1));
    let (circuit, places) = (breaker.handle(), bulkhead.handle());
    let server = Server::start(way((refusals(), breaker, bulkhead))).await;
    let held = server.hold(0).await;
    assert_eq!(places.in_flight(), 1);
    for path in [0, 1, 0, 1] {
        assert_eq!(server.get(path, "fine").await, Reply::refused("full"));
    }
    assert_eq!(server.upstream.calls(), 1);
    server.upstream.release();
    assert_eq!(held.await.unwrap(), Some(Reply::ok()));
    assert_eq!(server.get(1, "fine").await, Reply::ok());
    assert_eq!((places.in_flight(), circuit.phase()), (0, Phase::Closed));
}

/// One route, guarded by this layer alone.
fn guarded_by<L>(layer: L) -> App
where
    L: Layer<axum::routing::Route> + Clone + Send + Sync + 'static,
    (Refuse, L): Layer<axum::routing::Route>,
    <(Refuse, L) as Layer<axum::routing::Route>>::Service:
        tower::Service<Request, Response = Response<Body>, Error = Infallible> + Clone + Send + Sync + 'static,
    <<(Refuse, L) as Layer<axum::routing::Route>>::Service as tower::Service<Request>>::Future: Send + 'static,
{
    app(["/a", "/b"], Router::new().route("/a", get(answer)).route("/b", get(answer)).layer((refusals(), layer)))
}

async fn behind_a_breaker(builder: CircuitBreakerBuilder<Plain<ByStatus>>) -> (Server, CircuitHandle) {
    let breaker = builder.build().unwrap();
    let circuit = breaker.handle();
    (Server::start(guarded_by(breaker)).await, circuit)
}

async fn behind_a_bulkhead(bulkhead: BulkheadLayer) -> (Server, BulkheadHandle) {
    let places = bulkhead.handle();
    (Server::start(guarded_by(bulkhead)).await, places)
}

async fn behind_a_queue(bulkhead: QueueLayer) -> (Server, BulkheadHandle) {
    let places = bulkhead.handle();
    (Server::start(guarded_by(bulkhead)).await, places)
}

#[tokio::test]
async fn requests_of_one_connection_share_a_circuit() {
    let (server, circuit) = behind_a_breaker(breaker()).await;
    let connection = server.client();
    for (path, query) in [("/a", "fail"), ("/b", "fail")] {
        assert_eq!(connection.get(path, query).await, Some(Reply::failed()));
    }
    assert_eq!(connection.get("/a", "fine").await, Some(Reply::refused("circuit_open")));
    assert_eq!(circuit.phase(), Phase::Open);
}

#[tokio::test]
async fn streams_of_one_http2_connection_share_a_bulkhead() {
    let (server, places) = behind_a_bulkhead(BulkheadLayer::new(1)).await;
    let connection = server.http2();
    let held = tokio::spawn({
        let connection = connection.clone();
        async move { connection.get("/a", "hold").await }
    });
    server.upstream.entered().await;
    assert_eq!(connection.get("/b", "fine").await, Some(Reply::refused("full")));
    server.upstream.release();
    assert_eq!(held.await.unwrap(), Some(Reply::ok()));
    assert_eq!(places.in_flight(), 0);
}

#[tokio::test]
async fn a_bulkhead_lets_as_many_connections_in_as_it_has_places() {
    let (server, places) = behind_a_bulkhead(BulkheadLayer::new(3)).await;
    let held = [server.hold(0).await, server.hold(1).await, server.hold(0).await];
    assert_eq!(server.get(1, "fine").await, Reply::refused("full"));
    for request in held {
        server.upstream.release();
        assert_eq!(request.await.unwrap(), Some(Reply::ok()));
    }
    assert_eq!((places.in_flight(), server.upstream.calls()), (0, 3));
}

#[tokio::test]
async fn a_client_that_hangs_up_frees_its_place_for_another_connection() {
    let (server, places) = behind_a_bulkhead(BulkheadLayer::new(1)).await;
    let held = server.hold(0).await;
    held.abort();
    until(|| places.in_flight() == 0).await;
    assert_eq!(server.get(1, "fine").await, Reply::ok());
}

#[tokio::test]
async fn clients_that_hang_up_do_not_open_the_circuit() {
    let (breaker, bulkhead) = (breaker().consecutive(1).build().unwrap(), BulkheadLayer::new(1));
    let (circuit, places) = (breaker.handle(), bulkhead.handle());
    let server = Server::start(ways::router_layer((refusals(), breaker, bulkhead))).await;
    let held = server.hold(0).await;
    held.abort();
    until(|| places.in_flight() == 0).await;
    assert_eq!(server.get(1, "fine").await, Reply::ok());
    assert_eq!((circuit.phase(), circuit.snapshot().counts.consecutive), (Phase::Closed, 0));
}

#[tokio::test]
async fn a_request_on_one_connection_queues_behind_that_of_another() {
    let (server, places) = behind_a_queue(BulkheadLayer::builder(1).max_queue(1).build().unwrap()).await;
    let held = server.hold(0).await;
    let queued = tokio::spawn({
        let client = server.client();
        async move { client.get("/b", "fine").await }
    });
    until(|| places.queued() == 1).await;
    assert_eq!(server.get(0, "fine").await, Reply::refused("queue_full"));
    assert_eq!(server.upstream.calls(), 1);
    server.upstream.release();
    assert_eq!((held.await.unwrap(), queued.await.unwrap()), (Some(Reply::ok()), Some(Reply::ok())));
    assert_eq!((places.in_flight(), places.queued()), (0, 0));
}

#[tokio::test]
async fn a_client_that_hangs_up_leaves_the_queue() {
    let (server, places) = behind_a_queue(BulkheadLayer::builder(1).max_queue(1).build().unwrap()).await;
    let held = server.hold(0).await;
    let queued = tokio::spawn({
        let client = server.client();
        async move { client.get("/b", "fine").await }
    });
    until(|| places.queued() == 1).await;
    queued.abort();
    until(|| places.queued() == 0).await;
    server.upstream.release();
    assert_eq!(held.await.unwrap(), Some(Reply::ok()));
    assert_eq!((places.in_flight(), server.upstream.calls()), (0, 1));
}

#[tokio::test]
async fn a_probe_held_on_one_connection_keeps_others_out() {
    let (server, circuit) = behind_a_breaker(breaker().consecutive(1).probes(1).open_for(Backoff::none())).await;
    server.get(0, "fail").await;
    assert_eq!(circuit.phase(), Phase::Open);
    let probe = server.hold(0).await;
    assert_eq!(circuit.phase(), Phase::HalfOpen);
    assert_eq!(server.get(1, "fine").await, Reply::refused("probes_taken"));
    server.upstream.release();
    assert_eq!(probe.await.unwrap(), Some(Reply::ok()));
    assert_eq!(circuit.phase(), Phase::Closed);
    assert_eq!(server.get(1, "fine").await, Reply::ok());
}

#[tokio::test]
async fn a_probe_whose_client_hangs_up_frees_its_place_for_another_connection() {
    let (server, circuit) = behind_a_breaker(breaker().consecutive(1).probes(1).open_for(Backoff::none())).await;
    server.get(0, "fail").await;
    let probe = server.hold(0).await;
    probe.abort();
    let client = server.client();
    while client.get("/b", "fine").await != Some(Reply::ok()) {
        tokio::task::yield_now().await;
    }
    assert_eq!(circuit.phase(), Phase::Closed);
}

#[tokio::test]
async fn a_handler_that_panics_opens_the_circuit_for_other_connections() {
    let (server, circuit) = behind_a_breaker(breaker().consecutive(1)).await;
    assert_eq!(server.client().get("/a", "panic").await, None);
    assert_eq!(circuit.phase(), Phase::Open);
    assert_eq!(server.get(1, "fine").await, Reply::refused("circuit_open"));
}

#[tokio::test]
async fn a_handler_that_panics_gives_its_place_back() {
    let (server, places) = behind_a_bulkhead(BulkheadLayer::new(1)).await;
    assert_eq!(server.client().get("/a", "panic").await, None);
    assert_eq!(server.get(1, "fine").await, Reply::ok());
    assert_eq!(places.in_flight(), 0);
}

#[tokio::test]
async fn what_is_forced_by_hand_holds_for_an_open_connection() {
    let (server, circuit) = behind_a_breaker(breaker()).await;
    let connection = server.client();
    assert_eq!(connection.get("/a", "fine").await, Some(Reply::ok()));
    circuit.force_open();
    assert_eq!(connection.get("/a", "fine").await, Some(Reply::refused("forced_open")));
    circuit.reset();
    assert_eq!(connection.get("/a", "fine").await, Some(Reply::ok()));
}

#[tokio::test]
async fn a_resize_holds_for_an_open_connection() {
    let (server, places) = behind_a_bulkhead(BulkheadLayer::new(1)).await;
    let connection = server.client();
    assert_eq!(connection.get("/a", "fine").await, Some(Reply::ok()));
    places.resize(0);
    assert_eq!(connection.get("/a", "fine").await, Some(Reply::refused("full")));
}

#[tokio::test]
async fn layers_that_were_built_apart_keep_their_circuits_apart() {
    let layers = [breaker().build().unwrap(), breaker().build().unwrap()];
    let circuits = layers.each_ref().map(Breaker::handle);
    let [one, two] = layers.map(|breaker| get(answer).layer::<_, Error>(breaker).handle_error(refuse));
    let server = Server::start(app(["/a", "/b"], Router::new().route("/a", one).route("/b", two))).await;
    server.get(0, "fail").await;
    server.get(0, "fail").await;
    assert_eq!(circuits.map(|circuit| circuit.phase()), [Phase::Open, Phase::Closed]);
    assert_eq!(server.get(1, "fine").await, Reply::ok());
}

#[tokio::test]
async fn route_services_share_the_circuit_of_their_layer() {
    let breaker = breaker().build().unwrap();
    let builder = ServiceBuilder::new().layer(refusals()).layer(breaker);
    let fail = strict(|_: Request| ready(Ok::<_, Error>(status(StatusCode::BAD_GATEWAY))));
    let router = Router::new()
        .route_service("/a", builder.clone().service(fail.clone()))
        .route("/b", get_service(builder.clone().service(fail.clone())))
        .route("/c", any_service(builder.service(fail)));
    let server = Server::start(app(["/a", "/b"], router)).await;
    for path in [0, 1] {
        assert_eq!(server.get(path, "").await.0, StatusCode::BAD_GATEWAY);
    }
    assert_eq!(server.client().get("/c", "").await, Some(Reply::refused("circuit_open")));
}

#[tokio::test]
async fn a_layer_that_is_applied_anew_to_each_connection_keeps_one_circuit() {
    let breaker = breaker().build().unwrap();
    let upstream = Upstream::default();
    let router = Router::new().route("/a", get(answer)).with_state(upstream.clone());
    let applied = Arc::new(AtomicUsize::new(0));
    let make = tower::service_fn({
        let applied = Arc::clone(&applied);
        move |_: IncomingStream<'_, TcpListener>| {
            applied.fetch_add(1, Ordering::SeqCst);
            ready(Ok::<_, Infallible>((refusals(), breaker.clone()).layer(router.clone())))
        }
    });
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let serving = tokio::spawn(async { axum::serve(listener, make).await.unwrap() });
    let server = Server { address, paths: ["/a", "/a"], upstream, serving };
    server.get(0, "fail").await;
    server.get(0, "fail").await;
    assert_eq!(server.get(0, "fine").await, Reply::refused("circuit_open"));
    assert_eq!((applied.load(Ordering::SeqCst), server.upstream.calls()), (3, 2));
}

fn status(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}
