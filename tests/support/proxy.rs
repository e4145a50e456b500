//! A TCP proxy on loopback that injects faults.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt, copy, sink};
use tokio::net::{TcpListener, TcpStream};
use tokio::select;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};

/// What happens to all connections, open or to come. A piece of a response that is under way ends as it began.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fault {
    /// All passes.
    None,
    /// Each piece of a response comes so much later.
    Latency(Duration),
    /// Responses come in drops of so many bytes, at least 1, with a pause after each.
    Drip { bytes: usize, every: Duration },
    /// The client's side is reset.
    Reset,
    /// What the client sends is swallowed, and never answered. A connection stays so when the fault is over.
    BlackHole,
    /// The response ends, while what the client sends still goes upstream. A connection stays so when the fault is over.
    HalfClose,
    /// The connection closes after so many more bytes of its responses.
    CutAfter(usize),
}

/// Forwards connections to an upstream, with faults. Dropping it closes them all.
pub(crate) struct Proxy {
    addr: SocketAddr,
    shared: Arc<Shared>,
    _tasks: JoinSet<()>,
}

struct Shared {
    upstream: watch::Sender<SocketAddr>,
    /// Watched by each connection, and by nothing else.
    fault: watch::Sender<Fault>,
}

impl Proxy {
    /// Starts with the faults of a script: each is in force from so long after now until the next.
    pub(crate) async fn start<I>(upstream: SocketAddr, script: I) -> io::Result<Self>
    where
        I: IntoIterator<Item = (Duration, Fault), IntoIter: Send + 'static>,
    {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let addr = listener.local_addr()?;
        let mut script = script.into_iter().peekable();
        let mut first = Fault::None;
        while let Some((_, fault)) = script.next_if(|(from, _)| from.is_zero()) {
            first = fault;
        }
        let (upstream, fault) = (watch::Sender::new(upstream), watch::Sender::new(first));
        let shared = Arc::new(Shared { upstream, fault });
        let mut tasks = JoinSet::new();
        tasks.spawn(play(now(), script, Arc::clone(&shared)));
        tasks.spawn(accept(listener, Arc::clone(&shared)));
        Ok(Self { addr, shared, _tasks: tasks })
    }

    /// Where it listens.
    pub(crate) fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// How many connections are open.
    pub(crate) fn open(&self) -> usize {
        self.shared.fault.receiver_count()
    }

    /// Puts a fault in force until the script's next.
    pub(crate) fn set(&self, fault: Fault) {
        self.shared.fault.send_replace(fault);
    }

    /// Sends the connections to come to another upstream.
    pub(crate) fn redirect(&self, upstream: SocketAddr) {
        self.shared.upstream.send_replace(upstream);
    }
}

#[expect(clippy::disallowed_methods, reason = "faults come and go in real time")]
fn now() -> Instant {
    Instant::now()
}

async fn play(start: Instant, script: impl Iterator<Item = (Duration, Fault)>, shared: Arc<Shared>) {
    for (from, fault) in script {
        sleep_until(start + from).await;
        shared.fault.send_replace(fault);
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    loop {
        select! {
            accepted = listener.accept() => if let Ok((client, _)) = accepted {
                connections.spawn(relay(client, *shared.upstream.borrow(), shared.fault.subscribe()));
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

/// Ends with an error where one side of the connection did; both sides close with it.
async fn relay(mut client: TcpStream, upstream: SocketAddr, mut faults: watch::Receiver<Fault>) -> io::Result<()> {
    let mut upstream = TcpStream::connect(upstream).await?;
    // Or the kernel would gather the drops.
    client.set_nodelay(true)?;
    let (mut request, mut answer, mut asking) = ([0; 4096], [0; 4096], true);
    let mut fault = *faults.borrow_and_update();
    loop {
        match fault {
            Fault::Reset => return client.set_zero_linger(),
            Fault::BlackHole => return copy(&mut client, &mut sink()).await.map(drop),
            Fault::HalfClose => {
                client.shutdown().await?;
                return copy(&mut client, &mut upstream).await.map(drop);
            }
            Fault::CutAfter(0) => return Ok(()),
            Fault::None | Fault::Latency(_) | Fault::Drip { .. } | Fault::CutAfter(_) => {}
        }
        select! {
            changed = faults.changed() => {
                changed.map_err(io::Error::other)?;
                fault = *faults.borrow_and_update();
            }
            read = client.read(&mut request), if asking => match read? {
                0 => {
                    asking = false;
                    upstream.shutdown().await?;
                }
                n => upstream.write_all(&request[..n]).await?,
            },
            read = upstream.read(&mut answer) => match read? {
                0 => return Ok(()),
                n => fault = deliver(&answer[..n], fault, &mut client).await?,
            },
        }
    }
}

/// Passes a piece of a response on, and returns what is left of the fault.
async fn deliver(piece: &[u8], fault: Fault, client: &mut TcpStream) -> io::Result<Fault> {
    match fault {
        Fault::Latency(delay) => {
            sleep(delay).await;
            client.write_all(piece).await?;
        }
        Fault::Drip { bytes, every } => {
            for drop in piece.chunks(bytes) {
                client.write_all(drop).await?;
                sleep(every).await;
            }
        }
        Fault::CutAfter(left) => {
            let passed = left.min(piece.len());
            client.write_all(&piece[..passed]).await?;
            return Ok(Fault::CutAfter(left - passed));
        }
        _ => client.write_all(piece).await?,
    }
    Ok(fault)
}
