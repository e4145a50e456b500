//! The settings of a bulkhead.

use std::{borrow::Cow, marker::PhantomData, time::Duration};

use super::{BulkheadLayer, NoQueue, Queue};
use crate::{ConfigError, Name, finish::Release};

/// Builds a [`BulkheadLayer`].
#[derive(Clone, Debug)]
#[must_use]
pub struct BulkheadBuilder<Q = NoQueue, F = Release> {
    name: Cow<'static, str>,
    max_concurrent: usize,
    max_wait: Option<Duration>,
    max_queue: Option<usize>,
    queue: PhantomData<Q>,
    finish: F,
}

impl BulkheadBuilder {
    pub(super) const fn new(max_concurrent: usize) -> Self {
        let name = Cow::Borrowed("bulkhead");
        Self { name, max_concurrent, max_wait: None, max_queue: None, queue: PhantomData, finish: Release }
    }
}

impl<Q, F> BulkheadBuilder<Q, F> {
    /// Sets what errors and events call it: 1 to 64 bytes. Defaults to `bulkhead`.
    pub fn name(self, name: impl Into<Cow<'static, str>>) -> Self {
        Self { name: name.into(), ..self }
    }

    /// Queues calls that find no place, for at most this long, and never past their deadline.
    ///
    /// Set it to the delay that a caller will not mind. The service within must be `Clone`. Defaults to what the deadline
    /// leaves; without a deadline either, the wait has no end.
    #[doc(alias = "max_wait_duration")]
    pub fn max_wait(self, wait: Duration) -> BulkheadBuilder<Queue, F> {
        BulkheadBuilder { max_wait: Some(wait), ..self.queueing() }
    }

    /// Queues at most this many calls that find no place; 0 queues none.
    ///
    /// The service within must be `Clone`. Set `max_wait` too, or a timeout around: else the wait has no end. Defaults to as
    /// many as may be in flight.
    #[doc(alias = "queue_limit")]
    #[doc(alias = "max_queuing_actions")]
    pub fn max_queue(self, calls: usize) -> BulkheadBuilder<Queue, F> {
        BulkheadBuilder { max_queue: Some(calls), ..self.queueing() }
    }

    fn checked_name(&self) -> Result<Name, ConfigError> {
        Name::new(self.name.clone()).map_err(|error| error.of("bulkhead"))
    }

    /// Ends calls by this strategy. Defaults to [`Release`].
    pub fn finish<G>(self, finish: G) -> BulkheadBuilder<Q, G> {
        let Self { name, max_concurrent, max_wait, max_queue, queue, .. } = self;
        BulkheadBuilder { name, max_concurrent, max_wait, max_queue, queue, finish }
    }

    fn queueing(self) -> BulkheadBuilder<Queue, F> {
        let Self { name, max_concurrent, max_wait, max_queue, finish, .. } = self;
        BulkheadBuilder { name, max_concurrent, max_wait, max_queue, queue: PhantomData, finish }
    }
}

impl<F> BulkheadBuilder<NoQueue, F> {
    /// Builds the layer, and with it its places, all free.
    ///
    /// # Errors
    ///
    /// When the name is empty or too long.
    pub fn build(self) -> Result<BulkheadLayer<NoQueue, F>, ConfigError> {
        Ok(BulkheadLayer::assemble(self.checked_name()?, self.max_concurrent, NoQueue, self.finish))
    }
}

impl<F> BulkheadBuilder<Queue, F> {
    /// Builds the layer, and with it its places, all free, and its queue, empty.
    ///
    /// # Errors
    ///
    /// When the name is empty or too long.
    pub fn build(self) -> Result<BulkheadLayer<Queue, F>, ConfigError> {
        let max_queue = self.max_queue.unwrap_or(self.max_concurrent);
        let queue = Queue { max_wait: self.max_wait, max_queue };
        Ok(BulkheadLayer::assemble(self.checked_name()?, self.max_concurrent, queue, self.finish))
    }
}
