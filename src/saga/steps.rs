//! The steps of a saga.

use std::fmt;
use std::sync::Arc; // no model checks it

use tower::BoxError;

use super::builder::SagaBuilder;
use super::step::{Merge, Named, Step, StepKey, boxed};

/// Steps that run at the same time.
#[must_use]
pub struct Parallel<C> {
    steps: Vec<Named<C>>,
    merge: Merge<C>,
}

impl<C: Send + 'static> SagaBuilder<C> {
    /// Adds a step and its compensation.
    ///
    /// The step gets the context that the steps before it made, and its [key](StepKey), and returns the context for the next. The
    /// compensation gets the context that was written last. A name has 1 to 64 bytes, no `/`, is not `undo`, and is that of one
    /// step alone. After the pivot a step is never compensated: add it by [`forward`](Self::forward).
    pub fn step<F, G, A, B, E, D>(self, name: &'static str, run: F, undo: G) -> Self
    where
        F: Fn(C, StepKey) -> A + Send + Sync + 'static,
        A: Future<Output = Result<C, E>> + Send,
        E: Into<BoxError> + 'static,
        G: Fn(C, StepKey) -> B + Send + Sync + 'static,
        B: Future<Output = Result<(), D>> + Send,
        D: Into<BoxError> + 'static,
    {
        self.place(vec![(name, step(run, undo))])
    }

    /// Adds the pivot, a step that cannot be undone. After it the saga goes only forward.
    ///
    /// When it fails, the steps before it are compensated. If nobody knows whether it was done, because it timed out, panicked or was
    /// tried before, the saga is stuck then. There is at most one.
    pub fn pivot<F, A, E>(self, name: &'static str, run: F) -> Self
    where
        F: Fn(C, StepKey) -> A + Send + Sync + 'static,
        A: Future<Output = Result<C, E>> + Send,
        E: Into<BoxError> + 'static,
    {
        self.place_of_pivot((name, Step { run: boxed(run), undo: None, merge: None }))
    }

    /// Adds a step after the pivot. It is done again until it succeeds, or its time is over.
    pub fn forward<F, A, E>(self, name: &'static str, run: F) -> Self
    where
        F: Fn(C, StepKey) -> A + Send + Sync + 'static,
        A: Future<Output = Result<C, E>> + Send,
        E: Into<BoxError> + 'static,
    {
        self.place(vec![(name, Step { run: boxed(run), undo: None, merge: None })])
    }

    /// Adds steps that run at the same time.
    ///
    /// Each gets the context of before. `merge` makes one context of that of the saga and that which a step returned, for each step as
    /// it ends, in any order. When one fails the others are awaited, and then all are compensated, one after another.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[cfg(feature = "serde")] {
    /// use std::sync::Arc;
    /// use palisade::{Error, MemoryStore, Saga, saga::StepKey, store::Json};
    ///
    /// #[derive(Clone, serde::Serialize, serde::Deserialize)]
    /// struct Trip { hotel: Option<u32>, flight: Option<u32> }
    ///
    /// async fn book_hotel(trip: Trip, _: StepKey) -> Result<Trip, Error> {
    ///     Ok(Trip { hotel: Some(12), ..trip })
    /// }
    /// async fn book_flight(trip: Trip, _: StepKey) -> Result<Trip, Error> {
    ///     Ok(Trip { flight: Some(7), ..trip })
    /// }
    /// async fn cancel(_: Trip, _: StepKey) -> Result<(), Error> {
    ///     Ok(())
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let merge = |so_far: Trip, more: Trip| Trip {
    ///     hotel: so_far.hotel.or(more.hotel),
    ///     flight: so_far.flight.or(more.flight),
    /// };
    /// let trips = Saga::builder("trip", Arc::new(MemoryStore::new()), Json)
    ///     .in_parallel(merge, |both| both.step("hotel", book_hotel, cancel).step("flight", book_flight, cancel))
    ///     .build()
    ///     .unwrap();
    /// let trip = trips.run("trip-1", Trip { hotel: None, flight: None }).await.unwrap();
    /// assert_eq!((trip.hotel, trip.flight), (Some(12), Some(7)));
    /// # }
    /// # main()
    /// # }
    /// ```
    pub fn in_parallel(
        self,
        merge: impl Fn(C, C) -> C + Send + Sync + 'static,
        steps: impl FnOnce(Parallel<C>) -> Parallel<C>,
    ) -> Self {
        self.place(steps(Parallel { steps: Vec::new(), merge: Arc::new(merge) }).steps)
    }
}

/// A step without a place.
fn step<C, F, G, A, B, E, D>(run: F, undo: G) -> Step<C>
where
    C: Send + 'static,
    F: Fn(C, StepKey) -> A + Send + Sync + 'static,
    A: Future<Output = Result<C, E>> + Send,
    E: Into<BoxError> + 'static,
    G: Fn(C, StepKey) -> B + Send + Sync + 'static,
    B: Future<Output = Result<(), D>> + Send,
    D: Into<BoxError> + 'static,
{
    Step { run: boxed(run), undo: Some(boxed(undo)), merge: None }
}

impl<C: Send + 'static> Parallel<C> {
    /// Adds a step and its compensation, as [`SagaBuilder::step`].
    pub fn step<F, G, A, B, E, D>(self, name: &'static str, run: F, undo: G) -> Self
    where
        F: Fn(C, StepKey) -> A + Send + Sync + 'static,
        A: Future<Output = Result<C, E>> + Send,
        E: Into<BoxError> + 'static,
        G: Fn(C, StepKey) -> B + Send + Sync + 'static,
        B: Future<Output = Result<(), D>> + Send,
        D: Into<BoxError> + 'static,
    {
        self.add(name, step(run, undo))
    }

    /// Adds a step after the pivot, as [`SagaBuilder::forward`].
    pub fn forward<F, A, E>(self, name: &'static str, run: F) -> Self
    where
        F: Fn(C, StepKey) -> A + Send + Sync + 'static,
        A: Future<Output = Result<C, E>> + Send,
        E: Into<BoxError> + 'static,
    {
        self.add(name, Step { run: boxed(run), undo: None, merge: None })
    }

    fn add(mut self, name: &'static str, step: Step<C>) -> Self {
        let merge = Some(Arc::clone(&self.merge));
        self.steps.push((name, Step { merge, ..step }));
        self
    }
}

impl<C> fmt::Debug for Parallel<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let steps: Vec<_> = self.steps.iter().map(|(name, _)| name).collect();
        f.debug_tuple("Parallel").field(&steps).finish()
    }
}
