//! What a call allocates that others may share, and one that is answered by what was kept.

use palisade::CoalesceLayer;
use tower::Layer;

use crate::allocations::claims::Claims;
#[cfg(feature = "moka")]
use crate::allocations::claims::{ROUNDS, call};
use crate::allocations::services::{Ask, End, inner};

const GOOD: [(Ask, End); 1] = [(Ask::Good, End::Good)];

/// The call itself, which others go on with, and what is shared of it.
pub(crate) async fn claim(claims: &mut Claims) {
    let service = &mut CoalesceLayer::by(|ask: &Ask| *ask as u8).layer(inner());
    claims.calls("coalesce, without company", 2, service, GOOD).await;
    #[cfg(feature = "moka")]
    hits(claims).await;
}

/// A hit allocates nothing; moka does for a batch of hits, when it learns which entries are worth their room.
#[cfg(feature = "moka")]
async fn hits(claims: &mut Claims) {
    let cache = palisade::CacheLayer::builder("catalog", |ask: &Ask| *ask as u8).build().unwrap();
    let service = &mut cache.layer(inner());
    let round = async || assert_eq!(call(service, Ask::Good).await, End::Good);
    claims.all("cache, hits", 0..=ROUNDS / 50, round).await;
}
