//! When faults stop.

use std::panic;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use palisade::test_util::EventLog;
use palisade::{Objective, Outcome};

use super::*;

/// Why faults were told to have stopped.
fn reasons(events: &EventLog) -> Vec<String> {
    let stopped = events.of("palisade::chaos").into_iter().filter(|event| event.field("message") == "faults stopped");
    stopped.map(|event| event.field("reason").to_owned()).collect()
}

#[test]
fn calls_that_were_delayed_go_on_at_once_when_the_faults_stop() {
    paused(async {
        let (service, handle, calls) = started(all().delay(1.0, 60 * SECOND));
        let start = now();
        let mut call = task::spawn(service.oneshot(7));
        assert!(call.poll().is_pending());
        handle.halt();
        assert!(call.is_woken());
        assert_eq!(call.await.unwrap(), 7);
        assert_eq!((calls.count(), now()), (1, start));
    });
}

#[test]
fn calls_that_hang_fail_when_the_faults_stop() {
    paused(async {
        let (service, handle, calls) = started(all().hang(1.0));
        let mut call = task::spawn(service.oneshot(7));
        assert!(call.poll().is_pending());
        advance(30 * SECOND).await;
        assert!(call.poll().is_pending());
        handle.halt();
        let result = call.await;
        assert!(has_hung(&result), "{result:?}");
        let hung = result.unwrap_err().downcast::<Hung>().unwrap();
        assert_eq!(hung.to_string(), "chaos `faults`: the call hung until the faults stopped");
        assert_eq!(calls.count(), 0);
    });
}

#[test]
fn a_call_of_a_run_before_goes_on_when_another_starts() {
    paused(async {
        let (service, handle, _) = started(all().hang(1.0));
        let mut call = task::spawn(service.oneshot(7));
        assert!(call.poll().is_pending());
        handle.start();
        assert!(has_hung(&call.await));
    });
}

#[test]
fn faults_end_by_themselves() {
    paused(async {
        let events = EventLog::of_thread();
        let (mut service, handle, _) = started(all().hang(1.0).expires(20 * SECOND));
        let start = now();
        assert!(has_hung(&service.ready().await.unwrap().call(7).await));
        assert_eq!(now() - start, 20 * SECOND);
        assert!(!handle.snapshot().is_on);
        assert_eq!(service.ready().await.unwrap().call(7).await.unwrap(), 7);
        assert_eq!(reasons(&events), ["expired"]);
    });
}

#[test]
fn faults_that_nobody_meets_end_for_who_looks() {
    paused(async {
        let events = EventLog::of_thread();
        let (_, handle, _) = started(all());
        assert_eq!(handle.snapshot().left, Some(600 * SECOND));
        advance(600 * SECOND).await;
        assert_eq!((handle.snapshot().is_on, handle.snapshot().left), (false, None));
        assert_eq!(reasons(&events), ["expired"]);
    });
}

#[test]
fn a_condition_stops_the_faults_before_a_call_meets_one() {
    paused(async {
        let events = EventLog::of_thread();
        let (mut service, handle, _) = started(all().fail(1.0, |_| Down(1)).halt_when(|| true));
        assert_eq!(service.ready().await.unwrap().call(7).await.unwrap(), 7);
        assert_eq!(service.ready().await.unwrap().call(7).await.unwrap(), 7);
        let seen = handle.snapshot();
        assert_eq!((seen.is_on, seen.calls, seen.faulted), (false, 1, 0));
        assert_eq!(reasons(&events), ["halt_when"]);
    });
}

#[test]
fn a_call_that_waits_asks_the_condition_every_tenth_of_a_second() {
    paused(async {
        let burns = Arc::new(AtomicBool::new(false));
        let condition = Arc::clone(&burns);
        let (service, _, _) = started(all().hang(1.0).halt_when(move || condition.load(Ordering::Relaxed)));
        let mut call = task::spawn(service.oneshot(7));
        assert!(call.poll().is_pending());
        advance(50 * MILLI).await;
        burns.store(true, Ordering::Relaxed);
        let start = now();
        assert!(has_hung(&call.await));
        assert!(now() - start <= 100 * MILLI, "{:?}", now() - start);
    });
}

