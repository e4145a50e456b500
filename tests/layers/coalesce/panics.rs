//! A panic ends the call, and only the one that polled it gets the panic.

use std::cell::Cell;
use std::hash::{Hash, Hasher};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;

use palisade::coalesce::Panicked;
use palisade::{CoalesceLayer, Error};
use tokio::sync::Semaphore;
use tokio::task::yield_now;
use tokio_test::{assert_ready, task};
use tower::{Layer, Service, ServiceExt, service_fn};

use super::{Sharing, by_tens, call, come, end};
use crate::support::inner::Answer::PanicsInPoll;
use crate::support::inner::Readiness::{Late, Panics};
use crate::support::inner::{Inner, PANICS, is_by_plan};

/// Three callers, of whom one meets the panic; the others get an error, and the next call begins anew.
fn assert_ends(layer: &Sharing, inner: &Inner) {
    let mut callers = come(layer, inner, 3);
    let mut panics = 0;
    while panics == 0 {
        for caller in &mut callers {
            match catch_unwind(AssertUnwindSafe(|| caller.poll())) {
                Ok(polled) => assert!(polled.is_pending() || panics > 0),
                Err(panic) => {
                    assert!(is_by_plan(&*panic));
                    panics += 1;
                    break;
                }
            }
        }
    }
    let errors: Vec<_> = callers.iter_mut().map(|caller| end(caller).expect_err("the call panicked")).collect();
    assert!(errors.iter().all(|error| error.downcast_ref::<Panicked>().is_some()), "{errors:?}");
    assert!(errors.iter().all(|error| matches!(error, Error::Service(_))));
    assert_eq!((inner.alive(), layer.handle().flights(), layer.handle().waiting()), (0, 0, 0));
    inner.recover();
    assert_eq!(end(&mut call(layer, inner, 5)).ok(), Some(5));
}

#[test]
fn others_get_an_error_and_the_next_call_begins_anew() {
    for panics in PANICS {
        // Late, so that all have joined.
        assert_ends(&by_tens(), &Inner::default().ever(Late).answers([panics]));
    }
}

#[test]
fn a_panic_of_readiness_ends_the_call_too() {
    assert_ends(&by_tens(), &Inner::default().will_be([Late, Panics]));
}

#[test]
fn a_panic_that_nobody_shares_leaves_nothing() {
    let (layer, inner) = (by_tens(), Inner::default().answers([PanicsInPoll]));
    let mut caller = call(&layer, &inner, 1);
    assert!(catch_unwind(AssertUnwindSafe(|| caller.poll())).is_err());
    drop(caller);
    assert_eq!((inner.alive(), layer.handle().flights()), (0, 0));
    assert_eq!(end(&mut call(&layer, &inner, 1)).unwrap(), 1);
}

#[test]
fn a_key_function_that_panics_harms_nobody() {
    let layer = CoalesceLayer::by(|request: &u32| {
        assert!(*request < 10, "it cannot be keyed");
        *request
    });
    let inner = Inner::default();
    let mut service = layer.layer(inner);
    let mut first = task::spawn(service.call(1));
    assert!(catch_unwind(AssertUnwindSafe(|| drop(service.call(10)))).is_err());
    assert_eq!(assert_ready!(first.poll()).unwrap(), 1);
    assert_eq!((layer.handle().flights(), layer.handle().waiting()), (0, 0));
}

#[test]
fn a_key_whose_eq_panics_harms_no_other_call() {
    thread_local!(static PANICS: Cell<bool> = const { Cell::new(false) });

    struct Odd;

    impl Hash for Odd {
        fn hash<H: Hasher>(&self, _: &mut H) {}
    }

    impl PartialEq for Odd {
        fn eq(&self, _: &Self) -> bool {
            assert!(!PANICS.get(), "it cannot be compared");
            true
        }
    }

    impl Eq for Odd {}

    let layer = CoalesceLayer::by(|request: &u32| if *request < 10 { Ok(Odd) } else { Err(*request) });
    let mut service = layer.layer(Inner::default());
    let mut first = task::spawn(service.call(1));
    PANICS.set(true);
    assert!(catch_unwind(AssertUnwindSafe(|| drop(service.call(2)))).is_err());
    for request in 10..30 {
        assert_eq!(assert_ready!(task::spawn(service.call(request)).poll()).unwrap(), request);
    }
    PANICS.set(false);
    assert_eq!(assert_ready!(first.poll()).unwrap(), 1);
}

/// A response whose next clone panics where it is set to.
#[derive(Debug)]
struct Brittle(Arc<AtomicBool>);

impl Clone for Brittle {
    fn clone(&self) -> Self {
        assert!(!self.0.swap(false, Ordering::SeqCst), "a clone of bad luck");
        Self(Arc::clone(&self.0))
    }
}

#[test]
fn a_clone_that_panics_harms_only_who_gets_it() {
    for unlucky in 0..3 {
        let panics = Arc::new(AtomicBool::new(false));
        let response = Brittle(Arc::clone(&panics));
        let layer = CoalesceLayer::by(|_: &u32| ());
        let service = layer.layer(service_fn(move |_: u32| {
            let response = Brittle(Arc::clone(&response.0));
            async { Ok::<_, Error>(response) }
        }));
        let mut callers = [0, 1, 2].map(|request| task::spawn(service.clone().call(request)));
        for (number, caller) in callers.iter_mut().enumerate() {
            panics.store(number == unlucky, Ordering::SeqCst);
            let polled = catch_unwind(AssertUnwindSafe(|| caller.poll().map(|result| result.is_ok())));
            assert_eq!(polled.ok(), (number != unlucky).then_some(Poll::Ready(true)), "{number} of {unlucky}");
        }
        drop(callers);
        assert_eq!((layer.handle().flights(), layer.handle().waiting()), (0, 0));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_tasks_one_gets_the_panic_and_the_others_an_error() {
    let gate = Arc::new(Semaphore::new(0));
    let layer = CoalesceLayer::by(|_: &u32| ());
    let held = Arc::clone(&gate);
    let service = layer.layer(service_fn(move |_: u32| {
        let gate = Arc::clone(&held);
        async move {
            assert!(gate.acquire().await.is_err(), "a panic of the service's own");
            Ok::<_, Error>(1)
        }
    }));
    let tasks: Vec<_> = (0..1_000).map(|request| tokio::spawn(service.clone().oneshot(request))).collect();
    while layer.handle().waiting() < 999 {
        yield_now().await;
    }
    gate.add_permits(1_000);
    let mut panics = 0;
    for task in tasks {
        match task.await {
            Ok(result) => assert!(result.unwrap_err().downcast_ref::<Panicked>().is_some()),
            Err(error) => panics += usize::from(error.is_panic()),
        }
    }
    assert_eq!((panics, layer.handle().flights(), layer.handle().waiting()), (1, 0, 0));
}
