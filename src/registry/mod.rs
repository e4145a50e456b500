//! Lists every instance of a layer, and shows what all of them count.
//!
//! An operator must see which circuits are open, which bulkheads are full and how often calls were retried. Each layer with a name is
//! listed in a registry from its `build()` on, or from `new`: in [`Registry::global`], or in another that its builder was given.
//! Somebody who looks asks the layers themselves, so that a call pays nothing for being listed, and next to nothing for
//! being counted.
//!
//! # Example
//!
//! ```
//! use palisade::{CircuitBreakerLayer, Registry};
//!
//! # fn main() -> Result<(), palisade::ConfigError> {
//! let registry = Registry::new();
//! let layer = CircuitBreakerLayer::builder("payments").registry(&registry).build()?;
//! layer.handle().force_open();
//!
//! for instance in registry.instances() {
//!     println!("{} {}: {:?}", instance.kind.as_str(), instance.name, instance.snapshot);
//! }
//! for metric in registry.metrics() {
//!     for sample in metric.samples {
//!         println!("{} {:?} {:?}", metric.name, sample.labels, sample.value);
//!     }
//! }
//! # drop(layer);
//! # Ok(())
//! # }
//! ```
//!
//! [`Metric`] has the table of all metrics.
//!
//! # In the tools that are there
//!
//! | feature | shows all metrics to |
//! |---|---|
//! | `prometheus-client` | a registry of that crate, with which a [`Registry`] registers as a `Collector` |
//! | `metrics` | the recorder of that crate, when [`Registry`]'s `export` is called |
//! | `opentelemetry` | a meter, with which [`Registry`]'s `register` makes instruments |
//!
//! All have the names of the [table](Metric). `examples/metrics.rs` serves `/metrics`, and `examples/dashboard/` has a dashboard of
//! Grafana, and rules and alerts of Prometheus. Any other tool can walk [`Registry::metrics`].
//!
//! With the feature `page`, [`Registry`]'s `page` shows everything to a browser.
//!
//! # What is counted
//!
//! A call of a circuit ends once: as `success`, `failure` or `throttled`; as `ignored`, where it says nothing about the service or a
//! layer below did not send it; as `abandoned`, where it was dropped; or as `late`, where the circuit had changed its phase. Only a
//! response that streamed well and then broke counts twice, as a success and as a failure.
//!
//! A call of a retry ends as `first` or `retried` where it did not fail, as `failed_first` or `failed_retried` where it did, and as
//! `abandoned` where it was dropped.
//!
//! A rate limit admits a call when it lets it pass: one that leaves before its turn was neither admitted nor rejected. A rejection of
//! a bulkhead is counted once, and shown by its reason and by the call's [criticality](crate::Criticality).
//!
//! A call of a throttle is `accepted` or `failed`, or `uncounted` where it says nothing about the service.
//!
//! A [check](crate::HealthCheck) counts each result, and apart from that each change of its verdict. One that is stale is shown as
//! unhealthy, and no change is counted. [Heartbeats](crate::Heartbeats) count a suspicion when it is told, and reading the metrics asks
//! for it. Nodes are counted, and never named.
//!
//! A [degradation](crate::degradation) counts how often another mode came into force. Reading the metrics reads its signals, if
//! that is due. Its features count what they reject under their own names.
//!
//! An [objective](crate::objective) counts the calls that its indicators ask: availability all of them, and latency those that succeed, with
//! or without a target. A measure that feeds it keeps it listed.
//!
//! A [measure](crate::measure) keeps times of its own. When it goes, they stay in those of its name, too. Their buckets are coarse:
//! [what `histogram_quantile` says](crate::measure#times) may be twice the time that it should, or half of it.
//!
//! # A sign for an autoscaler
//!
//! `palisade_saturation` is what is taken of the places of a bulkhead, or of the burst of a rate limit: 0 at rest, and 1 where all
//! of it is taken. It is what a scrape finds at its moment, so scale by its mean over some time, such as
//! `max by (name) (avg_over_time(palisade_saturation{kind="bulkhead"}[1m]))`. Calls that wait for a place make it no more than 1:
//! see `palisade_bulkhead_queued` for them.
//!
//! # What has happened
//!
//! Each instance keeps the last 1,000 things that it told, but for what may happen in every call. The limit of a key keeps the last 32.
//! [`Registry::timeline`] has those of all instances between two moments, as values and as Markdown: transitions with their reasons,
//! ejections, failovers, modes, verdicts, alerts, drains, faults, experiments, and changes by hand with who made them. For each failure of
//! a circuit or an objective it says how long it lasted, and how many calls were rejected, degraded or lost meanwhile. Begin a
//! post-mortem with it.
//!
//! [`Registry::figures`] says how reliable the services of circuits and objectives were: the share of successes, the failures, MTBF,
//! MTTR, downtime and availability. [`Figures`] says what each of them means.
//!
//! What is counted for a name is counted for all of its instances. So degraded and lost calls, and the share of successes, are those
//! of the name.
//!
//! # Changes by hand
//!
//! [`Registry::steer`] does by kind, name and key what handles do, for somebody who has no handle. [`Action`] is what can be done. Each
//! instance tells an event [`Steered`](crate::event::Event::Steered) that says who did it, before what it changes.
//!
//! # Over a restart
//!
//! A breaker that was open when its process ended would start closed, and send the calls of all new processes to a service that is
//! down. With the feature `serde`, [`Registry`]'s `snapshot` takes what the instances have learned, and `restore` gives it to those
//! of the same kinds and names in the next process:
//!
//! ```
//! # #[cfg(feature = "serde")] {
//! # use palisade::{CircuitBreakerLayer, Phase, Registry, Snapshot};
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = std::env::temp_dir().join(format!("palisade-restart-{}", std::process::id()));
//! # std::fs::create_dir_all(&folder)?;
//! # let file = folder.join("palisade.json");
//! # let registry = Registry::new();
//! # let layer = CircuitBreakerLayer::builder("payments").consecutive(1).registry(&registry).build()?;
//! # layer.handle().try_enter()?.failure();
//! // At shutdown, and every minute, because a process may be killed:
//! registry.snapshot().save(&file).await?;
//!
//! # let registry = Registry::new();
//! # let layer = CircuitBreakerLayer::builder("payments").consecutive(1).registry(&registry).build()?;
//! // At the start, once all layers are built, and before the first call:
//! let restored = registry.restore(&Snapshot::load(&file).await);
//!
//! assert_eq!(layer.handle().phase(), Phase::Open);
//! assert_eq!(restored.instances.len(), 1);
//! # std::fs::remove_dir_all(&folder)?;
//! # Ok(())
//! # }
//! # main().unwrap();
//! # }
//! ```
//!
//! | kind | what goes on |
//! |---|---|
//! | circuit breaker | its phase, with what was left of the open time less the time between; failures in a row, and the results of its window. A half-open circuit is open, and the next call is a probe |
//! | rate limit | what was taken, less what the time between has filled; for how long the service had shut it |
//! | retry, hedge | the tokens of its budget, with what the time between has deposited |
//! | bulkhead | a limit that is [found](crate::Adaptive); not what its algorithm knows of usual times |
//! | objective | the calls of its period, so that its budget is used as before. An alert that still fires is told again |
//!
//! Other kinds keep nothing, and neither do the limits of [keys](crate::keyed): there may be many, and they learn quickly. Counters
//! start at zero, as they do in each process.
//!
//! An instance goes on only if it is the one of its kind and name, and has counted nothing yet. What was forced by hand goes on only with
//! `forced`. A snapshot of more than an hour ago is left out (`expires` sets that), and so is one of more than a second later than now. Settings
//! are those of the new process: no circuit is open for longer than they allow. Nothing of a snapshot can stop a start: what is left out
//! is in what `restore` returns, and is told by an event.
//!
//! `snapshot.with("sessions", value)?` adds what your application needs over a restart, and `snapshot.value("sessions")` gives it back,
//! unless it is too old.
//!
//! Processes that share a file would give each other their states: take a file for each, or none. A snapshot can be serialized, so any store
//! will do. Redis forgets it by itself:
//!
//! ```text
//! redis.set_ex("palisade:shop-1", serde_json::to_vec(&registry.snapshot())?, 3600).await?;
//!
//! let stored: Option<Vec<u8>> = redis.get("palisade:shop-1").await?;
//! let snapshot = stored.and_then(|stored| serde_json::from_slice(&stored).ok());
//! registry.restore(&snapshot.unwrap_or_default());
//! ```
//!
//! # How long an instance is listed
//!
//! The registry holds no layer. An instance is listed for as long as anybody has its layer, a service or a handle of it. A call of
//! a circuit, a bulkhead, a throttle, a retry, a hedge or a measure keeps it listed, too, and so does one of a rate limit that asks how
//! calls end, such as one that heeds its service. A call of any other layer holds nothing of it but where it counts: so a timeout, a fallback, a
//! criticality, another rate limit and a layer per key are gone with their last layer, service and handle, and what a call does
//! after that is counted all the same. The health of a service, a check, heartbeats and a degradation are listed for as long as there is a
//! handle: a task that runs a check is none, and the layer of a feature has one. An experiment is listed for as long as it is there. What an instance has counted stays in the totals
//! of its kind and name, so they never fall. Its history goes with it.
//!
//! A registry lists at most 10,000 instances. Further ones work and are counted, and they are not listed; when that begins, one
//! event tells it.
//!
//! # What is not listed
//!
//! What has no name or no state of its own: [spans](crate::measure::SpanLayer), the layers of `http` that carry deadlines or turn errors
//! into responses, and limits of your own. The rejections of your own limits are [events](crate::event), which an observer can count.
//!
//! # Layers per key
//!
//! A layer [per key](crate::keyed) is listed as one instance of the kind `per key`. The limits of its keys count under the name of the
//! layer. Where the layer shows its keys, the 20 that are worst off are listed after it: circuits that are open, then those with most
//! failures; bulkheads with the fewest places left; rate limits with the fewest calls left; throttles that are most likely to reject;
//! measures with the greatest share of failures. No key is ever a label, but the names that a measure takes [by](crate::MeasureBuilder::by) a request.
//!
//! # What to do when an alert fires
//!
//! The alerts are those of `examples/dashboard/rules.yml`. Each says the name of the layers. To find out what came first, see the
//! [timeline](Registry::timeline) of the last hour.
//!
//! Timeouts, bulkheads and fallbacks do not count the calls that pass them. Their alerts compare with the calls of a measure of the same
//! name, or else of a retry or a circuit. Without one of these they never fire.
//!
//! ## Circuit open
//!
//! The service that the circuit protects keeps failing, so that calls are rejected. Look at that service first. When calls come, the
//! circuit closes by itself once its probes succeed. Without calls it stays open, and the alert ends.
//! [`reset`](crate::CircuitHandle::reset) closes it at once.
//!
//! ## Circuit forced
//!
//! Somebody has forced the circuit by hand an hour ago or earlier. The timeline says who, if it was done through the registry.
//! [`reset`](crate::CircuitHandle::reset) gives it back to its rules.
//!
//! ## Retry budget empty
//!
//! More calls fail than may be repeated. Look at the service that is called; a larger [`Budget`](crate::Budget) would give it more load.
//!
//! ## Timeouts
//!
//! The service is slower than the limit. If the limit ends calls that would have been good, it is too short.
//!
//! ## Slow
//!
//! One successful call of a hundred takes longer than a second. Compare the time of calls with the calls in flight: if both grow,
//! the service is overloaded, and otherwise something that it uses is slow. Set the limit of the alert to what your callers wait for,
//! at the edge of a [bucket](crate::measure::Durations::buckets).
//!
//! ## Saturated
//!
//! Nearly all places or tokens of all instances are in use, and calls will be rejected soon. Add instances of your process, if the
//! service that is called can take more calls; if it cannot, let fewer calls in.
//!
//! ## Bulkhead full
//!
//! Calls take longer, or come more often, than there are places. Compare the time of a call with what it was before you add places.
//!
//! ## Rate limited
//!
//! More calls come than the rate allows. If the service can take them, raise it with
//! [`set_rate`](crate::RateLimitHandle::set_rate); if it cannot, find the caller that sends so many.
//!
//! ## Fallback
//!
//! Callers get answers that were made up. Somebody may have switched the fallback to answer
//! [always](crate::FallbackHandle::always): the timeline says who, if it was done through the registry. Otherwise look at the circuit, the
//! bulkhead and the timeouts of the same name to see why.
//!
//! ## Replicas panic
//!
//! So few replicas are healthy that [their health is ignored](crate::ReplicasBuilder::panic_below), and calls go to unhealthy ones, too.
//! The [snapshot](crate::ReplicasHandle::snapshot) says why each is unhealthy. Look for what they share, such as a network or a new
//! version.
//!
//! ## Replicas missing
//!
//! Fewer replicas are healthy than are [needed](crate::ReplicasBuilder::needed), with the [spares](crate::ReplicasBuilder::spares). Calls
//! are answered for as long as some are left. Bring back those that are unhealthy, or add others, before the next one fails.
//!
//! ## Not ready
//!
//! A critical check of the service is unhealthy, or has no result, so balancers send it nothing. Its page `/readyz` says which check.
//! An instance that drains does not count.
//!
//! ## Check unhealthy
//!
//! A check of this name keeps failing, and the event of the change says why. Or nobody runs it: then the reason is `stale`. Look at the
//! thing that it checks. The check becomes healthy by itself when the thing is well.
//!
//! ## Node suspected
//!
//! Beats of a node stay away. It is down, it is too busy to beat, or the network between is cut. An event names it. A node that was
//! taken away on purpose is suspected until it is [forgotten](crate::health::HeartbeatsBuilder::forget_after).
//!
//! ## Saga stuck
//!
//! Compensations of a [saga](crate::saga), or steps after its pivot, have failed until their time was over, or its log cannot be used. The
//! event names it, and the [handle](crate::SagaHandle::sagas) says why, and what is not undone. Mend what fails and
//! [retry](crate::Saga::retry) the saga, or put things right by hand and [forget](crate::SagaHandle::forget) it.
//!
//! # Events
//!
//! Target `palisade::registry`:
//!
//! | event | level | fields |
//! |---|---|---|
//! | no room for another instance | `warn` | `name`, `kind`, `capacity` |
//! | an instance goes on from a snapshot | `info` | `name`, `kind`, `age` |
//! | something of a snapshot is left out | `warn` | `name` (`"snapshot"`), `why`, `count`, `what` |
//! | there is no snapshot | `info` | the same |
//!
//! # The sharp edge
//!
//! The totals of a name are kept for the life of the process, as names are. So there should be few names, and few registries. Two
//! layers of one kind and name are one row in the metrics: give them names of their own if you want to tell them apart.

