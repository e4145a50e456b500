//! The metrics of the storm, for a Prometheus.

use std::io;
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use palisade::{
    CircuitBreakerLayer, CoalesceLayer, ConfigError, Criticality, CriticalityLayer, DeadLetter, DeadLetterLayer,
    Degradation, Error, FeatureLayer, HedgeLayer, MeasureLayer, Name, Registry, ThrottleLayer,
};
use prometheus_client::encoding::prometheus_text;
use prometheus_client::registry as prometheus;
use tokio::net::TcpListener;
use tokio::time::sleep;
use tower::{BoxError, Service, ServiceBuilder, ServiceExt, service_fn};

/// Serves `/metrics` at this address, for as long as the process lives.
pub(crate) async fn serve(addr: &str) -> io::Result<()> {
    let listener = TcpListener::bind(addr).await?;
    let app = Router::new().route("/metrics", get(|| async { scrape() }));
    tokio::spawn(async { axum::serve(listener, app).await });
    Ok(())
}

fn scrape() -> Result<String, StatusCode> {
    let (mut prometheus, mut scrape) = (prometheus::Registry::default(), String::new());
    prometheus.register_collector(Box::new(Registry::global()));
    prometheus_text::encode(&mut scrape, &prometheus).map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    Ok(scrape)
}

/// Layers that come and go, each after one call. Their counts must not fall.
pub(crate) async fn come_and_go() -> Result<(), BoxError> {
    loop {
        let mut stack = passing()?;
        #[cfg(feature = "serde")]
        let sagas = sagas()?;
        #[cfg(feature = "serde")]
        sagas.run("passing", ()).await?;
        #[cfg(feature = "chaos")]
        palisade::chaos::Experiment::new("passing")?.for_(Duration::ZERO).run().await;
        stack.ready().await?.call(()).await?;
        sleep(Duration::from_millis(20)).await;
    }
}

/// Sagas of one step.
#[cfg(feature = "serde")]
fn sagas() -> Result<palisade::Saga<()>, ConfigError> {
    let log = std::sync::Arc::new(palisade::MemoryStore::new());
    palisade::Saga::builder("passing", log, palisade::store::Json)
        .step("pass", |(), _| async { Ok::<_, Error>(()) }, |(), _| async { Ok::<_, Error>(()) })
        .build()
}

/// A stack with the kinds of layers that the gateway does not have.
fn passing() -> Result<impl Service<(), Error = Error, Future: Send> + Send, ConfigError> {
    let name = Name::new("passing")?;
    let degradation = Degradation::builder("passing").mode("degraded").feature("passing", "degraded").build()?;
    let stack = ServiceBuilder::new().layer(CriticalityLayer::by(|(): &()| Criticality::Sheddable).name(name));
    #[cfg(feature = "moka")]
    let stack = stack.layer(palisade::CacheLayer::builder("passing", |(): &()| "key").ttl(Duration::ZERO).build()?);
    #[cfg(feature = "chaos")]
    let stack = stack.layer(palisade::ChaosLayer::builder("passing").build()?);
    Ok(stack
        .layer(FeatureLayer::new(&degradation, "passing"))
        .layer(DeadLetterLayer::new(|_: DeadLetter<()>| ()).name(name))
        .layer(CoalesceLayer::builder("passing", |(): &()| "key").build()?)
        .layer(MeasureLayer::builder("passing").per_key(|(): &()| "key").build()?)
        .layer(HedgeLayer::builder("passing").build()?)
        .layer(CircuitBreakerLayer::builder("passing").build()?)
        .layer(ThrottleLayer::builder("passing").build()?)
        .service(service_fn(|()| async { Ok::<_, Error>(()) })))
}
