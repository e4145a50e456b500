//! Says how good calls shall be, how much may be bad, and how fast that is used up.
//!
//! No service is always good, and to try to be costs more than callers notice. An objective says what is good enough, such as that
//! 99.9 % of calls succeed over 30 days. The rest is the *error budget*: it may be spent on failures, deployments and experiments. While
//! the budget burns too fast, somebody is told. So an alert means that callers suffer, and not that a number is large.
//!
//! # Example
//!
//! ```
//! use std::time::Duration;
//! use palisade::{Error, FallbackLayer, MeasureLayer, Objective};
//! use tower::{ServiceBuilder, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let objective = Objective::builder("checkout")
//!     .availability(0.999)
//!     .latency(0.99, Duration::from_millis(200))
//!     .over_days(30)
//!     .build()?;
//!
//! let service = ServiceBuilder::new()
//!     .layer(FallbackLayer::value(0).objective(&objective))
//!     .layer(MeasureLayer::builder("checkout").objective(&objective).build()?)
//!     .service(service_fn(|n: u32| async move { Ok::<_, Error>(n) }));
//!
//! service.oneshot(7).await?;
//! let worst = objective.worst();
//! println!("{:.1} % of the budget of {} is left", 100.0 * worst.left, worst.indicator.as_str());
//! assert!(objective.is_met());
//! # Ok(())
//! # }
//! ```
//!
//! # What is asked
//!
//! An objective has one or two [indicators](Indicator), each with a budget, burn rates and alerts of its own:
//!
//! | indicator | asks | and is good |
//! |---|---|---|
//! | [availability](ObjectiveBuilder::availability) | all calls | a success |
//! | [latency](ObjectiveBuilder::latency) | the successes | one that took no longer than the limit |
//!
//! A failure is bad, and so is a call that the service throttles, a layer rejects or a limit of ours cuts short: the caller saw it. A call
//! that is ignored, abandoned by its caller, or ended by its caller's deadline is not asked, nor one that was rejected for a
//! [reason that is left out](ObjectiveBuilder::not_asked). A 404 is a success unless your classifier says `Ignored`.
//!
//! An objective counts what the service did. What a [fallback](crate::FallbackLayer::objective) answered in its place was bad, and is
//! counted again as [degraded](Objective::degraded).
//!
//! # Settings
//!
//! | setting | default | |
//! |---|---|---|
//! | [`availability`](ObjectiveBuilder::availability) | none | the share of calls that shall succeed |
//! | [`latency`](ObjectiveBuilder::latency) | none | the share of successes that shall be fast, and how fast |
//! | [`over_days`](ObjectiveBuilder::over_days), [`over`](ObjectiveBuilder::over) | 30 days | the period |
//! | [`recovery`](ObjectiveBuilder::recovery) | none | the longest time for which it may fail |
//! | [`min_bad`](ObjectiveBuilder::min_bad) | 5 | how many calls must be bad before an alert fires |
//! | [`not_asked`](ObjectiveBuilder::not_asked) | none | rejections that are the caller's fault |
//! | [`runbook_url`](ObjectiveBuilder::runbook_url) | this page | where the alerts lead |
//! | [`registry`](ObjectiveBuilder::registry) | that of the process | who lists it |
//!
//! Begin with what your service did last month, and a little less: a target that is always missed is soon ignored. Measure where your
//! callers are, outside of the retry and the total timeout.
//!
//! # Budgets and burn rates
//!
//! Of the calls that were asked in the period up to now, `(1 - target) x asked` may be bad. The *burn rate* of a window is
//! `bad / ((1 - target) x asked)` of its calls: at 1, the budget lasts just as long as the period, and at 14.4, 2 % of 30 days in an hour.
//! [`IndicatorSnapshot`] has all of it, and the outage that the target allows in a period.
//!
//! An alert fires while both of its windows burn at the threshold or faster. The long one says that it matters, and the short one that it
//! goes on. Thresholds are those of *The Site Reliability Workbook*, chapter 5, as shares of the budget, so that they scale with the
//! period:
//!
//! | [severity](Severity) | budget in the long window | long | short | burn, over 30 days | over 7 days |
//! |---|---|---|---|---|---|
//! | page | 2 % | 1 h | 5 min | 14.4 | 3.36 |
//! | page | 5 % | 6 h | 30 min | 6 | 1.4 |
//! | notify | 10 % | 1 d | 2 h | 3 | 0.7 |
//! | ticket | 10 % | 3 d | 6 h | 1 | 0.233 |
//!
//! An objective *fails* while a page fires. Who asks, and the first call of each 10 seconds, has an [event](crate::event::Event::Alert)
//! told of each alert that has changed. Without calls and without questions nothing is told.
//!
//! # Gates
//!
//! A [`BudgetGate`] says whether a budget burns slowly enough for what can wait, such as experiments. A retry heeds one [only when
//! asked](crate::RetryBuilder::budget_gate): set it where failures come of overload.
//!
//! # When an alert fires
//!
//! Callers suffer, and the budget would be gone long before the period ends. Look at the circuits, timeouts and bulkheads of the same name
//! to see what fails, and undo the last change if there was one. For latency, compare the times of calls with the calls in flight: if
//! both grow, the service is overloaded. A page says that hours matter; a ticket, that the target or the service must change within days.
//! The alert ends by itself once calls are good for as long as its short window.
//!
//! # Events
//!
//! Target `palisade::objective`, level `warn` when an alert fires and `info` when it is resolved, with `name`, `indicator`, `severity`,
//! `burn`, `threshold`, `long`, `short` and `runbook_url`.
//!
//! # What it costs
//!
//! A call counts on a line of its thread's own, besides what its measure does. The first call of each 10 seconds takes a lock for a
//! moment. An objective takes 7 KiB for each day of its period.
//!
//! # The sharp edge
//!
//! What is counted is what this process saw, since it started: after a restart the budget is whole again, and each process has one of its
//! own. The rules in `examples/dashboard/rules.yml` ask the same of all processes together, and of what Prometheus remembers. Use
//! events and gates for what a process can decide by itself, and these rules to wake somebody.

mod builder;
mod gate;
mod handle;
mod listed;
#[cfg(feature = "serde")]
mod saved;
mod shared;
mod snapshot;

pub use self::builder::ObjectiveBuilder;
pub use self::gate::BudgetGate;
pub use self::handle::Objective;
pub(crate) use self::shared::Feed;
pub use self::snapshot::{AlertSnapshot, IndicatorSnapshot};
pub use crate::state::objective::{BurnWindow, Indicator, Severity};
