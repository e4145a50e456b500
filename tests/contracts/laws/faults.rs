//! Calls that meet faults leave nothing, and count as what they look like.

use palisade::{ChaosHandle, ChaosLayer};
use tower::ServiceBuilder;

use super::*;

/// More polls than any call here needs.
const POLLS: usize = 12;

type Faults = palisade::ChaosBuilder<u32, u32>;

/// A fault that each call meets.
struct Row {
    label: &'static str,
    fault: fn(Faults) -> Faults,
    /// Whether it ends as a success.
    succeeds: bool,
    /// Whether the service is asked.
    is_sent: bool,
}

const FAULTS: [Row; 6] = [
    Row { label: "fail", fault: |all| all.fail(1.0, |_| Down(5)), succeeds: false, is_sent: false },
    Row { label: "hang", fault: |all| all.hang(1.0), succeeds: false, is_sent: false },
    Row { label: "respond", fault: |all| all.respond(1.0, |_| 5), succeeds: true, is_sent: false },
    Row { label: "delay", fault: |all| all.delay(1.0, SECOND), succeeds: true, is_sent: true },
    Row { label: "delay too long", fault: |all| all.delay(1.0, 60 * SECOND), succeeds: false, is_sent: false },
    Row {
        label: "delay, then fail",
        fault: |all| all.delay(1.0, SECOND).fail(1.0, |_| Down(5)),
        succeeds: false,
        is_sent: false,
    },
];

/// A circuit, places and a limit around the faults, which are on.
fn around(row: &Row, inner: &Inner) -> (Boxed, Handles, ChaosHandle) {
    let faults = (row.fault)(ChaosLayer::builder("chaos").max_share(1.0)).build().expect("the settings are legal");
    let (breaker, places, chaos) = (layers::breaker(), layers::places(), faults.handle());
    let handles = Handles::of(inner).and(&breaker).and(&places);
    let stack = ServiceBuilder::new().layer(breaker).layer(places).layer(layers::limit()).layer(faults);
    chaos.start();
    (Boxed::new(stack.service(inner.clone())), handles, chaos)
}

#[test]
fn a_call_that_meets_a_fault_leaves_nothing_at_any_poll() {
    for row in &FAULTS {
        paused(async {
            let mut is_over = false;
            for polls in 0..POLLS {
                let (service, handles, chaos) = around(row, &Inner::default());
                let mut call = calls::begin(service.clone().oneshot(1));
                for _ in 0..polls {
                    is_over = call.poll().is_ready();
                    if is_over {
                        break;
                    }
                    advance(SECOND).await;
                }
                drop(call);
                handles.assert_at_rest();
                chaos.halt();
                assert_eq!(service.oneshot(7).await.ok(), Some(7), "{}, after {polls} polls", row.label);
            }
            assert!(is_over, "{}", row.label);
        });
    }
}

#[test]
fn a_fault_counts_as_what_it_looks_like() {
    for row in &FAULTS {
        paused(async {
            let inner = Inner::default();
            let (service, handles, _chaos) = around(row, &inner);
            assert_eq!(service.oneshot(1).await.is_ok(), row.succeeds, "{}", row.label);
            let counts = handles.circuit().snapshot().counts;
            assert_eq!((counts.calls, counts.failures), (1, u64::from(!row.succeeds)), "{}", row.label);
            assert_eq!(inner.calls(), usize::from(row.is_sent), "{}", row.label);
            handles.assert_at_rest();
        });
    }
}

#[test]
fn faults_that_stop_let_the_calls_in_flight_go_on() {
    for row in &FAULTS {
        paused(async {
            let (service, handles, chaos) = around(row, &Inner::default());
            let mut call = calls::begin(service.oneshot(1));
            let begun = call.poll().is_ready();
            chaos.halt();
            assert!(begun || call.is_woken(), "{}", row.label);
            assert!(begun || calls::go(&mut call).is_ready(), "{}", row.label);
            drop(call);
            handles.assert_at_rest();
        });
    }
}

#[test]
fn a_panic_after_a_delay_counts_as_one_failure() {
    let delays = FAULTS.iter().find(|row| row.is_sent).expect("one is sent");
    for panics in PANICS {
        paused(async {
            let (service, handles, _chaos) = around(delays, &Inner::default().answers([panics]));
            let panic = AssertUnwindSafe(service.oneshot(1)).catch_unwind().await.expect_err("it was swallowed");
            assert!(is_by_plan(&*panic), "{panics:?}");
            let counts = handles.circuit().snapshot().counts;
            assert_eq!((counts.calls, counts.failures), (1, 1), "{panics:?}");
            handles.assert_at_rest();
        });
    }
}

#[test]
fn only_a_clone_that_was_polled_ready_is_sent_after_a_delay() {
    let delays = FAULTS.iter().find(|row| row.is_sent).expect("one is sent");
    for readiness in [Ready, Late] {
        paused(async {
            let inner = Inner::default().ever(readiness);
            let (mut service, ..) = around(delays, &inner);
            for request in 1..5 {
                assert_eq!(service.ready().await.unwrap().call(request).await.ok(), Some(request), "{readiness:?}");
            }
            assert_eq!(inner.calls(), 4, "{readiness:?}");
        });
    }
}
