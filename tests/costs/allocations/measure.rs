//! What a measure allocates.

use palisade::MeasureLayer;
use tower::Layer;

use crate::allocations::claims::Claims;
use crate::allocations::services::{Ask, End, inner};

const GOOD: [(Ask, End); 1] = [(Ask::Good, End::Good)];

pub(crate) async fn claim(claims: &mut Claims) {
    let builder = || MeasureLayer::builder("measure");
    let service = &mut builder().build().unwrap().layer(inner());
    claims.calls("measure", 0, service, GOOD).await;
    claims.calls("measure, errors", 1, service, [(Ask::Break, End::Broken)]).await;
    let traced = builder().exemplar(|_: &Ask| Some(1)).build().unwrap();
    claims.calls("measure, exemplars", 0, &mut traced.layer(inner()), GOOD).await;
    let keyed = builder().per_key(|_: &Ask| 1).build().unwrap();
    claims.calls("measure, per key", 0, &mut keyed.layer(inner()), GOOD).await;
}
