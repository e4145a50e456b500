//! Does several things in order, or undoes what was done.
//!
//! An order is charged, reserved and shipped by three services, and no transaction spans them. A saga calls one after another. When one
//! fails, it calls the compensations of those before it, in reverse order. Each step is written to a [log](crate::store) before it
//! starts and after it ends, so that a process that comes after a crash goes on.
//!
//! **Steps must be idempotent.** After a crash nobody knows whether a step that had begun was done, and it is called again with the
//! same [key](StepKey): the service must do once what it is asked twice by one key.
//!
//! **A compensation must be harmless where its step was never done.** The step that failed is compensated too, because a charge that
//! timed out may have been made. It is not only where the error is [`Error::Rejected`](crate::Error::Rejected): nothing was sent.
//!
//! # Example
//!
//! ```
//! # #[cfg(feature = "serde")] {
//! use std::sync::Arc;
//! use palisade::{Error, MemoryStore, Saga, SagaError, saga::StepKey, store::Json};
//!
//! #[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
//! struct Order { price: u32, charge: Option<String> }
//!
//! async fn charge(order: Order, key: StepKey) -> Result<Order, Error> {
//!     Ok(Order { charge: Some(format!("charged by {key}")), ..order })
//! }
//! async fn refund(_: Order, _: StepKey) -> Result<(), Error> {
//!     Ok(())
//! }
//! async fn ship(order: Order, _: StepKey) -> Result<Order, Error> {
//!     if order.price > 100 { Err(Error::Service("too heavy".into())) } else { Ok(order) }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let log = Arc::new(MemoryStore::new()); // a file, where a crash must lose nothing
//! let orders = Saga::builder("order", log, Json).step("charge", charge, refund).pivot("ship", ship).build().unwrap();
//! orders.resume().await.unwrap(); // what another process left
//!
//! let order = orders.run("order-17", Order { price: 80, charge: None }).await.unwrap();
//! assert_eq!(order.charge.as_deref(), Some("charged by order-17/charge"));
//!
//! let error = orders.run("order-18", Order { price: 800, charge: None }).await.unwrap_err();
//! let SagaError::Failed { failed_step, compensated, uncompensated, .. } = error else { panic!("{error}") };
//! assert_eq!((&*failed_step, &*compensated, uncompensated.len()), ("ship", &["charge".to_owned()][..], 0));
//! # }
//! # main()
//! # }
//! ```
//!
//! # How it goes
//!
//! ```text
//!            all done                     a step after the pivot fails
//!   done  <------------  going forward  ---------------------------------->  again, until its time is over: stuck
//!                             | a step fails, up to the pivot
//!                             v
//!   undone <-----------  going back     ---------------------------------->  again, until its time is over: left,
//!            all undone                   a compensation fails               and the next one runs; stuck in the end
//! ```
//!
//! A saga ends with all steps done, or with all undone, or it is stuck and listed with what is not undone. [`Saga::retry`] lets a stuck
//! one go on, and [`SagaHandle::forget`] gives it up. A step that panics has failed, and may have been done.
//!
//! The pivot cannot be undone. Up to it a failure goes back, and after it the saga only goes forward. Where nobody knows whether the
//! pivot was done, because it timed out, panicked, or was begun before a crash and now fails, the rest is undone and the saga is stuck.
//!
//! # Settings
//!
//! | setting | default | |
//! |---|---|---|
//! | [`backoff`](SagaBuilder::backoff) | 1 s, doubling up to 1 min | how long to wait before something is tried again |
//! | [`give_up_after`](SagaBuilder::give_up_after) | 24 h | for how long it is tried again |
//! | [`compensate_unknown`](SagaBuilder::compensate_unknown) | off: done again | what becomes of a step whose end is unknown after a crash |
//! | [`in_place`](SagaBuilder::in_place) | off: in a task | whether dropping the future stops the saga |
//! | [`capacity`](SagaBuilder::capacity) | 10,000 | the most sagas that have not ended |
//! | [`keep_ended`](SagaBuilder::keep_ended) | 10,000 | how many ends are kept |
//! | [`seed`](SagaBuilder::seed) | none | makes a run repeat |
//!
//! # Who runs a saga
//!
//! One owner at a time. [`Saga::run`] of an id that is known gives its recorded end, or [`SagaError::Running`]. [`Saga::resume`] takes
//! no saga that a future or a task of this process runs, and the lock of the store's file keeps other processes out. Each saga is a task
//! of tokio's, as many as [`capacity`](SagaBuilder::capacity) allows. No deadline of a caller is around its steps.
//!
//! # When the log fails
//!
//! Where the first write fails, nothing is done. Where the end of a step cannot be written, that step counts as unknown and the saga goes
//! back; the next step is not run. That it goes back is written before the first compensation, and that it has ended at the end: these
//! writes, and all from the pivot on, are tried again as compensations are. A record that cannot be read, or is of other steps than
//! those of the builder, makes that saga stuck and no other.
//!
//! # Events
//!
//! | event | target | level | fields |
//! |---|---|---|---|
//! | a step failed | `palisade::saga` | `debug` | `name`, `saga`, `step`, `error` |
//! | undone | `palisade::saga` | `debug` | `name`, `saga` |
//! | stuck | `palisade::saga` | `warn` | `name`, `saga`, `step`, `error` |
//! | resumed | `palisade::saga` | `info` by hand, else `debug` | `name`, `saga`, `by_hand` |
//!
//! # The sharp edge
//!
//! A step should make one call. Where it makes two, and the second is rejected, the first is taken for not sent. A step that hangs holds
//! its saga for ever, so give it a [timeout](crate::timeout); only what is tried again has an end, the time that is left or a minute.
//! Ids and names of steps make the keys: two sagas that call one service must not share both.

