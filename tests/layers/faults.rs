//! The proxy of the soak test does what its faults say.

#![expect(clippy::unwrap_used, reason = "an unwrap in vain fails the test, as it should")]

#[path = "../support/proxy.rs"]
mod proxy;

use std::io::{self, ErrorKind};
use std::net::Ipv4Addr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, sleep, timeout};

use proxy::{Fault, Proxy};

const SHORT: Duration = Duration::from_millis(100);
const HOUR: Duration = Duration::from_secs(60 * 60);

/// A connection through a proxy, with both of its ends.
struct Pair {
    proxy: Proxy,
    client: TcpStream,
    upstream: TcpStream,
}

impl Pair {
    async fn start(script: impl IntoIterator<Item = (Duration, Fault), IntoIter: Send + 'static>) -> Self {
        let listener = listen().await;
        let proxy = Proxy::start(listener.local_addr().unwrap(), script).await.unwrap();
        let client = TcpStream::connect(proxy.addr()).await.unwrap();
        let (upstream, _) = soon(listener.accept()).await.unwrap();
        Self { proxy, client, upstream }
    }

    async fn under(fault: Fault) -> Self {
        Self::start([(Duration::ZERO, fault)]).await
    }

    /// Waits until the proxy has passed on something that the client sent, and so has seen the connection.
    async fn greet(&mut self) {
        write(&mut self.client, b"hello").await;
        assert_eq!(read(&mut self.upstream, 5).await, b"hello");
    }
}

async fn listen() -> TcpListener {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap()
}

#[expect(clippy::disallowed_methods, reason = "sockets are real, and so is their time")]
fn now() -> Instant {
    Instant::now()
}

/// Lets no test hang.
async fn soon<T>(it: impl Future<Output = T>) -> T {
    timeout(Duration::from_secs(10), it).await.expect("it happens in ten seconds")
}

async fn write(stream: &mut TcpStream, bytes: &[u8]) {
    soon(stream.write_all(bytes)).await.unwrap();
}

/// Reads exactly so many bytes.
async fn read(stream: &mut TcpStream, bytes: usize) -> Vec<u8> {
    let mut buffer = vec![0; bytes];
    soon(stream.read_exact(&mut buffer)).await.unwrap();
    buffer
}

/// Reads what there is: at least a byte, or nothing at the end.
async fn read_some(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut buffer = [0; 16];
    let bytes = soon(stream.read(&mut buffer)).await?;
    Ok(buffer[..bytes].to_vec())
}

async fn read_error(stream: &mut TcpStream) -> ErrorKind {
    read_some(stream).await.unwrap_err().kind()
}

/// Waits for the end, where nothing else comes before it.
async fn ends(stream: &mut TcpStream) -> bool {
    read_some(stream).await.unwrap().is_empty()
}

/// Whether neither a byte nor an end comes for a while.
async fn is_silent(stream: &mut TcpStream) -> bool {
    timeout(SHORT, stream.read(&mut [0; 16])).await.is_err()
}

/// Asks again and again, for ten seconds at most.
async fn eventually(condition: impl AsyncFn() -> bool) -> bool {
    for _ in 0..1000 {
        if condition().await {
            return true;
        }
        sleep(Duration::from_millis(10)).await;
    }
    false
}

#[tokio::test]
async fn without_a_fault_all_passes_both_ways_until_upstream_closes() {
    let mut pair = Pair::start([]).await;
    pair.greet().await;
    write(&mut pair.upstream, b"answer").await;
    assert_eq!(read(&mut pair.client, 6).await, b"answer");
    drop(pair.upstream);
    assert!(ends(&mut pair.client).await);
}

#[tokio::test]
async fn a_client_that_has_said_all_still_gets_its_response() {
    let mut pair = Pair::start([]).await;
    pair.client.shutdown().await.unwrap();
    assert!(ends(&mut pair.upstream).await);
    write(&mut pair.upstream, b"answer").await;
    assert_eq!(read(&mut pair.client, 6).await, b"answer");
}

#[tokio::test]
async fn latency_holds_a_response_back_for_so_long() {
    let mut pair = Pair::under(Fault::Latency(SHORT)).await;
    let sent = now();
    write(&mut pair.upstream, b"answer").await;
    assert_eq!(read(&mut pair.client, 6).await, b"answer");
    assert!(sent.elapsed() >= SHORT, "{:?}", sent.elapsed());
}

#[tokio::test]
async fn a_drip_gives_so_many_bytes_and_pauses() {
    let mut pair = Pair::under(Fault::Drip { bytes: 3, every: HOUR }).await;
    write(&mut pair.upstream, b"answer").await;
    assert_eq!(read_some(&mut pair.client).await.unwrap(), b"ans");
    assert!(is_silent(&mut pair.client).await);
}

