//! Ten thousand tasks of four threads that find nothing make one call.

use super::*;
use crate::support::crowd::{Leaves, Steps, assert_one_call};

async fn assert_kept(leaves: Leaves) {
    let steps = Steps::default();
    let layer = builder().build().expect("all settings are legal");
    let service = layer.layer(steps.service());
    assert_one_call(service.clone(), &steps, leaves).await;
    assert_eq!(get(&service, 7).await, Ok(9));
    assert_eq!((steps.calls.count(), layer.handle().snapshot().hits), (1, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_crowd_makes_one_call_in_few_polls() {
    assert_kept(Leaves::Nobody).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_crowd_whose_leaders_leave_makes_one_call() {
    assert_kept(Leaves::Leaders).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_crowd_that_loses_half_makes_one_call() {
    assert_kept(Leaves::Half).await;
}
