//! Metrics in the tools that are there already. Each file knows one of them.

#[cfg(feature = "metrics")]
mod metrics;
#[cfg(feature = "opentelemetry")]
mod opentelemetry;
#[cfg(feature = "prometheus-client")]
mod prometheus_client;
#[cfg(test)]
mod tests;

/// The longest time of a bucket, as Prometheus writes it in the label `le`.
#[cfg(any(feature = "metrics", feature = "opentelemetry"))]
fn le(bucket: &crate::registry::reading::Bucket) -> String {
    bucket.le.map_or_else(|| "+Inf".to_owned(), |le| le.as_secs_f64().to_string())
}
