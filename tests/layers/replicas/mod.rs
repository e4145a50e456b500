//! Replicas. Who takes a call, who is ejected and who takes over is decided in `src/state/replicas`, and claimed in its tests.

mod by_hand;
mod ejection;
mod found;
mod going_on;
mod keys;
mod made;
mod seen;
mod settings;
mod slow;
mod taking_over;
mod zones;

use std::time::Duration;

use palisade::replicas::{Phase, Policy, Replica, Replicas, ReplicasBuilder, ReplicasHandle};
use palisade::{Error, RejectionReason};
use tokio::time::advance;
use tokio_test::task::{Spawn, spawn};
use tower::{Service, ServiceExt};

use crate::support::inner::{Answer, Inner, Readiness};
use crate::support::time::{MILLI, NANO, SECOND, just_before};
use crate::support::{Down, reason};

const LEGAL: &str = "all settings are legal";

/// Replicas that are called `a`, `b`, `c` and so on, in this order.
fn in_order(inners: &[Inner]) -> ReplicasBuilder<Inner> {
    named(inners).policy(Policy::FailOver)
}

fn named(inners: &[Inner]) -> ReplicasBuilder<Inner> {
    let builder = Replicas::builder("orders").seed(1);
    ["a", "b", "c", "d", "e", "f"]
        .iter()
        .zip(inners)
        .fold(builder, |builder, (name, inner)| builder.add(*name, inner.clone()))
}

/// How many calls each was sent.
fn calls(inners: &[Inner]) -> Vec<usize> {
    inners.iter().map(Inner::calls).collect()
}

/// Makes so many calls, and returns how many were answered.
async fn call(service: &Replicas<Inner>, times: usize) -> usize {
    let mut good = 0;
    for _ in 0..times {
        good += usize::from(service.clone().oneshot(1).await.is_ok());
    }
    good
}

/// A call that was polled once and is pending.
fn begin(service: &Replicas<Inner>) -> Spawn<<Replicas<Inner> as Service<u32>>::Future> {
    let mut call = spawn(service.clone().call(1));
    assert!(call.poll().is_pending());
    call
}

/// How a replica is.
fn phase(handle: &ReplicasHandle, name: &str) -> Phase {
    let snapshot = handle.snapshot();
    snapshot.replicas.iter().find(|replica| &*replica.name == name).expect("it is there").phase
}
