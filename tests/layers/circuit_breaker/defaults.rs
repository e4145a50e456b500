use super::*;

#[tokio::test(start_paused = true)]
async fn by_default_half_of_twenty_failures_open() {
    for calls in ["sf".repeat(10), "s".repeat(10) + &"f".repeat(10), "s".repeat(11) + &"f".repeat(11)] {
        opens_at_the_last(&calls, circuit(builder()), &calls).await;
    }
}

#[tokio::test(start_paused = true)]
async fn by_default_twenty_failures_in_a_row_open() {
    opens_at_the_last("of many calls", circuit(builder()), &("s".repeat(200) + &"f".repeat(20))).await;
    opens_at_the_last("however rare they are", circuit(builder()), &("f.".repeat(19) + "f")).await;
    stays_closed("one succeeded", circuit(builder()), &("s".repeat(200) + &"f".repeat(19) + "s" + &"f".repeat(19)))
        .await;
}

#[tokio::test(start_paused = true)]
async fn by_default_nine_tenths_of_throttled_calls_open() {
    opens_at_the_last("eighteen of twenty", circuit(builder()), &("ss".to_owned() + &"t".repeat(18))).await;
    opens_at_the_last("a success completes twenty", circuit(builder()), &("t".repeat(19) + "s")).await;
    stays_closed("seventeen of twenty", circuit(builder()), &("sss".to_owned() + &"t".repeat(17))).await;
    stays_closed("three failures beside them", circuit(builder()), &("t".repeat(17) + "fff")).await;
}

#[tokio::test(start_paused = true)]
async fn by_default_a_circuit_heeds_thirty_seconds_of_retry_after() {
    for (asked, left) in [(20 * SECOND, 20 * SECOND), (40 * SECOND, 30 * SECOND)] {
        let circuit = circuit(builder());
        for _ in 0..20 {
            enter(&circuit).settle(Outcome::Throttled { retry_after: Some(asked) });
        }
        assert_eq!(rejection(&circuit).retry_after(), Some(left));
    }
}

#[tokio::test(start_paused = true)]
async fn by_default_a_window_is_ten_buckets_of_a_second() {
    let circuit = circuit(builder());
    advance(just_before(SECOND)).await;
    fail(&circuit, 1);
    advance(NANO).await;
    enter(&circuit).success();
    for (pause, counts) in
        [(just_before(9 * SECOND), (2, 1, 0)), (NANO, (1, 0, 0)), (just_before(SECOND), (1, 0, 0)), (NANO, (0, 0, 0))]
    {
        advance(pause).await;
        assert_eq!(counted(&circuit), counts);
    }
}

#[tokio::test(start_paused = true)]
async fn by_default_three_of_five_probes_decide() {
    let circuit = recovering(builder()).await;
    let probes: Vec<_> = (0..5).map(|_| enter(&circuit)).collect();
    assert_eq!(rejection(&circuit).reason(), RejectionReason::ProbesTaken);
    drop(probes);
    for (before, last, phase) in [("ss", "s", Phase::Closed), ("fssf", "f", Phase::Open)] {
        let circuit = recovering(builder()).await;
        run(&circuit, before).await;
        assert_eq!(circuit.phase(), Phase::HalfOpen);
        run(&circuit, last).await;
        assert_eq!(circuit.phase(), phase);
    }
}

#[tokio::test(start_paused = true)]
async fn by_default_open_times_grow_from_one_second_to_fifteen() {
    let mut first = Vec::new();
    for seed in 0..200 {
        let circuit = circuit(builder().seed(seed));
        fail(&circuit, 20);
        first.extend(circuit.snapshot().retry_after);
        for step in 0..14 {
            let longest = SECOND.mul_f64(1.3_f64.powi(step)).min(15 * SECOND);
            let open_for = circuit.snapshot().retry_after.unwrap();
            assert!((longest / 2..=longest + NANO).contains(&open_for), "{open_for:?} of {longest:?}");
            open_time(&circuit).await;
            fail(&circuit, 3);
        }
    }
    assert!(first.iter().any(|&time| time < MILLI * 520), "{first:?}");
    assert!(first.iter().any(|&time| time > MILLI * 980), "{first:?}");
}

#[tokio::test(start_paused = true)]
async fn by_default_probes_have_ten_seconds_for_an_answer() {
    let circuit = recovering(builder().probes(1)).await;
    let _hanging = enter(&circuit);
    advance(just_before(10 * SECOND)).await;
    assert_eq!(rejection(&circuit).reason(), RejectionReason::ProbesTaken);
    advance(NANO).await;
    enter(&circuit).success();
    assert_eq!(circuit.phase(), Phase::Closed);
}

#[tokio::test(start_paused = true)]
async fn by_default_slowness_does_not_count() {
    let circuit = circuit(builder().min_calls(1));
    take(&circuit, 9 * SECOND, Outcome::Success).await;
    assert_eq!((counted(&circuit), circuit.phase()), ((1, 0, 0), Phase::Closed));
}
