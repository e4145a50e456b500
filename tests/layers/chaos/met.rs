//! What a call meets.

use super::*;

#[test]
fn a_layer_that_was_not_started_lets_all_calls_pass() {
    paused(async {
        let (service, handle, calls) = started(all().fail(1.0, |_| Down(1)));
        handle.halt();
        assert_eq!(service.oneshot(7).await.unwrap(), 7);
        assert_eq!(calls.count(), 1);
    });
}

#[test]
fn a_call_fails_with_the_error_that_is_made_of_its_request() {
    paused(async {
        let (service, _, calls) = started(all().fail(1.0, |request| Down(*request)));
        let error = service.oneshot(7).await.unwrap_err();
        assert_eq!(error.downcast_ref::<Down>(), Some(&Down(7)));
        assert_eq!(calls.count(), 0);
    });
}

#[test]
fn a_response_is_made_of_the_request() {
    paused(async {
        let (service, _, calls) = started(all().respond(1.0, |request| request + 1));
        assert_eq!(service.oneshot(7).await.unwrap(), 8);
        assert_eq!(calls.count(), 0);
    });
}

#[test]
fn a_delayed_call_is_sent_when_the_delay_is_over() {
    paused(async {
        let (service, _, calls) = started(all().delay(1.0, 2 * SECOND).delay(1.0, SECOND));
        let start = now();
        let mut call = task::spawn(service.oneshot(7));
        assert!(call.poll().is_pending());
        assert_eq!(calls.count(), 0);
        assert_eq!(call.await.unwrap(), 7);
        assert_eq!((calls.count(), now() - start), (1, 3 * SECOND));
    });
}

#[test]
fn no_delay_needs_no_timer() {
    let (service, _, _) = started(all().delay(1.0, Duration::ZERO));
    let mut call = task::spawn(service.oneshot(7));
    assert!(call.poll().is_ready(), "outside a runtime");
}

#[test]
fn a_call_whose_deadline_has_come_in_its_delay_is_not_sent() {
    paused(async {
        let (service, _, calls) = started(all().delay(1.0, SECOND));
        let result = Deadline::after(SECOND / 2).scope(service.oneshot(7)).await;
        assert!(matches!(result, Err(Error::TimedOut(elapsed)) if !elapsed.was_sent()));
        assert_eq!(calls.count(), 0);
    });
}

#[test]
fn a_fault_that_ends_the_call_comes_after_the_delays_before_it() {
    paused(async {
        let faults = all().delay(1.0, SECOND).fail(1.0, |_| Down(1)).delay(1.0, SECOND).respond(0.0, |_| 0);
        let (service, _, _) = started(faults);
        let start = now();
        assert_eq!(service.oneshot(7).await.unwrap_err().downcast_ref(), Some(&Down(1)));
        assert_eq!(now() - start, SECOND);
    });
}

#[test]
fn only_calls_in_reach_meet_faults() {
    paused(async {
        let (mut service, handle, _) = started(all().fail(1.0, |_| Down(1)).only(|n| n % 2 == 0).only(|n| *n > 2));
        for (request, is_met) in [(1, false), (2, false), (3, false), (4, true)] {
            assert_eq!(service.ready().await.unwrap().call(request).await.is_err(), is_met, "{request}");
        }
        assert_eq!((handle.snapshot().calls, handle.snapshot().faulted), (4, 1));
    });
}

#[test]
fn the_same_clients_meet_faults_each_time() {
    paused(async {
        let failing = || started(all().fail(1.0, |_| Down(1)).by_key(0.2, |request| request % 100)).0;
        let mut met = Vec::new();
        for mut service in [failing(), failing()] {
            let mut clients = Vec::new();
            for request in 0..1_000 {
                if service.ready().await.unwrap().call(request).await.is_err() {
                    clients.push(request);
                }
            }
            assert!(clients.iter().all(|client| clients.contains(&(client % 100))));
            met.push(clients);
        }
        assert_eq!(met[0], met[1]);
        assert!((100..300).contains(&met[0].len()), "{}", met[0].len());
    });
}

#[test]
fn the_same_seed_gives_the_same_faults_on_the_paused_clock() {
    paused(async {
        let mut runs = Vec::new();
        for _ in 0..2 {
            let faults = all().delay(0.3, MILLI..20 * MILLI).fail(FaultRate::ramp(0.0, 0.5, 5 * SECOND), |_| Down(1));
            let (mut service, _, _) = started(faults.hang(0.0));
            let (start, mut ends) = (now(), Vec::new());
            for request in 0..500 {
                let result = service.ready().await.unwrap().call(request).await;
                ends.push((now() - start, result.is_ok()));
            }
            assert!(ends.iter().any(|(_, is_ok)| !is_ok) && now() - start > SECOND);
            runs.push(ends);
        }
        assert_eq!(runs[0], runs[1]);
    });
}

#[test]
fn services_of_one_layer_share_their_faults() {
    paused(async {
        let layer = all().fail(1.0, |_| Down(1)).max_share(0.5).build().unwrap();
        layer.handle().start();
        let (one, other) = (layer.layer(echo()), layer.clone().layer(echo()));
        assert!(one.oneshot(1).await.is_ok());
        assert!(other.oneshot(2).await.is_err(), "the second call of both");
    });
}

#[test]
fn a_fault_is_met_in_its_time_after_the_start() {
    paused(async {
        let failing = Fault::fail(1.0, |_: &u32| Down(1)).during(SECOND..2 * SECOND);
        let (mut service, handle, _) = started(all().fault(failing));
        for _ in 0..2 {
            for is_met in [false, true, false] {
                assert_eq!(service.ready().await.unwrap().call(1).await.is_err(), is_met);
                advance(SECOND).await;
            }
            handle.start();
        }
    });
}

/// The inner service lets one call in at a time, and a service that is ready holds its place.
#[test]
fn a_call_that_waits_holds_nothing_of_the_inner_service() {
    paused(async {
        for builder in [all().delay(1.0, SECOND), all().hang(1.0), all().delay(1.0, SECOND).fail(1.0, |_| Down(1))] {
            let layer = builder.only(|request| *request == 1).build().unwrap();
            layer.handle().start();
            let mut service = layer.layer(tower::limit::ConcurrencyLimit::new(echo(), 1));
            let mut waits = task::spawn(service.ready().await.unwrap().call(1));
            assert!(waits.poll().is_pending());
            assert_eq!(service.clone().oneshot(2).await.unwrap(), 2);
            advance(SECOND).await;
            layer.handle().halt();
            assert!(waits.is_woken() && waits.poll().is_ready());
        }
    });
}
