//! The shop: when which features are off, and what clients get then.

use std::time::Duration;

use palisade::{
    Backoff, BulkheadHandle, BulkheadLayer, CircuitBreakerLayer, CircuitHandle, ConfigError, Degradation,
    FallbackHandle, FallbackLayer, FeatureLayer, Mode, Name, fallback,
};
use tower::{BoxError, Layer, ServiceBuilder};

use crate::page::{both, page, router, text};
use crate::server::{Server, WORKERS, serve};

/// What the shop serves. It lives on the first two.
pub(crate) const PAGES: [&str; 5] = ["browse", "checkout", "search", "recommendations", "reviews"];

/// When which features are off.
fn policy(search: &CircuitHandle, core: &BulkheadHandle) -> Result<Degradation, ConfigError> {
    Degradation::builder("shop")
        // The core has to search too. Recommendations make room for that, because nobody came for them.
        .mode(
            Mode::new("degraded")
                .signal("search", search.signal())
                // A circuit has seen enough when it opens.
                .enter_after(Duration::ZERO)
                .leave_after(Duration::from_secs(1)),
        )
        // All places of the core are taken: from now on it works only for those who buy.
        .mode(
            Mode::new("emergency")
                .signal("core", core.signal())
                .enter_at(0.9)
                .enter_after(Duration::from_millis(500))
                // In the sale those who buy take three places of four, so the mode stays. On a usual day all pages together take less
                // than half, so it is left.
                .leave_at(0.5)
                .leave_after(Duration::from_secs(2)),
        )
        .feature("recommendations", "degraded")
        .feature("search", "emergency")
        .feature("reviews", "emergency")
        .build()
}

/// A shop that is open.
#[derive(Debug)]
pub(crate) struct Shop {
    pub(crate) url: String,
    pub(crate) search: Server,
    pub(crate) degradation: Degradation,
    /// Switches the fallback of the reviews.
    pub(crate) reviews: FallbackHandle,
}

impl Shop {
    pub(crate) async fn open() -> Result<Self, BoxError> {
        let [core, search] = [Server::start().await?, Server::start().await?];
        let [recommendations, reviews] = [Server::start().await?, Server::start().await?];

        // A call holds a place while the core works for it, whatever page it is for. Others wait, but not for long.
        let places = BulkheadLayer::http(WORKERS).name(Name::new("core")?);
        let places = places.max_queue(1_000).max_wait(Duration::from_secs(1)).build()?;
        let circuit = CircuitBreakerLayer::http("search")
            .consecutive(5)
            .open_for(Backoff::constant(Duration::from_millis(500)))
            .build()?;
        let degradation = policy(&circuit.handle(), &places.handle())?;
        let feature = |name| FeatureLayer::new(&degradation, name);

        let core = page(places.layer(core.page));
        let searching = ServiceBuilder::new()
            // The core finds things too, though not as well. That is a part of the feature; the last step needs nobody.
            .layer(
                FallbackLayer::http(fallback::service(feature("search").layer(core.clone())))
                    .or(text("Please browse.")),
            )
            // Just inside the fallback, which answers what it rejects.
            .layer(feature("search"))
            .service(page(circuit.layer(search.page.clone())));
        let recommending = ServiceBuilder::new()
            .layer(FallbackLayer::http(text("What most people like.")))
            .layer(feature("recommendations"))
            .service(both(&recommendations.page, &core));
        let without_reviews = FallbackLayer::http(text("Reviews will be back."))
            .name(Name::new("reviews")?)
            // Beside one call in twenty, so that it is known to answer before it must.
            .rehearse(0.05)?;
        let handle = without_reviews.handle();
        let reviewing =
            ServiceBuilder::new().layer(without_reviews).layer(feature("reviews")).service(both(&reviews.page, &core));

        let pages = [core.clone(), core, page(searching), page(recommending), page(reviewing)];
        let url = serve(router(PAGES.into_iter().zip(pages))).await?;
        Ok(Self { url, search, degradation, reviews: handle })
    }
}
