//! What both sides of a connection see of the proxy's faults.

use std::io::ErrorKind;
use std::time::Duration;

use palisade::test_util::{Fault, FaultProxy};
use tokio::io::{AsyncWriteExt, copy};
use tokio::net::TcpStream;
use tokio::runtime::Handle;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::sockets::{
    HOUR, Pair, SHORT, ends, eventually, is_silent, listen, meets, now, read, read_error, read_some, soon, write,
};

#[tokio::test]
async fn without_a_fault_all_passes_both_ways_until_upstream_closes() {
    let mut pair = Pair::start().await;
    pair.greet().await;
    write(&mut pair.upstream, b"answer").await;
    assert_eq!(read(&mut pair.client, 6).await, b"answer");
    drop(pair.upstream);
    assert!(ends(&mut pair.client).await);
}

#[tokio::test]
async fn a_client_that_has_said_all_still_gets_its_response() {
    let mut pair = Pair::start().await;
    pair.client.shutdown().await.unwrap();
    assert!(ends(&mut pair.upstream).await);
    write(&mut pair.upstream, b"answer").await;
    assert_eq!(read(&mut pair.client, 6).await, b"answer");
}

#[tokio::test]
async fn latency_delays_the_end_too() {
    let mut pair = Pair::under(Fault::Latency(SHORT)).await;
    let sent = now();
    drop(pair.upstream);
    assert!(ends(&mut pair.client).await);
    assert!(sent.elapsed() >= SHORT, "{:?}", sent.elapsed());
}

#[tokio::test]
async fn what_is_held_meets_the_faults_that_come() {
    for held_by in [
        Fault::Latency(HOUR),
        Fault::Latency(Duration::MAX),
        Fault::Drip { bytes: 0, every: HOUR },
        Fault::Drip { bytes: 0, every: SHORT },
    ] {
        let mut pair = Pair::under(held_by).await;
        write(&mut pair.upstream, b"answer").await;
        assert!(is_silent(&mut pair.client).await, "{held_by:?}");
        pair.proxy.set_responses(Fault::CutAfter(2));
        assert_eq!(read(&mut pair.client, 2).await, b"an");
        assert!(ends(&mut pair.client).await);
    }
}

#[tokio::test]
async fn a_drip_that_is_over_lets_the_rest_pass_at_once() {
    let mut pair = Pair::under(Fault::Drip { bytes: 1, every: HOUR }).await;
    write(&mut pair.upstream, b"answer").await;
    assert_eq!(read(&mut pair.client, 1).await, b"a");
    pair.proxy.set(Fault::None);
    assert_eq!(read(&mut pair.client, 5).await, b"nswer");
}

#[tokio::test]
async fn a_fault_meets_bytes_that_the_client_does_not_read() {
    let mut pair = Pair::start().await;
    // More than what all buffers on the way hold.
    let many = vec![0; 64 << 20];
    assert!(timeout(SHORT, pair.upstream.write_all(&many)).await.is_err());
    pair.proxy.set(Fault::Reset);
    assert!(soon(pair.upstream.write_all(&many)).await.is_err());
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
    let mut pair = Pair::start().await;
    pair.greet().await;
    pair.proxy.set(Fault::Reset);
    assert_eq!(read_error(&mut pair.client).await, ErrorKind::ConnectionReset);
}

#[tokio::test]
async fn a_reset_meets_both_sides_and_whichever_way_it_is_set_for() {
    for set in [FaultProxy::set, FaultProxy::set_requests, FaultProxy::set_responses] {
        let mut pair = Pair::start().await;
        pair.greet().await;
        set(&pair.proxy, Fault::Reset);
        assert_eq!(read_error(&mut pair.client).await, ErrorKind::ConnectionReset);
        assert_eq!(read_error(&mut pair.upstream).await, ErrorKind::ConnectionReset);
    }
}

#[tokio::test]
async fn a_reset_meets_new_connections_and_the_upstream_hears_nothing() {
    let upstream = listen().await;
    let proxy = FaultProxy::start(upstream.local_addr().unwrap()).await.unwrap();
    proxy.set(Fault::Reset);
    assert_eq!(meets(&proxy).await, ErrorKind::ConnectionReset);
    assert!(timeout(SHORT, upstream.accept()).await.is_err());
}

