//! Redirects that are followed below the layers, by reqwest or by another layer.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::Response;
use http::header::LOCATION;
use hyper::body::{Body as HttpBody, Frame, Incoming, SizeHint};
use palisade::http::ReplayBody;
use palisade::reqwest::ReqwestClient;
use palisade::test_util::EventLog;
use reqwest::{Body, Method, Request};
use tower::{BoxError, Service, ServiceBuilder, ServiceExt, service_fn};

use crate::client::{self, Wire, call, on_both, retry, retry_of};
use crate::reqwest::{request, stack};
use crate::server::{self, Server, empty, reply, with_header};
use crate::sockets::refusing;
use crate::unsent::listen_late;

/// Answers at `/new`, and anywhere else tells the way there.
async fn moved(status: u16) -> Server {
    Server::start(move |_, arrived| match arrived.path.as_str() {
        "/new" => reply(server::text(200, arrived.body.clone())),
        _ => reply(with_header(empty(status), "location", "/new")),
    })
    .await
}

fn with_key(mut request: Request) -> Request {
    request.headers_mut().insert("idempotency-key", "7".parse().unwrap());
    request
}

#[tokio::test]
async fn a_post_whose_redirect_led_to_nobody_is_not_sent_twice() {
    on_both(async |wire| {
        let with_a_body = [301, 302, 303].map(|status| (status, "order"));
        let without = [301, 302, 303, 307, 308].map(|status| (status, ""));
        for (status, body) in with_a_body.into_iter().chain(without) {
            let (_nobody, addr) = refusing();
            let receipt = server::uri(addr, "/receipt");
            let server = Server::start(move |_, _| reply(with_header(empty(status), "location", &receipt))).await;
            let error = stack(wire, 3).call(request(Method::POST, &server.uri("/"), body)).await.unwrap_err();
            assert!(error.downcast_ref::<reqwest::Error>().is_some_and(reqwest::Error::is_connect), "{error:?}");
            assert_eq!(server.calls(), 1, "{status} {body:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_redirect_sends_the_body_again_where_that_may_arrive_twice() {
    type Make = fn(&str) -> Request;
    let rows: [(&str, u32, Make, bool); 4] = [
        ("a PUT", 3, |uri| request(Method::PUT, uri, "order"), true),
        ("a PUT that is sent once", 1, |uri| request(Method::PUT, uri, "order"), true),
        ("a POST with a key", 3, |uri| with_key(request(Method::POST, uri, "order")), true),
        ("a POST", 3, |uri| request(Method::POST, uri, "order"), false),
    ];
    on_both(async |wire| {
        for (label, attempts, make, is_followed) in rows {
            for status in [307, 308] {
                let server = moved(status).await;
                let answer = stack(wire, attempts).call(make(&server.uri("/old"))).await.unwrap();
                let (last, arrived) = (answer.status().as_u16(), server.arrived());
                let sent: Vec<_> = arrived.iter().map(|one| (one.path.as_str(), &one.body[..])).collect();
                let all = [("/old", &b"order"[..]), ("/new", b"order")];
                let expected = if is_followed { (200, &all[..]) } else { (status, &all[..1]) };
                assert_eq!((last, &sent[..]), expected, "{label} {status}");
                assert!(arrived.iter().all(|one| one.headers["content-length"] == "5"), "{label} {status}");
                assert_eq!(answer.text().await.unwrap(), if is_followed { "order" } else { "" });
            }
        }
    })
    .await;
}

/// Answers each request with a redirect to where nobody listens. The port is free for as long as the socket is held.
async fn moved_to_nobody() -> (Server, tokio::net::TcpSocket) {
    let (nobody, addr) = refusing();
    let receipt = server::uri(addr, "/receipt");
    (Server::start(move |_, _| reply(with_header(empty(303), "location", &receipt))).await, nobody)
}

/// hyper-util's client under a layer that follows a redirect, whose error is the client's own.
fn following<B>(
    wire: Wire,
) -> impl Service<
    http::Request<ReplayBody<B>>,
    Response = Response<Incoming>,
    Error = hyper_util::client::legacy::Error,
    Future: Send,
> + Clone
where
    B: HttpBody<Error: Into<BoxError>> + Default + Send + Unpin + 'static,
{
    let client = client::client::<ReplayBody<B>>(wire);
    service_fn(move |request: http::Request<ReplayBody<B>>| {
        let client = client.clone();
        async move {
            let response = client.request(request).await?;
            let Some(to) = response.headers().get(LOCATION) else { return Ok(response) };
            client.get(to.to_str().unwrap().parse().unwrap()).await
        }
    })
}

#[derive(Debug, thiserror::Error)]
#[error(transparent)]
struct Hidden(#[from] reqwest::Error);

/// reqwest's client, whose own error is not in the chain.
fn hidden(
    wire: Wire,
) -> impl Service<http::Request<Body>, Response = Response<Body>, Error = Hidden, Future: Send> + Clone {
    let client = ReqwestClient::new(crate::reqwest::client(wire));
    service_fn(move |request| {
        let sent = client.clone().call(request);
        async move { Ok(sent.await?) }
    })
}

fn order(uri: &str, body: &'static str) -> http::Request<client::Small> {
    client::request(Method::POST, uri, body)
}

#[tokio::test]
async fn a_post_that_a_layer_redirects_to_nobody_is_not_sent_twice() {
    on_both(async |wire| {
        for body in ["order", ""] {
            let (server, _nobody) = moved_to_nobody().await;
            let stack = ServiceBuilder::new().layer(retry().build().unwrap()).service(following(wire));
            call(&stack, order(&server.uri("/"), body)).await.map(drop).unwrap_err();
            assert_eq!(server.calls(), 1, "{body:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_redirected_post_under_two_retries_is_not_sent_twice() {
    on_both(async |wire| {
        for body in ["order", ""] {
            let (server, _nobody) = moved_to_nobody().await;
            let (around, inner) = (retry_of::<client::Replayed>(), retry_of::<ReplayBody<client::Replayed>>());
            let stack = ServiceBuilder::new().layer(around.build().unwrap()).layer(inner.build().unwrap());
            call(&stack.service(following(wire)), order(&server.uri("/"), body)).await.map(drop).unwrap_err();
            assert_eq!(server.calls(), 1, "{body:?}");
        }
    })
    .await;
}

/// Has no bytes, and does not say before it is polled that it has ended, as an HTTP/2 request with a length of zero.
#[derive(Default)]
struct Nothing;

impl HttpBody for Nothing {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(None)
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(0)
    }
}

#[tokio::test]
async fn a_post_of_no_bytes_is_not_sent_twice_behind_a_redirect() {
    on_both(async |wire| {
        let (server, _nobody) = moved_to_nobody().await;
        let stack = ServiceBuilder::new().layer(retry_of().build().unwrap()).service(following(wire));
        call(&stack, http::Request::post(server.uri("/")).body(Nothing).unwrap()).await.map(drop).unwrap_err();
        assert_eq!(server.calls(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_post_redirected_to_nobody_under_a_hidden_error_is_not_sent_twice() {
    on_both(async |wire| {
        for body in ["order", ""] {
            let (server, _nobody) = moved_to_nobody().await;
            let stack = ServiceBuilder::new().layer(retry_of::<Body>().build().unwrap()).service(hidden(wire));
            call(&stack, order(&server.uri("/"), body)).await.map(drop).unwrap_err();
            assert_eq!(server.calls(), 1, "{body:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_post_that_never_left_is_sent_again_where_redirects_are_followed() {
    on_both(async |wire| {
        for body in ["order", ""] {
            let (events, (nobody, addr)) = (EventLog::of_thread(), refusing());
            let retry = retry().max_attempts(1000).build().unwrap();
            let stack = ServiceBuilder::new().layer(retry).service(following(wire));
            let uri = server::uri(addr, "/");
            let (last, server) = tokio::join!(call(&stack, order(&uri, body)), listen_late(&events, nobody));
            assert_eq!((last.unwrap().status().as_u16(), server.calls()), (200, 1), "{body:?}");
        }
    })
    .await;
}

/// A layer that makes two requests of one, as some that follow redirects do, gives both the same extensions.
#[tokio::test]
async fn a_post_after_which_another_found_nobody_is_not_sent_twice() {
    on_both(async |wire| {
        for body in ["order", ""] {
            let ((_nobody, addr), server) = (refusing(), Server::start(|_, _| reply(empty(200))).await);
            let inner = retry_of::<ReplayBody<client::Replayed>>().build().unwrap();
            let inner = ServiceBuilder::new().layer(inner).service(client::client(wire));
            let receipt = server::uri(addr, "/receipt");
            let twice = service_fn(move |request: http::Request<client::Replayed>| {
                let (inner, receipt) = (inner.clone(), receipt.clone());
                async move {
                    let (parts, body) = request.into_parts();
                    let mut next = parts.clone();
                    next.uri = receipt.parse().unwrap();
                    inner.clone().oneshot(http::Request::from_parts(parts, body)).await?;
                    inner.oneshot(http::Request::from_parts(next, ReplayBody::default())).await
                }
            });
            let stack = ServiceBuilder::new().layer(retry().build().unwrap()).service(twice);
            let order = client::request(Method::POST, server.uri("/"), body);
            call(&stack, order).await.map(drop).unwrap_err();
            assert_eq!(server.calls(), 1, "{body:?}");
        }
    })
    .await;
}
