//! Services of one layer share its state.

use palisade::{Phase, fallback};

use super::*;

#[tokio::test(start_paused = true)]
async fn all_services_and_clones_of_one_layer_share_its_state() {
    let stack = standard("payments").unwrap().bulkhead(1);
    let stack = stack.circuit_breaker(|circuit| circuit.consecutive(4)).unwrap();
    let (mine, other) = (stack.handles(), stack.clone().handles());
    let place = mine.bulkhead.try_enter().unwrap();
    assert_eq!(other.bulkhead.in_flight(), 1);
    drop(place);
    // Three attempts and one.
    call(&stack, coded(&[1])).await.unwrap_err();
    assert!(other.budget.unwrap().available() < 100);
    call(&stack.clone(), coded(&[1])).await.unwrap_err();
    assert_eq!(other.circuit.phase(), Phase::Open);
    assert!(matches!(call(&stack, up()).await, Err(Error::Rejected(_))));
}

#[tokio::test(start_paused = true)]
async fn a_change_of_one_part_leaves_the_state_of_the_others() {
    let stack = standard("payments").unwrap();
    stack.handles().circuit.force_open();
    let changed = stack.clone().retry(|retry| retry.max_attempts(2)).unwrap().bulkhead(8).total_timeout(SECOND);
    assert_eq!(changed.handles().circuit.phase(), Phase::ForcedOpen);
    let changed = stack.circuit_breaker(|circuit| circuit.min_calls(30)).unwrap();
    assert_eq!(changed.handles().circuit.phase(), Phase::Closed);
}

#[tokio::test(start_paused = true)]
async fn its_fallback_is_switched_by_its_handle() {
    let stack = standard("payments").unwrap().fallback(fallback::value(7));
    stack.handles().fallback.always();
    assert_eq!(call(&stack, up()).await.unwrap(), 7);
    stack.handles().fallback.auto();
    assert_eq!(call(&stack, up()).await.unwrap(), 1);
}