mod cells;
mod entry;
#[cfg(any(feature = "metrics", feature = "opentelemetry", feature = "prometheus-client"))]
mod exports;
mod instance;
#[cfg(feature = "serde")]
mod json;
mod list;
mod listed;
mod look;
mod markdown;
mod measured;
mod metrics;
mod named;
mod of_objectives;
mod order;
mod reading;
mod rfc3339;
mod row;
mod sample;
#[cfg(feature = "serde")]
mod snapshot;
mod steer;
mod story;
mod sums;
mod table;
mod timeline;

pub(crate) use self::entry::Entry;
pub use self::instance::Instance;
pub use self::list::{Listing, Registry};
pub(crate) use self::listed::{Listed, Shown};
#[cfg(feature = "page")]
pub(crate) use self::look::Look;
#[cfg(feature = "chaos")]
pub(crate) use self::markdown::Cell;
pub(crate) use self::measured::{Measuring, Times};
pub use self::metrics::Metric;
pub(crate) use self::metrics::gauges_of;
pub(crate) use self::named::ByName;
pub use self::named::NamedFigures;
pub(crate) use self::of_objectives::{OF_PERIOD, ObjectiveGauges};
pub(crate) use self::order::Order;
pub use self::order::{SteerError, Target};
pub use self::reading::{Bucket, Exemplar, Histogram, Reading};
#[cfg(feature = "chaos")]
pub(crate) use self::rfc3339::Rfc3339;
pub(crate) use self::row::Row;
pub use self::sample::{MetricKind, Sample};
#[cfg(feature = "serde")]
pub(crate) use self::snapshot::{Keep, Restoring, kept};
#[cfg(feature = "serde")]
#[cfg_attr(docsrs, doc(cfg(feature = "serde")))]
pub use self::snapshot::{LeftOut, Restored, Snapshot, WhyLeftOut};
pub(crate) use self::story::Story;
pub(crate) use self::sums::{Gauges, Sums};
pub use self::timeline::{Failure, Happening, Timeline};
pub use crate::event::{Action, What};
pub use crate::state::history::Figures;
