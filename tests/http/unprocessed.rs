//! Requests that a service says, over HTTP/2, it did not begin with: they may be sent again, whatever their method.

use std::future::ready;
use std::io::ErrorKind;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;

use bytes::Bytes;
use h2::Reason;
use http::{Method, Request, Response};
use palisade::http::not_sent;
use palisade::reqwest::{ReqwestClient, ReqwestLayer};
use palisade::{Error, RetryLayer};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy, sink};
use tokio::net::TcpStream;
use tower::{BoxError, ServiceBuilder, service_fn};

use crate::circuit::{built, counted, counting};
use crate::client::{Replayed, Wire, call, client, request, retry, text};
use crate::patience::soon;
use crate::server::uri;
use crate::sockets::serve_each;

/// How a service turns its first call away.
#[derive(Clone, Copy, Debug)]
enum Away {
    Reset(Reason),
    /// Says that it goes away, and that it has begun with no call.
    Goaway,
    /// Says so because the headers of some call are far too large.
    TooLarge(u8, &'static str),
}

/// Turns the first call away, and answers the others.
async fn server(away: Away) -> (String, Arc<AtomicUsize>) {
    let calls = Arc::<AtomicUsize>::default();
    let seen = Arc::clone(&calls);
    let addr = serve_each(move |socket| {
        let calls = Arc::clone(&seen);
        async move {
            match away {
                Away::Goaway if calls.load(SeqCst) == 0 => go_away(socket, &calls, 0, "").await,
                Away::TooLarge(reason, why) if calls.load(SeqCst) == 0 => go_away(socket, &calls, reason, why).await,
                _ => serve(socket, away, &calls).await,
            }
        }
    })
    .await;
    (uri(addr, "/"), calls)
}

async fn serve(socket: TcpStream, away: Away, calls: &AtomicUsize) {
    let mut connection = h2::server::handshake(socket).await.unwrap();
    while let Some(Ok((_, mut respond))) = connection.accept().await {
        match away {
            Away::Reset(reason) if calls.fetch_add(1, SeqCst) == 0 => respond.send_reset(reason),
            _ => {
                let mut body = respond.send_response(Response::new(()), false).unwrap();
                body.send_data(Bytes::from_static(b"done"), true).unwrap();
            }
        }
    }
}

/// Reads frames up to the head of a call, and says that it goes away.
async fn go_away(mut socket: TcpStream, calls: &AtomicUsize, reason: u8, why: &str) {
    const SETTINGS: [u8; 9] = [0, 0, 0, 4, 0, 0, 0, 0, 0];
    const ACK: [u8; 9] = [0, 0, 0, 4, 1, 0, 0, 0, 0];
    let length = u8::try_from(8 + why.len()).unwrap();
    let goaway = [&[0, 0, length, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, reason], why.as_bytes()].concat();
    socket.read_exact(&mut [0; 24]).await.unwrap();
    socket.write_all(&SETTINGS).await.unwrap();
    loop {
        let mut head = [0; 9];
        socket.read_exact(&mut head).await.unwrap();
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        copy(&mut (&mut socket).take(length.into()), &mut sink()).await.unwrap();
        match (head[3], head[4] & 1) {
            (4, 0) => socket.write_all(&ACK).await.unwrap(),
            (1, _) => break,
            _ => {}
        }
    }
    calls.fetch_add(1, SeqCst);
    socket.write_all(&goaway).await.unwrap();
    copy(&mut socket, &mut sink()).await.ok();
}

/// How h2's server ends a connection because of headers that are far too large.
const TOO_LARGE: [Away; 3] = [
    Away::TooLarge(9, ""),
    Away::TooLarge(11, "header_list_way_too_large"),
    Away::TooLarge(11, "too_many_continuations"),
];

const UNPROCESSED: [Away; 2] = [Away::Reset(Reason::REFUSED_STREAM), Away::Goaway];

#[tokio::test]
async fn a_post_that_was_not_begun_with_is_sent_again() {
    for away in UNPROCESSED.into_iter().chain(TOO_LARGE) {
        for body in ["order", ""] {
            let (uri, _) = server(away).await;
            let stack = ServiceBuilder::new().layer(retry().build().unwrap()).service(client(Wire::Http2));
            assert_eq!(
                call(&stack, request(Method::POST, &uri, body)).await.unwrap().status(),
                200,
                "{away:?} {body:?}"
            );
        }
    }
}

/// A circuit cannot tell the call whose headers were too large from those that were on its connection.
#[tokio::test]
async fn a_call_beside_too_large_headers_counts_as_no_failure() {
    for away in TOO_LARGE {
        let ((uri, _), (breaker, circuit)) = (server(away).await, built(counting()));
        let layers = ServiceBuilder::new().layer(retry().build().unwrap()).layer(breaker);
        let answer = call(&layers.service(client(Wire::Http2)), request(Method::POST, &uri, "order")).await.unwrap();
        text(answer).await.unwrap();
        assert_eq!(counted(&circuit), (1, 0), "{away:?}");
    }
}

#[tokio::test]
async fn a_small_call_beside_too_large_headers_was_not_sent() {
    for (away, (bytes, is_unsent)) in TOO_LARGE.into_iter().zip([(7000, true), (7000, true), (9000, false)]) {
        let (uri, calls) = server(away).await;
        let mut post = request(Method::POST, &uri, "order");
        post.headers_mut().insert("x-large", "y".repeat(bytes).parse().unwrap());
        let never = retry().retry_if(|_: &_, _: Result<&_, &_>| false).build().unwrap();
        let stack = ServiceBuilder::new().layer(never).service(client::<Replayed>(Wire::Http2));
        let error = call(&stack, post).await.map(drop).unwrap_err();
        assert_eq!((not_sent(&error), calls.load(SeqCst)), (is_unsent, 1), "{away:?} {bytes}: {error:?}");
        let own = error.downcast_ref::<hyper_util::client::legacy::Error>();
        assert!(own.is_some(), "the client's own error is given back: {error:?}");
        assert!(error.downcast::<hyper_util::client::legacy::Error>().is_ok());
    }
}

#[tokio::test]
async fn a_call_whose_path_is_too_large_is_tried_once() {
    for away in TOO_LARGE {
        let (uri, calls) = server(away).await;
        let path = uri + &"y".repeat(9000);
        let stack = ServiceBuilder::new().layer(retry().build().unwrap()).service(client::<Replayed>(Wire::Http2));
        let error = call(&stack, request(Method::GET, &path, "")).await.map(drop).unwrap_err();
        assert_eq!((not_sent(&error), calls.load(SeqCst)), (false, 1), "{away:?}: {error:?}");
    }
}

#[tokio::test]
async fn a_post_of_reqwest_that_was_not_begun_with_is_sent_again() {
    for away in UNPROCESSED {
        for body in ["order", ""] {
            let (uri, _) = server(away).await;
            // Its own retries are off, so that only ours count.
            let client = reqwest::Client::builder().no_proxy().http2_prior_knowledge().retry(reqwest::retry::never());
            let retry = RetryLayer::http("retry").build().unwrap();
            let service = ServiceBuilder::new().layer(ReqwestLayer).layer(retry);
            let service = service.service(ReqwestClient::new(client.build().unwrap()));
            let sent = tower::ServiceExt::oneshot(service, crate::reqwest::request(Method::POST, &uri, body));
            assert_eq!(soon(sent).await.unwrap().status(), 200, "{away:?} {body:?}");
        }
    }
}

#[tokio::test]
async fn only_what_was_not_begun_with_counts_as_not_sent() {
    for (away, is_unsent) in UNPROCESSED.map(|away| (away, true)).into_iter().chain(
        [Reason::CANCEL, Reason::INTERNAL_ERROR, Reason::ENHANCE_YOUR_CALM].map(|reason| (Away::Reset(reason), false)),
    ) {
        let (uri, _) = server(away).await;
        let post = request(Method::POST, &uri, "order").map(|body| Replayed::new(body, 9));
        let error = call(&client(Wire::Http2), post).await.map(drop).unwrap_err();
        assert_eq!(not_sent(&error), is_unsent, "{away:?}: {error:?}");
    }
}

#[tokio::test]
async fn a_post_that_was_reset_for_another_reason_is_not_sent_twice() {
    let (uri, calls) = server(Away::Reset(Reason::INTERNAL_ERROR)).await;
    let stack = ServiceBuilder::new().layer(retry().build().unwrap()).service(client(Wire::Http2));
    call(&stack, request(Method::POST, &uri, "order")).await.map(drop).unwrap_err();
    assert_eq!(calls.load(SeqCst), 1);
}

/// The first was refused and its body was asked for, which says nothing about the second: that never left.
#[tokio::test]
async fn each_attempt_is_judged_by_its_own_body() {
    let (uri, _) = server(Away::Reset(Reason::REFUSED_STREAM)).await;
    let (client, attempts) = (client(Wire::Http2), Arc::<AtomicUsize>::default());
    let service = service_fn(move |request: Request<Replayed>| {
        let (nth, sent) = (attempts.fetch_add(1, SeqCst), client.request(request));
        async move {
            if nth == 1 {
                ready(Err(BoxError::from(std::io::Error::from(ErrorKind::ConnectionRefused)))).await
            } else {
                Ok(sent.await?)
            }
        }
    });
    let stack = ServiceBuilder::new().layer(retry().build().unwrap()).service(service);
    let last: Result<_, Error> = call(&stack, request(Method::POST, &uri, "order")).await;
    assert_eq!(last.unwrap().status(), 200);
}
