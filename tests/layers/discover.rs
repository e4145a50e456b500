//! Replicas found by their addresses, through a look-up of the test's own.

use std::future::poll_fn;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

use futures_util::StreamExt;
use palisade::discover::{self, Discovery};
use tokio::time::{Instant, sleep, timeout};
use tower::discover::Change;

use crate::support::time::{MILLI, SECOND, YEAR};
use crate::support::{Down, now, paused};

type Addrs = Vec<u16>;
type Ports = Discovery<fn(SocketAddr) -> Result<u16, Down>>;

/// What the look-up finds: how a test steers it. It counts the look-ups.
#[derive(Clone)]
struct Zone(Arc<Mutex<(Result<Addrs, Down>, usize)>>);

impl Zone {
    fn of(ports: &[u16]) -> Self {
        Self(Arc::new(Mutex::new((Ok(ports.to_vec()), 0))))
    }

    fn becomes(&self, found: Result<&[u16], Down>) {
        self.0.lock().expect("nobody panics while it is held").0 = found.map(<[u16]>::to_vec);
    }

    fn look_ups(&self) -> usize {
        self.0.lock().expect("nobody panics while it is held").1
    }

    fn found(&self) -> Result<Vec<SocketAddr>, Down> {
        let mut zone = self.0.lock().expect("nobody panics while it is held");
        zone.1 += 1;
        zone.0.clone().map(|ports| ports.into_iter().map(addr).collect())
    }

    /// The service of an address is its port. That of port 13 cannot be made.
    fn discovery(&self) -> Ports {
        let zone = self.clone();
        let look_up = move || {
            let zone = zone.clone();
            async move { zone.found() }
        };
        discover::addresses(look_up, |addr| if addr.port() == 13 { Err(Down(13)) } else { Ok(addr.port()) })
    }
}

fn addr(port: u16) -> SocketAddr {
    ([127, 0, 0, 1], port).into()
}

/// What is told next, and when, in at most a minute: `+1` came, `-1` is gone, `!` is an error.
async fn next(discovery: &mut Ports, start: Instant) -> Option<(String, Duration)> {
    let told = timeout(60 * SECOND, discovery.next()).await.ok()?.expect("it never ends");
    let text = match told {
        Ok(Change::Insert(key, port)) => {
            assert_eq!(key, addr(port));
            format!("+{port}")
        }
        Ok(Change::Remove(key)) => format!("-{}", key.port()),
        Err(error) => format!("!{error}"),
    };
    Some((text, now() - start))
}

async fn texts<const N: usize>(discovery: &mut Ports) -> [String; N] {
    let mut texts = [const { String::new() }; N];
    for text in &mut texts {
        *text = next(discovery, now()).await.expect("there is a change").0;
    }
    texts
}

#[test]
fn what_comes_is_told_before_what_goes() {
    paused(async {
        let zone = Zone::of(&[1, 2, 2]);
        let mut discovery = zone.discovery();
        assert_eq!(texts(&mut discovery).await, ["+1", "+2"]);
        zone.becomes(Ok(&[2, 3]));
        assert_eq!(texts(&mut discovery).await, ["+3", "-1"]);
        zone.becomes(Ok(&[]));
        assert_eq!(texts(&mut discovery).await, ["-2", "-3"]);
        zone.becomes(Ok(&[1]));
        assert_eq!(texts(&mut discovery).await, ["+1"]);
    });
}

#[test]
fn addresses_hold_for_their_lifetime() {
    paused(async {
        for (set, lifetime) in [(None, 30 * SECOND), (Some(5 * SECOND), 5 * SECOND)] {
            let zone = Zone::of(&[1]);
            let mut discovery = zone.discovery();
            if let Some(lifetime) = set {
                discovery = discovery.lifetime(lifetime);
            }
            let start = now();
            assert_eq!(next(&mut discovery, start).await, Some(("+1".to_owned(), Duration::ZERO)));
            zone.becomes(Ok(&[2]));
            assert_eq!(next(&mut discovery, start).await, Some(("+2".to_owned(), lifetime)));
        }
    });
}

#[test]
fn a_look_up_that_fails_changes_nothing_and_is_repeated() {
    paused(async {
        for (lifetime, again) in [(30 * SECOND, SECOND), (MILLI, MILLI)] {
            let zone = Zone::of(&[1]);
            zone.becomes(Err(Down(7)));
            let mut discovery = zone.discovery().lifetime(lifetime);
            let start = now();
            assert_eq!(next(&mut discovery, start).await, Some(("!down 7".to_owned(), Duration::ZERO)));
            zone.becomes(Ok(&[1]));
            assert_eq!(next(&mut discovery, start).await, Some(("+1".to_owned(), again)));
            zone.becomes(Err(Down(8)));
            assert_eq!(next(&mut discovery, start).await, Some(("!down 8".to_owned(), again + lifetime)));
            zone.becomes(Ok(&[1, 2]));
            assert_eq!(next(&mut discovery, start).await, Some(("+2".to_owned(), again + lifetime + again)));
        }
    });
}

#[test]
fn nothing_is_told_while_nothing_changes() {
    paused(async {
        let zone = Zone::of(&[1]);
        let mut discovery = zone.discovery();
        assert_eq!(texts(&mut discovery).await, ["+1"]);
        assert_eq!(next(&mut discovery, now()).await, None);
        assert_eq!(zone.look_ups(), 3, "at once, and after each lifetime in a minute");
    });
}

#[test]
fn nothing_is_looked_up_unless_it_is_polled() {
    paused(async {
        let zone = Zone::of(&[1]);
        let mut discovery = zone.discovery();
        assert_eq!(zone.look_ups(), 0);
        assert_eq!(texts(&mut discovery).await, ["+1"]);
        sleep(300 * SECOND).await;
        assert_eq!(zone.look_ups(), 1);
    });
}

#[test]
fn a_lifetime_of_zero_looks_up_once_in_a_poll() {
    paused(async {
        let zone = Zone::of(&[]);
        let mut discovery = zone.discovery().lifetime(Duration::ZERO);
        for polls in 1..10 {
            let poll = poll_fn(|cx| Poll::Ready(discovery.poll_next_unpin(cx))).await;
            assert!(poll.is_pending());
            assert_eq!(zone.look_ups(), polls);
        }
    });
}

#[test]
fn an_address_whose_service_cannot_be_made_is_tried_again() {
    paused(async {
        let zone = Zone::of(&[13, 14]);
        let mut discovery = zone.discovery();
        let start = now();
        assert_eq!(texts(&mut discovery).await, ["!down 13", "+14"]);
        assert_eq!(next(&mut discovery, start).await, Some(("!down 13".to_owned(), 30 * SECOND)));
        zone.becomes(Ok(&[14]));
        assert_eq!(next(&mut discovery, start).await, None, "it was never there");
    });
}

#[test]
fn the_longest_lifetime_is_legal() {
    paused(async {
        let mut discovery = Zone::of(&[1]).discovery().lifetime(Duration::MAX);
        assert_eq!(texts(&mut discovery).await, ["+1"]);
        assert!(timeout(YEAR, discovery.next()).await.is_err());
    });
}

#[tokio::test]
async fn a_name_is_looked_up() {
    let mut discovery = discover::dns("localhost", 80, |addr: SocketAddr| Ok::<_, Down>(addr));
    let told = timeout(20 * SECOND, discovery.next()).await.expect("the system knows itself");
    assert!(
        matches!(told, Some(Ok(Change::Insert(key, made))) if key == made && key.ip().is_loopback() && key.port() == 80)
    );
}
