//! What a rehearsal leaves alone: what the call around it tells the layers outside, and the places of other calls.

use std::future::pending;
use std::panic::{AssertUnwindSafe, panic_any};
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;
use std::thread;

use futures_util::future::join_all;
use palisade::test_util::{assert_at_rest, drop_at_every_poll};
use palisade::{Backoff, Criticality, DeadLetter, DeadLetterLayer, Objective, Policy, Registry, Replicas, RetryLayer};

use super::*;

/// A retry without waits, of so many attempts.
fn retry(attempts: u32) -> RetryLayer {
    RetryLayer::builder("retry").max_attempts(attempts).backoff(Backoff::none()).build().expect("it is legal")
}

type Never = fn(Result<&u32, &Error>) -> bool;

/// A layer whose calls all rehearse this step, and whose fallback is never taken.
fn never_taken<F>(step: F) -> FallbackLayer<F, Never> {
    let layer = FallbackLayer::new(step).registry(&Registry::new()).rehearse(1.0);
    layer.expect("the rate is legal").fallback_if(|_: Result<&u32, &Error>| false)
}

#[tokio::test(start_paused = true)]
async fn a_letter_tells_the_attempts_of_the_call_and_not_of_a_rehearsal() {
    let told = Arc::new(Mutex::new(Vec::new()));
    let letters = Arc::clone(&told);
    let sink = move |letter: DeadLetter<u32>| letters.lock().unwrap().push(letter.attempts);
    let rehearsed = fallback::service(retry(3).layer(failing()));
    let call = retry(2).layer(failing());
    DeadLetterLayer::new(sink.clone()).layer(never_taken(rehearsed.clone()).layer(call)).oneshot(1).await.unwrap_err();
    DeadLetterLayer::new(sink).layer(never_taken(rehearsed).layer(failing())).oneshot(1).await.unwrap_err();
    assert_eq!(*told.lock().unwrap(), [2, 1]);
}

#[tokio::test(start_paused = true)]
async fn a_retry_avoids_the_replica_of_the_call_whatever_a_rehearsal_tried() {
    let registry = Registry::new();
    let replicas = Replicas::builder("replicas").registry(&registry).policy(Policy::FailOver).max_tries(1);
    let replicas = replicas.add("fails", coded(&[1, 1, 1])).add("answers", coded(&[200, 200, 200])).build().unwrap();
    let rehearsed = fallback::service(retry(2).layer(failing()));
    let service = retry(2).layer(never_taken(rehearsed).layer(replicas));
    assert_eq!(service.oneshot(1).await.unwrap(), 200);
}

#[tokio::test(start_paused = true)]
async fn a_rehearsal_matters_least() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let classes = Arc::clone(&seen);
    let see = move |request: u32| {
        classes.lock().unwrap().push(Criticality::current());
        ready(Ok::<_, Down>(request))
    };
    let layer = FallbackLayer::new(fallback::service(strict(see))).registry(&Registry::new()).rehearse(1.0).unwrap();
    let service = layer.layer(failing());
    Criticality::CriticalPlus.scope(service.oneshot(1)).await.unwrap();
    assert_eq!(*seen.lock().unwrap(), [Criticality::Sheddable, Criticality::CriticalPlus], "rehearsed, and taken");
}

