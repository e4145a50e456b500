//! A service is made before calls go to its replica.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;

use futures_util::FutureExt;
use palisade::Backoff;
use tokio::time::sleep;

use super::*;

/// A replica that is made in a second, in front of one that is there; and how often its making began.
fn lazy(standby: Inner, result: Result<Inner, Down>) -> (Replicas<Inner>, Arc<AtomicUsize>) {
    let begun = Arc::<AtomicUsize>::default();
    let counted = Arc::clone(&begun);
    let make = move || {
        counted.fetch_add(1, SeqCst);
        let result = result.clone();
        async {
            sleep(SECOND).await;
            result
        }
    };
    let backoff = Backoff::constant(10 * SECOND);
    let builder =
        Replicas::builder("orders").policy(Policy::FailOver).backoff(backoff).lazy("a", make).add("b", standby);
    (builder.build().expect(LEGAL), begun)
}

#[tokio::test(start_paused = true)]
async fn a_service_is_made_once_for_all_calls_that_wait() {
    let inner = Inner::default();
    let (service, begun) = lazy(Inner::default(), Ok(inner.clone()));
    assert_eq!(begun.load(SeqCst), 0);
    let mut calls = [begin(&service), begin(&service), begin(&service)];
    advance(SECOND).await;
    assert!(calls.iter_mut().all(|call| call.is_woken() && call.poll().is_ready()));
    assert_eq!(call(&service, 2).await, 2);
    drop(calls);
    assert_eq!((begun.load(SeqCst), inner.calls()), (1, 5));
}

#[tokio::test(start_paused = true)]
async fn the_making_goes_on_where_the_first_caller_leaves() {
    let (service, begun) = lazy(Inner::default(), Ok(Inner::default()));
    let first = begin(&service);
    let mut second = begin(&service);
    advance(SECOND / 2).await;
    drop(first);
    assert!(second.poll().is_pending());
    advance(SECOND / 2).await;
    assert!(second.poll().is_ready());
    assert_eq!(begun.load(SeqCst), 1);
    drop(begin(&lazy(Inner::default(), Ok(Inner::default())).0));
}

#[tokio::test(start_paused = true)]
async fn no_call_waits_for_one_that_is_not_polled() {
    let (service, begun) = lazy(Inner::default(), Ok(Inner::default()));
    let mut calls = [begin(&service), begin(&service), begin(&service)];
    advance(SECOND / 2).await;
    assert!(calls[1].poll().is_pending());
    advance(SECOND / 2).await;
    assert!(calls[2].poll().is_ready());
    assert!(calls[0].is_woken() && calls[0].poll().is_ready());
    drop(calls);
    assert_eq!(begun.load(SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn a_call_goes_on_where_the_service_cannot_be_made() {
    let standby = Inner::default();
    let (service, begun) = lazy(standby.clone(), Err(Down(4)));
    assert_eq!(call(&service, 5).await, 5);
    assert_eq!((begun.load(SeqCst), standby.calls()), (1, 5));
    let first = service.handle().snapshot().replicas.into_iter().find(|replica| &*replica.name == "a").unwrap();
    assert_eq!(first.judgement, palisade::Judgement::Unhealthy);
    assert!(first.why.unwrap().contains("down 4"));
    advance(10 * SECOND).await;
    service.handle().promote("a");
    assert_eq!(call(&service, 5).await, 5);
    assert_eq!(begun.load(SeqCst), 2);
}

#[tokio::test(start_paused = true)]
async fn the_error_of_the_making_is_that_of_the_call() {
    let make = || async { Err::<Inner, _>(Down(4)) };
    let service = Replicas::builder("orders").lazy("a", make).build().unwrap();
    assert_eq!(service.oneshot(1).await.unwrap_err().downcast_ref(), Some(&Down(4)));
}

#[tokio::test(start_paused = true)]
async fn a_making_that_panics_is_begun_anew() {
    let begun = AtomicUsize::new(0);
    let make = move || {
        let is_first = begun.fetch_add(1, SeqCst) == 0;
        async move {
            assert!(!is_first, "the first one panics");
            Ok::<_, Down>(Inner::default())
        }
    };
    let service = Replicas::builder("orders").lazy("a", make).build().unwrap();
    assert!(AssertUnwindSafe(service.clone().oneshot(1)).catch_unwind().await.is_err());
    assert_eq!(service.clone().oneshot(1).await.unwrap(), 1);
    assert_eq!(service.handle().snapshot().replicas[0].in_flight, 0);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_sent_where_the_deadline_came_while_it_was_made() {
    let inner = Inner::default();
    let (service, _) = lazy(Inner::default(), Ok(inner.clone()));
    let late = palisade::Deadline::after(SECOND / 2).scope(service.oneshot(1)).await.unwrap_err();
    assert!(!late.elapsed().unwrap().was_sent());
    assert_eq!(inner.calls(), 0);
}
