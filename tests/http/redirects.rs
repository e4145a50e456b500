//! Redirects, which reqwest follows below the layers.

use http::StatusCode;
use reqwest::{Method, Request};

use crate::{
    client::{Wire, on_both},
    reqwest::{request, stack},
    server::{self, Arrived, Server, empty, reply, with_header},
    unsent::refusing,
};

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

/// The last status of a call, and what arrived.
async fn sent(wire: Wire, server: &Server, request: Request) -> (StatusCode, Vec<Arrived>) {
    let answer = stack(wire, 3).call(request).await.unwrap();
    (answer.status(), server.arrived())
}

#[tokio::test]
async fn a_post_whose_redirect_led_to_where_nobody_listens_is_not_sent_twice() {
    on_both(async |wire| {
        let with_a_body = [301, 302, 303].map(|status| (status, "order"));
        let without = [301, 302, 303, 307, 308].map(|status| (status, ""));
        for (status, body) in with_a_body.into_iter().chain(without) {
            let nobody = refusing();
            let receipt = server::uri(nobody.local_addr().unwrap(), "/receipt");
            let server = Server::start(move |_, _| reply(with_header(empty(status), "location", &receipt))).await;
            let error = stack(wire, 3).call(request(Method::POST, &server.uri("/"), body)).await.unwrap_err();
            assert!(error.downcast_ref::<reqwest::Error>().is_some_and(reqwest::Error::is_connect), "{error:?}");
            assert_eq!(server.calls(), 1, "{status} {body:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_redirect_that_sends_the_body_again_is_followed_for_what_may_arrive_twice() {
    on_both(async |wire| {
        for status in [307, 308] {
            let requests: [fn(&str) -> Request; 2] =
                [|uri| request(Method::PUT, uri, "order"), |uri| with_key(request(Method::POST, uri, "order"))];
            for request in requests {
                let server = moved(status).await;
                let (last, arrived) = sent(wire, &server, request(&server.uri("/old"))).await;
                let paths: Vec<_> = arrived.iter().map(|one| (one.path.as_str(), &one.body[..])).collect();
                assert_eq!(
                    (last.as_u16(), paths),
                    (200, vec![("/old", &b"order"[..]), ("/new", b"order")]),
                    "{status}"
                );
                assert_eq!(arrived[0].headers["content-length"], arrived[1].headers["content-length"]);
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_put_that_is_sent_once_is_redirected_like_any_other() {
    on_both(async |wire| {
        for status in [307, 308] {
            let server = moved(status).await;
            let put = request(Method::PUT, &server.uri("/old"), "order");
            let answer = stack(wire, 1).call(put).await.unwrap();
            assert_eq!((answer.status().as_u16(), server.calls()), (200, 2), "{status}");
            assert_eq!(answer.text().await.unwrap(), "order");
        }
    })
    .await;
}

#[tokio::test]
async fn a_redirect_that_would_send_the_body_of_a_post_again_is_its_answer() {
    on_both(async |wire| {
        for status in [307, 308] {
            let server = moved(status).await;
            let (last, arrived) = sent(wire, &server, request(Method::POST, &server.uri("/old"), "order")).await;
            assert_eq!((last.as_u16(), arrived.len()), (status, 1));
        }
    })
    .await;
}
