//! What is switched off is not there.

use std::future::{Ready, ready};

use palisade::Deadline;
use tower::service_fn;

use super::*;

#[test]
fn with_all_parts_switched_off_the_service_is_the_inner_one() {
    let stack = standard("payments").unwrap();
    let stack = stack.without_retry().without_total_timeout().without_attempt_timeout().without_circuit_breaker();
    same(&stack.layer(up::<u32>()), &up());
    assert_eq!(stack.describe().layers, []);
}

/// Neither the service nor the request is `Clone`.
#[tokio::test(start_paused = true)]
async fn without_retry_each_call_is_sent_once() {
    struct Order;
    let mut calls = 0;
    let fails = |_: Order| {
        calls += 1;
        ready(Err::<u32, _>(Down(1)))
    };
    let stack = standard("payments").unwrap().without_retry();
    stack.layer(service_fn(fails)).oneshot(Order).await.unwrap_err();
    assert_eq!(calls, 1);
    same(&stack.handles().budget, &());
}

#[tokio::test(start_paused = true)]
async fn without_circuit_breaker_each_call_is_sent() {
    let (stack, inner) = (standard("payments").unwrap().without_circuit_breaker().without_retry(), down());
    for _ in 0..100 {
        call(&stack, inner.clone()).await.unwrap_err();
    }
    assert_eq!(inner.calls().count(), 100);
    same(&stack.handles().circuit, &());
}

/// The deadline that the inner service sees, in milliseconds.
fn left(_: u32) -> Ready<Result<u32, Error>> {
    let left = Deadline::current().map_or(0, |deadline| deadline.remaining().as_millis());
    ready(Ok(u32::try_from(left).unwrap()))
}

#[tokio::test(start_paused = true)]
async fn without_a_timeout_the_other_one_holds() {
    let stack = || standard("payments").unwrap();
    let inner = service_fn(left);
    assert_eq!(call(&stack(), inner).await.unwrap(), 10_000);
    assert_eq!(call(&stack().without_attempt_timeout(), inner).await.unwrap(), 30_000);
    assert_eq!(call(&stack().without_total_timeout(), inner).await.unwrap(), 10_000);
    assert_eq!(call(&stack().without_total_timeout().without_attempt_timeout(), inner).await.unwrap(), 0);
}

#[tokio::test(start_paused = true)]
async fn what_was_switched_off_can_be_set_again() {
    let stack = standard("payments").unwrap().without_total_timeout().without_attempt_timeout();
    assert_eq!(call(&stack.clone().total_timeout(SECOND), service_fn(left)).await.unwrap(), 1000);
    assert_eq!(call(&stack.attempt_timeout(MILLI), service_fn(left)).await.unwrap(), 1);
}
