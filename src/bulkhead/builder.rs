//! The settings of a bulkhead.

use std::{borrow::Cow, time::Duration};

use super::{BulkheadLayer, NoQueue, Queue};
use crate::{ConfigError, Name, finish::Release};

/// Builds a [`BulkheadLayer`].
#[derive(Clone, Debug)]
#[must_use]
pub struct BulkheadBuilder<Q = NoQueue, F = Release> {
    name: Cow<'static, str>,
    max_concurrent: usize,
    queue: Q,
    finish: F,
}

impl BulkheadBuilder {
    pub(super) const fn new(max_concurrent: usize) -> Self {
        Self { name: Cow::Borrowed("bulkhead"), max_concurrent, queue: NoQueue, finish: Release }
    }
}

impl<Q, F> BulkheadBuilder<Q, F> {
    /// Sets what errors and events call it: 1 to 64 bytes. Defaults to `bulkhead`.
    pub fn name(self, name: impl Into<Cow<'static, str>>) -> Self {
        Self { name: name.into(), ..self }
    }

    /// Ends calls by this strategy. Defaults to [`Release`].
    pub fn finish<G>(self, finish: G) -> BulkheadBuilder<Q, G> {
        let Self { name, max_concurrent, queue, .. } = self;
        BulkheadBuilder { name, max_concurrent, queue, finish }
    }

    /// Builds the layer, and with it its places, all free, and its queue, if any, empty.
    ///
    /// # Errors
    ///
    /// When the name is empty or too long.
    pub fn build(self) -> Result<BulkheadLayer<Q, F>, ConfigError> {
        let name = Name::new(self.name).map_err(|error| error.of("bulkhead"))?;
        Ok(BulkheadLayer::assemble(name, self.max_concurrent, self.queue, self.finish))
    }
}

impl<Q: Into<Option<Queue>>, F> BulkheadBuilder<Q, F> {
    /// Queues calls that find no place, for at most this long, and never past their deadline.
    ///
    /// Set it to the delay that a caller will not mind. The service within must be `Clone`. Defaults to what the deadline
    /// leaves; without a deadline either, the wait has no end.
    #[doc(alias = "max_wait_duration")]
    pub fn max_wait(self, wait: Duration) -> BulkheadBuilder<Queue, F> {
        self.queueing(|queue| Queue { max_wait: Some(wait), ..queue })
    }

    /// Queues at most this many calls that find no place; 0 queues none.
    ///
    /// The service within must be `Clone`. Set `max_wait` too, or a timeout around: else the wait has no end. Defaults to as
    /// many as may be in flight.
    #[doc(alias = "queue_limit")]
    #[doc(alias = "max_queuing_actions")]
    pub fn max_queue(self, calls: usize) -> BulkheadBuilder<Queue, F> {
        self.queueing(|queue| Queue { max_queue: calls, ..queue })
    }

    fn queueing(self, set: impl FnOnce(Queue) -> Queue) -> BulkheadBuilder<Queue, F> {
        let Self { name, max_concurrent, queue, finish } = self;
        let queue = queue.into().unwrap_or(Queue { max_wait: None, max_queue: max_concurrent });
        BulkheadBuilder { name, max_concurrent, queue: set(queue), finish }
    }
}

impl From<NoQueue> for Option<Queue> {
    fn from(_: NoQueue) -> Self {
        None
    }
}
