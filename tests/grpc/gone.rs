//! Connections that end before their server has begun with the call.

use http::Request;
use hyper::client::conn::http2::{self, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioIo};
use palisade::Error;
use palisade::http::AnswerLayer;
use tokio::io::{AsyncWriteExt, copy, duplex, sink};
use tonic::body::Body;
use tonic::transport::Channel;
use tonic::{Code, Status};
use tonic_health::pb::health_client::HealthClient;
use tower::{BoxError, Layer, ServiceExt, service_fn};

use crate::client::{ask, channel};
use crate::patience::soon;
use crate::raw::a_call;
use crate::sockets::serve_each;

/// Says that it goes away, with no call taken and no error.
const GOAWAY: [u8; 17] = [0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

fn call() -> Request<Body> {
    Request::post("http://upstream/grpc.health.v1.Health/Check").body(Body::empty()).expect("it is legal")
}

#[tokio::test]
async fn a_call_that_a_departing_server_has_not_taken_is_unavailable() {
    for closes in [true, false] {
        let addr = serve_each(move |mut stream| async move {
            a_call(&mut stream).await?;
            stream.write_all(&GOAWAY).await?;
            if closes {
                stream.shutdown().await?;
            }
            // Whatever else comes: a socket that is closed with something unread takes with it what was written.
            copy(&mut stream, &mut sink()).await
        })
        .await;
        let answers = AnswerLayer::grpc().layer(channel(addr));
        let told = soon(HealthClient::new(answers).check(ask())).await.unwrap_err();
        assert_eq!(told.code(), Code::Unavailable, "{closes}");
        let gone = soon(Channel::oneshot(channel(addr), call())).await.unwrap_err();
        assert_eq!(Status::from(Error::from(BoxError::from(gone))).code(), Code::Unavailable, "{closes}");
    }
}

/// What still sends on a connection that is closed.
async fn closed() -> SendRequest<Body> {
    let (client, _server) = duplex(1024);
    let handshake = http2::handshake(TokioExecutor::new(), TokioIo::new(client));
    let (sender, connection) = handshake.await.expect("it waits for nobody");
    drop(connection);
    sender
}

#[tokio::test]
async fn a_call_on_a_connection_that_was_closed_before_is_unavailable() {
    let sender = closed().await;
    let service = service_fn(move |request| sender.clone().send_request(request));
    let answer = AnswerLayer::grpc().layer(service.clone()).oneshot(call()).await.unwrap();
    assert_eq!(answer.headers()["grpc-status"], "14");
    let gone = service.oneshot(call()).await.unwrap_err();
    assert!(gone.is_canceled(), "{gone:?}");
    assert_eq!(Status::from(Error::from(BoxError::from(gone))).code(), Code::Unavailable);
}