#[tokio::test]
async fn a_server_that_is_down_is_seen_as_a_reset() {
    let upstream = listen().await.local_addr().unwrap();
    let proxy = FaultProxy::start(upstream).await.unwrap();
    assert_eq!(meets(&proxy).await, ErrorKind::ConnectionReset);
    assert!(eventually(async || proxy.open() == 0).await);
}

#[tokio::test]
async fn a_client_that_resets_is_seen_by_the_upstream() {
    let mut pair = Pair::start().await;
    pair.greet().await;
    pair.client.set_zero_linger().unwrap();
    drop(pair.client);
    assert_eq!(read_error(&mut pair.upstream).await, ErrorKind::ConnectionReset);
    assert!(eventually(async || pair.proxy.open() == 0).await);
}

#[tokio::test]
async fn a_server_that_resets_is_seen_by_the_client() {
    let mut pair = Pair::start().await;
    pair.greet().await;
    pair.upstream.set_zero_linger().unwrap();
    drop(pair.upstream);
    assert_eq!(read_error(&mut pair.client).await, ErrorKind::ConnectionReset);
}

#[tokio::test]
async fn a_black_hole_takes_all_and_passes_nothing() {
    let mut pair = Pair::start().await;
    pair.proxy.set(Fault::BlackHole);
    write(&mut pair.client, &vec![0; 32 << 20]).await;
    write(&mut pair.upstream, b"answer").await;
    assert!(is_silent(&mut pair.client).await);
    assert!(is_silent(&mut pair.upstream).await);
}

#[tokio::test]
async fn a_way_that_lost_bytes_stays_black_when_the_fault_is_over() {
    let mut pair = Pair::start().await;
    pair.proxy.set(Fault::BlackHole);
    write(&mut pair.client, b"hello").await;
    assert!(is_silent(&mut pair.upstream).await);
    pair.proxy.set(Fault::None);
    write(&mut pair.client, b"hello").await;
    assert!(is_silent(&mut pair.upstream).await);
    write(&mut pair.upstream, b"unasked").await;
    assert_eq!(read(&mut pair.client, 7).await, b"unasked");
}

#[tokio::test]
async fn a_black_hole_of_responses_lets_requests_pass() {
    let mut pair = Pair::under(Fault::BlackHole).await;
    pair.greet().await;
    write(&mut pair.upstream, b"answer").await;
    assert!(is_silent(&mut pair.client).await);
}

#[tokio::test]
async fn a_black_hole_does_not_hide_that_a_side_leaves() {
    let mut pair = Pair::start().await;
    pair.proxy.set(Fault::BlackHole);
    write(&mut pair.client, b"hello").await;
    drop(pair.client);
    assert!(ends(&mut pair.upstream).await);
}

#[tokio::test]
async fn a_half_close_ends_the_response_and_still_takes_what_is_sent() {
    let mut pair = Pair::start().await;
    pair.greet().await;
    pair.proxy.set_responses(Fault::HalfClose);
    assert!(ends(&mut pair.client).await);
    write(&mut pair.client, b"more").await;
    assert_eq!(read(&mut pair.upstream, 4).await, b"more");
}

#[tokio::test]
async fn a_half_close_ends_the_request_and_the_response_still_comes() {
    let mut pair = Pair::start().await;
    pair.greet().await;
    pair.proxy.set_requests(Fault::HalfClose);
    assert!(ends(&mut pair.upstream).await);
    pair.proxy.set(Fault::None);
    write(&mut pair.client, b"lost").await;
    write(&mut pair.upstream, b"answer").await;
    assert_eq!(read(&mut pair.client, 6).await, b"answer");
    drop(pair.upstream);
    assert!(ends(&mut pair.client).await);
}

