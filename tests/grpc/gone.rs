//! Connections that end before their server has begun with the call.

use std::{io, net::SocketAddr};

use http::Request;
use hyper::client::conn::http2::{self, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioIo};
use palisade::{Error, http::AnswerLayer};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy, duplex, sink},
    net::{TcpListener, TcpStream},
};
use tonic::{Code, Status, body::Body, transport::Channel};
use tonic_health::pb::health_client::HealthClient;
use tower::{BoxError, Layer, ServiceExt, service_fn};

use crate::client::{ask, channel, soon};

/// What becomes of a connection after its server has said that it goes away.
#[derive(Clone, Copy, Debug)]
enum Then {
    Close,
    Stay,
}

/// Takes no call: says `GOAWAY` as soon as one comes.
async fn serve_departing(then: Then) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let addr = listener.local_addr().expect("it is bound");
    drop(tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            drop(tokio::spawn(depart(stream, then)));
        }
    }));
    addr
}

/// Speaks as much HTTP/2 (RFC 9113) as it takes to go away when a call comes, with none taken and no error.
async fn depart(mut stream: TcpStream, then: Then) -> io::Result<u64> {
    const SETTINGS: [u8; 9] = [0, 0, 0, 4, 0, 0, 0, 0, 0];
    const GOAWAY: [u8; 17] = [0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    const HEADERS: u8 = 1;
    stream.read_exact(&mut [0; 24]).await?; // the preface
    stream.write_all(&SETTINGS).await?;
    let mut head = [0; 9];
    while head[3] != HEADERS {
        stream.read_exact(&mut head).await?;
        let mut payload = vec![0; u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize];
        stream.read_exact(&mut payload).await?;
    }
    stream.write_all(&GOAWAY).await?;
    if let Then::Close = then {
        stream.shutdown().await?;
    }
    // Whatever else comes: a socket that is closed with something unread takes with it what was written.
    copy(&mut stream, &mut sink()).await
}

fn call() -> Request<Body> {
    Request::post("http://upstream/grpc.health.v1.Health/Check").body(Body::empty()).expect("it is legal")
}

#[tokio::test]
async fn a_call_that_a_departing_server_has_not_taken_is_unavailable() {
    for then in [Then::Close, Then::Stay] {
        let addr = serve_departing(then).await;
        let answers = AnswerLayer::grpc().layer(channel(addr));
        let told = soon(HealthClient::new(answers).check(ask())).await.unwrap_err();
        assert_eq!(told.code(), Code::Unavailable, "{then:?}");
        let gone = soon(Channel::oneshot(channel(addr), call())).await.unwrap_err();
        assert_eq!(Status::from(Error::from(BoxError::from(gone))).code(), Code::Unavailable, "{then:?}");
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
