use super::*;

#[tokio::test(start_paused = true)]
async fn there_is_none_outside_and_below_a_scope_the_one_carried() {
    assert_eq!(Deadline::current(), None);
    let deadline = after(1);
    assert_eq!(deadline.scope(async { Deadline::current() }).await, Some(deadline));
}

#[tokio::test(start_paused = true)]
async fn a_call_and_its_polls_see_what_a_timeout_leaves() {
    let service = strict(|()| {
        let in_call = left();
        async move {
            let first = left();
            sleep(300 * MILLI).await;
            Ok::<_, Down>([in_call, first, left()])
        }
    });
    let expected = [SECOND, SECOND, 700 * MILLI].map(Some);
    assert_eq!(limit(1).layer(service).oneshot(()).await.unwrap(), expected);
}

#[tokio::test(start_paused = true)]
async fn of_nested_timeouts_and_scopes_the_nearest_counts() {
    for [outer, inner] in [[1, 2], [2, 1], [1, 1]] {
        let timeouts = (limit(outer), limit(inner)).layer(asking());
        let deadline = after(inner);
        let scope_within = strict(move |()| deadline.scope(async { Ok::<_, Down>(left()) }));
        let seen = [
            timeouts.oneshot(()).await.unwrap(),
            after(outer).scope(after(inner).scope(async { left() })).await,
            after(outer).scope(limit(inner).layer(asking()).oneshot(())).await.unwrap(),
            limit(outer).layer(scope_within).oneshot(()).await.unwrap(),
        ];
        assert_eq!(seen, [Some(SECOND); 4], "{outer} around {inner}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_timeout_outside_sees_only_its_own() {
    let inner = limit(1).layer(asking());
    let service = strict(move |()| {
        let inner = inner.clone();
        async move { Ok::<_, Error>((inner.oneshot(()).await?, left())) }
    });
    let seen = limit(2).layer(service).oneshot(()).await.unwrap();
    assert_eq!(seen, (Some(SECOND), Some(2 * SECOND)));
}

#[tokio::test(start_paused = true)]
async fn asking_deep_below_starts_the_clock_of_every_timeout_around() {
    let asking = strict(|()| {
        Deadline::current();
        ready(Ok::<_, Down>(()))
    });
    let inner = limit(2).layer(asking);
    let service = strict(move |()| {
        let asked = call(&mut inner.clone(), ());
        async move {
            asked.await?;
            Ok::<_, Error>(left())
        }
    });
    let call = call(&mut limit(1).layer(service), ());
    advance(300 * MILLI).await;
    assert_eq!(call.await.unwrap(), Some(700 * MILLI));
}

#[tokio::test(start_paused = true)]
async fn a_timeout_called_after_a_question_has_its_whole_limit() {
    let service = strict(|()| {
        Deadline::current();
        // The clock moves on before the first poll ends.
        advance(300 * MILLI).now_or_never();
        call(&mut limit(1).layer(hung()), ())
    });
    let began = now();
    elapsed(limit(10).layer(service).oneshot(()).await);
    assert_eq!(now() - began, 1_300 * MILLI);
}
