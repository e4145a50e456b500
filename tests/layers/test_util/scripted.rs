//! A service that does what a script says.

use std::iter::{repeat, repeat_with};
use std::sync::{Arc, OnceLock};
use std::task::Poll::Ready;
use std::time::Duration;

use palisade::test_util::{Reply, ScriptedService};
use tokio_test::assert_pending;
use tokio_test::task::spawn;
use tower::{Service, ServiceExt};

use crate::support::services::panics;
use crate::support::time::{SECOND, YEAR};
use crate::support::{Down, now, paused};

#[test]
fn clones_take_the_entries_in_turn() {
    let service = ScriptedService::new([Ok(1), Err(Down(2)), Ok(3)]);
    let results = [0; 3].map(|_| spawn(service.clone().oneshot(())).poll());
    assert_eq!(results, [Ready(Ok(1)), Ready(Err(Down(2))), Ready(Ok(3))]);
}

#[test]
fn the_time_of_a_reply_runs_from_the_call() {
    paused(async {
        let mut service =
            ScriptedService::<_, Down>::new([Reply::After(3 * SECOND, Ok(1)), Reply::After(SECOND, Ok(2))]);
        let began = now();
        let calls = [service.call(()), service.call(())];
        tokio::time::advance(SECOND).await;
        for (call, ended) in calls.into_iter().rev().zip([SECOND, 3 * SECOND]) {
            call.await.unwrap();
            assert_eq!(now() - began, ended);
        }
    });
}

#[test]
fn a_call_of_no_time_needs_no_runtime() {
    let mut call = spawn(ScriptedService::<_, Down>::new([Ok(1)]).call(()));
    assert!(call.poll().is_ready());
    assert_pending!(call.poll());
}

#[test]
fn a_call_that_hangs_and_one_of_the_longest_time_are_pending() {
    paused(async {
        for reply in [Reply::Never, Reply::After(Duration::MAX, Ok(1))] {
            let call = ScriptedService::<u32, Down>::new([reply]).oneshot(());
            assert!(tokio::time::timeout(YEAR, call).await.is_err(), "{reply:?}");
        }
    });
}

#[test]
fn a_call_after_the_last_entry_panics_and_the_next_does_too() {
    let mut service = ScriptedService::<_, Down>::new([Ok(1)]);
    drop(service.call(()));
    assert!(panics(|| drop(service.call(()))));
    assert!(panics(|| drop(service.clone().call(()))));
}

#[test]
fn a_script_that_calls_its_own_service_panics_and_does_not_hang() {
    let own = Arc::new(OnceLock::<ScriptedService<u32, Down>>::new());
    let of_script = Arc::clone(&own);
    let script = repeat_with(move || {
        drop(of_script.get().unwrap().clone().call(()));
        Ok(1)
    });
    let service = own.get_or_init(|| ScriptedService::new(script));
    assert!(panics(|| drop(service.clone().call(()))));
}

#[test]
fn a_function_is_a_script_and_so_is_what_repeats() {
    let by_halves = (0..).map(|call| if call % 2 == 0 { Ok(call) } else { Err(Down(call)) });
    let mut scripts = [ScriptedService::new(by_halves), ScriptedService::new(repeat(Ok(0)))];
    let ended = |script: &mut ScriptedService<u32, Down>| [0; 3].map(|_| spawn(script.call(())).poll());
    assert_eq!(ended(&mut scripts[0]), [Ready(Ok(0)), Ready(Err(Down(1))), Ready(Ok(2))]);
    assert_eq!(ended(&mut scripts[1]), [Ready(Ok(0)); 3]);
}
