use super::*;

#[test]
fn there_is_none_outside() {
    assert_eq!(Deadline::current(), None);
}

#[tokio::test(start_paused = true)]
async fn a_poll_below_a_timeout_sees_it() {
    assert_eq!(TimeoutLayer::new(SECOND).layer(asking()).oneshot(()).await.unwrap(), Some(SECOND));
}

#[tokio::test(start_paused = true)]
async fn a_call_below_a_timeout_sees_it() {
    let service = strict(|()| ready(Ok::<_, Down>(left())));
    assert_eq!(TimeoutLayer::new(SECOND).layer(service).oneshot(()).await.unwrap(), Some(SECOND));
}

#[tokio::test(start_paused = true)]
async fn a_later_poll_sees_what_is_left() {
    let service = strict(|()| async {
        sleep(300 * MS).await;
        Ok::<_, Down>(left())
    });
    assert_eq!(TimeoutLayer::new(SECOND).layer(service).oneshot(()).await.unwrap(), Some(700 * MS));
}

#[tokio::test(start_paused = true)]
async fn below_a_scope_it_is_the_one_carried() {
    let deadline = Deadline::after(SECOND);
    assert_eq!(deadline.scope(async { Deadline::current() }).await, Some(deadline));
}

#[tokio::test(start_paused = true)]
async fn of_nested_timeouts_the_nearest_counts() {
    for [outer, inner] in [[1, 2], [2, 1], [1, 1]] {
        let stack =
            ServiceBuilder::new().layer(TimeoutLayer::new(outer * SECOND)).layer(TimeoutLayer::new(inner * SECOND));
        assert_eq!(stack.service(asking()).oneshot(()).await.unwrap(), Some(SECOND), "{outer} around {inner}");
    }
}

#[tokio::test(start_paused = true)]
async fn of_nested_scopes_the_nearest_counts() {
    for [outer, inner] in [[1, 2], [2, 1]] {
        let nested = Deadline::after(inner * SECOND).scope(async { left() });
        assert_eq!(Deadline::after(outer * SECOND).scope(nested).await, Some(SECOND), "{outer} around {inner}");
    }
}

#[tokio::test(start_paused = true)]
async fn of_a_scope_and_a_timeout_within_the_nearest_counts() {
    for [outer, inner] in [[1, 2], [2, 1]] {
        let call = TimeoutLayer::new(inner * SECOND).layer(asking()).oneshot(());
        let seen = Deadline::after(outer * SECOND).scope(call).await.unwrap();
        assert_eq!(seen, Some(SECOND), "{outer} around {inner}");
    }
}

#[tokio::test(start_paused = true)]
async fn of_a_timeout_and_a_scope_within_the_nearest_counts() {
    for [outer, inner] in [[1, 2], [2, 1]] {
        let deadline = Deadline::after(inner * SECOND);
        let service = strict(move |()| deadline.scope(async { Ok::<_, Down>(left()) }));
        let seen = TimeoutLayer::new(outer * SECOND).layer(service).oneshot(()).await.unwrap();
        assert_eq!(seen, Some(SECOND), "{outer} around {inner}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_timeout_outside_sees_only_its_own() {
    let inner = TimeoutLayer::new(SECOND).layer(asking());
    let service = strict(move |()| {
        let inner = inner.clone();
        async move {
            let within = inner.oneshot(()).await?;
            Ok::<_, Error>((within, left()))
        }
    });
    let seen = TimeoutLayer::new(2 * SECOND).layer(service).oneshot(()).await.unwrap();
    assert_eq!(seen, (Some(SECOND), Some(2 * SECOND)));
}

#[tokio::test(start_paused = true)]
async fn asking_deep_below_starts_the_clock_of_every_timeout_around() {
    let asking = strict(|()| {
        Deadline::current();
        ready(Ok::<_, Down>(()))
    });
    let inner = TimeoutLayer::new(2 * SECOND).layer(asking);
    let service = strict(move |()| {
        let asked = call(&mut inner.clone());
        async move {
            asked.await?;
            Ok::<_, Error>(left())
        }
    });
    let mut service = TimeoutLayer::new(SECOND).layer(service);
    let call = call(&mut service);
    advance(300 * MS).await;
    assert_eq!(call.await.unwrap(), Some(700 * MS));
}

#[tokio::test(start_paused = true)]
async fn a_timeout_that_is_called_after_somebody_asked_has_its_whole_limit() {
    let service = strict(|()| {
        Deadline::current();
        // The clock moves on before the first poll ends.
        advance(300 * MS).now_or_never();
        call(&mut TimeoutLayer::new(SECOND).layer(stuck()))
    });
    let began = now();
    elapsed(TimeoutLayer::new(10 * SECOND).layer(service).oneshot(()).await);
    assert_eq!(now() - began, 1_300 * MS);
}
