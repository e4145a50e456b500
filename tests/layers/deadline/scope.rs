use super::*;

#[tokio::test(start_paused = true)]
async fn a_spawned_task_sees_only_the_one_carried_into_it() {
    let service = strict(|()| async {
        let deadline = Deadline::current().unwrap();
        let carried = tokio::spawn(deadline.scope(async { Deadline::current() })).await.unwrap();
        let by_itself = tokio::spawn(async { Deadline::current() }).await.unwrap();
        Ok::<_, Down>((carried == Some(deadline), by_itself))
    });
    assert_eq!(limit(1).layer(service).oneshot(()).await.unwrap(), (true, None));
}

#[tokio::test(start_paused = true)]
async fn it_ends_nothing_by_itself() {
    let scoped = after(1).scope(async {
        sleep(3 * SECOND).await;
        left()
    });
    assert_eq!(scoped.await, Some(Duration::ZERO));
}

#[tokio::test(start_paused = true)]
async fn it_holds_in_every_poll() {
    let mut scoped = task::spawn(after(1).scope(poll_fn(|_| match left() {
        Some(Duration::ZERO) => Poll::Ready(()),
        Some(_) => Poll::Pending,
        None => panic!("it was lost"),
    })));
    assert_pending!(scoped.poll());
    assert_pending!(scoped.poll());
    advance(SECOND).await;
    assert_ready!(scoped.poll());
}
