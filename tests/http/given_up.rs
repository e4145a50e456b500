//! Connections that are given up with a call in flight, because they hang, say: that is the service's failure.

use std::net::SocketAddr;
use std::sync::Arc;

use http::{Method, Request, Response};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::select;
use tokio::sync::Notify;
use tower::{BoxError, ServiceBuilder, service_fn};

use crate::circuit::{built, counting};
use crate::client::{Replayed, call, request, retry};
use crate::server::{Server, empty, hang, reply};

/// Sends a request on a connection of its own, which is dropped once it is given up.
async fn send(
    request: Request<Replayed>,
    addr: SocketAddr,
    given_up: Arc<Notify>,
) -> Result<Response<Incoming>, BoxError> {
    let io = TokioIo::new(TcpStream::connect(addr).await?);
    let (mut sender, connection) = http1::handshake(io).await?;
    drop(tokio::spawn(async move {
        select! {
            _ = connection => {}
            () = given_up.notified() => {}
        }
    }));
    Ok(sender.send_request(request).await?)
}

#[tokio::test]
async fn a_connection_given_up_is_a_failure_and_no_post_is_repeated() {
    for (method, attempts) in [(Method::GET, 2), (Method::POST, 1)] {
        let given_up = Arc::new(Notify::new());
        let hangs = Arc::clone(&given_up);
        // It says that the connection of its first request is to be given up.
        let server = Server::start(move |nth, _| {
            if nth > 1 {
                return reply(empty(200));
            }
            hangs.notify_one();
            hang()
        })
        .await;
        let (addr, (breaker, circuit)) = (server.addr, built(counting()));
        let layers = ServiceBuilder::new().layer(retry().build().unwrap()).layer(breaker);
        let stack = layers.service(service_fn(move |request| send(request, addr, Arc::clone(&given_up))));
        let ended = call(&stack, request(method.clone(), "/", "order")).await;
        assert_eq!((server.calls(), circuit.snapshot().counts.failures), (attempts, 1), "{method}");
        match ended {
            Ok(answer) => assert_eq!((method, answer.status().as_u16()), (Method::GET, 200)),
            // By any other words of hyper's it would count for nothing.
            Err(error) => assert!(error.downcast_ref().is_some_and(hyper::Error::is_user), "{error:?}"),
        }
    }
}
