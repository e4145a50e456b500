use super::*;

/// A service that asks at each of its polls, and wants to be polled again.
fn curious() -> Strict<impl FnMut(()) -> BoxFuture<'static, Result<Vec<Duration>, Down>>> {
    strict(|()| {
        let asking = async {
            let mut seen = Vec::new();
            for _ in 0..3 {
                seen.push(left().expect("it is below a timeout"));
                tokio::task::yield_now().await;
            }
            Ok(seen)
        };
        asking.boxed()
    })
}

#[tokio::test(start_paused = true)]
async fn two_calls_in_one_task_each_see_their_own() {
    let one = TimeoutLayer::new(SECOND).layer(curious()).oneshot(());
    let other = TimeoutLayer::new(2 * SECOND).layer(curious()).oneshot(());
    let (one, other) = join(one, other).await;
    assert_eq!((one.unwrap(), other.unwrap()), (vec![SECOND; 3], vec![2 * SECOND; 3]));
}

#[tokio::test(start_paused = true)]
async fn two_tasks_on_one_thread_each_see_their_own() {
    let one = tokio::spawn(TimeoutLayer::new(SECOND).layer(curious()).call_at_once());
    let other = tokio::spawn(TimeoutLayer::new(2 * SECOND).layer(curious()).call_at_once());
    let (one, other) = join(one, other).await;
    assert_eq!((one.unwrap().unwrap(), other.unwrap().unwrap()), (vec![SECOND; 3], vec![2 * SECOND; 3]));
}

trait CallAtOnce: Service<()> + Sized {
    fn call_at_once(mut self) -> Self::Future {
        call(&mut self)
    }
}

impl<S: Service<()>> CallAtOnce for S {}

#[tokio::test(start_paused = true)]
async fn a_call_without_one_sees_none_beside_a_call_with_one() {
    let with = TimeoutLayer::new(SECOND).layer(curious()).oneshot(());
    let without = async {
        let mut seen = Vec::new();
        for _ in 0..3 {
            seen.push(left());
            tokio::task::yield_now().await;
        }
        seen
    };
    assert_eq!(join(with, without).await.1, [None; 3]);
}
