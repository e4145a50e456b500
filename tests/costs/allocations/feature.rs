//! What a feature allocates. The clock stands still, so signals are read by the first call alone.

use palisade::{Degradation, FeatureLayer, Mode};
use tower::Layer;

use crate::allocations::claims::Claims;
use crate::allocations::services::{Ask, End, inner};

pub(crate) async fn claim(claims: &mut Claims) {
    let mode = Mode::new("degraded").signal("load", || 0.0);
    let degradation = Degradation::builder("degradation").mode(mode).feature("feature", "degraded").build().unwrap();
    let service = &mut FeatureLayer::new(&degradation, "feature").layer(inner());
    claims.calls("feature, on", 0, service, [(Ask::Good, End::Good)]).await;
    degradation.set("degraded").unwrap();
    claims.calls("feature, off", 0, service, [(Ask::Good, End::Rejected)]).await;
    claims.each("feature, asked for", 0, async || assert!(!degradation.allows("feature"))).await;
}
