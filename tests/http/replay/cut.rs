//! Connections that are cut after so many bytes, wherever that is.

use hyper_util::client::legacy::connect::HttpConnector;
use tokio::{io::AsyncReadExt, net::TcpListener};

use crate::replay::{
    drip::{Drip, LARGE, Told},
    server::Server,
    wire::{BOTH, Version, World, client, connector, in_time, retry, uri},
};

/// A server whose first connection is cut when so many bytes have come, of whatever it is.
async fn cut_after(version: Version, bytes: u64) -> World<HttpConnector> {
    let (server, listener) = (Server::new(&[]), TcpListener::bind("127.0.0.1:0").await.unwrap());
    let at = uri(&listener);
    let accepting = server.clone();
    tokio::spawn(async move {
        let (socket, _) = listener.accept().await.unwrap();
        let mut start = socket.take(bytes);
        start.read_to_end(&mut Vec::new()).await.unwrap();
        drop(start);
        while let Ok((socket, _)) = listener.accept().await {
            socket.set_nodelay(true).unwrap();
            accepting.serve(socket);
        }
    });
    World { server, client: client(version, connector()), at }
}

async fn claim_whole(bytes: u64, length: usize, told: Told) {
    for version in BOTH {
        let world = cut_after(version, bytes).await;
        let status = in_time(world.put(retry().max_body(16 << 20), Drip::new(length, told))).await;
        let arrivals = world.server.arrivals();
        assert_eq!(status.unwrap(), 200, "{version:?} {bytes} {length}");
        assert_eq!(arrivals.len(), 1, "{version:?} {bytes} {length} {arrivals:?}");
        assert!(arrivals[0].is_whole(length), "{version:?} {bytes} {length} {arrivals:?}");
    }
}

#[tokio::test]
async fn a_connection_that_is_cut_anywhere_is_made_up_for() {
    for bytes in [0, 1, 24, 30, 100, 200, 1000, 4097, 20_000, 60_000] {
        claim_whole(bytes, 65_536, Told::Exact).await;
        claim_whole(bytes, 65_536, Told::Nothing).await;
    }
}

#[tokio::test]
async fn a_connection_that_is_cut_late_in_ten_mebibytes_is_made_up_for() {
    // No more than the server takes before it opens its window: the raw one never does.
    claim_whole(65_000, LARGE, Told::Exact).await;
}
