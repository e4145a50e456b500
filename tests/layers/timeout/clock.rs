use super::*;

/// Moves the paused clock from within a call or a poll.
fn pass(duration: Duration) {
    assert_pending!(task::spawn(advance(duration)).poll());
}

fn ask() {
    Deadline::current();
}

#[tokio::test(start_paused = true)]
async fn it_runs_from_the_first_question_or_the_end_of_the_first_poll() {
    for (claim, in_call, before_the_poll, in_the_poll, took, elapsed) in [
        ("the time before the first poll does not count", (|| {}) as fn(), 10 * SECOND, (|| {}) as fn(), 11_000, 1_000),
        ("nor does the first poll", || {}, Duration::ZERO, || pass(300 * MILLI), 1_300, 1_000),
        (
            "it counts from a question in the first poll",
            || {},
            Duration::ZERO,
            || {
                pass(200 * MILLI);
                ask();
                pass(300 * MILLI);
            },
            1_200,
            1_000,
        ),
        ("it counts from a question in the call", ask, 400 * MILLI, || {}, 1_000, 1_000),
        ("a call that is past its limit is polled once", ask, 3 * SECOND, || {}, 3_000, 3_000),
    ] {
        let inner = strict(move |()| {
            in_call();
            let mut in_the_poll = Some(in_the_poll);
            poll_fn(move |_| {
                in_the_poll.take().into_iter().for_each(|run| run());
                Poll::<Result<(), Down>>::Pending
            })
        });
        let start = now();
        let call = call(&mut TimeoutLayer::new(SECOND).layer(inner), ());
        advance(before_the_poll).await;
        let ended = self::elapsed(call.await);
        let [took, elapsed] = [took, elapsed].map(Duration::from_millis);
        assert_eq!((now() - start, ended.elapsed()), (took, elapsed), "{claim}");
    }
}

#[tokio::test(start_paused = true)]
async fn asking_again_does_not_start_it_again() {
    let inner = strict(|()| {
        let first = Deadline::current();
        async move {
            assert_eq!(Deadline::current(), first);
            sleep(10 * MILLI).await;
            assert_eq!(Deadline::current(), first);
            Ok::<_, Down>(())
        }
    });
    let call = call(&mut TimeoutLayer::new(SECOND).layer(inner), ());
    advance(100 * MILLI).await;
    call.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_call_that_began_before_does_not_backdate_the_one_around_it() {
    let early = begin(&mut TimeoutLayer::new(100 * SECOND).layer(hung()), ());
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
