//! Redirects, which reqwest follows below the layers.

use reqwest::{Method, Request};

use crate::client::on_both;
use crate::reqwest::{request, stack};
use crate::server::{self, Server, empty, reply, with_header};
use crate::sockets::refusing;

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
