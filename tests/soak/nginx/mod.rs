//! An axum gateway, with the standard stacks, in front of an nginx that fails in one way after another.

mod callers;
mod gateway;
mod server;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use palisade::{Phase, Registry};
use tokio::task::JoinSet;
use tokio::time::timeout;

use self::callers::{Caller, End, Tally};
use self::gateway::Gateway;
use self::server::{Fault, Nginx};
use crate::heap::{self, Heap};
use crate::{TURN, eventually};

const CALLERS: usize = 32;
const REQUESTS: u64 = 100_000;
/// How many requests end while a fault lasts, and how many end well before the next.
const SLOT: u64 = 1500;
const FAULTS: [Fault; 5] = [Fault::Busy, Fault::Killed, Fault::Slow, Fault::Cut, Fault::Dripping];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_nginx_that_fails_and_dies_leaves_no_request_alone() {
    let _turn = TURN.lock().await;
    let Some(mut nginx) = Nginx::find() else {
        eprintln!("skipped: no nginx");
        return;
    };
    let (gateway, tally) = (Gateway::start(nginx.addr()).await, Arc::<Tally>::default());
    // The first is to allocate what is allocated once.
    storm(&mut nginx, &gateway, &tally, REQUESTS / 6).await;
    let told = || heap::told(&Registry::global());
    let (before, told_before) = (Heap::at_rest().await, told());
    storm(&mut nginx, &gateway, &tally, REQUESTS).await;
    let after = Heap::at_rest().await;

    let (gets, posts): (Vec<_>, Vec<_>) = nginx.seen().into_iter().partition(|(line, _)| line.starts_with("GET"));
    let again = |seen: &[(String, u32)]| seen.iter().filter(|(_, times)| *times > 1).count();
    let saw = [gets.len(), again(&gets), posts.len(), again(&posts)];
    eprintln!("soak: {tally:?}, nginx saw GETs, again, POSTs, again: {saw:?}, {before:?} before, {after:?} after");
    assert_eq!(again(&posts), 0, "no POST is sent twice");
    let happened = tally.all().iter().all(|&times| times > 0) && again(&gets) > 0 && !posts.is_empty();
    assert!(happened, "the soak proves nothing");
    assert!(after.is_within(before.with_history(told_before, told())), "{after:?} is left of {before:?}");
}

/// Sends traffic through one fault after another until so many requests were sent, and then holds the gateway to its promises.
async fn storm(nginx: &mut Nginx, gateway: &Gateway, tally: &Arc<Tally>, requests: u64) {
    let goes_on = Arc::new(AtomicBool::new(true));
    let mut callers = JoinSet::new();
    for _ in 0..CALLERS {
        let (caller, goes_on) = (Caller::new(gateway.addr, tally), Arc::clone(&goes_on));
        callers.spawn(caller.call_while(move || goes_on.load(SeqCst)));
    }
    for fault in FAULTS.into_iter().cycle().take_while(|_| tally.sent() < requests) {
        nginx.begin(fault);
        let ended = tally.ended();
        eventually("requests end during a fault", || tally.ended() >= ended + SLOT).await;
        nginx.end(fault);
        let whole = tally.of(End::Whole);
        eventually("nginx responds again", || tally.of(End::Whole) >= whole + SLOT).await;
    }
    goes_on.store(false, SeqCst);
    timeout(Duration::from_secs(30), callers.join_all()).await.expect("each call ends");
    eventually("nothing is in flight", || gateway.in_flight() == 0).await;
    assert_eq!(tally.ended(), tally.sent(), "no request is lost");
    assert_eq!(gateway.circuit.phase(), Phase::Closed, "the gateway recovers");
}
