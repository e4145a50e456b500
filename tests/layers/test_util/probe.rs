//! A service that watches how it is used.

use std::iter::{from_fn, repeat, repeat_with};
use std::sync::{Arc, OnceLock};
use std::task::Poll;

use palisade::test_util::{Reply, ScriptedService, ServiceProbe};
use tokio_test::task::spawn;
use tokio_test::{assert_pending, assert_ready};
use tower::{Service, ServiceExt};

use crate::support::Down;
use crate::support::services::{panics, poll_ready};

type Probe = ServiceProbe<ScriptedService<u32, Down>, Down>;

const READY: Poll<Result<(), Down>> = Poll::Ready(Ok(()));
const FAILS: Poll<Result<(), Down>> = Poll::Ready(Err(Down(3)));

/// Each call returns 7.
fn probe() -> Probe {
    ServiceProbe::new(ScriptedService::new(repeat(Reply::from(Ok(7)))))
}

/// Whether it panics when it is called now.
fn is_strict(probe: &mut Probe) -> bool {
    panics(|| drop(probe.call(1)))
}

#[test]
fn it_panics_when_called_before_it_was_polled_ready() {
    let mut probe = probe();
    assert!(is_strict(&mut probe));
    assert_eq!(poll_ready::<_, u32>(&mut probe), READY);
    assert!(!is_strict(&mut probe));
    assert!(is_strict(&mut probe), "one poll is for one call");
    assert_eq!(probe.calls().count(), 1, "a call that panics is not sent");
}

#[test]
fn a_clone_starts_not_ready_and_leaves_the_first_ready() {
    let mut probe = probe();
    assert_eq!(poll_ready::<_, u32>(&mut probe), READY);
    assert!(is_strict(&mut probe.clone()));
    assert!(!is_strict(&mut probe));
}

#[test]
fn a_poll_that_is_not_ready_takes_the_readiness_back() {
    for unready in [Poll::Pending, FAILS] {
        let mut probe = probe().readiness([READY, unready]);
        assert_eq!([0; 2].map(|_| poll_ready::<_, u32>(&mut probe)), [READY, unready]);
        assert!(is_strict(&mut probe), "{unready:?}");
    }
}

#[test]
fn clones_share_their_counts_and_their_script() {
    let mut probe = probe().readiness([FAILS, READY, FAILS]);
    let mut clones = [probe.clone(), probe.clone(), probe.clone()];
    let polled = clones.each_mut().map(poll_ready::<_, u32>);
    assert_eq!((polled, poll_ready::<_, u32>(&mut probe)), ([FAILS, READY, FAILS], READY));
    drop((clones[1].call(1), probe.call(2)));
    assert_eq!((probe.polls().count(), probe.calls().count()), (4, 2));
}

#[tokio::test]
async fn an_entry_that_is_pending_wakes_its_task() {
    let mut probe = probe().readiness([Poll::Pending, Poll::Pending, FAILS]);
    assert_eq!(ServiceExt::<u32>::ready(&mut probe).await.unwrap_err(), Down(3));
    assert_eq!(probe.polls().count(), 3);
}

#[test]
fn a_stall_lasts_until_its_release_which_wakes_all() {
    let probe = probe().readiness([READY]).stalled();
    let mut first = probe.clone();
    assert_eq!(poll_ready::<_, u32>(&mut first), READY, "its script comes before");
    let mut calls = [1, 2].map(|request| spawn(probe.clone().oneshot(request)));
    for call in &mut calls {
        assert_pending!(call.poll());
        assert_pending!(call.poll());
        assert!(!call.is_woken());
    }
    probe.release();
    for call in &mut calls {
        assert!(call.is_woken());
        assert_eq!(assert_ready!(call.poll()), Ok(7));
    }
}

#[test]
fn it_is_ready_only_when_the_service_in_it_is() {
    let mut outer = ServiceProbe::new(probe().readiness([FAILS])).readiness([READY, READY]);
    assert_eq!([0; 2].map(|_| poll_ready::<_, u32>(&mut outer)), [FAILS, READY]);
}

#[test]
fn an_endless_script_holds_for_ever() {
    let mut probe = probe().readiness(repeat_with(|| FAILS));
    assert!((0..1_000).all(|_| poll_ready::<_, u32>(&mut probe) == FAILS));
}

#[test]
fn a_script_may_release_its_own_probe() {
    let own = Arc::new(OnceLock::<Probe>::new());
    let of_script = Arc::clone(&own);
    let release = move || of_script.get().map(|probe| (probe.release(), READY).1);
    let probe = own.get_or_init(|| probe().readiness(from_fn(release)).stalled());
    assert_eq!(poll_ready::<_, u32>(&mut probe.clone()), READY);
}
