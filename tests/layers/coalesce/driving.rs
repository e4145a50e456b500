//! The caller that polls drives the call, and one that leaves leaves it to the others.

use tokio_test::task;
use tower::{Layer, Service};

use super::{Caller, by_tens, call, callers, come, end};
use crate::support::inner::Answer::{After, Held};
use crate::support::inner::Inner;
use crate::support::inner::Readiness::{Late, Stalled};

#[test]
fn another_goes_on_from_where_the_call_is() {
    // Before its first poll, and after each of the next.
    for polls in 0..6 {
        let (layer, inner) = (by_tens(), Inner::default().ever(Late).answers([After(20, Ok(9))]));
        let mut callers = come(&layer, &inner, 3);
        let mut driver = callers.remove(0);
        for _ in 0..polls {
            assert!(driver.poll().is_pending());
            assert!(callers.iter_mut().all(|caller| caller.poll().is_pending()), "the others drive it, too");
        }
        drop(driver);
        assert_eq!(callers.iter_mut().map(|caller| end(caller).unwrap()).collect::<Vec<_>>(), [9, 9], "{polls}");
        assert_eq!((inner.calls(), inner.alive()), (1, 0), "{polls}");
    }
}

#[test]
fn each_in_turn_drives_the_call_for_one_poll_and_is_dropped() {
    let (layer, inner) = (by_tens(), Inner::default().answers([After(9, Ok(9))]));
    let mut callers = callers(&layer, &inner, 7);
    while callers.len() > 1 && !callers[0].poll().is_ready() {
        drop(callers.remove(0));
        assert!(callers[0].is_woken(), "nobody goes on");
    }
    assert_eq!((end(&mut callers.remove(1)).unwrap(), inner.calls(), inner.alive()), (9, 1, 0));
}

#[test]
fn a_caller_that_is_not_polled_holds_nobody_up() {
    let (layer, inner) = (by_tens(), Inner::default().answers([After(2, Ok(9))]));
    let mut callers = come(&layer, &inner, 2);
    assert!(callers[0].poll().is_pending());
    assert_eq!(end(&mut callers[1]).unwrap(), 9);
}

#[test]
fn the_call_is_dropped_with_its_last_caller() {
    let (layer, inner) = (by_tens(), Inner::hanging());
    let mut callers = callers(&layer, &inner, 3);
    for left in [3, 2, 1] {
        assert_eq!((inner.alive(), callers.len()), (1, left));
        callers.pop();
    }
    assert_eq!((inner.alive(), layer.handle().flights(), layer.handle().waiting()), (0, 0, 0));
    inner.recover();
    assert_eq!(end(&mut call(&layer, &inner, 5)).unwrap(), 5);
}

#[test]
fn waiters_sleep_until_the_call_is_woken() {
    let (layer, inner) = (by_tens(), Inner::default().ever_answers(Held(Ok(9))));
    let mut callers = callers(&layer, &inner, 3);
    assert!(callers.iter().all(|caller| !caller.is_woken()));
    inner.release();
    assert!(callers.iter().all(Caller::is_woken));
    assert!(callers.iter_mut().all(|caller| end(caller).is_ok()));
}

#[test]
fn readiness_asks_nothing_of_the_inner_service() {
    let (layer, inner) = (by_tens(), Inner::default().will_be([Stalled]));
    let mut service = layer.layer(inner.clone());
    let ready = task::spawn(()).enter(|cx, _| service.poll_ready(cx));
    assert!(ready.is_ready());
    assert_eq!(inner.polled(), 0);
    let mut callers = callers(&layer, &inner, 2);
    assert_eq!((inner.polled(), inner.calls()), (1, 0), "the call readies a clone of its own");
    inner.wake();
    assert!(callers.iter_mut().all(|caller| end(caller).is_ok()));
    assert_eq!(inner.calls(), 1);
}

#[test]
fn a_caller_that_moves_to_another_task_is_woken_there() {
    let (layer, inner) = (by_tens(), Inner::default().ever_answers(Held(Ok(9))));
    // The one who polls the call, and one who sleeps.
    let moved = callers(&layer, &inner, 2).into_iter().map(|caller| task::spawn(caller.into_inner()));
    let mut moved: Vec<Caller> = moved.collect();
    assert!(moved.iter_mut().all(|caller| caller.poll().is_pending()));
    inner.release();
    assert!(moved.iter().all(Caller::is_woken));
    assert!(moved.iter_mut().all(|caller| end(caller).is_ok()));
}
