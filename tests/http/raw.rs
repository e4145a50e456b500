//! Answers as no library would send them.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tower::ServiceBuilder;

use crate::circuit::{built, counted, counting};
use crate::client::{Wire, call, client, get, retry, text};
use crate::server::uri;
use crate::sockets::serve_each;

const WELL: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nwell";

/// Reads the head of a request, answers these bytes and no more, and cuts the connection.
async fn answer(mut socket: TcpStream, bytes: Vec<u8>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        assert!(socket.read_buf(&mut head).await.unwrap() > 0, "the client goes on");
    }
    socket.write_all(&bytes).await.unwrap();
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
async fn a_response_broken_in_any_way_is_one_failure_and_is_retried() {
    for bytes in BROKEN.map(str::to_owned).into_iter().chain([head_that_is_too_long()]) {
        let said = bytes.chars().take(80).collect::<String>();
        let first = Arc::new(Mutex::new(Some(bytes.into_bytes())));
        let addr = serve_each(move |socket| {
            let bytes = first.lock().unwrap().take();
            answer(socket, bytes.unwrap_or_else(|| WELL.into()))
        })
        .await;
        let (breaker, circuit) = built(counting());
        let layers = ServiceBuilder::new().layer(retry().build().unwrap()).layer(breaker);
        let answer = call(&layers.service(client(Wire::Http1)), get(uri(addr, "/"))).await.unwrap();
        assert_eq!((answer.status().as_u16(), text(answer).await.unwrap().as_str()), (200, "well"), "{said:?}");
        assert_eq!(counted(&circuit), (2, 1), "{said:?}");
    }
}
