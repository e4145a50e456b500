use std::iter::repeat;

use super::*;

#[tokio::test(start_paused = true)]
async fn a_hedge_waits_for_its_own_clone_while_the_first_goes_on() {
    let service = strict(|_: u32| async {
        sleep(50 * MILLI).await;
        Ok::<_, Down>(200)
    });
    let gate = service.readiness([READY]).stalled();
    let (layer, start) = (ten().build().unwrap(), now());
    let result = layer.layer(gate.clone()).oneshot(7).await;
    assert_eq!((code(&result), now() - start), (200, 50 * MILLI));
    assert!(gate.polls().count() >= 2, "it was asked");
}

#[tokio::test(start_paused = true)]
async fn an_error_of_its_readiness_is_a_failure_of_the_hedge() {
    let budget = fixed_budget(1);
    let layer = ten().budget(budget.clone()).build().unwrap();
    let slow = |result| {
        strict(move |_: u32| async move {
            sleep(50 * MILLI).await;
            result
        })
    };
    for (result, expected) in [(Ok(200), 200), (Err(Down(1)), 1)] {
        let service = slow(result);
        let calls = service.calls();
        let gate = service.readiness([READY].into_iter().chain(repeat(FAILS)));
        let result = layer.layer(gate).oneshot(7).await;
        assert_eq!((code(&result), calls.count(), budget.available()), (expected, 1, 1), "the token is back");
    }
}
