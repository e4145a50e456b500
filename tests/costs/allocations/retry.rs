//! What a retry allocates.

use palisade::retry::Rules;
use palisade::{Backoff, Budget, RetryBuilder, RetryLayer};
use tower::Layer;

use crate::allocations::claims::Claims;
use crate::allocations::services::{Ask, Classifier, End, inner, lasting, transient};

const GOOD: [(Ask, End); 1] = [(Ask::Good, End::Good)];

fn builder() -> RetryBuilder<Rules<Classifier>> {
    RetryLayer::builder("retry").backoff(Backoff::none()).classify(transient as _)
}

/// A budget that lasts for as long as each call makes at most two retries.
fn ample() -> Budget {
    Budget::builder().ratio(2.0).build().unwrap()
}

pub(crate) async fn claim(claims: &mut Claims) {
    let without_budget = ("", builder().without_budget());
    let without_delay = (", with a budget", builder().budget(ample()));
    let delayed = (", with a delay", RetryLayer::builder("retry").budget(ample()).classify(transient as _));
    for (settings, builder) in [without_budget, without_delay, delayed] {
        let service = &mut builder.build().unwrap().layer(inner());
        let path = |path: &str| format!("retry{settings}, {path}");
        claims.calls(&path("not needed"), 0, service, GOOD).await;
        claims.calls(&path("one bad reply"), 0, service, [(Ask::BadOnce, End::Good)]).await;
        claims.calls(&path("one error"), 1, service, [(Ask::BreakOnce, End::Good)]).await;
        claims.calls(&path("three bad replies"), 0, service, [(Ask::Bad, End::Bad)]).await;
        claims.calls(&path("three errors"), 3, service, [(Ask::Break, End::Broken)]).await;
    }
    stops(claims).await;
}

async fn stops(claims: &mut Claims) {
    let lasting = &mut builder().classify(lasting).build().unwrap().layer(inner());
    claims.calls("retry, a lasting error", 1, lasting, [(Ask::Break, End::Broken)]).await;
    let copying = &mut builder().copy_request(|_: &Ask| None).build().unwrap().layer(inner());
    claims.calls("retry, a request without copy", 0, copying, [(Ask::Bad, End::Bad)]).await;
    let dry = Budget::builder().capacity(1).ratio(0.0).per_second(0.0).build().unwrap();
    let dry = &mut builder().budget(dry).build().unwrap().layer(inner());
    claims.calls("retry, no budget left", 0, dry, [(Ask::Bad, End::Bad)]).await;
}
