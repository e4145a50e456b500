//! The circuit breaker takes its verdict from the end of the body.

use http::Method;
use http_body_util::BodyExt;
use palisade::{Error, Phase};

use crate::{
    circuit::Guarded,
    client::{ends, eventually, get, on_both, request, soon, text},
    proxy::{Fault, Proxy},
    server::{self, Server, broken, empty, reply, silence, uri, with_header},
};

#[tokio::test]
async fn an_answer_counts_once_its_body_has_ended_and_not_before() {
    on_both(async |wire| {
        let (mut sender, begun) = server::stream(200, &["one"]);
        let begun = std::sync::Mutex::new(Some(begun));
        let server = Server::start(move |_, _| reply(begun.lock().unwrap().take().unwrap())).await;
        let guarded = Guarded::over(wire);
        let mut body = guarded.call(get(server.uri("/"))).await.into_body();
        soon(body.frame()).await.unwrap().unwrap();
        sender.send_data("two".into()).await.unwrap();
        soon(body.frame()).await.unwrap().unwrap();
        assert_eq!(guarded.counted(), (0, 0));
        drop(sender);
        assert!(ends(&mut body).await);
        assert_eq!(guarded.counted(), (1, 0));
        drop(body);
        assert_eq!(guarded.counted(), (1, 0));
    })
    .await;
}

#[tokio::test]
async fn an_answer_that_was_read_to_the_length_it_told_counts_though_its_stream_goes_on() {
    on_both(async |wire| {
        let (mut sender, begun) = server::stream(200, &["abc"]);
        let begun = std::sync::Mutex::new(Some(with_header(begun, "content-length", "6")));
        let server = Server::start(move |_, _| reply(begun.lock().unwrap().take().unwrap())).await;
        let guarded = Guarded::over(wire);
        let mut body = guarded.call(get(server.uri("/"))).await.into_body();
        assert_eq!(soon(body.frame()).await.unwrap().unwrap().into_data().unwrap(), "abc");
        assert_eq!(guarded.counted(), (0, 0));
        sender.send_data("def".into()).await.unwrap();
        assert_eq!(soon(body.frame()).await.unwrap().unwrap().into_data().unwrap(), "def");
        assert_eq!(guarded.counted(), (1, 0));
        drop(body);
        assert_eq!(guarded.counted(), (1, 0));
    })
    .await;
}

#[tokio::test]
async fn a_body_that_breaks_is_a_failure() {
    on_both(async |wire| {
        let server = Server::start(|_, _| reply(broken(200))).await;
        let guarded = Guarded::over(wire);
        let answer = guarded.call(get(server.uri("/"))).await;
        assert_eq!((answer.status().as_u16(), guarded.circuit.phase()), (200, Phase::Closed));
        assert!(matches!(text(answer).await, Err(Error::Service(_))));
        assert_eq!(guarded.circuit.phase(), Phase::Open);
    })
    .await;
}

#[tokio::test]
async fn a_body_whose_connection_is_cut_is_a_failure() {
    on_both(async |wire| {
        let server = Server::start(|_, _| reply(silence(200))).await;
        let proxy = Proxy::start(server.addr(), []).await.unwrap();
        let guarded = Guarded::over(wire);
        let mut answer = guarded.call(get(uri(proxy.addr(), "/"))).await;
        soon(answer.body_mut().frame()).await.unwrap().unwrap();
        assert_eq!(guarded.circuit.phase(), Phase::Closed);
        proxy.set(Fault::Reset);
        assert!(matches!(text(answer).await, Err(Error::Service(_))));
        assert_eq!(guarded.circuit.phase(), Phase::Open);
    })
    .await;
}

#[tokio::test]
async fn a_body_shorter_than_its_length_tells_is_a_failure() {
    let server = Server::start(|_, _| reply(server::text(200, "x".repeat(10_000)))).await;
    let proxy = Proxy::start(server.addr(), [(std::time::Duration::ZERO, Fault::CutAfter(5000))]).await.unwrap();
    let guarded = Guarded::over(crate::client::Wire::Http1);
    let answer = guarded.call(get(uri(proxy.addr(), "/"))).await;
    assert_eq!(guarded.circuit.phase(), Phase::Closed);
    assert!(matches!(text(answer).await, Err(Error::Service(_))));
    assert_eq!(guarded.circuit.phase(), Phase::Open);
}

#[tokio::test]
async fn a_body_dropped_half_way_counts_nothing() {
    on_both(async |wire| {
        let server = Server::start(|_, _| reply(silence(200))).await;
        let guarded = Guarded::over(wire);
        for reads in [false, true] {
            let mut answer = guarded.call(get(server.uri("/"))).await;
            if reads {
                soon(answer.body_mut().frame()).await.unwrap().unwrap();
            }
            drop(answer);
        }
        assert_eq!((guarded.counted(), guarded.circuit.phase()), ((0, 0), Phase::Closed));
        eventually("the server notices", || server.streaming() == 0).await;
    })
    .await;
}

#[tokio::test]
async fn an_answer_without_a_body_counts_at_once() {
    on_both(async |wire| {
        for status in [200, 204, 304, 404] {
            let server = Server::start(move |_, _| reply(empty(status))).await;
            let guarded = Guarded::over(wire);
            let answer = guarded.call(get(server.uri("/"))).await;
            assert_eq!(guarded.counted(), (1, 0), "{status}");
            drop(answer);
            assert_eq!(guarded.counted(), (1, 0), "{status}");
        }
    })
    .await;
}

#[tokio::test]
async fn an_answer_to_head_counts_at_once_though_it_tells_a_length() {
    on_both(async |wire| {
        let server = Server::start(|_, _| reply(server::text(200, "never sent"))).await;
        let guarded = Guarded::over(wire);
        let answer = guarded.call(request(Method::HEAD, server.uri("/"), "")).await;
        assert_eq!(answer.headers()["content-length"], "10");
        assert_eq!(guarded.counted(), (1, 0));
        assert_eq!(text(answer).await.unwrap(), "");
        assert_eq!(guarded.counted(), (1, 0));
    })
    .await;
}

#[tokio::test]
async fn a_head_that_is_a_failure_counts_before_its_body_is_read() {
    on_both(async |wire| {
        let server = Server::start(|_, _| reply(silence(500))).await;
        let guarded = Guarded::over(wire);
        let answer = guarded.call(get(server.uri("/"))).await;
        assert_eq!(guarded.circuit.phase(), Phase::Open);
        drop(answer);
        assert_eq!(guarded.circuit.snapshot().late, 0, "it was settled once");
    })
    .await;
}
