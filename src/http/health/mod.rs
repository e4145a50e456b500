//! Serves the health of a service, checks other services, and carries beats. What the words mean is told in [`health`](crate::health).
//!
//! [`Health::service`](crate::Health::service) is a service for any HTTP server, mounted under any prefix:
//!
//! | path ends with | says | goes by |
//! |---|---|---|
//! | `/livez` | whether the process answers | nothing: no dependency is ever asked |
//! | `/startupz` | whether it was ready once | the critical checks |
//! | `/readyz` | whether to send it requests | the critical checks, and [draining](crate::Health::drain); degrading ones warn |
//! | `/health` | the same, with all checks, whether it is draining or not | the critical checks; degrading ones warn |
//! | `/health/deep` | all checks | the same, and the informing checks |
//!
//! It responds to `GET` and `HEAD` with 200 (`pass`, `warn`) or 503 (`fail`), `Cache-Control: no-store`, and
//! `application/health+json` of draft-inadarei-api-health-check-06, a draft that has expired:
//! `{"status":"warn","checks":{"database":[{"status":"fail","kind":"degrading","time":"2026-01-31T23:59:59Z","observedValue":12,"observedUnit":"ms"}]}}`.
//! Here `time` is when the last result came, by the system's clock, and `observedValue` how long that check took. The reason follows in `output`,
//! where [`show_outputs`](HealthService::show_outputs) allows it. A check without a result counts as failed here.
//!
//! # Example
//!
//! ```
//! use http::{Request, StatusCode};
//! use palisade::{Health, HealthCheck};
//! use tower::ServiceExt;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let disk = HealthCheck::new("disk", async || Ok::<_, std::io::Error>(()))?;
//! tokio::spawn(disk.run());
//! let health = Health::builder().critical(&disk).build()?;
//! tokio::task::yield_now().await;
//!
//! // With axum: `Router::new().fallback_service(health.service())`.
//! let ready = health.service().oneshot(Request::get("/readyz").body(())?).await?;
//! assert_eq!(ready.status(), StatusCode::OK);
//! health.drain();
//! let draining = health.service().oneshot(Request::get("/readyz").body(())?).await?;
//! assert_eq!(draining.status(), StatusCode::SERVICE_UNAVAILABLE);
//! # Ok(())
//! # }
//! ```
//!
//! # Beats that travel
//!
//! A [`Beater`] sends the beats of a node to one coordinator or to each of its peers, over any client. There
//! [`Heartbeats::service`](crate::Heartbeats::service) takes them:
//!
//! ```
//! use http::Uri;
//! use palisade::{Heartbeats, http::health::Beater};
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let heartbeats = Heartbeats::builder().build()?;
//! let client = heartbeats.service(); // in place of a client that reaches it
//!
//! let beater = Beater::builder("node-1", client, [Uri::from_static("http://coordinator/beats")]).build()?;
//! tokio::spawn(beater.run::<(), _>());
//! tokio::task::yield_now().await;
//! assert!(!heartbeats.is_suspected("node-1") && heartbeats.phi("node-1").is_some());
//! # Ok(())
//! # }
//! ```
//!
//! | setting | default | |
//! |---|---|---|
//! | [`interval`](BeaterBuilder::interval) | 1 s | from one beat to the next |
//! | [`timeout`](BeaterBuilder::timeout) | 1 s | the time of a beat |
//!
//! # The sharp edge
//!
//! Serve health on a port of its own, or under a prefix that balancers alone reach: it names what the service needs. Anybody
//! who reaches the service that takes beats can beat for any node. Put no bulkhead or rate limit around `/livez`: a process that is busy is
//! alive.

mod beater;
mod beats;
mod check;
mod json;
mod pages;
mod respond;

pub use self::beater::{Beater, BeaterBuilder};
pub use self::beats::BeatService;
pub use self::check::HttpCheck;
#[cfg(all(test, not(loom)))]
pub(super) use self::json::Time;
pub use self::pages::HealthService;
