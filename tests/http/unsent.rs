//! Requests that never left.

use std::future::pending;
use std::io::ErrorKind;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;

use http::{Method, Request, Response, Uri};
use hyper::client::conn::{http1, http2};
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioIo};
use palisade::http::{ReplayBody, not_sent};
use palisade::test_util::EventLog;
use palisade::{Error, FallbackLayer, TimeoutLayer, fallback};
use tokio::io::duplex;
use tokio::net::{TcpSocket, TcpStream};
use tower::util::BoxCloneSyncService;
use tower::{BoxError, ServiceBuilder, ServiceExt, service_fn};

use crate::client::{Replayed, Wire, call, client, get, on_both, request, retry, retry_of, status};
use crate::errors::failed;
use crate::patience::{eventually, ms};
use crate::server::{Server, reply, text, uri};
use crate::sockets::refusing;

/// Listens once a call has been retried.
pub(crate) async fn listen_late(events: &EventLog, nobody: TcpSocket) -> Server {
    let is_retry = || events.of("palisade::retry").iter().any(|event| event.field("message") == "retrying");
    eventually("a retry", is_retry).await;
    Server::start_on(nobody.listen(64).unwrap(), |_, _| reply(text(200, "taken")))
}

#[tokio::test]
async fn a_post_to_nobody_arrives_once_somebody_listens() {
    on_both(async |wire| {
        for method in [Method::POST, Method::PATCH] {
            let (events, (nobody, addr)) = (EventLog::of_thread(), refusing());
            let retry = retry().max_attempts(1000).build().unwrap();
            let stack = ServiceBuilder::new().layer(retry).service(client(wire));
            let sent = status(&stack, request(method, uri(addr, "/orders"), "order"));
            let (last, server) = tokio::join!(sent, listen_late(&events, nobody));
            assert_eq!(last.unwrap(), 200);
            let arrived = server.arrived();
            assert_eq!((arrived.len(), &arrived[0].body[..]), (1, &b"order"[..]));
        }
    })
    .await;
}

#[tokio::test]
async fn a_post_to_nobody_is_tried_again_by_both_of_two_retries() {
    on_both(async |wire| {
        let ((_nobody, addr), attempts) = (refusing(), AtomicUsize::new(0));
        let client = client::<ReplayBody<Replayed>>(wire).map_request(|request| {
            attempts.fetch_add(1, SeqCst);
            request
        });
        let around = retry_of::<Replayed>().max_attempts(2).build().unwrap();
        let inner = retry_of::<ReplayBody<Replayed>>().max_attempts(2).build().unwrap();
        let stack = ServiceBuilder::new().layer(around).layer(inner).service(client);
        call(&stack, request(Method::POST, uri(addr, "/"), "order")).await.map(drop).unwrap_err();
        assert_eq!(attempts.load(SeqCst), 4);
    })
    .await;
}

#[tokio::test]
async fn a_refused_connection_is_the_result_when_no_attempt_arrived() {
    on_both(async |wire| {
        let (_nobody, addr) = refusing();
        let stack = ServiceBuilder::new().layer(retry().build().unwrap()).service(client::<Replayed>(wire));
        let error = call(&stack, request(Method::POST, uri(addr, "/"), "order")).await.map(drop).unwrap_err();
        let client = error.downcast_ref::<hyper_util::client::legacy::Error>();
        assert!(client.is_some_and(hyper_util::client::legacy::Error::is_connect), "{error:?}");
        assert!(not_sent(&error) && matches!(error, Error::Service(_)));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_call_that_timed_out_is_not_taken_for_unsent() {
    let hangs = service_fn(|_: Request<Replayed>| pending::<Result<Response<Replayed>, Error>>());
    let stack = ServiceBuilder::new().layer(TimeoutLayer::http(ms(1))).service(hangs);
    let error = call(&stack, Request::new(Replayed::default())).await.map(drop).unwrap_err();
    assert!(error.is_timeout() && !not_sent(&error));
}

#[tokio::test(start_paused = true)]
async fn a_post_whose_connector_ran_out_of_time_was_not_sent() {
    let hangs = service_fn(|_: Uri| pending::<Result<TokioIo<TcpStream>, BoxError>>());
    let connector = ServiceBuilder::new().layer(BoxCloneSyncService::layer()).layer(TimeoutLayer::new(ms(10)));
    on_both(async |wire| {
        let client = Client::builder(TokioExecutor::new())
            .http2_only(wire == Wire::Http2)
            .build::<_, Replayed>(connector.clone().service(hangs));
        let stack = ServiceBuilder::new().layer(retry().build().unwrap()).service(client);
        let error = call(&stack, request(Method::POST, "http://upstream/", "order")).await.map(drop).unwrap_err();
        assert!(error.is_timeout() && not_sent(&error), "{error:?}");
    })
    .await;
}

#[tokio::test]
async fn a_request_whose_connection_ended_before_its_turn_never_left() {
    let (near, _far) = duplex(1024);
    let (mut sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(near)).await.unwrap();
    drop(connection);
    let error = sender.send_request(request(Method::POST, "http://upstream/", "order")).await.unwrap_err();
    assert!(error.is_canceled() && not_sent(&failed(error)));
}

#[tokio::test]
async fn a_network_lost_under_a_connection_does_not_unsend_its_request() {
    for kind in [ErrorKind::HostUnreachable, ErrorKind::NetworkUnreachable] {
        let socket = tokio_test::io::Builder::new().write(b"GET / HTTP/1.1\r\n\r\n").read_error(kind.into()).build();
        let (mut sender, connection) = http1::handshake(TokioIo::new(socket)).await.unwrap();
        tokio::spawn(connection);
        let error = failed(sender.send_request(get("/")).await.unwrap_err());
        let mut causes = std::iter::successors(Some(&error as &dyn std::error::Error), |&cause| cause.source());
        assert!(causes.any(|cause| cause.downcast_ref().is_some_and(|error: &std::io::Error| error.kind() == kind)));
        assert!(!not_sent(&error), "{kind}");
    }
}

#[tokio::test]
async fn a_post_whose_fallback_found_nobody_is_not_sent_twice() {
    on_both(async |wire| {
        let ((_nobody, addr), server) = (refusing(), Server::start(|_, _| reply(text(503, "sorry"))).await);
        let spare = client::<Replayed>(wire).map_request(move |mut request: Request<Replayed>| {
            *request.uri_mut() = uri(addr, "/").parse().unwrap();
            request
        });
        let fallback = FallbackLayer::http(fallback::service(spare));
        let layers = ServiceBuilder::new().layer(retry().build().unwrap()).layer(fallback);
        let order = request(Method::POST, server.uri("/"), "order");
        let error = call(&layers.service(client::<Replayed>(wire)), order).await.map(drop).unwrap_err();
        assert!(!not_sent(&error), "{error:?}");
        assert_eq!(server.calls(), 1);
    })
    .await;
}
