//! Whatever the way to attach a layer, what it guards shares one circuit and one bulkhead.

use axum::extract::Request;
use axum::handler::Handler;
use axum::routing::{MethodRouter, any_service, get, get_service};
use axum::serve::IncomingStream;
use palisade::Phase;
use tokio::net::TcpListener;
use tower::{Layer, ServiceBuilder};

use super::*;
use crate::sockets::listen;
use crate::support::strict;

const AB: [&str; 2] = ["/a", "/b"];

/// A router of these routes.
fn routes<S: Clone + Send + Sync + 'static>(a: MethodRouter<S>, b: MethodRouter<S>) -> Router<S> {
    Router::new().route("/a", a).route("/b", b)
}

fn one(path: &str, route: MethodRouter<Upstream>) -> Router<Upstream> {
    Router::new().route(path, route)
}

type Way = fn(Stack) -> App;

const WAYS: [(&str, Way); 15] = [
    ("a layer of a router", |stack| (AB, routes(get(answer), get(answer)).layer(stack))),
    ("a route layer of a router", |stack| (AB, routes(get(answer), get(answer)).route_layer(stack))),
    ("a layer of a handler", |stack| {
        let guarded = answer.layer(stack);
        (AB, routes(get(guarded.clone()), get(guarded)))
    }),
    ("a layer of each handler", |stack| (AB, routes(get(answer.layer(stack.clone())), get(answer.layer(stack))))),
    ("a layer of each method router", |stack| (AB, routes(get(answer).layer(stack.clone()), get(answer).layer(stack)))),
    ("a route layer of each method router", |stack| {
        (AB, routes(get(answer).route_layer(stack.clone()), get(answer).route_layer(stack)))
    }),
    ("a layer around nested routers", |stack| {
        let nested = Router::new().nest("/most", one("/a", get(answer)));
        (["/in/most/a", "/b"], one("/b", get(answer)).nest("/in", nested).layer(stack))
    }),
    ("a layer inside nested routers", |stack| {
        let (a, b) = (one("/a", get(answer)).layer(stack.clone()), one("/b", get(answer)).layer(stack));
        (["/one/a", "/two/b"], Router::new().nest("/one", a).nest("/two", b))
    }),
    ("merged routers", |stack| {
        let a = one("/a", get(answer)).layer(stack.clone());
        (AB, a.merge(one("/b", get(answer)).route_layer(stack)))
    }),
    ("a layered fallback", |stack| (["/no/route", "/nor/this"], one("/a", get(answer)).fallback(answer).layer(stack))),
    ("a fallback and a route", |stack| {
        let route = one("/a", get(answer.layer(stack.clone())));
        (["/a", "/no/route"], route.fallback(answer.layer(stack)))
    }),
    ("the fallback of a nested router", |stack| {
        let nested = one("/a", get(answer)).fallback(answer).layer(stack);
        (["/in/a", "/in/no/route"], Router::new().nest("/in", nested))
    }),
    ("a service builder", |(refuse, breaker, bulkhead)| {
        let builder = ServiceBuilder::new().layer(refuse).layer(breaker).layer(bulkhead);
        (AB, routes(get(answer), get(answer)).layer(builder))
    }),
    ("service builders of each route", |(refuse, breaker, bulkhead)| {
        let builder = ServiceBuilder::new().layer(refuse).layer(breaker).layer(bulkhead);
        (AB, routes(get(answer.layer(builder.clone())), get(answer).layer(builder)))
    }),
    ("layers one by one", |(_, breaker, bulkhead)| {
        let route = || {
            let fallible: MethodRouter<Upstream, Error> = get(answer).layer(bulkhead.clone());
            fallible.layer::<_, Error>(breaker.clone()).handle_error(refuse)
        };
        (AB, routes(route(), route()))
    }),
];

#[tokio::test]
async fn failures_on_two_connections_open_the_circuit_for_a_third() {
    for (label, way) in WAYS {
        let breaker = breaker().build().unwrap();
        let circuit = breaker.handle();
        let server = Server::start(way((refusals(), breaker, BulkheadLayer::new(8)))).await;
        for path in [0, 1] {
            assert_eq!(server.get(path, "fail").await, said(500), "{label}");
        }
        assert_eq!(circuit.phase(), Phase::Open, "{label}");
        for path in [0, 1] {
            assert_eq!(server.get(path, "fine").await, refused("circuit_open"), "{label}");
        }
        assert_eq!((server.upstream.calls(), circuit.snapshot().rejected), (2, 2), "{label}");
    }
}

