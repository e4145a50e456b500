//! Who shares which call.

use std::hash::{Hash, Hasher};
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use palisade::CoalesceLayer;
use tokio_test::task;
use tower::{Layer, Service, ServiceExt, service_fn};

use super::{by_tens, call, callers, end};
use crate::support::Down;
use crate::support::inner::Answer::{After, Held};
use crate::support::inner::Inner;
use palisade::test_util::Calls;

#[test]
fn callers_of_one_key_share_one_call() {
    let (layer, inner) = (by_tens(), Inner::default().ever_answers(Held(Ok(9))));
    let mut sharing = callers(&layer, &inner, 5);
    let mut other = call(&layer, &inner, 10);
    assert!(other.poll().is_pending());
    assert_eq!(inner.calls(), 2);
    inner.release();
    let results: Vec<_> = sharing.iter_mut().chain([&mut other]).map(|caller| end(caller).unwrap()).collect();
    assert_eq!((results, inner.calls()), (vec![9; 6], 2));
}

#[test]
fn the_call_is_that_of_the_one_who_began_it() {
    let (layer, inner) = (by_tens(), Inner::default());
    let [mut first, mut second] = [7, 8].map(|request| call(&layer, &inner, request));
    // Who is polled first polls it.
    assert_eq!((end(&mut second).unwrap(), end(&mut first).unwrap(), inner.calls()), (7, 7, 1));
}

/// A call that pends until it was woken so many times.
struct Woken(u32, Arc<Mutex<Option<Waker>>>);

impl Future for Woken {
    type Output = Result<u32, Down>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if self.0 == 0 {
            return Poll::Ready(Ok(9));
        }
        self.0 -= 1;
        *self.1.lock().expect("nobody panics under it") = Some(cx.waker().clone());
        Poll::Pending
    }
}

#[test]
fn ten_thousand_concurrent_calls_are_one_in_few_polls() {
    const CALLERS: usize = 10_000;
    const WAKES: u32 = 3;
    let layer = CoalesceLayer::by(|_: &u32| "the key of all");
    let (waker, calls) = (Arc::new(Mutex::new(None)), Calls::default());
    let (handed, counted) = (Arc::clone(&waker), calls.clone());
    let mut service = layer.layer(service_fn(move |_: u32| {
        counted.add();
        Woken(WAKES, Arc::clone(&handed))
    }));
    let mut callers: Vec<_> = (0..10_000).map(|request| (task::spawn(service.call(request)), 1_u32)).collect();
    assert!(callers.iter_mut().all(|(caller, _)| caller.poll().is_pending()));
    assert_eq!((layer.handle().flights(), layer.handle().waiting()), (1, CALLERS as u64 - 1));
    for wakes in 1..=WAKES {
        let waker: Waker = waker.lock().unwrap().take().expect("one has polled the call");
        waker.wake();
        // Those who come last are polled first, and at the end all that are woken.
        for (caller, polls) in callers.iter_mut().rev() {
            while caller.is_woken() {
                *polls += 1;
                if let Poll::Ready(result) = caller.poll() {
                    assert_eq!((result.unwrap(), wakes), (9, WAKES));
                    break;
                }
            }
        }
    }
    assert_eq!(calls.count(), 1);
    assert!(callers.iter().all(|(_, polls)| *polls <= WAKES + 2));
    let total: u32 = callers.iter().map(|(_, polls)| polls).sum();
    println!("{CALLERS} callers and {WAKES} wakes: {total} polls, {} at most", 10_000 * (WAKES + 2));
    assert_eq!((layer.handle().flights(), layer.handle().waiting(), layer.handle().shared()), (0, 0, 9_999));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tasks_of_many_threads_share_one_call() {
    let (layer, inner) = (by_tens(), Inner::default().ever_answers(Held(Ok(9))));
    let tasks: Vec<_> = (0..1_000).map(|_| tokio::spawn(layer.layer(inner.clone()).oneshot(1))).collect();
    while layer.handle().waiting() < 999 {
        tokio::task::yield_now().await;
    }
    inner.release();
    for task in tasks {
        assert_eq!(task.await.unwrap().unwrap(), 9);
    }
    assert_eq!((inner.calls(), layer.handle().shared()), (1, 999));
}

#[test]
fn keys_that_collide_share_no_call() {
    #[derive(PartialEq, Eq)]
    struct Colliding(u32);

    impl Hash for Colliding {
        fn hash<H: Hasher>(&self, _: &mut H) {}
    }

    let layer = CoalesceLayer::by(|request: &u32| Colliding(request / 10));
    let inner = Inner::default().ever_answers(After(1, Ok(9)));
    let mut service = layer.layer(inner.clone());
    let mut callers: Vec<_> = (0..200).map(|request| task::spawn(service.call(request))).collect();
    assert_eq!((layer.handle().flights(), layer.handle().waiting()), (20, 180));
    for caller in &mut callers {
        while caller.poll().is_pending() {}
    }
    assert_eq!((inner.calls(), layer.handle().flights(), layer.handle().waiting()), (20, 0, 0));
}

#[test]
fn a_key_is_free_at_the_moment_the_result_is_there() {
    let (layer, inner) = (by_tens(), Inner::default().answers([Held(Ok(1)), After(0, Ok(2))]));
    let mut callers = callers(&layer, &inner, 3);
    inner.release();
    assert_eq!(end(&mut callers[0]).unwrap(), 1);
    // Two have not picked theirs up.
    assert_eq!(end(&mut call(&layer, &inner, 0)).unwrap(), 2);
    assert_eq!([&mut callers.pop().unwrap(), &mut callers.pop().unwrap()].map(|caller| end(caller).unwrap()), [1, 1]);
}

#[test]
fn services_of_a_layer_and_its_clone_share_and_others_do_not() {
    let (layer, inner) = (by_tens(), Inner::default().ever_answers(Held(Ok(9))));
    let _sharing = [&layer, &layer.clone(), &by_tens()].map(|layer| {
        let mut caller = call(layer, &inner, 1);
        assert!(caller.poll().is_pending());
        caller
    });
    assert_eq!(inner.calls(), 2);
}

#[test]
fn a_response_is_cloned_only_where_callers_share_it() {
    #[derive(Debug)]
    struct Costly(Arc<AtomicUsize>);

    impl Clone for Costly {
        fn clone(&self) -> Self {
            self.0.fetch_add(1, Ordering::Relaxed);
            Self(Arc::clone(&self.0))
        }
    }

    let clones = Arc::new(AtomicUsize::new(0));
    let layer = CoalesceLayer::by(|_: &u32| ());
    let made = Arc::clone(&clones);
    let service = layer.layer(service_fn(move |_: u32| {
        let response = Costly(Arc::clone(&made));
        async { Ok::<_, Down>(response) }
    }));
    let mut alone = task::spawn(service.clone().oneshot(1));
    assert!(alone.poll().is_ready());
    assert_eq!(clones.load(Ordering::Relaxed), 0);
    let mut sharing = [1, 2, 3].map(|request| {
        let mut service = service.clone();
        task::spawn(service.call(request))
    });
    assert!(sharing.iter_mut().all(|caller| caller.poll().is_ready()));
    assert_eq!(clones.load(Ordering::Relaxed), 3);
}
