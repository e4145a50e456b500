//! Real sockets with a proxy between them, and what is read from them.

#![expect(clippy::unwrap_used, reason = "an unwrap in vain fails the test, as it should")]

use std::io::{self, ErrorKind};
use std::net::Ipv4Addr;
use std::time::Duration;

use palisade::test_util::{Fault, FaultProxy};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, sleep, timeout};

pub(super) const SHORT: Duration = Duration::from_millis(100);
pub(super) const HOUR: Duration = Duration::from_secs(60 * 60);

/// A connection through a proxy, with both of its ends.
pub(super) struct Pair {
    pub(super) proxy: FaultProxy,
    pub(super) client: TcpStream,
    pub(super) upstream: TcpStream,
}

impl Pair {
    pub(super) async fn start() -> Self {
        let listener = listen().await;
        let proxy = FaultProxy::start(listener.local_addr().unwrap()).await.unwrap();
        let (client, upstream) = connect(&proxy, &listener).await;
        Self { proxy, client, upstream }
    }

    /// With a fault for responses.
    pub(super) async fn under(fault: Fault) -> Self {
        let pair = Self::start().await;
        pair.proxy.set_responses(fault);
        pair
    }

    /// Waits until the proxy has passed on something that the client sent, and so has seen the connection.
    pub(super) async fn greet(&mut self) {
        write(&mut self.client, b"hello").await;
        assert_eq!(read(&mut self.upstream, 5).await, b"hello");
    }
}

/// Both ends of a new connection.
pub(super) async fn connect(proxy: &FaultProxy, listener: &TcpListener) -> (TcpStream, TcpStream) {
    let client = TcpStream::connect(proxy.addr()).await.unwrap();
    let (upstream, _) = soon(listener.accept()).await.unwrap();
    (client, upstream)
}

pub(super) async fn listen() -> TcpListener {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap()
}

#[expect(clippy::disallowed_methods, reason = "sockets are real, and so is their time")]
pub(super) fn now() -> Instant {
    Instant::now()
}

/// Lets no test hang.
pub(super) async fn soon<T>(it: impl Future<Output = T>) -> T {
    timeout(Duration::from_secs(10), it).await.expect("it happens in ten seconds")
}

pub(super) async fn write(stream: &mut TcpStream, bytes: &[u8]) {
    soon(stream.write_all(bytes)).await.unwrap();
}

/// Reads exactly so many bytes.
pub(super) async fn read(stream: &mut TcpStream, bytes: usize) -> Vec<u8> {
    let mut buffer = vec![0; bytes];
    soon(stream.read_exact(&mut buffer)).await.unwrap();
    buffer
}

/// Reads what there is: at least a byte, or nothing at the end.
pub(super) async fn read_some(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut buffer = [0; 16];
    let bytes = soon(stream.read(&mut buffer)).await?;
    Ok(buffer[..bytes].to_vec())
}

pub(super) async fn read_error(stream: &mut TcpStream) -> ErrorKind {
    read_some(stream).await.unwrap_err().kind()
}

/// Waits for the end, where nothing else comes before it.
pub(super) async fn ends(stream: &mut TcpStream) -> bool {
    read_some(stream).await.unwrap().is_empty()
}

/// Whether neither a byte nor an end comes for a while.
pub(super) async fn is_silent(stream: &mut TcpStream) -> bool {
    timeout(SHORT, stream.read(&mut [0; 16])).await.is_err()
}

/// How a new connection ends. It may be while the client still connects.
pub(super) async fn meets(proxy: &FaultProxy) -> ErrorKind {
    match TcpStream::connect(proxy.addr()).await {
        Ok(mut client) => read_error(&mut client).await,
        Err(error) => error.kind(),
    }
}

/// Asks again and again, for ten seconds at most.
pub(super) async fn eventually(condition: impl AsyncFn() -> bool) -> bool {
    for _ in 0..1000 {
        if condition().await {
            return true;
        }
        sleep(Duration::from_millis(10)).await;
    }
    false
}
