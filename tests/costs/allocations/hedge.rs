//! What a hedge allocates: nothing, until a second attempt starts.

use std::time::Duration;

use palisade::{Budget, HedgeBuilder, HedgeLayer};
use tower::Layer;

use crate::allocations::claims::Claims;
use crate::allocations::services::{Ask, Classifier, End, inner, transient};

const GOOD: [(Ask, End); 1] = [(Ask::Good, End::Good)];

fn after(delay: Duration) -> HedgeBuilder {
    HedgeLayer::builder("hedge").after(delay)
}

pub(crate) async fn claim(claims: &mut Claims) {
    let fixed = after(Duration::from_secs(1)).build().unwrap();
    claims.calls("hedge, not taken", 0, &mut fixed.layer(inner()), GOOD).await;
    let quantile = HedgeLayer::builder("hedge").build().unwrap();
    claims.calls("hedge by a quantile, not taken", 0, &mut quantile.layer(inner()), GOOD).await;
    // The vector of the hedges, and the one that is in it.
    let budget = Budget::builder().ratio(1.0).build().unwrap();
    let taken = after(Duration::ZERO).budget(budget).classify(transient as Classifier).build().unwrap();
    claims.calls("hedge, one bad reply", 2, &mut taken.layer(inner()), [(Ask::BadOnce, End::Good)]).await;
}
