//! What is sent again, and how.

use std::future::ready;
use std::sync::{Arc, Mutex};

use http::{HeaderMap, Method, Request, Response, Uri, Version};
use palisade::http::Attempt;
use palisade::test_util::{Fault, FaultProxy};
use palisade::{Error, TimeoutLayer};
use tower::{ServiceBuilder, ServiceExt, service_fn};

use crate::circuit::{built, consecutive};
use crate::client::{HttpRetry, Replayed, Small, Wire, call, client, on_both, request, retry, status, text};
use crate::patience::{eventually, ms};
use crate::server::{Arrived, Server, abort, empty, hang, reply, uri};

const IDEMPOTENT: [Method; 6] =
    [Method::GET, Method::HEAD, Method::OPTIONS, Method::TRACE, Method::PUT, Method::DELETE];
const OTHERS: [Method; 2] = [Method::POST, Method::PATCH];
const TRANSIENT: [u16; 4] = [408, 502, 503, 504];

/// What a server saw of a call whose first response has this status, and the status of the last.
async fn seen(wire: Wire, first: u16, request: impl Fn(String) -> Request<Small>) -> (Vec<Arrived>, u16) {
    let server = Server::start(move |nth, _| reply(empty(if nth == 1 { first } else { 200 }))).await;
    let stack = ServiceBuilder::new().layer(retry().build().unwrap()).service(client(wire));
    let last = status(&stack, request(server.uri("/"))).await.unwrap();
    (server.arrived(), last)
}

fn with_key(mut request: Request<Small>, key: &'static str) -> Request<Small> {
    request.headers_mut().insert("idempotency-key", key.parse().unwrap());
    request
}

#[tokio::test]
async fn what_is_idempotent_is_sent_again_after_a_transient_response() {
    on_both(async |wire| {
        for method in IDEMPOTENT {
            for first in TRANSIENT {
                let (arrived, last) = seen(wire, first, |uri| request(method.clone(), uri, "")).await;
                let methods: Vec<_> = arrived.into_iter().map(|arrived| arrived.method).collect();
                assert_eq!((methods, last), (vec![method.clone(); 2], 200), "{first}");
            }
        }
        for first in [200, 302, 404, 500, 501, 505] {
            let (arrived, last) = seen(wire, first, |uri| request(Method::GET, uri, "")).await;
            assert_eq!((arrived.len(), last), (1, first), "another attempt cannot better it");
        }
    })
    .await;
}

#[tokio::test]
async fn a_post_is_not_sent_twice_unless_it_has_an_idempotency_key() {
    on_both(async |wire| {
        for method in OTHERS {
            let post = |uri| request(method.clone(), uri, "order");
            for first in [408, 429, 502, 503, 504] {
                let (arrived, last) = seen(wire, first, post).await;
                assert_eq!((arrived.len(), last), (1, first), "{method}");
            }
            let (arrived, _) = seen(wire, 503, |uri| with_key(post(uri), "")).await;
            assert_eq!(arrived.len(), 1, "{method} with a key that is none");
            for first in TRANSIENT {
                let (arrived, last) = seen(wire, first, |uri| with_key(post(uri), "7")).await;
                let all = arrived.iter().map(|it| (&it.body[..], it.headers["idempotency-key"].as_bytes()));
                assert_eq!((all.collect(), last), (vec![(&b"order"[..], &b"7"[..]); 2], 200), "{method} {first}");
            }
        }
    })
    .await;
}

/// Cuts the connection of the first attempt once its request has arrived, and gives how often it arrived in the end.
async fn cut_once(wire: Wire, method: Method, retry: HttpRetry) -> (usize, Result<u16, Error>) {
    let server = Server::start(|nth, _| if nth == 1 { hang() } else { reply(empty(200)) }).await;
    let proxy = FaultProxy::start(server.addr).await.unwrap();
    let stack = ServiceBuilder::new().layer(retry.max_attempts(1000).build().unwrap()).service(client(wire));
    let cut = async {
        eventually("the request is there", || server.calls() == 1).await;
        proxy.set(Fault::Reset);
        eventually("the connection is cut", || proxy.open() == 0).await;
        proxy.set(Fault::None);
    };
    let (last, ()) = tokio::join!(status(&stack, request(method, uri(proxy.addr(), "/"), "order")), cut);
    (server.calls(), last)
}

#[tokio::test]
async fn a_post_that_was_sent_before_the_cut_is_not_sent_twice() {
    on_both(async |wire| {
        for method in OTHERS {
            let (calls, last) = cut_once(wire, method, retry()).await;
            assert_eq!(calls, 1);
            assert!(matches!(last, Err(Error::Service(_))), "{last:?}");
        }
        let (calls, last) = cut_once(wire, Method::PUT, retry()).await;
        assert_eq!((calls, last.unwrap()), (2, 200));
    })
    .await;
}