mod begin;
mod builder;
mod definition;
mod drive;
mod error;
mod handle;
mod listed;
mod log;
mod owner;
mod record;
mod run;
mod settings;
mod shared;
mod status;
mod step;
mod steps;
#[cfg(all(test, not(loom)))]
mod tests;
mod together;

use std::fmt;
use std::sync::Arc; // no model checks it

pub use self::begin::Resumed;
use self::begin::task_or_here;
pub use self::builder::SagaBuilder;
use self::drive::Core;
pub use self::error::SagaError;
pub use self::handle::SagaHandle;
pub use self::status::SagaStatus;
pub use self::step::StepKey;
pub use self::steps::Parallel;
pub use crate::state::saga::SagaState;
use crate::store::StoreError;

/// Does several things in order, or undoes what was done.
///
/// Cheap to clone; all clones run sagas of one name in one log.
pub struct Saga<C> {
    core: Arc<Core<C>>,
}

impl<C: Clone + Send + 'static> Saga<C> {
    /// Runs the saga of this id, of 1 to 256 bytes, and returns the context that its last step made.
    ///
    /// If the id is known, nothing is run: its recorded end is returned.
    ///
    /// # Errors
    ///
    /// When a step failed, when the saga of this id runs already, or when nothing could be begun; see [`SagaError`].
    ///
    /// # Cancellation
    ///
    /// Once it was polled, dropping the future stops the waiting only. With [`in_place`](SagaBuilder::in_place) it stops the saga where
    /// it stands, and [`resume`](Self::resume) goes on.
    pub async fn run(&self, id: impl Into<String>, context: C) -> Result<C, SagaError> {
        self.wait_for(Arc::clone(&self.core).run(id.into(), context)).await
    }

    /// Goes on with all sagas in the log that nobody runs, and returns what came of them once all have ended or are stuck.
    ///
    /// Call it when the process starts, and spawn it if the process shall not wait. Stuck sagas are listed, and stay so.
    ///
    /// # Errors
    ///
    /// When the log could not be read, and outside a tokio runtime.
    ///
    /// # Cancellation
    ///
    /// As of [`run`](Self::run), once each saga was read.
    pub async fn resume(&self) -> Result<Resumed, StoreError> {
        Arc::clone(&self.core).resume().await
    }

    /// Goes on with a stuck saga by hand, as [`run`](Self::run) does: what was left is tried again, with all the time there is.
    ///
    /// # Errors
    ///
    /// As of [`run`](Self::run).
    pub async fn retry(&self, id: impl Into<String>) -> Result<C, SagaError> {
        self.wait_for(Arc::clone(&self.core).retry(id.into())).await
    }

    /// Returns a handle that shows the sagas that have not ended.
    pub fn handle(&self) -> SagaHandle {
        SagaHandle { shared: Arc::clone(&self.core.shared) }
    }

    async fn wait_for(
        &self,
        saga: impl Future<Output = Result<C, SagaError>> + Send + 'static,
    ) -> Result<C, SagaError> {
        task_or_here(self.core.shared.settings.in_place, saga).await.unwrap_or(Err(SagaError::Running))
    }
}

impl<C> Clone for Saga<C> {
    fn clone(&self) -> Self {
        Self { core: Arc::clone(&self.core) }
    }
}

impl<C> fmt::Debug for Saga<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Saga").field("name", &self.core.shared.row.name()).finish_non_exhaustive()
    }
}
