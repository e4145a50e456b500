//! What is awaited before calls go to a replica: its service is made, or it takes over.

use std::panic::AssertUnwindSafe;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Mutex};

use futures_util::FutureExt;
use palisade::Backoff;
use tokio::time::sleep;
use tower::Layer;

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

/// Replicas of which those on the list cannot take over, and who was asked to.
fn taking_over(inners: &[Inner], cannot: &'static [&'static str]) -> (Replicas<Inner>, Arc<Mutex<Vec<String>>>) {
    let asked = Arc::<Mutex<Vec<String>>>::default();
    let list = Arc::clone(&asked);
    let take_over = move |name: Arc<str>| {
        list.lock().expect("no test panics while it notes").push(name.to_string());
        async move { if cannot.contains(&&*name) { Err(Down(9)) } else { Ok(()) } }
    };
    (in_order(inners).on_takeover(take_over).build().expect(LEGAL), asked)
}

#[tokio::test(start_paused = true)]
async fn a_takeover_is_awaited_at_first_and_after_each_failover() {
    let (service, asked) = taking_over(&[(); 2].map(|()| Inner::default()), &[]);
    let handle = service.handle();
    call(&service, 3).await;
    handle.promote("b");
    call(&service, 3).await;
    handle.promote("a");
    call(&service, 3).await;
    assert_eq!(*asked.lock().unwrap(), ["a", "b", "a"]);
}

#[tokio::test(start_paused = true)]
async fn the_next_replica_takes_over_where_one_cannot() {
    let inners = [(); 3].map(|()| Inner::default());
    let (service, asked) = taking_over(&inners, &["b"]);
    call(&service, 1).await;
    service.handle().eject("a");
    assert_eq!(call(&service, 3).await, 3);
    assert_eq!((calls(&inners), asked.lock().unwrap().join(" ")), (vec![1, 0, 3], "a b c".into()));
}

#[tokio::test(start_paused = true)]
async fn a_takeover_is_awaited_again_where_nobody_was_in_use() {
    let (service, asked) = taking_over(&[(); 2].map(|()| Inner::default()), &[]);
    let handle = service.handle();
    handle.drain("b");
    call(&service, 1).await;
    for (gone, back) in [("a", "b"), ("b", "a")] {
        handle.drain(gone);
        handle.undrain(back);
        call(&service, 1).await;
    }
    assert_eq!(*asked.lock().unwrap(), ["a", "b", "a"]);
}

#[tokio::test(start_paused = true)]
async fn after_a_trial_the_one_in_use_takes_over_again() {
    let inners = [(); 2].map(|()| Inner::default());
    let (service, asked) = taking_over(&inners, &[]);
    service.handle().eject("a");
    call(&service, 1).await;
    advance(34 * SECOND).await;
    call(&service, 3).await;
    assert_eq!((calls(&inners), asked.lock().unwrap().join(" ")), (vec![1, 3], "b a b".into()));
}

/// Replicas of which the first one takes over like this.
fn taking_over_like<F>(take_over: impl Fn() -> F + Send + Sync + 'static) -> Replicas<Inner>
where
    F: Future<Output = Result<(), Down>> + Send + 'static,
{
    let take_over = move |name: Arc<str>| {
        let taking = (&*name == "a").then(&take_over);
        async { if let Some(taking) = taking { taking.await } else { Ok(()) } }
    };
    in_order(&[(); 2].map(|()| Inner::default())).on_takeover(take_over).build().expect(LEGAL)
}

#[tokio::test(start_paused = true)]
async fn a_replica_whose_takeover_panics_is_ejected() {
    let service = taking_over_like(|| async { panic!("it cannot take over") });
    for _ in 0..5 {
        assert!(AssertUnwindSafe(service.clone().oneshot(1)).catch_unwind().await.is_err());
    }
    assert_eq!(phase(&service.handle(), "a"), Phase::Ejected);
    assert_eq!(call(&service, 5).await, 5);
}

#[tokio::test(start_paused = true)]
async fn a_replica_whose_takeover_hangs_is_ejected() {
    let service = taking_over_like(std::future::pending);
    let mut limited = palisade::TimeoutLayer::new(SECOND).layer(service.clone());
    for _ in 0..5 {
        assert!(limited.ready().await.unwrap().call(1).await.is_err());
    }
    assert_eq!(phase(&service.handle(), "a"), Phase::Ejected);
    assert_eq!(call(&service, 5).await, 5);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_leaves_a_takeover_says_nothing() {
    let service = taking_over_like(std::future::pending);
    for _ in 0..5 {
        drop(begin(&service));
    }
    assert_eq!(phase(&service.handle(), "a"), Phase::InService);
}
