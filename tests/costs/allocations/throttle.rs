//! What a throttle allocates.

use palisade::ThrottleLayer;
use tower::Layer;

use crate::allocations::claims::{Claims, call};
use crate::allocations::services::{Ask, Classifier, End, inner, transient};

pub(crate) async fn claim(claims: &mut Claims) {
    let builder = || ThrottleLayer::builder("throttle").seed(1);
    let service = &mut builder().build().unwrap().layer(inner());
    claims.calls("throttle, passes", 0, service, [(Ask::Good, End::Good)]).await;
    claims.calls("throttle, errors", 1, service, [(Ask::Good, End::Good), (Ask::Break, End::Broken)]).await;
    let judging = builder().classify(transient as Classifier).build().unwrap();
    let service = &mut judging.layer(inner());
    claims.calls("throttle, bad replies", 0, service, [(Ask::Good, End::Good), (Ask::Bad, End::Bad)]).await;
    // Nearly all of these are rejected.
    let round = async || assert!([End::Bad, End::Rejected].contains(&call(service, Ask::Bad).await));
    claims.each("throttle, rejects by chance", 0, round).await;
    let keyed = builder().classify(transient as Classifier).per_key(|_: &Ask| ()).build().unwrap();
    let service = &mut keyed.layer(inner());
    claims.calls("throttle per key, passes", 0, service, [(Ask::Good, End::Good)]).await;
    let round = async || assert!([End::Bad, End::Rejected].contains(&call(service, Ask::Bad).await));
    claims.each("throttle per key, rejects by chance", 0, round).await;
}
