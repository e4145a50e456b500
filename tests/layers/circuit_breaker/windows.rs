use super::*;

#[tokio::test(start_paused = true)]
async fn a_time_window_counts_its_own_bucket_and_those_before() {
    for (buckets, begins, width) in [(2, 4 * MILLI, 10 * MILLI), (1, just_before(10 * MILLI), 10 * MILLI)] {
        let circuit = circuit(builder().time_window(width, buckets));
        advance(begins).await;
        fail(&circuit, 1);
        advance(just_before(width.saturating_sub(begins))).await;
        assert_eq!(counted(&circuit), (1, 1, 0), "{buckets} buckets");
        advance(NANO).await;
        assert_eq!(counted(&circuit), (0, 0, 0), "{buckets} buckets");
    }
}

#[tokio::test(start_paused = true)]
async fn a_count_window_holds_the_last_results_however_old() {
    let circuit = circuit(builder().min_calls(4).count_window(4).failure_rate(1.0));
    for (calls, counts) in [("fsss", (4, 1, 0)), (".......", (4, 1, 0)), ("s", (4, 0, 0))] {
        run(&circuit, calls).await;
        assert_eq!(counted(&circuit), counts, "{calls}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_time_window_holds_no_more_for_many_calls_than_for_few() {
    let size_after = |calls: usize| async move {
        let circuit = circuit(builder().without_failure_rate().without_consecutive().slow_rate(1.0, SECOND));
        for _ in 0..10 {
            fail(&circuit, calls);
            advance(3 * SECOND).await;
        }
        format!("{circuit:?}").len()
    };
    assert!(size_after(5_000).await < 2 * size_after(5).await);
}
