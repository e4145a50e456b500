//! Ten thousand tasks of four threads share one call.

use palisade::CoalesceLayer;
use tower::Layer;

use crate::support::crowd::{Leaves, Steps, assert_one_call};

async fn assert_shared(leaves: Leaves) {
    let steps = Steps::default();
    let layer = CoalesceLayer::by(|_: &u32| "the key of all");
    let shared = layer.handle();
    assert_one_call(layer.layer(steps.service()), &steps, leaves).await;
    assert_eq!((shared.flights(), shared.waiting(), shared.shared()), (0, 0, 9_999));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_crowd_shares_one_call_in_few_polls() {
    assert_shared(Leaves::Nobody).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_crowd_whose_leaders_leave_shares_one_call() {
    assert_shared(Leaves::Leaders).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_crowd_that_loses_half_shares_one_call() {
    assert_shared(Leaves::Half).await;
}
