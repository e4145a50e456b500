//! Calls that are dropped, and threads that race.

use std::thread;

use palisade::test_util::drop_after;

use super::*;

#[test]
fn a_call_dropped_at_any_poll_leaves_nothing() {
    paused(async {
        for polls in 0..3 {
            let (service, handle, _) = started(all().delay(1.0, SECOND).hang(1.0));
            assert!(drop_after(polls, service.oneshot(7)).await.is_none());
            handle.halt();
            assert!(!handle.snapshot().is_on);
        }
    });
}

#[test]
fn faults_started_and_stopped_by_many_threads_end_as_the_last_said() {
    let (service, handle, _) = started(all().fail(0.5, |_| Down(1)).respond(0.5, |_| 0));
    thread::scope(|scope| {
        for number in 0..4 {
            let (service, handle) = (service.clone(), handle.clone());
            scope.spawn(move || {
                for request in 0..500 {
                    assert!(task::spawn(service.clone().oneshot(request)).poll().is_ready());
                    if number == 0 {
                        handle.start();
                    } else if number == 1 {
                        handle.halt();
                    }
                }
            });
        }
    });
    handle.halt();
    assert!(!handle.snapshot().is_on);
    handle.start();
    assert!(handle.snapshot().is_on);
}
