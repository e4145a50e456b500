//! Whose fault the end of a call is, which a limit of ours or its caller has ended.

use palisade::call::Guard;

use super::*;

/// A service that hangs, called `before` a limit of a second runs out, in a handler that did something else until then.
async fn cut(settings: CircuitBreakerBuilder, before: Duration) -> (u64, u64, u64) {
    let breaker = settings.build().expect("it is legal");
    let circuit = breaker.handle();
    let hanging = breaker.layer(hung::<()>());
    let handler = strict(move |()| {
        let hanging = hanging.clone();
        async move {
            sleep(SECOND.saturating_sub(before)).await;
            hanging.oneshot(()).await
        }
    });
    TimeoutLayer::new(SECOND).layer(handler).oneshot(()).await.expect_err("it hangs");
    counted(&circuit)
}

#[tokio::test(start_paused = true)]
async fn a_limit_blames_who_had_half_of_it() {
    for (before, counts) in
        [(SECOND, (1, 1, 0)), (500 * MILLI, (1, 1, 0)), (499 * MILLI, (0, 0, 0)), (MILLI, (0, 0, 0))]
    {
        assert_eq!(cut(builder(), before).await, counts, "{before:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn where_slowness_counts_blame_takes_slowness_too() {
    for (slow_after, before, counts) in [
        (600 * MILLI, 700 * MILLI, (1, 1, 1)),
        (600 * MILLI, 600 * MILLI, (0, 0, 0)),
        (300 * MILLI, 400 * MILLI, (1, 0, 1)),
        (300 * MILLI, 300 * MILLI, (0, 0, 0)),
    ] {
        let settings = builder().slow_rate(1.0, slow_after);
        assert_eq!(cut(settings, before).await, counts, "{slow_after:?}, called {before:?} before the end");
    }
}

#[tokio::test(start_paused = true)]
async fn a_limit_blames_nobody_who_was_not_waited_for() {
    for poll_first in [false, true] {
        let breaker = builder().build().unwrap();
        let circuit = breaker.handle();
        let service = breaker.layer(strict(|()| async {
            sleep(10 * MILLI).await;
            Ok::<_, Down>(())
        }));
        let handler = strict(move |()| {
            let service = service.clone();
            async move {
                let call = service.oneshot(());
                let mut call = Box::pin(call);
                if poll_first {
                    assert!(futures_util::poll!(&mut call).is_pending());
                    // It is over in the meantime, and nobody looks.
                }
                pending::<()>().await;
                call.await
            }
        });
        TimeoutLayer::new(SECOND).layer(handler).oneshot(()).await.unwrap_err();
        // Who was polled last time was pending: that is all that is known of it.
        assert_eq!(counted(&circuit), (u64::from(poll_first), u64::from(poll_first), 0));
    }
}

#[tokio::test(start_paused = true)]
async fn a_limit_blames_nobody_for_a_reader_who_stopped() {
    let circuit = circuit(builder());
    let handle = circuit.clone();
    // The service was waited for once. What it sent then is not read on.
    let handler = strict(move |()| {
        let mut call = enter(&handle);
        for is_pending in [true, false] {
            call.polls();
            call.polled(is_pending);
        }
        async move {
            let _call = call;
            pending::<Result<(), Down>>().await
        }
    });
    TimeoutLayer::new(SECOND).layer(handler).oneshot(()).await.unwrap_err();
    assert_eq!(counted(&circuit), (0, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_call_is_slow_even_if_its_caller_left() {
    let leave: [fn(CircuitBreakerLayer) -> tokio::task::JoinHandle<()>; 2] = [
        |breaker| tokio::spawn(tokio::time::timeout(2 * SECOND, breaker.layer(hung::<()>()).oneshot(())).map(drop)),
        |breaker| {
            let service = TimeoutLayer::new(60 * SECOND).layer(breaker.layer(hung::<()>()));
            tokio::spawn(Deadline::after(2 * SECOND).scope(service.oneshot(())).map(drop))
        },
    ];
    for leave in leave {
        for (slow_after, counts) in [(SECOND, (1, 0, 1)), (2 * SECOND, (0, 0, 0))] {
            let breaker = builder().slow_rate(1.0, slow_after).build().unwrap();
            let circuit = breaker.handle();
            leave(breaker).await.unwrap();
            assert_eq!(counted(&circuit), counts, "{slow_after:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn callers_who_leave_a_slow_service_open_its_circuit() {
    let breaker = builder().slow_rate(0.5, SECOND).build().unwrap();
    let circuit = breaker.handle();
    let calls = (0..20).map(|_| tokio::time::timeout(2 * SECOND, breaker.layer(hung::<()>()).oneshot(())));
    futures_util::future::join_all(calls).await;
    assert_eq!(circuit.phase(), Phase::Open);
}

#[tokio::test(start_paused = true)]
async fn slowness_runs_from_the_first_poll() {
    let breaker = builder().slow_rate(1.0, SECOND).build().unwrap();
    let circuit = breaker.handle();
    let mut service = breaker.layer(up::<()>());
    let call = service.ready().await.unwrap().call(());
    sleep(5 * SECOND).await;
    call.await.unwrap();
    assert_eq!(counted(&circuit), (1, 0, 0));
    // The first poll counts too.
    let service = breaker.layer(strict(|()| async {
        advance(2 * SECOND).await;
        Ok::<_, Down>(())
    }));
    service.oneshot(()).await.unwrap();
    assert_eq!(counted(&circuit), (2, 0, 1));
}

#[tokio::test(start_paused = true)]
async fn a_call_ended_by_its_callers_deadline_may_be_slow() {
    for (slow_after, counts) in [(SECOND, (1, 0, 1)), (3 * SECOND, (0, 0, 0))] {
        let breaker = builder().slow_rate(1.0, slow_after).build().unwrap();
        let circuit = breaker.handle();
        let service = ServiceBuilder::new().layer(breaker).layer(TimeoutLayer::new(60 * SECOND)).service(hung::<()>());
        Deadline::after(2 * SECOND).scope(service.oneshot(())).await.unwrap_err();
        assert_eq!(counted(&circuit), counts, "{slow_after:?}");
    }
}
