//! A TCP proxy on loopback that injects faults.

mod fault;
mod flow;
mod partition;
mod relay;
#[cfg(test)]
mod tests;

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;
use std::{fmt, io};

use tokio::net::TcpListener;
use tokio::select;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::sleep;

pub use self::fault::Fault;
use self::fault::Faults;
use self::relay::relay;

/// Forwards TCP connections to an upstream, and lets them meet faults.
///
/// It listens on a port of its own on loopback. Faults are put in force at any time, and meet the connections that are open and those to
/// come. Each of both ways has its own: what clients send are the *requests*, what the upstream sends are the *responses*.
///
/// It runs in a task of the runtime, which ends when the proxy is dropped. Then the port is closed, and both sides of each connection
/// see its end, or a reset where they had sent what was not read yet. Timers of a paused clock run out while bytes are on their way, so
/// leave the clock running.
///
/// A server that cannot be reached is seen as a reset, because the proxy has accepted by then.
///
/// # Examples
///
/// ```
/// use std::io::ErrorKind;
/// use palisade::test_util::{Fault, FaultProxy};
/// use tokio::io::{AsyncReadExt, AsyncWriteExt};
/// use tokio::net::{TcpListener, TcpStream};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// let server = TcpListener::bind("127.0.0.1:0").await?;
/// let proxy = FaultProxy::start(server.local_addr()?).await?;
///
/// let mut client = TcpStream::connect(proxy.addr()).await?;
/// client.write_all(b"ping").await?;
/// let (mut connection, _) = server.accept().await?;
/// connection.read_exact(&mut [0; 4]).await?;
///
/// proxy.set(Fault::Reset);
/// assert_eq!(client.read(&mut [0; 4]).await.unwrap_err().kind(), ErrorKind::ConnectionReset);
/// # Ok(())
/// # }
/// ```
#[must_use = "dropping it closes its connections"]
pub struct FaultProxy {
    addr: SocketAddr,
    /// The names of who connects, and of the upstream.
    ends: Option<(String, String)>,
    upstream: watch::Sender<SocketAddr>,
    /// Watched by each connection, and by nothing else.
    faults: watch::Sender<Faults>,
    _task: JoinSet<()>,
}

impl FaultProxy {
    /// Listens, without a fault.
    ///
    /// # Errors
    ///
    /// Where there is no port to listen on.
    ///
    /// # Panics
    ///
    /// Outside of a runtime of tokio with I/O and time.
    pub async fn start(upstream: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let addr = listener.local_addr()?;
        let (upstream, faults) = (watch::Sender::new(upstream), watch::Sender::default());
        let mut task = JoinSet::new();
        task.spawn(accept(listener, upstream.subscribe(), faults.clone()));
        Ok(Self { addr, ends: None, upstream, faults, _task: task })
    }

    /// Names the nodes on its sides, for a [partition](Self::partition): who connects, and the upstream.
    pub fn between(self, client: impl Into<String>, upstream: impl Into<String>) -> Self {
        Self { ends: Some((client.into(), upstream.into())), ..self }
    }

    /// Where it listens.
    pub const fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// How many connections are open.
    pub fn open(&self) -> usize {
        self.faults.receiver_count()
    }

    /// Puts a fault in force for both ways, each for itself: a round trip takes a latency twice.
    pub fn set(&self, fault: Fault) {
        self.faults.send_replace(Faults { requests: fault, responses: fault });
    }

    /// Puts a fault in force for what clients send.
    pub fn set_requests(&self, fault: Fault) {
        self.faults.send_modify(|faults| faults.requests = fault);
    }

    /// Puts a fault in force for what the upstream sends.
    pub fn set_responses(&self, fault: Fault) {
        self.faults.send_modify(|faults| faults.responses = fault);
    }

    /// Sends the connections to come to another upstream.
    pub fn redirect(&self, upstream: SocketAddr) {
        self.upstream.send_replace(upstream);
    }
}

impl fmt::Debug for FaultProxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FaultProxy")
            .field("addr", &self.addr)
            .field("ends", &self.ends)
            .field("upstream", &*self.upstream.borrow())
            .field("faults", &*self.faults.borrow())
            .field("open", &self.open())
            .finish_non_exhaustive()
    }
}

async fn accept(listener: TcpListener, upstream: watch::Receiver<SocketAddr>, faults: watch::Sender<Faults>) {
    let mut connections = JoinSet::new();
    loop {
        select! {
            accepted = listener.accept() => match accepted {
                Ok((client, _)) => drop(connections.spawn(relay(client, *upstream.borrow(), faults.subscribe()))),
                // There may be no file left to open, which no event ends.
                Err(_) => sleep(Duration::from_millis(10)).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}
