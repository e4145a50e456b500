//! Experiments: something is broken on purpose, and what should not suffer is watched.
//!
//! An experiment has a steady state: a check that holds while all is well, such as *orders are answered*. The hypothesis is that it
//! holds while something is broken, too. The check is asked before, again and again while the faults are on, and after.
//!
//! # Example
//!
//! ```
//! use std::{io, time::Duration};
//! use palisade::chaos::{Experiment, Outcome};
//! use palisade::{Backoff, ChaosLayer, Error, RetryLayer};
//! use tower::{ServiceBuilder, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let faults = ChaosLayer::builder("orders").fail(0.2, |_: &u32| io::Error::other("lost")).seed(7).build()?;
//! let handle = faults.handle();
//! let orders = ServiceBuilder::new()
//!     .layer(RetryLayer::builder("orders").backoff(Backoff::none()).build()?)
//!     .layer(faults)
//!     .service(service_fn(|order: u32| async move { Ok::<_, Error>(order) }));
//!
//! let report = Experiment::new("a lost order is sent again")?
//!     .steady(move || {
//!         let orders = orders.clone();
//!         async move { orders.oneshot(1).await.map(drop) }
//!     })
//!     .during(handle)
//!     .for_(Duration::from_secs(30))
//!     .run()
//!     .await;
//! assert_eq!(report.outcome, Outcome::Held, "{report}");
//! # Ok(())
//! # }
//! ```
//!
//! # When it ends
//!
//! After its time; as soon as the steady state does not hold; when a [condition](Experiment::abort_when) says so; and when faults end by
//! themselves, as those of chaos do when its own conditions say so. All of them are looked at every 100 milliseconds. Then the faults
//! stop. A check that has begun when the time is over is still waited for, and must hold, too. The faults also stop when the future of a
//! run is dropped or panics, and the [last report](Experiment::last) says so.
//!
//! # What is seen of it
//!
//! A [registry](crate::Registry) lists an experiment for as long as it is there: whether it runs, and whether its hypothesis held the
//! last time, when that was, and else why not. Its page shows the same, and `palisade_experiment_runs_total` counts the runs. So keep it
//! beside the task that runs it [again and again](Experiment::every): when it goes, its last report goes.
//!
//! The events have the target `palisade::chaos`: began (`warn`, with `time`), and ended (`info` if it held and else `warn`, with `outcome`
//! and `why`). The [timeline](crate::Registry::timeline) has them beside what circuits, objectives and others told meanwhile.
//!
//! # What can be broken
//!
//! A [`ChaosHandle`](crate::ChaosHandle) breaks calls. [`hold_memory`] and [`burn_cpu`] take away what the process needs.
//! A [`FailingStore`](super::FailingStore) fails by a handle, too. Anything else that starts and stops is a [`Disrupt`].
//!
//! # The sharp edge
//!
//! It breaks what others use. Begin where nobody is hurt, with a small [`max_share`](crate::ChaosBuilder::max_share), and say in
//! `abort_when` what must not happen.

mod description;
mod disrupt;
mod process;
mod report;
mod run;
mod seen;

pub use self::description::Experiment;
pub use self::disrupt::Disrupt;
pub use self::process::{ProcessFault, burn_cpu, hold_memory};
pub use self::report::{Measurement, Outcome, Report};