#[tokio::test]
async fn a_drip_gives_the_whole_response_in_the_end() {
    let every = Duration::from_millis(20);
    let mut pair = Pair::under(Fault::Drip { bytes: 1, every }).await;
    let sent = now();
    write(&mut pair.upstream, b"answer").await;
    assert_eq!(read(&mut pair.client, 6).await, b"answer");
    assert!(sent.elapsed() >= 5 * every, "{:?}", sent.elapsed());
}

#[tokio::test]
async fn a_reset_gives_connection_reset() {
    let mut pair = Pair::start([]).await;
    pair.greet().await;
    pair.proxy.set(Fault::Reset);
    assert_eq!(read_error(&mut pair.client).await, ErrorKind::ConnectionReset);
}

#[tokio::test]
async fn a_reset_meets_new_connections_too() {
    let upstream = listen().await;
    let proxy = Proxy::start(upstream.local_addr().unwrap(), [(Duration::ZERO, Fault::Reset)]).await.unwrap();
    // It may come while the client still connects.
    let error = match TcpStream::connect(proxy.addr()).await {
        Ok(mut client) => read_error(&mut client).await,
        Err(error) => error.kind(),
    };
    assert_eq!(error, ErrorKind::ConnectionReset);
}

#[tokio::test]
async fn a_black_hole_takes_all_and_passes_nothing() {
    let mut pair = Pair::under(Fault::BlackHole).await;
    write(&mut pair.client, &vec![0; 32 << 20]).await;
    write(&mut pair.upstream, b"answer").await;
    assert!(is_silent(&mut pair.client).await);
    assert!(is_silent(&mut pair.upstream).await);
}

#[tokio::test]
async fn a_connection_stays_black_when_the_fault_is_over() {
    let mut pair = Pair::under(Fault::BlackHole).await;
    write(&mut pair.client, b"hello").await;
    assert!(is_silent(&mut pair.upstream).await);
    pair.proxy.set(Fault::None);
    write(&mut pair.client, b"hello").await;
    assert!(is_silent(&mut pair.upstream).await);
}

#[tokio::test]
async fn a_half_close_ends_the_response_and_still_takes_what_is_sent() {
    let mut pair = Pair::start([]).await;
    pair.greet().await;
    pair.proxy.set(Fault::HalfClose);
    assert!(ends(&mut pair.client).await);
    write(&mut pair.client, b"more").await;
    assert_eq!(read(&mut pair.upstream, 4).await, b"more");
}

#[tokio::test]
async fn a_cut_delivers_exactly_so_many_bytes_of_several_pieces() {
    let mut pair = Pair::under(Fault::CutAfter(8)).await;
    write(&mut pair.upstream, b"first ").await;
    assert_eq!(read(&mut pair.client, 6).await, b"first ");
    write(&mut pair.upstream, b"second").await;
    assert_eq!(read(&mut pair.client, 2).await, b"se");
    assert!(ends(&mut pair.client).await);
}

#[tokio::test]
async fn a_script_puts_its_last_fault_in_force_in_its_time() {
    let start = now();
    let mut pair = Pair::start([(SHORT, Fault::Latency(SHORT)), (2 * SHORT, Fault::Reset)]).await;
    assert_eq!(read_error(&mut pair.client).await, ErrorKind::ConnectionReset);
    assert!(start.elapsed() >= 2 * SHORT, "{:?}", start.elapsed());
}

#[tokio::test]
async fn connections_are_open_until_their_client_leaves() {
    let Pair { proxy, client, upstream: _upstream } = Pair::under(Fault::BlackHole).await;
    assert_eq!(proxy.open(), 1);
    drop(client);
    assert!(eventually(async || proxy.open() == 0).await);
}

#[tokio::test]
async fn a_redirect_sends_new_connections_elsewhere() {
    let mut pair = Pair::start([]).await;
    let elsewhere = listen().await;
    pair.proxy.redirect(elsewhere.local_addr().unwrap());
    let mut client = TcpStream::connect(pair.proxy.addr()).await.unwrap();
    let (mut upstream, _) = soon(elsewhere.accept()).await.unwrap();
    write(&mut client, b"there").await;
    assert_eq!(read(&mut upstream, 5).await, b"there");
    pair.greet().await;
}

#[tokio::test]
async fn a_dropped_proxy_closes_its_connections_and_takes_no_more() {
    let Pair { proxy, mut client, upstream: _upstream } = Pair::start([]).await;
    let addr = proxy.addr();
    drop(proxy);
    assert!(ends(&mut client).await);
    assert!(eventually(async || TcpStream::connect(addr).await.is_err()).await);
}