#[tokio::test(start_paused = true)]
async fn rehearsals_that_share_a_bulkhead_with_their_calls_hold_nobody_up() {
    let registry = Registry::new();
    let places = BulkheadLayer::builder(1).registry(&registry).max_queue(9).max_wait(SECOND).build().unwrap();
    let shared = places.layer(strict(|request: u32| sleep(MILLI).map(move |()| Ok::<_, Down>(request))));
    let layer = FallbackLayer::new(fallback::service(shared.clone())).registry(&registry).rehearse(1.0).unwrap();
    let service = layer.layer(shared);
    let calls = (0..3).map(|request| service.clone().oneshot(request));
    let answers = join_all(calls).await.into_iter().map(Result::unwrap);
    assert_eq!(answers.collect::<Vec<_>>(), [0, 1, 2]);
    assert_at_rest(&registry);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_panics_beside_a_rehearsal_that_panics_too_ends_in_one_panic() {
    let step = fallback::future_of(
        |_: &u32| (),
        |(), _: Result<&u32, &Error>| {
            let mine = Mine;
            async move {
                let _mine = &mine;
                pending::<Result<u32, Down>>().await
            }
        },
    );
    let layer = FallbackLayer::new(step).registry(&Registry::new()).rehearse(1.0).unwrap();
    let late = strict(|_: u32| sleep(MILLI).map(|()| -> Result<u32, Down> { panic!("the call") }));
    let call = AssertUnwindSafe(layer.layer(late).oneshot(1)).catch_unwind().await.unwrap_err();
    assert_eq!(call.downcast_ref(), Some(&"the call"));
}

/// Panics when it is dropped, also as what was panicked with.
struct Mine;

impl Drop for Mine {
    fn drop(&mut self) {
        panic_any("on purpose");
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_rehearsal_panicked_with_may_panic_when_it_is_dropped() {
    let step = fallback::function(|_: Result<&u32, &Error>| -> Result<u32, Down> { panic_any(Mine) });
    let layer = FallbackLayer::new(step).registry(&Registry::new()).rehearse(1.0).unwrap();
    assert_eq!(layer.layer(up()).oneshot(1).await.unwrap(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_panic_of_the_callers_is_not_hidden_by_always() {
    let panicking = strict(|_: u32| -> Ready<Result<u32, Down>> { panic!("on purpose") });
    let layer = FallbackLayer::value(7);
    layer.handle().always();
    assert_eq!(layer.layer(panicking.clone()).oneshot(1).await.unwrap(), 7, "it is not called");
    layer.handle().auto();
    AssertUnwindSafe(layer.layer(panicking.clone()).oneshot(1)).catch_unwind().await.unwrap_err();
}

/// Each call is either sent or answered by the fallback, and what is sent was ready.
#[test]
fn calls_are_made_while_another_thread_switches() {
    let layer = FallbackLayer::value(u32::MAX).registry(&Registry::new());
    let handle = layer.handle();
    let inner = up();
    let calls = inner.calls();
    let mut service = layer.layer(inner);
    let is_over = AtomicBool::new(false);
    let sent = thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(SeqCst) {
                handle.always();
                handle.auto();
            }
        });
        let results =
            (0..20_000).map(|request| (request, call(&mut service, request).now_or_never().unwrap().unwrap()));
        let sent = results.filter(|(request, answer)| {
            assert!([*request, u32::MAX].contains(answer), "{request} got {answer}");
            request == answer
        });
        let sent = sent.count();
        is_over.store(true, SeqCst);
        sent
    });
    assert_eq!(calls.count(), sent);
}

/// What a step has of time left, rehearsed and taken.
#[tokio::test(start_paused = true)]
async fn a_rehearsal_has_the_deadline_of_its_call() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let deadlines = Arc::clone(&seen);
    let see = move |_: u32| {
        deadlines.lock().unwrap().push(Deadline::current().is_some());
        ready(Ok::<_, Down>(7))
    };
    let layer = FallbackLayer::new(fallback::service(strict(see))).registry(&Registry::new()).rehearse(1.0).unwrap();
    let service = TimeoutLayer::new(SECOND).layer(layer.layer(up()));
    assert_eq!((service.oneshot(1).await.unwrap(), &*seen.lock().unwrap()), (1, &vec![true]));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_its_timeout_ends_drops_its_rehearsal() {
    let registry = Registry::new();
    let place = BulkheadLayer::builder(2).registry(&registry).build().unwrap();
    let step = fallback::service(place.layer(hung()));
    let layer = FallbackLayer::new(step).registry(&registry).rehearse(1.0).unwrap();
    let inner = TimeoutLayer::new(LIMIT).layer(layer.layer(hung()));
    inner.oneshot(1).await.unwrap_err();
    assert_at_rest(&registry);
}

#[tokio::test(start_paused = true)]
async fn nested_rehearsals_are_dropped_at_any_poll() {
    let registry = Registry::new();
    let place = BulkheadLayer::builder(9).registry(&registry).build().unwrap();
    let late = |limit| strict(move |request: u32| sleep(limit).map(move |()| Ok::<_, Down>(request)).boxed());
    let inside = FallbackLayer::new(fallback::service(place.layer(late(MILLI)))).registry(&registry).rehearse(1.0);
    let step = inside.unwrap().layer(place.layer(late(LIMIT)));
    let outside = FallbackLayer::new(fallback::service(step)).registry(&registry).rehearse(1.0);
    let service = outside.unwrap().layer(late(SECOND));
    let call = drop_at_every_poll(|| service.clone().oneshot(1), async |_| assert_at_rest(&registry)).await;
    assert_eq!(call.unwrap(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_rehearsal_is_no_degraded_answer_of_an_objective() {
    let registry = Registry::new();
    let objective = Objective::builder("answers").availability(0.99).registry(&registry).build().unwrap();
    let layer = FallbackLayer::value(7).registry(&registry).objective(&objective).rehearse(1.0).unwrap();
    layer.layer(up()).oneshot(1).await.unwrap();
    assert_eq!(objective.degraded(), 0);
    layer.layer(failing()).oneshot(1).await.unwrap();
    assert_eq!(objective.degraded(), 1, "the fallback that is taken");
}