#[tokio::test]
async fn an_unanswered_post_is_repeated_only_where_a_setter_says_so() {
    on_both(async |wire| {
        for (says_so, calls, last) in [(false, 1, None), (true, 2, Some(200))] {
            let retry = retry().not_sent(move |error| says_so && matches!(error, Error::Service(_))).build();
            let server = Server::start(|nth, _| if nth == 1 { abort() } else { reply(empty(200)) }).await;
            let stack = ServiceBuilder::new().layer(retry.unwrap()).service(client(wire));
            let ended = status(&stack, request(Method::POST, server.uri("/"), "order")).await;
            assert_eq!((server.calls(), ended.ok()), (calls, last));
        }
    })
    .await;
}

#[tokio::test]
async fn an_attempt_that_timed_out_is_repeated_only_if_idempotent() {
    on_both(async |wire| {
        for (method, calls) in [(Method::PUT, 2), (Method::POST, 1)] {
            let server = Server::start(|nth, _| if nth == 1 { hang() } else { reply(empty(200)) }).await;
            let layers = ServiceBuilder::new().layer(retry().build().unwrap()).layer(TimeoutLayer::http(ms(500)));
            let last = status(&layers.service(client(wire)), request(method, server.uri("/"), "order")).await;
            assert_eq!(server.calls(), calls);
            assert!(if calls == 2 { last.unwrap() == 200 } else { last.unwrap_err().is_timeout() });
        }
    })
    .await;
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Tenant(u32);

/// All of a request but its body and the number of its attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Sent {
    method: Method,
    uri: Uri,
    version: Version,
    headers: HeaderMap,
    tenant: Option<Tenant>,
}

fn sent<B>(request: &Request<B>) -> (Option<Attempt>, Sent) {
    let (attempt, tenant) = (request.extensions().get().copied(), request.extensions().get().cloned());
    let (method, uri) = (request.method().clone(), request.uri().clone());
    (attempt, Sent { method, uri, version: request.version(), headers: request.headers().clone(), tenant })
}

#[tokio::test]
async fn each_attempt_carries_its_number_and_all_else_unchanged() {
    on_both(async |wire| {
        let server = Server::start(|_, _| reply(empty(503))).await;
        let log = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&log);
        let stack = ServiceBuilder::new().layer(retry().build().unwrap()).service(
            client::<Replayed>(wire).map_request(move |request: Request<Replayed>| {
                seen.lock().unwrap().push(sent(&request));
                request
            }),
        );
        let mut put = request(Method::PUT, server.uri("/orders/7?full=1"), "order");
        put.headers_mut().append("x-of-two", "one".parse().unwrap());
        put.headers_mut().append("x-of-two", "two".parse().unwrap());
        put.extensions_mut().insert(Tenant(3));
        text(call(&stack, put).await.unwrap()).await.unwrap();
        let (attempts, sent): (Vec<_>, Vec<_>) = log.lock().unwrap().drain(..).unzip();
        assert_eq!(attempts, [None, Some(Attempt(2)), Some(Attempt(3))]);
        assert_eq!(sent[0].tenant, Some(Tenant(3)));
        assert_eq!(sent[0].headers.get_all("x-of-two").iter().count(), 2);
        assert!(sent[0] == sent[1] && sent[1] == sent[2], "{sent:?}");
        for arrived in server.arrived() {
            assert_eq!((arrived.path.as_str(), &arrived.body[..]), ("/orders/7", &b"order"[..]));
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn the_request_that_a_rule_for_retries_sees_is_the_callers_own() {
    let log = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&log);
    let rule = move |request: &Request<Replayed>, _: Result<&Response<Small>, &Error>| {
        seen.lock().unwrap().push(sent(request));
        true
    };
    let service = service_fn(|_: Request<Replayed>| ready(Response::builder().status(503).body(Small::default())));
    let stack = ServiceBuilder::new().layer(retry().retry_if(rule).build().unwrap()).service(service);
    let mut put = request(Method::PUT, "/orders/7", "order");
    put.headers_mut().append("x-of-two", "one".parse().unwrap());
    put.extensions_mut().insert(Tenant(3));
    // It may itself be an attempt of a retry around.
    put.extensions_mut().insert(Attempt(9));
    let own = sent(&put);
    call(&stack, put).await.unwrap();
    assert_eq!(*log.lock().unwrap(), [own.clone(), own]);
}

#[tokio::test]
async fn a_post_that_an_open_circuit_rejected_may_be_retried() {
    let server = Server::start(|_, _| reply(empty(200))).await;
    let (breaker, circuit) = built(consecutive(1));
    circuit.force_open();
    let retry = retry().max_attempts(1000).retry_rejected().build().unwrap();
    let stack = ServiceBuilder::new().layer(retry).layer(breaker).service(client(Wire::Http1));
    let post = status(&stack, request(Method::POST, server.uri("/"), "order"));
    let reset = async {
        eventually("it was rejected", || circuit.snapshot().rejected > 0).await;
        circuit.reset();
    };
    let (last, ()) = tokio::join!(post, reset);
    assert_eq!((server.calls(), last.unwrap()), (1, 200));
}
