//! Connections that are cut after so many bytes, wherever that is.

use tokio::io::AsyncReadExt;

use crate::client::on_both;
use crate::patience::soon;
use crate::replay::drip::{Drip, LARGE, Told};
use crate::replay::server::Server;
use crate::replay::wire::{World, client, connector, retry};
use crate::server::uri;
use crate::sockets::{accept, listen};

/// Claims that a body arrives whole though its first connection is cut when so many bytes have come, of whatever it is.
async fn claim_whole(bytes: u64, length: usize, told: Told) {
    on_both(async |wire| {
        let (server, (listener, addr)) = (Server::new(&[]), listen().await);
        let accepting = server.clone();
        tokio::spawn(async move {
            let (socket, _) = listener.accept().await.unwrap();
            socket.take(bytes).read_to_end(&mut Vec::new()).await.unwrap();
            accept(listener, move |socket| accepting.clone().serve(socket)).await;
        });
        let world = World { server, client: client(wire, connector()), at: uri(addr, "/").parse().unwrap() };
        let status = soon(world.put(retry().max_body(16 << 20), Drip::new(length, told))).await;
        let arrivals = world.server.arrivals();
        assert_eq!(status.unwrap(), 200, "{bytes} {length}");
        assert!(arrivals.len() == 1 && arrivals[0].is_whole(length), "{bytes} {length} {arrivals:?}");
    })
    .await;
}

#[tokio::test]
async fn a_connection_that_is_cut_anywhere_is_made_up_for() {
    for bytes in [0, 1, 24, 30, 100, 200, 1000, 4097, 20_000, 60_000] {
        for told in [Told::Exact, Told::Nothing] {
            claim_whole(bytes, 65_536, told).await;
        }
    }
    // No more than the server takes before it opens its window: the raw one never does.
    claim_whole(65_000, LARGE, Told::Exact).await;
}
