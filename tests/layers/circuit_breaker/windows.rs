//! Windows.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_window_of_time_counts_its_own_bucket_and_those_before() {
    let circuit = circuit(builder().time_window(10 * MILLI, 2));
    advance(4 * MILLI).await;
    fail(&circuit, 1);
    advance(6 * MILLI - NANO).await;
    assert_eq!(counted(&circuit), (1, 1, 0));
    advance(NANO).await;
    assert_eq!(counted(&circuit), (0, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_window_of_one_bucket_forgets_all_at_its_end() {
    let circuit = circuit(builder().time_window(MILLI, 1));
    advance(MILLI - NANO).await;
    fail(&circuit, 1);
    assert_eq!(counted(&circuit), (1, 1, 0));
    advance(NANO).await;
    assert_eq!(counted(&circuit), (0, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn old_results_expire_on_write() {
    let circuit = circuit(builder().min_calls(2).time_window(10 * MILLI, 10));
    fail(&circuit, 1);
    advance(10 * MILLI).await;
    fail(&circuit, 1);
    assert_eq!(circuit.phase(), Phase::Closed);
    assert_eq!(counted(&circuit), (1, 1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_result_just_inside_the_window_counts_on_write() {
    let circuit = circuit(builder().min_calls(2).time_window(10 * MILLI, 10));
    fail(&circuit, 1);
    advance(10 * MILLI - NANO).await;
    fail(&circuit, 1);
    assert_eq!(circuit.phase(), Phase::Open);
}

#[tokio::test(start_paused = true)]
async fn a_window_left_alone_for_ages_is_empty() {
    let circuit = circuit(builder().time_window(10 * MILLI, 10));
    fail(&circuit, 5);
    for windows in [1, 2, 1 << 20, 1 << 24, 1 << 28] {
        advance(10 * MILLI * windows).await;
        assert_eq!(counted(&circuit), (0, 0, 0), "after {windows} windows");
    }
}

#[tokio::test(start_paused = true)]
async fn a_count_window_holds_the_last_results() {
    let circuit = circuit(builder().min_calls(4).count_window(4).failure_rate(1.0));
    fail(&circuit, 1);
    succeed(&circuit, 3);
    assert_eq!(counted(&circuit), (4, 1, 0));
    succeed(&circuit, 1);
    assert_eq!(counted(&circuit), (4, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_count_window_slides_with_each_failure() {
    let circuit = circuit(builder().min_calls(3).count_window(3).failure_rate(1.0));
    settle(&circuit, [Outcome::Success, Outcome::Failed, Outcome::Failed]);
    assert_eq!(circuit.phase(), Phase::Closed);
    fail(&circuit, 1);
    assert_eq!(circuit.phase(), Phase::Open);
}

#[tokio::test(start_paused = true)]
async fn a_count_window_agrees_with_a_list_of_the_last_results() {
    for len in [1, 2, 3, 63, 64, 65, 100, 128] {
        let circuit = circuit(builder().min_calls(1).count_window(len).without_failure_rate().slow_rate(1.0, SECOND));
        let mut model = VecDeque::new();
        for call in 0_u32..500 {
            let failed = call.wrapping_mul(2_654_435_769) >> 30 == 0;
            settle(&circuit, [if failed { Outcome::Failed } else { Outcome::Success }]);
            model.push_back(failed);
            while model.len() > len as usize {
                model.pop_front();
            }
            let failures = model.iter().filter(|&&failed| failed).count();
            assert_eq!(counted(&circuit), (model.len() as u64, failures as u64, 0), "call {call}, window {len}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_count_window_does_not_age() {
    let circuit = circuit(builder().count_window(20));
    fail(&circuit, 10);
    advance(Duration::from_secs(1_000_000)).await;
    assert_eq!(counted(&circuit), (10, 10, 0));
}

#[tokio::test(start_paused = true)]
async fn a_time_window_holds_no_more_for_many_calls_than_for_few() {
    let size_after = |calls: usize| async move {
        let circuit = circuit(builder().without_failure_rate().slow_rate(1.0, SECOND));
        for _ in 0..10 {
            (0..calls).for_each(|_| enter(&circuit).failure());
            advance(3 * SECOND).await;
        }
        format!("{circuit:?}").len()
    };
    assert!(size_after(5_000).await < 2 * size_after(5).await);
}