#[test]
fn a_condition_that_panics_stops_the_faults() {
    paused(async {
        let events = EventLog::of_thread();
        let (mut service, handle, _) =
            started(all().fail(1.0, |_| Down(1)).halt_when(|| panic::resume_unwind(Box::new(()))));
        assert_eq!(service.ready().await.unwrap().call(7).await.unwrap(), 7);
        assert!(!handle.snapshot().is_on);
        assert_eq!(reasons(&events), ["panicked"]);
    });
}

#[test]
fn a_condition_may_stop_and_start_the_faults() {
    paused(async {
        let slot = Arc::new(std::sync::OnceLock::<palisade::ChaosHandle>::new());
        let own = Arc::clone(&slot);
        let faults = all().fail(1.0, |_| Down(1)).halt_when(move || {
            own.get().is_some_and(|handle| {
                handle.halt();
                handle.start();
                handle.snapshot().is_on
            })
        });
        let (service, handle, _) = started(faults);
        slot.set(handle.clone()).unwrap();
        assert_eq!(service.oneshot(7).await.unwrap(), 7);
        assert!(!handle.snapshot().is_on);
    });
}

/// Calls fail, the objective burns, and the faults stop within a second of that.
#[test]
fn an_objective_that_burns_stops_the_faults_within_a_second() {
    paused(async {
        let objective = Objective::builder("orders").availability(0.99).build().unwrap();
        let gate = objective.gate(10.0);
        let faults = all().fail(0.5, |_| Down(1)).halt_when(move || !gate.is_open());
        let (mut service, handle, _) = started(faults);
        let mut burns_since = None;
        while handle.snapshot().is_on {
            let outcome = match service.ready().await.unwrap().call(7).await {
                Ok(_) => Outcome::Success,
                Err(_) => Outcome::Failed,
            };
            objective.record(outcome, MILLI);
            advance(10 * MILLI).await;
            if burns_since.is_none() && !objective.gate(10.0).is_open() {
                burns_since = Some(now());
            }
        }
        assert!(now() - burns_since.expect("it burns") <= SECOND);
    });
}

#[test]
fn a_time_that_was_set_begins_and_ends_by_itself() {
    paused(async {
        let (mut service, handle, _) = started(all().fail(1.0, |_| Down(1)));
        handle.during(now() + SECOND..now() + 2 * SECOND).unwrap();
        for (is_met, is_on) in [(false, false), (true, true), (false, false)] {
            assert_eq!(handle.snapshot().is_on, is_on);
            assert_eq!(service.ready().await.unwrap().call(1).await.is_err(), is_met);
            advance(SECOND).await;
        }
    });
}

#[test]
fn a_time_that_cannot_be_is_told() {
    paused(async {
        let (_, handle, _) = started(all());
        handle.halt();
        advance(60 * SECOND).await;
        let rows = [
            ("in the past", now() - 2 * SECOND..now() - SECOND, "2s ago to 1s ago"),
            ("over now", now() - SECOND..now(), "1s ago to in 0ns"),
            ("the wrong way round", now() + 2 * SECOND..now() + SECOND, "in 2s to in 1s"),
            ("empty", now() + SECOND..now() + SECOND, "in 1s to in 1s"),
            ("too long", now()..now() + 601 * SECOND, "in 0ns to in 601s"),
        ];
        for (label, time, value) in rows {
            let error = handle.during(time).unwrap_err();
            assert_eq!((error.setting(), error.value()), ("during", value), "{label}");
            assert!(!handle.snapshot().is_on, "{label}");
        }
        let error = handle.start_at(1.5).unwrap_err();
        assert_eq!(error.to_string(), "chaos `faults`: `start_at` is 1.5, but must be 0 to 1");
    });
}
