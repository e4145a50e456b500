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
