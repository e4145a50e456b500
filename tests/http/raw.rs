//! Answers as no library would send them.

use std::net::SocketAddr;

use palisade::CircuitBreakerLayer;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};
use tower::ServiceBuilder;

use crate::{
    client::{Wire, call, client, get, retry, text},
    server::uri,
};

const WELL: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nwell";

/// Answers its first request with these bytes and no more, cuts the connection, and answers well after that.
async fn first(bytes: Vec<u8>) -> (SocketAddr, JoinSet<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    let mut serving = JoinSet::new();
    serving.spawn(async move {
        let mut first = Some(bytes);
        while let Ok((mut socket, _)) = listener.accept().await {
            read_head(&mut socket).await;
            socket.write_all(first.take().as_deref().unwrap_or(WELL)).await.unwrap();
        }
    });
    (addr, serving)
}

async fn read_head(socket: &mut TcpStream) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        assert!(socket.read_buf(&mut head).await.unwrap() > 0, "the client goes on");
    }
}

const BROKEN: [&str; 10] = [
    "",
    "\0\u{1}\u{2} nonsense\r\n\r\n",
    "HTTP/1.1 200 O",
    "HTTP/1.1 103 Early Hints\r\n\r\n",
    "HTTP/1.0 503 Nope\r\n\r\ndown for now",
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 503 No\r\ncontent-length: 0\r\n\r\n",
    "HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n",
    "HTTP/1.1 503 No\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nabc",
    "HTTP/1.1 503 No\r\ncontent-length: 100\r\n\r\nabc",
    "HTTP/1.1 503 No\r\ncontent-length: 3\r\ncontent-length: 4\r\n\r\nabc",
];

fn head_that_is_too_long() -> String {
    format!("HTTP/1.1 200 OK\r\nx: {}\r\n\r\n", "y".repeat(1_000_000))
}

#[tokio::test]
async fn an_answer_that_is_broken_in_any_way_is_one_failure_and_is_retried() {
    for bytes in BROKEN.map(str::to_owned).into_iter().chain([head_that_is_too_long()]) {
        let said = bytes.chars().take(80).collect::<String>();
        let (addr, _serving) = first(bytes.into_bytes()).await;
        let breaker = CircuitBreakerLayer::http("api").build().unwrap();
        let circuit = breaker.handle();
        let layers = ServiceBuilder::new().layer(retry().build().unwrap()).layer(breaker);
        let answer = call(&layers.service(client(Wire::Http1)), get(uri(addr, "/"))).await.unwrap();
        assert_eq!((answer.status().as_u16(), text(answer).await.unwrap().as_str()), (200, "well"), "{said:?}");
        let counts = circuit.snapshot().counts;
        assert_eq!((counts.calls, counts.failures), (2, 1), "{said:?}");
    }
}
