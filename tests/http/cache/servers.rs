//! The cache between a client of hyper's and a server of axum's, on loopback.

use std::convert::Infallible;
use std::mem;
use std::pin::pin;

use axum::Router;
use axum::error_handling::HandleErrorLayer;
use futures_util::future::poll_fn;
use http_body_util::StreamBody;
use hyper::body::Incoming;
use palisade::http::SharedBody;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tower::Service;

use super::*;
use crate::client::{Small, Wire, call, client, get, on_both, request as request_to, text};
use crate::patience::soon;
use crate::server::uri;
use crate::sockets::serve_router;

/// An app that numbers its responses. It gives `/held` when its gate is open.
#[derive(Clone)]
struct App {
    calls: Arc<AtomicUsize>,
    gate: Arc<Semaphore>,
}

impl App {
    fn new() -> Self {
        Self { calls: Arc::default(), gate: Arc::new(Semaphore::new(0)) }
    }

    fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }

    fn router(&self) -> Router {
        let app = self.clone();
        Router::new().fallback(move |request: axum::extract::Request| app.clone().respond(request))
    }

    async fn respond(self, request: axum::extract::Request) -> axum::response::Response {
        let call = self.calls.fetch_add(1, Ordering::SeqCst) + 1;
        let response = Response::builder().header("cache-control", "max-age=600");
        let path = request.uri().path();
        if path.starts_with("/held") {
            self.gate.acquire().await.unwrap().forget();
        }
        let response = match path {
            "/held/absent" => response.status(404),
            "/failing" if call > 1 => {
                let hangs =
                    StreamBody::new(futures_util::stream::pending::<Result<http_body::Frame<Bytes>, Infallible>>());
                return response.status(503).body(axum::body::Body::new(hangs)).unwrap();
            }
            "/failing" => response.header("cache-control", "max-age=0"),
            _ => response,
        };
        response.body(call.to_string().into()).unwrap()
    }
}

/// Polls a call, and tells by a permit once it waits.
async fn waits<F: Future>(call: F, waiting: Arc<Semaphore>) -> F::Output {
    let (mut call, mut has_waited) = (pin!(call), false);
    poll_fn(|cx| {
        let polled = call.as_mut().poll(cx);
        if polled.is_pending() && !mem::replace(&mut has_waited, true) {
            waiting.add_permits(1);
        }
        polled
    })
    .await
}

const MANY: u32 = 10_000;

/// What so many get who all wait before the gate of the app opens.
async fn many<S>(app: &App, cached: &S, request: impl Fn() -> Request<Small>) -> Vec<String>
where
    S: Service<Request<Small>, Response = Response<SharedBody<Incoming>>, Error = Error, Future: Send>,
    S: Clone + Send + 'static,
{
    let (waiting, mut tasks) = (Arc::new(Semaphore::new(0)), JoinSet::new());
    for _ in 0..MANY {
        let (call, waiting) = (cached.clone().oneshot(request()), Arc::clone(&waiting));
        tasks.spawn(async { text(waits(call, waiting).await.unwrap()).await.unwrap() });
    }
    soon(waiting.acquire_many(MANY)).await.unwrap().forget();
    app.gate.add_permits(10);
    let texts = soon(tasks.join_all()).await;
    app.gate.forget_permits(10);
    texts
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn ten_thousand_misses_make_one_call_to_a_server() {
    on_both(async |wire| {
        let app = App::new();
        let addr = serve_router(app.router()).await;
        let cached = builder().build().unwrap().layer(client::<Small>(wire));
        for (call, path) in [("1", "/held"), ("2", "/held/absent")] {
            let texts = many(&app, &cached, || get(uri(addr, path))).await;
            assert!(texts.len() == MANY as usize && texts.iter().all(|text| text == call), "{path}");
            assert_eq!(app.calls().to_string(), call, "{path}");
        }
    })
    .await;
}

/// Who comes after the first call was sent waits for the second.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn ten_thousand_who_want_it_anew_make_two_calls_at_most() {
    on_both(async |wire| {
        let app = App::new();
        let addr = serve_router(app.router()).await;
        let cached = builder().build().unwrap().layer(client::<Small>(wire));
        let anew =
            || Request::get(uri(addr, "/held")).header("cache-control", "no-cache").body(Small::default()).unwrap();
        let texts = many(&app, &cached, anew).await;
        assert!(texts.iter().all(|text| ["1", "2"].contains(&text.as_str())));
        assert!(app.calls() <= 2, "{}", app.calls());
    })
    .await;
}

/// The layer of a server: HTTP/1 gives it a path and a host, and HTTP/2 a URI.
#[tokio::test]
async fn both_versions_share_what_a_server_keeps() {
    let app = App::new();
    let refuse = |error: Error| std::future::ready((StatusCode::BAD_GATEWAY, error.to_string()));
    let layers = tower::ServiceBuilder::new().layer(HandleErrorLayer::new(refuse)).layer(builder().build().unwrap());
    let addr = serve_router(app.router().layer(layers)).await;
    let clients = [Wire::Http1, Wire::Http2].map(client::<Small>);
    let ask = async |number: usize, method| {
        let response = call(&clients[number], request_to(method, uri(addr, "/"), "")).await.unwrap();
        soon(response.into_body().collect()).await.unwrap().to_bytes()
    };
    for (kept, puts) in [("1", 1), ("3", 0)] {
        for number in [0, 1, 1, 0] {
            assert_eq!(ask(number, Method::GET).await, kept);
        }
        ask(puts, Method::PUT).await;
    }
    assert_eq!([ask(0, Method::GET).await, ask(1, Method::GET).await], ["5", "5"]);
    for number in [0, 1, 1, 0] {
        assert_eq!(ask(number, Method::HEAD).await, "");
    }
    assert_eq!(app.calls(), 6, "a HEAD is one resource for both too");
}

#[tokio::test]
async fn a_server_that_fails_with_a_body_that_hangs_holds_nothing_back() {
    on_both(async |wire| {
        let app = App::new();
        let addr = serve_router(app.router()).await;
        let stale = builder().stale_if_error(60 * SECOND).build().unwrap();
        let cached = stale.layer(client::<Small>(wire));
        for _ in 0..3 {
            let response = call(&cached, get(uri(addr, "/failing"))).await.unwrap();
            assert_eq!(response.status(), StatusCode::OK);
            assert_eq!(text(response).await.unwrap(), "1");
        }
    })
    .await;
}
