use palisade::{Policy, Replicas};

use super::*;

#[tokio::test(start_paused = true)]
async fn a_hedge_goes_to_a_replica_that_has_no_attempt_of_the_call() {
    for hedges in [1, 2] {
        let replica = |code, millis| {
            strict(move |_: u32| async move {
                sleep(Duration::from_millis(millis)).await;
                Ok::<_, Error>(code)
            })
        };
        let slow = if hedges == 1 { 5 } else { NEVER };
        let (a, b, c) = (replica(200, NEVER), replica(201, slow), replica(202, 5));
        let calls = [a.calls(), b.calls(), c.calls()];
        let replicas = Replicas::builder("search").policy(Policy::FailOver).add("a", a).add("b", b).add("c", c);
        let layer = ten().max_hedges(hedges).build().unwrap();
        let result = layer.layer(replicas.build().unwrap()).oneshot(7).await;
        assert_eq!(code(&result), 200 + hedges);
        assert_eq!(calls.map(|calls| calls.count()), [1, 1, usize::from(hedges == 2)]);
    }
}

/// In the order of the layers: retry, hedge, replicas.
#[tokio::test(start_paused = true)]
async fn a_retry_around_asks_replicas_that_no_hedge_was_sent_to() {
    for (what, millis) in [
        ("the hedge fails last", [12, 5, 50, 50]),
        ("the first fails last", [30, 5, 50, 50]),
        ("both fail in one poll", [15, 5, 50, 50]),
        ("the first fails at once", [0, 5, 0, 5]),
    ] {
        let down = millis.map(|millis| {
            strict(move |_: u32| async move {
                sleep(Duration::from_millis(millis)).await;
                Err::<u32, _>(Down(1))
            })
        });
        let calls = [0, 1, 2, 3].map(|index: usize| down[index].calls());
        let replicas = ["a", "b", "c", "d"].into_iter().zip(down);
        let replicas = replicas
            .fold(Replicas::builder("search").policy(Policy::FailOver), |all, (name, down)| all.add(name, down));
        let retry = RetryLayer::builder("retry").backoff(Backoff::none()).max_attempts(2).build().unwrap();
        let result = (retry, ten().build().unwrap()).layer(replicas.build().unwrap()).oneshot(7).await;
        assert_eq!((code(&result), calls.map(|calls| calls.count())), (1, [1; 4]), "{what}");
    }
}
