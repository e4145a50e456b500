//! Finds the replicas of a service by their addresses, and notices when these change.
//!
//! [`dns`] looks a host's name up; [`addresses`] asks a function. Both are a [`Discover`](tower::discover::Discover), such as
//! [`ReplicasBuilder::discover`](crate::ReplicasBuilder::discover) and tower's balancers take. A function makes the service of each address. This module needs the
//! feature `net`.
//!
//! The addresses are looked up again when their lifetime is over, 30 seconds unless [set](Discovery::lifetime). An address that is
//! gone is removed after the new ones are there; calls to it go on to their end. A look-up that fails changes nothing: its error is
//! told, and it is repeated after a second, or after the lifetime if that is shorter.
//!
//! # Examples
//!
//! ```
//! use std::future::poll_fn;
//! use std::net::SocketAddr;
//! use std::pin::pin;
//! use palisade::discover;
//! use tower::discover::{Change, Discover};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // With `http`, a service may be made by `ToAuthority::new(client.clone(), &format!("http://{addr}"))`.
//! let replicas = discover::dns("127.0.0.1", 8080, |addr: SocketAddr| Ok::<_, std::io::Error>(format!("client of {addr}")));
//!
//! let mut replicas = pin!(replicas);
//! let found = poll_fn(|cx| replicas.as_mut().poll_discover(cx)).await;
//! assert!(matches!(found, Some(Ok(Change::Insert(_, client))) if client == "client of 127.0.0.1:8080"));
//! # Ok(())
//! # }
//! ```
//!
//! # The sharp edge
//!
//! Nothing is spawned: a look-up goes on only while it is polled, which is when calls come. So the first calls after a pause still
//! see the addresses that were found before it. The system's resolver tells no time to live: set a lifetime of about the one that
//! the records have. Calls that come before the first look-up has ended find no replica: await [`found`](Discovery::found).

use std::collections::{BTreeSet, VecDeque};
use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_core::Stream;
use tokio::net::lookup_host;
use tokio::time::sleep_until;
use tower::BoxError;
use tower::discover::Change;

use crate::debug::debug_by_type;
use crate::time::{after, now};

const LIFETIME: Duration = Duration::from_secs(30);
/// How soon a look-up that failed is repeated.
const AGAIN: Duration = Duration::from_secs(1);

type Found = BTreeSet<SocketAddr>;
type LookUp = Pin<Box<dyn Future<Output = Result<Found, BoxError>> + Send>>;

/// Looks a host's name up, by tokio's own resolver: the system's, on tokio's threads for blocking work.
///
/// `make` makes the service of an address. It is polled inside a tokio runtime with a timer, or panics.
pub fn dns<M>(host: impl Into<String>, port: u16, make: M) -> Discovery<M> {
    let host = host.into();
    let look_up = move || {
        let host = host.clone();
        async move { lookup_host((host, port)).await.map(Vec::from_iter) }
    };
    addresses(look_up, make)
}

/// Asks a function for all addresses: another resolver, or a file.
///
/// Where it gives none, none is left. A look-up that hangs is not repeated: give it a timeout of its own. `make` makes the service
/// of an address. It is polled inside a tokio runtime with a timer, or panics.
pub fn addresses<L, F, A, E, M>(look_up: L, make: M) -> Discovery<M>
where
    L: Fn() -> F + Send + Sync + 'static,
    F: Future<Output = Result<A, E>> + Send,
    A: IntoIterator<Item = SocketAddr>,
    E: Into<BoxError>,
{
    let look_up = Arc::new(look_up);
    let begin = move |pause: Duration| -> LookUp {
        let look_up = Arc::clone(&look_up);
        Box::pin(async move {
            if !pause.is_zero() {
                sleep_until(after(now(), pause)).await;
            }
            let found = look_up().await.map_err(Into::into)?;
            Ok(found.into_iter().collect())
        })
    };
    let first = begin(Duration::ZERO);
    Discovery {
        begin: Box::new(begin),
        make,
        lifetime: LIFETIME,
        look_up: first,
        known: Found::new(),
        changes: VecDeque::new(),
    }
}

/// The replicas at the addresses that are found. Made by [`dns`] and [`addresses`].
///
/// Its keys are the addresses. It never ends, and goes on after an error.
#[must_use]
pub struct Discovery<M> {
    /// Begins the look-up after next, so long from now.
    begin: Box<dyn Fn(Duration) -> LookUp + Send>,
    make: M,
    lifetime: Duration,
    /// The next one, with the pause before it.
    look_up: LookUp,
    known: Found,
    /// What was found and not yet told.
    changes: VecDeque<Change<SocketAddr, ()>>,
}

impl<M> Discovery<M> {
    /// Sets for how long the addresses hold, from the end of a look-up to the begin of the next.
    ///
    /// Shorten it where replicas move often. Zero looks them up at each poll. Defaults to 30 seconds.
    #[doc(alias = "ttl")]
    pub fn lifetime(mut self, lifetime: Duration) -> Self {
        self.lifetime = lifetime;
        self
    }

    /// Waits until the first addresses are found, so that the first calls find replicas.
    ///
    /// # Errors
    ///
    /// When that look-up fails, as it does for a name that is wrong.
    ///
    /// # Cancellation
    ///
    /// Dropping the future drops the discovery.
    pub async fn found(mut self) -> Result<Self, BoxError> {
        poll_fn(|cx| self.poll_look_up(cx)).await?;
        Ok(self)
    }

    /// Ends a look-up, and begins the next.
    fn poll_look_up(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        let found = ready!(self.look_up.as_mut().poll(cx));
        let pause = if found.is_ok() { self.lifetime } else { self.lifetime.min(AGAIN) };
        self.look_up = (self.begin)(pause);
        Poll::Ready(found.map(|found| self.learn(&found)))
    }

    /// Notes what has changed: first what came, so that there is always one where one was.
    fn learn(&mut self, found: &Found) {
        self.changes.extend(found.difference(&self.known).map(|addr| Change::Insert(*addr, ())));
        self.changes.extend(self.known.difference(found).map(|addr| Change::Remove(*addr)));
    }

    /// Tells the next change that is known.
    fn tell<S, E>(&mut self) -> Option<Result<Change<SocketAddr, S>, BoxError>>
    where
        M: FnMut(SocketAddr) -> Result<S, E>,
        E: Into<BoxError>,
    {
        Some(match self.changes.pop_front()? {
            Change::Insert(addr, ()) => (self.make)(addr).map_err(Into::into).map(|made| {
                self.known.insert(addr);
                Change::Insert(addr, made)
            }),
            Change::Remove(addr) => {
                self.known.remove(&addr);
                Ok(Change::Remove(addr))
            }
        })
    }
}

impl<M> Unpin for Discovery<M> {}

impl<M, S, E> Stream for Discovery<M>
where
    M: FnMut(SocketAddr) -> Result<S, E>,
    E: Into<BoxError>,
{
    type Item = Result<Change<SocketAddr, S>, BoxError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.changes.is_empty() {
            ready!(self.poll_look_up(cx))?;
        }
        let told = self.tell();
        if told.is_some() {
            return Poll::Ready(told);
        }
        // Nothing has changed. At most one look-up ends in a poll; the next poll waits for the next one.
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

debug_by_type! { Discovery<M> }
