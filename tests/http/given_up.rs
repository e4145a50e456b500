//! Connections that are given up with a call in flight, because they hang, say: that is the service's failure.

use std::{net::SocketAddr, sync::Arc};

use http::{Method, Request, Response};
use hyper::{body::Incoming, client::conn::http1};
use hyper_util::rt::TokioIo;
use palisade::{CircuitBreakerLayer, Error};
use tokio::{net::TcpStream, select, sync::Notify};
use tower::{BoxError, ServiceBuilder, service_fn};

use crate::{
    client::{Replayed, call, request, retry},
    server::{Server, empty, hang, reply},
};

/// Never answers its first request, and says that its connection is to be given up; answers all others.
async fn hangs_once(given_up: Arc<Notify>) -> Server {
    Server::start(move |nth, _| {
        if nth > 1 {
            return reply(empty(200));
        }
        given_up.notify_one();
        hang()
    })
    .await
}

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

/// How a call ends, how often it was sent, and how many of these attempts a circuit took for failures.
async fn sent(method: Method) -> (Result<u16, Error>, usize, u64) {
    let given_up = Arc::new(Notify::new());
    let server = hangs_once(Arc::clone(&given_up)).await;
    let addr = server.addr();
    let breaker = CircuitBreakerLayer::http("api").build().expect("it is legal");
    let circuit = breaker.handle();
    let layers = ServiceBuilder::new().layer(retry().build().expect("it is legal")).layer(breaker);
    let stack = layers.service(service_fn(move |request| send(request, addr, Arc::clone(&given_up))));
    let ended = call(&stack, request(method, "/", "order")).await;
    (ended.map(|answer| answer.status().as_u16()), server.calls(), circuit.snapshot().counts.failures)
}

#[tokio::test]
async fn a_call_whose_connection_was_given_up_is_a_failure_of_the_service_and_a_get_is_sent_again() {
    let (ended, attempts, failures) = sent(Method::GET).await;
    assert_eq!((ended.unwrap(), attempts, failures), (200, 2, 1));
}

#[tokio::test]
async fn a_post_whose_connection_was_given_up_is_a_failure_of_the_service_and_is_not_sent_again() {
    let (ended, attempts, failures) = sent(Method::POST).await;
    assert_eq!((attempts, failures), (1, 1));
    let error = ended.unwrap_err();
    // By any other words of hyper's it would count for nothing.
    assert!(error.downcast_ref().is_some_and(hyper::Error::is_user), "{error:?}");
}
