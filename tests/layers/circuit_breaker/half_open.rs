use palisade::call::{Guard, Hold};

use super::*;

#[tokio::test(start_paused = true)]
async fn probes_decide_by_the_rules() {
    let run_alone = || touchy().without_failure_rate().consecutive(10).probes(5);
    let slow = || touchy().slow_rate(0.5, MILLI).probes(4).failure_rate(0.9);
    for (claim, settings, probes, phase) in [
        ("one success of one", touchy(), "s", Phase::Closed),
        ("one failure of one", touchy(), "f", Phase::Open),
        ("a throttled probe alone", touchy(), "t", Phase::Open),
        ("a throttled probe without a rule for it", touchy().without_throttled_rate(), "t", Phase::Closed),
        ("throttled probes and one good one", touchy().probes(5), "ttts", Phase::Closed),
        ("abandoned and ignored probes free their places", touchy(), "aaaiii", Phase::HalfOpen),
        ("three tenths of ten are not yet reached", touchy().failure_rate(0.3).probes(10), "ff", Phase::HalfOpen),
        ("three tenths of ten are reached", touchy().failure_rate(0.3).probes(10), "fff", Phase::Open),
        ("three tenths of ten can be reached", touchy().failure_rate(0.3).probes(10), "sssssss", Phase::HalfOpen),
        ("three tenths of ten cannot be reached", touchy().failure_rate(0.3).probes(10), "ssssssss", Phase::Closed),
        ("the first failure under a rule of a run", run_alone(), "f", Phase::Open),
        ("all but one succeeded under a rule of a run", run_alone(), "ssss", Phase::HalfOpen),
        ("all succeeded under a rule of a run", run_alone(), "sssss", Phase::Closed),
        ("the first failure beside a failure rate", touchy().probes(5), "f", Phase::HalfOpen),
        ("one slow probe of four", slow(), "w", Phase::HalfOpen),
        ("two slow probes of four", slow(), "ww", Phase::Open),
        ("probes that are old", touchy().probes(5), "s....s....s", Phase::Closed),
    ] {
        let circuit = recovering(settings).await;
        run(&circuit, probes).await;
        assert_eq!(circuit.phase(), phase, "{claim}");
    }
}

#[tokio::test(start_paused = true)]
async fn when_all_probes_are_taken_a_rejection_has_no_time() {
    let circuit = recovering(touchy()).await;
    let _probe = enter(&circuit);
    assert_eq!(rejection(&circuit).retry_after(), None);
}

#[tokio::test(start_paused = true)]
async fn a_hung_probe_does_not_wedge_half_open() {
    let circuit = recovering(touchy().half_open_for(20 * SECOND)).await;
    let hung = enter(&circuit);
    advance(just_before(20 * SECOND)).await;
    assert_eq!(rejection(&circuit).reason(), RejectionReason::ProbesTaken);
    advance(NANO).await;
    enter(&circuit).success();
    assert_eq!(circuit.phase(), Phase::Closed);
    hung.failure();
    assert_eq!((circuit.snapshot().late, counted(&circuit)), (1, (0, 0, 0)));
}

#[tokio::test(start_paused = true)]
async fn callers_who_all_leave_open_it_for_the_next_step() {
    let steps = Backoff::exponential(SECOND, 10 * SECOND).jitter(Jitter::None);
    let circuit = recovering(touchy().probes(2).open_for(steps).half_open_for(20 * SECOND)).await;
    run(&circuit, "aa").await;
    advance(100 * SECOND).await;
    assert_eq!(rejection(&circuit).retry_after(), Some(2 * SECOND), "it opens from then on, for the next step");
    open_time(&circuit).await;
    run(&circuit, "ss").await;
    assert_eq!(circuit.phase(), Phase::Closed);
}

/// A circuit whose one probe has been answered, and streams.
async fn streaming(breaker: &CircuitBreakerLayer) -> CircuitGuard {
    recover(&breaker.handle()).await;
    let mut probe = enter(&breaker.handle());
    assert_eq!(probe.head(Outcome::Success, false), Hold::ToTheEnd);
    probe
}

#[tokio::test(start_paused = true)]
async fn the_first_look_counts_a_streaming_probe_whose_moment_has_come() {
    type Look = fn(&CircuitBreakerLayer, &mut CircuitGuard) -> bool;
    let looks: [(&str, Look); 4] = [
        ("a snapshot", |breaker, _| breaker.handle().snapshot().phase == Phase::Closed),
        ("a look at the phase", |breaker, _| breaker.handle().phase() == Phase::Closed),
        ("a service asked whether it is ready", |breaker, _| {
            poll_ready(&mut breaker.layer(up::<()>().stalled())).is_pending()
        }),
        ("the stream that pends", |_, probe| {
            probe.polled(false);
            assert_eq!(probe.streams(false), Hold::ToTheEnd, "a frame that is ready reads no clock");
            probe.polled(true);
            probe.streams(false) == Hold::No
        }),
    ];
    for (claim, look) in looks {
        let breaker = touchy().half_open_for(20 * SECOND).build().unwrap();
        let mut probe = streaming(&breaker).await;
        advance(just_before(10 * SECOND)).await;
        assert!(!look(&breaker, &mut probe), "{claim}: too soon");
        advance(NANO).await;
        assert!(look(&breaker, &mut probe), "{claim}");
    }
}

#[tokio::test(start_paused = true)]
async fn callers_whose_deadlines_end_the_probes_open_it_again_too() {
    let breaker = touchy().probes(2).half_open_for(20 * SECOND).build().unwrap();
    let circuit = breaker.handle();
    // Below the breaker, so that the breaker gets an error and its call is not dropped.
    let service = ServiceBuilder::new().layer(breaker).layer(TimeoutLayer::new(60 * SECOND)).service(hung::<()>());
    recover(&circuit).await;
    for _ in 0..2 {
        let ended = Deadline::after(SECOND).scope(service.clone().oneshot(())).await;
        assert!(ended.unwrap_err().elapsed().is_some_and(palisade::Elapsed::by_caller));
    }
    advance(20 * SECOND).await;
    assert_eq!(rejection(&circuit).reason(), RejectionReason::CircuitOpen);
}

#[tokio::test(start_paused = true)]
async fn a_rejection_from_below_is_no_answer_and_not_abandoned() {
    for (left, found) in [("aa", RejectionReason::CircuitOpen), ("a", RejectionReason::Full)] {
        let breaker = touchy().probes(2).half_open_for(20 * SECOND).build().unwrap();
        let circuit = breaker.handle();
        let service = breaker.layer(BulkheadLayer::new(0).layer(up::<()>()));
        recover(&circuit).await;
        run(&circuit, left).await;
        assert_eq!(reason(&service.clone().oneshot(()).await), Some(RejectionReason::Full));
        advance(20 * SECOND).await;
        assert_eq!(reason(&service.oneshot(()).await), Some(found), "after {left}");
    }
}

#[tokio::test(start_paused = true)]
async fn callers_who_left_open_it_again_before_the_service_is_ready() {
    let breaker = touchy().half_open_for(20 * SECOND).build().unwrap();
    recover(&breaker.handle()).await;
    run(&breaker.handle(), "a").await;
    let mut service = breaker.layer(up::<()>().stalled());
    assert!(poll_ready(&mut service).is_pending());
    advance(20 * SECOND).await;
    assert!(poll_ready(&mut service).is_ready());
    assert_eq!(reason(&service.call(()).await), Some(RejectionReason::CircuitOpen));
}
