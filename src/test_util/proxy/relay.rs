//! One connection: its two sockets, and what passes between them.

use std::future::pending;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt, Interest};
use tokio::net::TcpStream;
use tokio::net::tcp::WriteHalf;
use tokio::select;
use tokio::sync::watch::Receiver;
use tokio::time::sleep_until;

use super::fault::{Fault, Faults};
use super::flow::{Cut, Due, Flow};
use crate::time::now;

impl From<io::Error> for Cut {
    /// What ends with an error on one side has no better end on the other.
    fn from(_: io::Error) -> Self {
        Self::Reset
    }
}

/// Passes on what both sides send until both have ended, or the connection is cut.
pub(super) async fn relay(mut client: TcpStream, upstream: SocketAddr, mut faults: Receiver<Faults>) {
    match dial(&client, upstream, &mut faults).await {
        Ok(mut upstream) => {
            if exchange(&mut client, &mut upstream, faults).await == Err(Cut::Reset) {
                reset(&client);
                reset(&upstream);
            }
        }
        Err(Cut::Reset) => reset(&client),
        Err(Cut::Closed) => {}
    }
}

/// Connects to the upstream: after the partition, if there is one. A client that has left by then would not have come so far.
async fn dial(client: &TcpStream, upstream: SocketAddr, faults: &mut Receiver<Faults>) -> Result<TcpStream, Cut> {
    let was_cut = faults.borrow().any(Fault::Partition);
    until(faults, |faults| !faults.any(Fault::Partition)).await;
    if was_cut && client.ready(Interest::READABLE | Interest::WRITABLE).await?.is_read_closed() {
        return Err(Cut::Closed);
    }
    select! {
        biased; // under a reset the upstream hears nothing
        () = until(faults, |faults| faults.any(Fault::Reset)) => Err(Cut::Reset),
        connected = TcpStream::connect(upstream) => Ok(connected?),
    }
}

/// Waits for faults; for ever, if the proxy is gone.
async fn until(faults: &mut Receiver<Faults>, are: impl FnMut(&Faults) -> bool) {
    if faults.wait_for(are).await.is_err() {
        pending::<()>().await;
    }
}

async fn exchange(client: &mut TcpStream, upstream: &mut TcpStream, mut faults: Receiver<Faults>) -> Result<(), Cut> {
    // Or the kernel would gather the drops.
    client.set_nodelay(true)?;
    upstream.set_nodelay(true)?;
    let ((mut from_client, mut to_client), (mut from_upstream, mut to_upstream)) = (client.split(), upstream.split());
    let (mut asked, mut answered) = (vec![0; 8 << 10], vec![0; 8 << 10]);
    let (mut requests, mut responses) = (Flow::default(), Flow::default());
    while !(requests.is_over() && responses.is_over()) {
        // Not where it is heard that they changed: what was read at that moment meets the new faults, too.
        let now_are = *faults.borrow_and_update();
        requests.set(now_are.requests, now());
        responses.set(now_are.responses, now());
        let (request, response) = (requests.due()?, responses.due()?);
        select! {
            changed = faults.changed() => changed.map_err(|_| Cut::Closed)?,
            passed = pass(request, &mut to_upstream) => requests.pass(passed?, now()),
            passed = pass(response, &mut to_client) => responses.pass(passed?, now()),
            read = from_client.read(&mut asked), if requests.has_room() => requests.push(&asked[..read?], now()),
            read = from_upstream.read(&mut answered), if responses.has_room() => {
                responses.push(&answered[..read?], now());
            }
        }
    }
    Ok(())
}

/// Passes on some of what is due, once it is. To drop it loses nothing, and passes nothing twice.
async fn pass(due: Option<Due<'_>>, to: &mut WriteHalf<'_>) -> io::Result<usize> {
    let Some(Due { at, bytes }) = due else { return pending().await };
    if let Some(at) = at.filter(|at| *at > now()) {
        sleep_until(at).await;
    }
    if bytes.is_empty() { to.shutdown().await.map(|()| 0) } else { to.write(bytes).await }
}

/// Has the socket's peer see a reset once the socket is dropped.
#[expect(deprecated, reason = "a linger of zero does not block, and `set_zero_linger` is newer than the oldest tokio")]
fn reset(socket: &TcpStream) {
    // It fails where the peer has reset it already.
    drop(socket.set_linger(Some(Duration::ZERO)));
}
