//! Calls that are rejected.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_rejection_says_why_and_not_when_to_come_back() {
    let throttle = builder().max_rejection(0.999_999).build().unwrap();
    for _ in 0..1_001 {
        throttle.handle().try_enter().map(ThrottleGuard::failure).ok();
    }
    let rejection = throttle.layer(up()).oneshot(1).await.unwrap_err().rejection().unwrap();
    assert_eq!((rejection.name().as_str(), rejection.layer(), rejection.retry_after()), ("search", "throttle", None));
    assert_eq!(
        Error::from(rejection).to_string(),
        "throttle `search` rejected the call: the service takes too few of the calls that it gets"
    );
}

#[tokio::test(start_paused = true)]
async fn some_calls_still_reach_a_service_that_takes_none() {
    let (throttle, service) = (throttle(), down());
    let sent = service.calls();
    let mut service = throttle.layer(service);
    passed(&mut service, 1_000).await;
    let before = sent.count();
    passed(&mut service, 10_000).await;
    let probes = sent.count() - before;
    assert!((400..600).contains(&probes), "{probes} of 10,000 at 0.95");
}

#[tokio::test(start_paused = true)]
async fn a_service_that_is_well_again_gets_all_calls_within_a_window() {
    let throttle = throttle();
    assert!(passed(&mut throttle.layer(down()), 1_000).await < 200);
    advance(WINDOW).await;
    assert_eq!(passed(&mut throttle.layer(up()), 1_000).await, 1_000);
}

#[tokio::test(start_paused = true)]
async fn probes_find_a_service_that_is_well_again_sooner() {
    let throttle = throttle();
    passed(&mut throttle.layer(down()), 100).await;
    let mut service = throttle.layer(up());
    passed(&mut service, 20_000).await;
    assert_eq!(passed(&mut service, 1_000).await, 1_000, "{:?}", throttle.handle().snapshot(Criticality::Critical));
}

/// Six calls at once, and 100 in each second whose answers take a second or five. Counted when they come, five of the six, 79 % and
/// 94 % would be rejected.
#[tokio::test(start_paused = true)]
async fn calls_in_flight_do_not_reject_those_that_follow() {
    let mut at_once = throttle().layer(hung());
    let calls: Vec<_> = (0..6).map(|request| begin(&mut at_once, request)).collect();
    assert!(calls.iter().all(|call| !call.is_woken()), "none has ended");
    for seconds in [1, 5] {
        let throttle = throttle();
        let service = throttle.layer(service_fn(move |request: u32| async move {
            sleep(SECOND * seconds).await;
            Ok::<_, Down>(request)
        }));
        let mut calls = Vec::new();
        for request in 0..2_000 {
            calls.push(tokio::spawn(service.clone().oneshot(request)));
            sleep(10 * MILLI).await;
        }
        for call in calls {
            call.await.unwrap().unwrap();
        }
        let counted = throttle.handle().snapshot(Criticality::Critical);
        assert_eq!(
            (counted.requests, counted.accepts, counted.rejected),
            (2_000, 2_000, 0),
            "answers after {seconds} s"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn all_services_and_handles_of_a_layer_share_what_is_counted() {
    let throttle = throttle();
    passed(&mut throttle.layer(down()), 200).await;
    let (clone, handle) = (throttle.clone(), throttle.handle());
    let mut other = clone.layer(up()).clone();
    assert!(passed(&mut other, 10).await < 10);
    assert_eq!(handle.snapshot(Criticality::Critical), clone.handle().snapshot(Criticality::Critical));
    assert!((0..50).any(|_| handle.try_enter().is_err()));
}

#[tokio::test(start_paused = true)]
async fn a_class_that_the_service_refuses_costs_no_other() {
    let throttle = throttle();
    let by =
        CriticalityLayer::by(|class: &u32| if *class == 0 { Criticality::Sheddable } else { Criticality::Critical });
    let refuses = service_fn(async |class: u32| if class == 0 { Err(Down(1)) } else { Ok(class) });
    let service = ServiceBuilder::new().layer(by).layer(throttle.clone()).service(refuses);
    for _ in 0..300 {
        service.clone().oneshot(1).await.unwrap();
        service.clone().oneshot(0).await.unwrap_err();
    }
    let rejected = |class| throttle.handle().snapshot(class).rejected;
    assert_eq!(rejected(Criticality::Critical), 0);
    assert!(rejected(Criticality::Sheddable) > 200);
}
