//! HTTP traffic through the five layers, while the network and the server fail in one way after another.
//!
//! `PALISADE_SOAK_SECONDS` says for how long, rounded up to whole cycles of faults; 15 seconds where it does not.

#![expect(clippy::unwrap_used, reason = "an unwrap in vain fails the test, as it should")]

mod gateway;
mod heap;
#[cfg(all(unix, feature = "axum", feature = "hyper-util"))]
mod nginx;
mod replicas;
mod traffic;
mod upstream;

use std::env;
use std::sync::Arc;
use std::time::Duration;

use palisade::test_util::{Fault, FaultProxy};
use palisade::{Phase, Registry};
use tokio::sync::Mutex;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use crate::gateway::Gateway;
use crate::heap::Heap;
use crate::traffic::{Caller, Tally};
use crate::upstream::{Health, Server, Upstream};

const CALLERS: u64 = 32;
/// How long each part of a cycle lasts; a whole one lasts five seconds.
const SLOT: Duration = Duration::from_micros(312_500);
/// The last leaves the circuit no peace: it is open when the faults are over.
const CYCLE: [(Fault, Health); 16] = [
    (Fault::None, Health::Well),
    (Fault::Latency(ms(50)), Health::Well),
    (Fault::None, Health::Well),
    (Fault::Drip { bytes: 16, every: ms(10) }, Health::Well),
    (Fault::None, Health::Well),
    (Fault::None, Health::Stopped),
    (Fault::None, Health::Well),
    (Fault::CutAfter(700), Health::Well),
    (Fault::None, Health::Well),
    (Fault::HalfClose, Health::Well),
    (Fault::None, Health::Well),
    (Fault::None, Health::Failing),
    (Fault::None, Health::Well),
    (Fault::BlackHole, Health::Well),
    (Fault::None, Health::Well),
    (Fault::Reset, Health::Well),
];

/// Soaks take turns: the heap is that of the whole process.
static TURN: Mutex<()> = Mutex::const_new(());

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn faults_lose_no_call_leave_nothing_and_are_recovered_from() {
    let _turn = TURN.lock().await;
    let (gateway, upstream) = (Gateway::new(), Arc::new(Upstream::default()));
    // The first is to allocate what is allocated once.
    let mut tally = storm(&gateway, &upstream, 1).await;
    let told = || heap::told(&Registry::global());
    let (before, told_before, opened) = (Heap::at_rest().await, told(), gateway.seen().by_circuit);
    tally += storm(&gateway, &upstream, cycles() - 1).await;
    let after = Heap::at_rest().await;

    let seen = gateway.seen();
    eprintln!("soak: {tally:?}, {seen:?}, {before:?} before, {after:?} after");
    assert_eq!(tally.degraded, seen.by_circuit + seen.by_bulkhead + seen.timed_out + seen.failed);
    assert!(seen.by_circuit > opened, "the circuit opened again after it had closed");
    let happened = [tally.answered, tally.dropped, seen.by_circuit, seen.by_bulkhead, seen.timed_out, seen.failed];
    assert!(happened.iter().all(|&times| times > 0) && seen.retries > 0, "the soak proves nothing: {tally:?} {seen:?}");
    assert!(after.is_within(before.with_history(told_before, told())), "{after:?} is left of {before:?}");
}

/// Sends traffic through so many cycles of faults, and then holds the gateway to its promises.
async fn storm(gateway: &Gateway, upstream: &Arc<Upstream>, cycles: usize) -> Tally {
    let server = Server::start(upstream).await;
    let proxy = FaultProxy::start(server.addr()).await.unwrap();
    let start = now();
    let slots = (0..).map(|slot| start + SLOT * slot).zip(CYCLE.repeat(cycles));
    let end = start + SLOT * u32::try_from(CYCLE.len() * cycles).unwrap();
    let mut callers = JoinSet::new();
    for number in 0..CALLERS {
        callers.spawn(Caller::new(number, gateway.service(), proxy.addr()).call_until(end));
    }

    let _server = ail(upstream, server, slots, &proxy).await;
    sleep_until(end).await;
    let tallies = timeout(Duration::from_secs(30), callers.join_all()).await.expect("each call ends");
    assert_eq!((gateway.places.in_flight(), gateway.places.queued()), (0, 0), "each call has ended");

    proxy.set(Fault::None);
    let mut recovered = recover(gateway, &proxy).await;
    eventually("the server is idle", || upstream.busy() == 0).await;
    eventually("all connections are closed", || proxy.open() == 0).await;
    for tally in tallies {
        recovered += tally;
    }
    recovered
}

/// Has faults meet the server's responses, and the server be well, failing or stopped, by a schedule.
async fn ail(
    upstream: &Arc<Upstream>,
    server: Server,
    schedule: impl Iterator<Item = (Instant, (Fault, Health))>,
    proxy: &FaultProxy,
) -> Option<Server> {
    let mut server = Some(server);
    for (from, (fault, health)) in schedule {
        sleep_until(from).await;
        proxy.set_responses(fault);
        upstream.fail(health == Health::Failing);
        if health == Health::Stopped {
            server = None;
        } else if server.is_none() {
            let started = Server::start(upstream).await;
            proxy.redirect(started.addr());
            server = Some(started);
        }
    }
    server
}

/// Calls until many answers in a row are the server's own; by then the circuit has closed by itself.
async fn recover(gateway: &Gateway, proxy: &FaultProxy) -> Tally {
    let mut caller = Caller::new(CALLERS, gateway.service(), proxy.addr());
    let mut in_a_row = 0;
    for _ in 0..2000 {
        let answered = caller.tally.answered;
        caller.call(Duration::MAX).await;
        in_a_row = if caller.tally.answered > answered { in_a_row + 1 } else { 0 };
        if in_a_row == 50 {
            break;
        }
        sleep(ms(10)).await;
    }
    assert_eq!((in_a_row, gateway.circuit.phase()), (50, Phase::Closed), "the gateway recovers");
    caller.tally
}

/// Asks again and again, for twenty seconds at most.
async fn eventually(what: &str, condition: impl Fn() -> bool) {
    for _ in 0..1000 {
        if condition() {
            return;
        }
        sleep(ms(20)).await;
    }
    panic!("twenty seconds on, it still does not hold that {what}");
}

/// How many cycles, with the one that warms up.
fn cycles() -> usize {
    let seconds = env::var("PALISADE_SOAK_SECONDS").map_or(15, |seconds| seconds.parse().unwrap());
    usize::div_ceil(seconds, 5).max(2)
}

const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

#[expect(clippy::disallowed_methods, reason = "sockets are real, and so is their time")]
fn now() -> Instant {
    Instant::now()
}
