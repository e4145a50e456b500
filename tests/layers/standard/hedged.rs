//! A hedge is one more attempt for all that is inside it, and none for what is around it.

use std::time::Duration;

use palisade::test_util::{Reply, ScriptedService, ServiceProbe};
use palisade::{Backoff, HedgeLayer};

use super::*;

const UP: Reply<u32, Down> = Reply::After(Duration::from_millis(5), Ok(7));
/// It ends after a hedge has begun.
const LATE: Reply<u32, Down> = Reply::After(Duration::from_millis(20), Err(Down(1)));

type Script = ServiceProbe<ScriptedService<u32, Down>, Down>;

/// Ends its attempts as the script says.
fn scripted(script: &'static [Reply<u32, Down>]) -> Script {
    ServiceProbe::new(ScriptedService::new(script.iter().copied()))
}

/// Starts a second attempt after 10 milliseconds.
fn ten() -> HedgeLayer {
    HedgeLayer::builder("payments").after(10 * MILLI).build().unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_hedge_passes_the_circuit_and_takes_a_place_for_itself() {
    let stack = standard("payments").unwrap().hedge(ten()).bulkhead(2);
    let (inner, begun) = (scripted(&[Reply::Never, UP]), now());
    assert_eq!(call(&stack, inner.clone()).await.unwrap(), 7);
    assert_eq!((begun.elapsed(), inner.calls().count()), (15 * MILLI, 2));
    // The first attempt was abandoned, so it says nothing.
    assert_eq!(stack.handles().circuit.snapshot().counts.calls, 1);
    assert_eq!(stack.handles().bulkhead.in_flight(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_hedge_without_a_place_leaves_the_call_to_the_first_attempt() {
    let stack = standard("payments").unwrap().hedge(ten()).bulkhead(1);
    let (inner, begun) = (scripted(&[Reply::After(SECOND, Ok(7))]), now());
    assert_eq!(call(&stack, inner.clone()).await.unwrap(), 7);
    assert_eq!((begun.elapsed(), inner.calls().count()), (SECOND, 1));
}

#[tokio::test(start_paused = true)]
async fn a_retry_follows_when_an_attempt_and_its_hedge_have_failed() {
    let stack = standard("payments").unwrap().hedge(ten());
    let stack = stack.retry(|retry| retry.backoff(Backoff::none())).unwrap();
    let (inner, begun) = (scripted(&[LATE, LATE, UP]), now());
    assert_eq!(call(&stack, inner.clone()).await.unwrap(), 7);
    assert_eq!((begun.elapsed(), inner.calls().count()), (35 * MILLI, 3));
}

#[tokio::test(start_paused = true)]
async fn a_retry_and_a_hedge_may_spend_one_budget() {
    let stack = standard("payments").unwrap();
    let budget = stack.handles().budget.unwrap();
    let hedge = HedgeLayer::builder("payments").after(10 * MILLI).budget(budget.clone()).build().unwrap();
    let stack = stack.hedge(hedge).retry(|retry| retry.backoff(Backoff::none()).budget(budget.clone())).unwrap();
    assert_eq!(call(&stack, scripted(&[LATE, LATE, UP])).await.unwrap(), 7);
    assert_eq!((budget.available(), stack.handles().hedge.budget().available()), (98, 98));
}
