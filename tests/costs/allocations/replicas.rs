//! What replicas allocate.

use std::future::Ready;

use palisade::{Policy, Replicas, ReplicasBuilder};

use crate::allocations::claims::{Claims, ROUNDS, call};
use crate::allocations::services::{Ask, Broken, End, Inner, Reply, inner};

const GOOD: [(Ask, End); 1] = [(Ask::Good, End::Good)];

type Answering = Inner<Ready<Result<Reply, Broken>>>;

pub(crate) async fn claim(claims: &mut Claims) {
    for policy in [Policy::LeastLoaded, Policy::RoundRobin, Policy::FailOver] {
        let service = &mut warm(three().policy(policy)).await;
        claims.calls(&format!("replicas, {policy:?}"), 0, service, GOOD).await;
        claims.calls(&format!("replicas, {policy:?}, errors"), 1, service, [(Ask::Break, End::Broken)]).await;
    }
    let mut keyed = three().by_key(|_: &Ask| 7).build().unwrap();
    claims.calls("replicas, by key", 0, &mut keyed, GOOD).await;
    let mut none = Replicas::<Answering>::builder("replicas").build().unwrap();
    claims.calls("replicas, none", 0, &mut none, [(Ask::Good, End::Rejected)]).await;
}

fn three() -> ReplicasBuilder<Answering> {
    ["a", "b", "c"]
        .into_iter()
        .fold(Replicas::builder("replicas").seed(1).without_consecutive(), |builder, name| builder.add(name, inner()))
}

/// Each replica allocates at its first result.
async fn warm(builder: ReplicasBuilder<Answering>) -> Replicas<Answering> {
    let mut service = builder.build().unwrap();
    for _ in 0..ROUNDS {
        call(&mut service, Ask::Good).await;
    }
    service
}
