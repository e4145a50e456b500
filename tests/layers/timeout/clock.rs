use super::*;

#[tokio::test(start_paused = true)]
async fn the_time_before_the_first_poll_does_not_count() {
    let mut service = TimeoutLayer::new(SECOND).layer(stuck());
    let mut call = task::spawn(call(&mut service));
    advance(10 * SECOND).await;
    assert_pending!(call.poll());
    advance(just_before(SECOND)).await;
    assert_pending!(call.poll());
}

#[tokio::test(start_paused = true)]
async fn it_runs_from_the_end_of_the_first_poll() {
    let service = strict(|()| {
        let mut first = true;
        poll_fn(move |_| {
            if std::mem::take(&mut first) {
                advance_in_poll(300 * MS);
            }
            Poll::<Result<(), Down>>::Pending
        })
    });
    let mut call = task::spawn(TimeoutLayer::new(SECOND).layer(service).oneshot(()));
    assert_pending!(call.poll());
    advance(just_before(SECOND)).await;
    assert_pending!(call.poll());
    advance(TICK).await;
    assert_eq!(elapsed(assert_ready!(call.poll())).elapsed(), SECOND);
}

#[tokio::test(start_paused = true)]
async fn it_runs_from_the_moment_when_a_poll_asks_for_the_deadline() {
    let service = strict(|()| {
        let mut first = true;
        poll_fn(move |_| {
            if std::mem::take(&mut first) {
                advance_in_poll(200 * MS);
                Deadline::current();
                advance_in_poll(300 * MS);
            }
            Poll::<Result<(), Down>>::Pending
        })
    });
    let start = now();
    elapsed(TimeoutLayer::new(SECOND).layer(service).oneshot(()).await);
    assert_eq!(now() - start, 1200 * MS);
}

#[tokio::test(start_paused = true)]
async fn it_runs_from_the_moment_when_the_call_itself_asks_for_the_deadline() {
    let inner = strict(|()| {
        Deadline::current();
        pending::<Result<(), Down>>()
    });
    let mut service = TimeoutLayer::new(SECOND).layer(inner);
    let mut call = task::spawn(call(&mut service));
    advance(400 * MS).await;
    assert_pending!(call.poll());
    advance(600 * MS).await;
    assert!(call.is_woken());
    assert_eq!(elapsed(assert_ready!(call.poll())).elapsed(), SECOND);
}

#[tokio::test(start_paused = true)]
async fn asking_twice_does_not_start_it_again() {
    let inner = strict(|()| {
        let first = Deadline::current();
        async move {
            assert_eq!(Deadline::current(), first);
            sleep(10 * MS).await;
            assert_eq!(Deadline::current(), first);
            Ok::<_, Down>(())
        }
    });
    let mut service = TimeoutLayer::new(SECOND).layer(inner);
    let call = call(&mut service);
    advance(100 * MS).await;
    call.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn asking_later_does_not_start_it_again() {
    let service = strict(|()| async {
        sleep(400 * MS).await;
        Ok::<_, Down>(Deadline::current().unwrap().remaining())
    });
    assert_eq!(TimeoutLayer::new(SECOND).layer(service).oneshot(()).await.unwrap(), 600 * MS);
}

#[tokio::test(start_paused = true)]
async fn an_asking_call_that_is_past_its_limit_is_polled_once() {
    let inner = strict(|()| {
        Deadline::current();
        pending::<Result<(), Down>>()
    });
    let mut service = TimeoutLayer::new(SECOND).layer(inner);
    let mut call = task::spawn(call(&mut service));
    advance(3 * SECOND).await;
    assert_eq!(elapsed(assert_ready!(call.poll())).elapsed(), 3 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_began_before_does_not_backdate_the_timeout_around_it() {
    let mut early = task::spawn(TimeoutLayer::new(100 * SECOND).layer(stuck()).oneshot(()));
    assert_pending!(early.poll());
    advance(10 * SECOND).await;
    let early = Rc::new(RefCell::new(early));
    let around = TimeoutLayer::new(5 * SECOND).layer(strict(move |()| {
        let early = Rc::clone(&early);
        poll_fn(move |_| early.borrow_mut().poll())
    }));
    let start = now();
    elapsed(around.oneshot(()).await);
    assert_eq!(now() - start, 5 * SECOND);
}
