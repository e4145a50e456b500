//! A replica takes over before calls go there.

use std::panic::AssertUnwindSafe;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Mutex};

use futures_util::FutureExt;
use palisade::Judgement;
use tower::Layer;

use super::*;

/// Replicas, and who was asked to take over. Those on the list cannot.
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
async fn a_replica_that_takes_over_gets_no_trial() {
    let inners = [(); 2].map(|()| Inner::default());
    let (service, asked) = taking_over(&inners, &[]);
    service.handle().eject("a");
    for (after, who) in [(0, "b"), (34, "b"), (30, "b a")] {
        advance(after * SECOND).await;
        call(&service, 3).await;
        assert_eq!(asked.lock().unwrap().join(" "), who, "{after} s after");
    }
    assert_eq!(calls(&inners), [3, 6]);
}

#[tokio::test(start_paused = true)]
async fn a_replica_that_takes_over_is_asked_for_no_judge() {
    let asked = Arc::<AtomicUsize>::default();
    let counted = Arc::clone(&asked);
    let service = Replicas::builder("orders")
        .policy(Policy::FailOver)
        .replica(Replica::new("a", Inner::default()).judge(|| Judgement::OnTrial))
        .add("b", Inner::default())
        .on_takeover(move |_| {
            counted.fetch_add(1, SeqCst);
            async { Ok::<_, Down>(()) }
        })
        .build()
        .unwrap();
    service.handle().promote("b");
    for _ in 0..3 {
        service.clone().oneshot(1).await.unwrap();
    }
    assert_eq!(asked.load(SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn a_retry_stays_with_the_replica_that_took_over() {
    let inners = [Inner::failing(), Inner::default()];
    let (service, asked) = taking_over(&inners, &[]);
    let retry = palisade::RetryLayer::builder("orders").max_attempts(3).build().unwrap();
    retry.layer(service).oneshot(1).await.unwrap_err();
    assert_eq!((calls(&inners), asked.lock().unwrap().join(" ")), (vec![3, 0], "a".into()));
}

/// Replicas, where the first one takes over like this.
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
