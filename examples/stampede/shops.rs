//! The three shops: without a cache, with one as it is often written first, and with the layers.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use palisade::{CacheLayer, ConfigError, Error, TimeoutLayer};
use tower::{Service, ServiceBuilder, ServiceExt, service_fn};

use crate::origin::{Origin, Price, now};

/// How long a price is fresh.
pub(crate) const TTL: Duration = Duration::from_secs(4);
/// How long a client waits.
const PATIENCE: Duration = Duration::from_millis(500);

pub(crate) trait Shop:
    Service<u32, Response = Price, Error = Error, Future: Send> + Clone + Send + 'static
{
}

impl<S: Service<u32, Response = Price, Error = Error, Future: Send> + Clone + Send + 'static> Shop for S {}

/// Asks the origin for each price.
pub(crate) fn bare(origin: Arc<Origin>) -> impl Shop {
    let ask = service_fn(move |_: u32| {
        let origin = Arc::clone(&origin);
        async move { origin.ask().await }
    });
    ServiceBuilder::new().layer(TimeoutLayer::new(PATIENCE)).service(ask)
}

/// Keeps prices in a map for their time, and asks the origin for all others.
pub(crate) fn by_hand(origin: Arc<Origin>) -> impl Shop {
    let (kept, ask) = (Arc::new(Mutex::new(HashMap::<u32, Price>::new())), bare(origin));
    service_fn(move |product: u32| {
        let (kept, ask) = (Arc::clone(&kept), ask.clone());
        async move {
            let known = kept.lock().map_err(poisoned)?.get(&product).copied();
            if let Some(price) = known.filter(|price| now() < price.at + TTL) {
                return Ok(price);
            }
            let price = ask.oneshot(product).await?;
            kept.lock().map_err(poisoned)?.insert(product, price);
            Ok(price)
        }
    })
}

fn poisoned<T>(_: T) -> Error {
    Error::Service(io::Error::other("poisoned").into())
}

/// Keeps prices by the layer: with one call for all who miss, times that differ, and stale prices that are refreshed meanwhile.
pub(crate) fn protected(origin: Arc<Origin>) -> Result<impl Shop, ConfigError> {
    let cache = CacheLayer::builder("prices", |product: &u32| *product)
        .ttl(TTL)
        // So that the origin can give all of them before they are stale.
        .ttl_jitter(0.5)
        .stale_if_error(Duration::from_secs(60))
        .stale_while_revalidate(Duration::from_secs(60))
        .build()?;
    let ask = service_fn(move |_: u32| {
        let origin = Arc::clone(&origin);
        async move { origin.ask().await }
    });
    Ok(ServiceBuilder::new().layer(cache).layer(TimeoutLayer::new(PATIENCE)).service(ask))
}
