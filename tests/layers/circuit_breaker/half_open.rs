use super::*;

#[tokio::test(start_paused = true)]
async fn probes_decide_by_the_rules() {
    let slow = || touchy().slow_rate(0.5, MILLI).probes(4).failure_rate(0.9);
    for (claim, settings, probes, phase) in [
        ("one success of one", touchy(), "s", Phase::Closed),
        ("one failure of one", touchy(), "f", Phase::Open),
        ("a throttled probe is a failure", touchy(), "t", Phase::Open),
        ("abandoned and ignored probes free their places", touchy(), "aaaiii", Phase::HalfOpen),
        ("three tenths of ten are not yet reached", touchy().failure_rate(0.3).probes(10), "ff", Phase::HalfOpen),
        ("three tenths of ten are reached", touchy().failure_rate(0.3).probes(10), "fff", Phase::Open),
        ("three tenths of ten can be reached", touchy().failure_rate(0.3).probes(10), "sssssss", Phase::HalfOpen),
        ("three tenths of ten cannot be reached", touchy().failure_rate(0.3).probes(10), "ssssssss", Phase::Closed),
        ("the first failure under a rule of a run", touchy().consecutive(10).probes(5), "f", Phase::Open),
        ("all but one succeeded under a rule of a run", touchy().consecutive(10).probes(5), "ssss", Phase::HalfOpen),
        ("all succeeded under a rule of a run", touchy().consecutive(10).probes(5), "sssss", Phase::Closed),
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
    let steps = Backoff::exponential(SECOND, 10 * SECOND).jitter(Jitter::None);
    let circuit = recovering(touchy().open_for(steps).half_open_for(20 * SECOND)).await;
    let _hung = enter(&circuit);
    advance(100 * SECOND).await;
    assert_eq!(rejection(&circuit).retry_after(), Some(2 * SECOND), "it opens from then on, for the next step");
    open_time(&circuit).await;
    enter(&circuit).success();
    assert_eq!(circuit.phase(), Phase::Closed);
}