#[tokio::test]
async fn a_server_that_has_said_all_still_gets_what_is_sent() {
    let mut pair = Pair::start().await;
    pair.upstream.shutdown().await.unwrap();
    assert!(ends(&mut pair.client).await);
    pair.greet().await;
    assert_eq!(pair.proxy.open(), 1);
    drop(pair.client);
    assert!(ends(&mut pair.upstream).await);
    assert!(eventually(async || pair.proxy.open() == 0).await);
}

#[tokio::test]
async fn a_cut_of_requests_counts_requests() {
    let mut pair = Pair::start().await;
    pair.proxy.set_requests(Fault::CutAfter(5));
    write(&mut pair.upstream, b"a long answer").await;
    assert_eq!(read(&mut pair.client, 13).await, b"a long answer");
    pair.greet().await;
    assert!(ends(&mut pair.client).await);
    assert!(ends(&mut pair.upstream).await);
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
async fn a_connection_is_open_until_both_sides_have_left() {
    let Pair { proxy, client, mut upstream } = Pair::under(Fault::BlackHole).await;
    drop(client);
    assert!(ends(&mut upstream).await);
    assert_eq!(proxy.open(), 1);
    drop(upstream);
    assert!(eventually(async || proxy.open() == 0).await);
}

#[tokio::test]
async fn a_redirect_sends_new_connections_elsewhere() {
    let mut pair = Pair::start().await;
    let elsewhere = listen().await;
    pair.proxy.redirect(elsewhere.local_addr().unwrap());
    let mut client = TcpStream::connect(pair.proxy.addr()).await.unwrap();
    let (mut upstream, _) = soon(elsewhere.accept()).await.unwrap();
    write(&mut client, b"there").await;
    assert_eq!(read(&mut upstream, 5).await, b"there");
    pair.greet().await;
}

#[tokio::test]
async fn a_dropped_proxy_closes_both_sides_and_takes_no_more() {
    let Pair { proxy, mut client, mut upstream } = Pair::start().await;
    let addr = proxy.addr();
    drop(proxy);
    assert!(ends(&mut client).await);
    assert!(ends(&mut upstream).await);
    assert!(eventually(async || TcpStream::connect(addr).await.is_err()).await);
}

#[tokio::test]
async fn a_dropped_proxy_leaves_no_task() {
    let tasks = || Handle::current().metrics().num_alive_tasks();
    let before = tasks();
    for fault in
        [Fault::None, Fault::Latency(HOUR), Fault::Drip { bytes: 1, every: HOUR }, Fault::BlackHole, Fault::Partition]
    {
        let mut pair = Pair::start().await;
        pair.greet().await;
        pair.proxy.set(fault);
        write(&mut pair.client, b"more").await;
        let _connecting = TcpStream::connect(pair.proxy.addr()).await.unwrap();
        drop(pair.proxy);
        assert!(eventually(async || tasks() == before).await, "{fault:?}");
    }
}

#[tokio::test]
async fn a_thousand_connections_meet_faults_and_go() {
    let listener = listen().await;
    let proxy = FaultProxy::start(listener.local_addr().unwrap()).await.unwrap();
    let echo = tokio::spawn(async move {
        let mut connections = JoinSet::new();
        while let Ok((mut connection, _)) = listener.accept().await {
            connections.spawn(async move {
                let (mut from, mut to) = connection.split();
                copy(&mut from, &mut to).await
            });
        }
    });
    let mut clients = Vec::new();
    for _ in 0..1000 {
        clients.push(soon(TcpStream::connect(proxy.addr())).await.unwrap());
    }
    for fault in
        [Fault::None, Fault::Latency(SHORT), Fault::Drip { bytes: 2, every: Duration::ZERO }, Fault::CutAfter(6)]
    {
        proxy.set(fault);
        for client in &mut clients {
            write(client, b"hello").await;
        }
        for client in &mut clients {
            assert_eq!(read(client, 5).await, b"hello");
        }
    }
    assert_eq!(proxy.open(), 1000);
    proxy.set(Fault::Reset);
    for client in &mut clients {
        assert_eq!(read_error(client).await, ErrorKind::ConnectionReset);
    }
    assert!(eventually(async || proxy.open() == 0).await);
    echo.abort();
}