#[tokio::test]
async fn a_success_on_another_connection_ends_a_run_of_failures() {
    for (label, way) in WAYS {
        let breaker = breaker().build().unwrap();
        let circuit = breaker.handle();
        let server = Server::start(way((refusals(), breaker, BulkheadLayer::new(8)))).await;
        for (path, query) in [(0, "fail"), (1, "fine"), (0, "fail")] {
            server.get(path, query).await;
        }
        assert_eq!((circuit.phase(), circuit.snapshot().counts.consecutive), (Phase::Closed, 1), "{label}");
    }
}

#[tokio::test]
async fn a_request_on_one_connection_fills_the_bulkhead_for_others() {
    for (label, way) in WAYS {
        let (breaker, bulkhead) = (breaker().build().unwrap(), BulkheadLayer::new(1));
        let (circuit, places) = (breaker.handle(), bulkhead.handle());
        let server = Server::start(way((refusals(), breaker, bulkhead))).await;
        let held = server.hold(0).await;
        assert_eq!(places.in_flight(), 1, "{label}");
        for path in [0, 1, 0, 1] {
            assert_eq!(server.get(path, "fine").await, refused("full"), "{label}");
        }
        assert_eq!(server.upstream.calls(), 1, "{label}");
        server.upstream.release();
        assert_eq!(held.await.unwrap(), Some(said(200)), "{label}");
        assert_eq!(server.get(1, "fine").await, said(200), "{label}");
        assert_eq!((places.in_flight(), circuit.phase()), (0, Phase::Closed), "{label}");
    }
}

#[tokio::test]
async fn layers_that_were_built_apart_keep_their_circuits_apart() {
    let layers = [breaker().build().unwrap(), breaker().build().unwrap()];
    let circuits = layers.each_ref().map(Breaker::handle);
    let [one, two] = layers.map(|breaker| get(answer).layer::<_, Error>(breaker).handle_error(refuse));
    let server = Server::start((AB, routes(one, two))).await;
    for _ in 0..2 {
        server.get(0, "fail").await;
    }
    assert_eq!(circuits.map(|circuit| circuit.phase()), [Phase::Open, Phase::Closed]);
    assert_eq!(server.get(1, "fine").await, said(200));
}

#[tokio::test]
async fn route_services_share_the_circuit_of_their_layer() {
    let builder = ServiceBuilder::new().layer(refusals()).layer(breaker().build().unwrap());
    let fail = strict(|_: Request| {
        let mut response = Response::default();
        *response.status_mut() = StatusCode::BAD_GATEWAY;
        ready(Ok::<_, Error>(response))
    });
    let router = Router::new()
        .route_service("/a", builder.clone().service(fail.clone()))
        .route("/b", get_service(builder.clone().service(fail.clone())))
        .route("/c", any_service(builder.service(fail)));
    let server = Server::start((AB, router)).await;
    for path in [0, 1] {
        assert_eq!(server.get(path, "").await.0, 502);
    }
    assert_eq!(server.client(Wire::Http1).get("/c", "").await, Some(refused("circuit_open")));
}

#[tokio::test]
async fn a_layer_applied_anew_to_each_connection_keeps_one_circuit() {
    let (breaker, upstream, applied) = (breaker().build().unwrap(), Upstream::default(), Arc::new(AtomicUsize::new(0)));
    let router = one("/a", get(answer)).with_state(upstream.clone());
    let counted = Arc::clone(&applied);
    let make = tower::service_fn(move |_: IncomingStream<'_, TcpListener>| {
        counted.fetch_add(1, SeqCst);
        ready(Ok::<_, std::convert::Infallible>((refusals(), breaker.clone()).layer(router.clone())))
    });
    let (listener, addr) = listen().await;
    tokio::spawn(async { axum::serve(listener, make).await });
    let server = Server { addr, paths: ["/a", "/a"], upstream };
    for _ in 0..2 {
        server.get(0, "fail").await;
    }
    assert_eq!(server.get(0, "fine").await, refused("circuit_open"));
    assert_eq!((applied.load(SeqCst), server.upstream.calls()), (3, 2));
}
