//! Requests that never left.

use http::{Method, Request};
use palisade::Error;
use tokio::net::TcpSocket;
use tower::ServiceBuilder;

use crate::{
    client::{Replayed, call, client, eventually, ms, on_both, post, request, retry, status},
    server::{self, Server, reply, text},
    support::events::Events,
};

/// A port that refuses connections, and that nobody else can take.
pub(crate) fn refusing() -> TcpSocket {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    socket
}

pub(crate) async fn retried(events: &Events) {
    eventually("a retry", || events.of("palisade::retry").iter().any(|event| event.field("message") == "retrying"))
        .await;
}

#[tokio::test]
async fn a_post_to_a_port_where_nobody_listens_arrives_once_somebody_does() {
    on_both(async |wire| {
        for method in [Method::POST, Method::PATCH] {
            let events = Events::record();
            let nobody = refusing();
            let addr = nobody.local_addr().unwrap();
            let retry = retry().max_attempts(1000).build().unwrap();
            let stack = ServiceBuilder::new().layer(retry).service(client(wire));
            let listen = async {
                retried(&events).await;
                Server::start_on(nobody.listen(64).unwrap(), |_, _| reply(text(200, "taken")))
            };
            let sent = status(&stack, request(method, server::uri(addr, "/orders"), "order"));
            let (last, server) = tokio::join!(sent, listen);
            assert_eq!(last.unwrap(), 200);
            let arrived = server.arrived();
            assert_eq!((arrived.len(), &arrived[0].body[..]), (1, &b"order"[..]));
        }
    })
    .await;
}

#[tokio::test]
async fn an_error_of_a_connection_that_was_refused_is_the_result_when_no_attempt_got_through() {
    on_both(async |wire| {
        let nobody = refusing();
        let stack = ServiceBuilder::new().layer(retry().build().unwrap()).service(client::<Replayed>(wire));
        let sent: Request<_> = post(server::uri(nobody.local_addr().unwrap(), "/"), "order");
        let error = call(&stack, sent).await.map(drop).unwrap_err();
        let client = error.downcast_ref::<hyper_util::client::legacy::Error>();
        assert!(client.is_some_and(hyper_util::client::legacy::Error::is_connect), "{error:?}");
        assert!(palisade::http::not_sent(&error) && matches!(error, Error::Service(_)));
    })
    .await;
}

#[tokio::test]
async fn a_call_that_timed_out_is_not_taken_for_unsent() {
    use palisade::TimeoutLayer;
    let stack =
        ServiceBuilder::new().layer(TimeoutLayer::http(ms(1))).service(tower::service_fn(|_: Request<Replayed>| {
            std::future::pending::<Result<http::Response<Replayed>, Error>>()
        }));
    let error = call(&stack, Request::new(Replayed::default())).await.map(drop).unwrap_err();
    assert!(error.is_timeout() && !palisade::http::not_sent(&error));
}
