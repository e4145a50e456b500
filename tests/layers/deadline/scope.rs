use super::*;

#[tokio::test(start_paused = true)]
async fn a_spawned_task_sees_the_one_carried_into_it() {
    let service = strict(|()| async {
        let deadline = Deadline::current().unwrap();
        let seen = tokio::spawn(deadline.scope(async { Deadline::current() })).await.unwrap();
        Ok::<_, Down>(seen == Some(deadline))
    });
    assert!(TimeoutLayer::new(SECOND).layer(service).oneshot(()).await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn a_spawned_task_sees_none_by_itself() {
    let service = strict(|()| async { Ok::<_, Down>(tokio::spawn(async { Deadline::current() }).await.unwrap()) });
    assert_eq!(TimeoutLayer::new(SECOND).layer(service).oneshot(()).await.unwrap(), None);
}

#[tokio::test(start_paused = true)]
async fn it_ends_nothing_by_itself() {
    let scoped = Deadline::after(SECOND).scope(async {
        sleep(3 * SECOND).await;
        left()
    });
    assert_eq!(scoped.await, Some(Duration::ZERO));
}

#[tokio::test(start_paused = true)]
async fn it_holds_in_every_poll() {
    let mut scoped = task::spawn(Deadline::after(SECOND).scope(poll_fn(|_| match left() {
        Some(Duration::ZERO) => Poll::Ready(()),
        Some(_) => Poll::Pending,
        None => panic!("it was lost"),
    })));
    assert_pending!(scoped.poll());
    assert_pending!(scoped.poll());
    advance(SECOND).await;
    assert_ready!(scoped.poll());
}
