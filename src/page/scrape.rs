//! The metrics, where a feature can write them.

use super::refusal::Refusal;
use super::reply::Reply;
use crate::registry::Registry;

/// In the text format of Prometheus.
#[cfg(feature = "prometheus-client")]
pub(super) fn respond(registry: &Registry) -> Result<Reply, Refusal> {
    let mut prometheus = prometheus_client::registry::Registry::default();
    prometheus.register_collector(Box::new(registry.clone()));
    let mut text = String::new();
    prometheus_client::encoding::prometheus_text::encode(&mut text, &prometheus).map_err(|_| Refusal::NoMetrics)?;
    Ok(super::reply::whole(http::StatusCode::OK, "text/plain; version=0.0.4; charset=utf-8", text.into()))
}

#[cfg(not(feature = "prometheus-client"))]
pub(super) const fn respond(_: &Registry) -> Result<Reply, Refusal> {
    Err(Refusal::NoMetrics)
}
