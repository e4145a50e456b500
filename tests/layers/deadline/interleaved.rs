use super::*;

/// Asks at each of its polls, and wants to be polled again.
async fn curious() -> Vec<Option<Duration>> {
    let mut seen = Vec::new();
    for _ in 0..3 {
        seen.push(left());
        tokio::task::yield_now().await;
    }
    seen
}

/// A call that asks at each of its polls, below a timeout of so many seconds.
fn below(seconds: u32) -> impl Future<Output = Vec<Option<Duration>>> + Send {
    let service = strict(|()| curious().map(Ok::<_, Down>).boxed());
    limit(seconds).layer(service).oneshot(()).map(Result::unwrap)
}

#[tokio::test(start_paused = true)]
async fn calls_in_one_task_each_see_their_own() {
    let (one, (other, without)) = join(below(1), join(below(2), curious())).await;
    assert_eq!([one, other, without], [vec![Some(SECOND); 3], vec![Some(2 * SECOND); 3], vec![None; 3]]);
}

#[tokio::test(start_paused = true)]
async fn tasks_on_one_thread_each_see_their_own() {
    let (one, other) = join(tokio::spawn(below(1)), tokio::spawn(below(2))).await;
    assert_eq!((one.unwrap(), other.unwrap()), (vec![Some(SECOND); 3], vec![Some(2 * SECOND); 3]));
}
