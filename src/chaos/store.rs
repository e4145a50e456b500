//! A store that fails on purpose.

use std::convert::Infallible;

use super::layer::ChaosLayer;
use crate::store::{Answer, Batch, Record, Space, Store, StoreError};

/// What somebody asks of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Operation {
    /// To write a batch.
    Write,
    /// To read a value of a space.
    Read(Space),
    /// To read records of a space.
    Scan(Space),
}

/// A store whose operations meet the faults of a [`ChaosLayer`], such as a disk that is full.
///
/// An operation that fails, or hangs until the faults stop, was not asked of the inner store. A batch that is delayed takes effect
/// when its delay is over, so batches that are not awaited one after another may come in another order than they were polled in.
///
/// # Examples
///
/// ```
/// use std::io;
/// use palisade::chaos::{FailingStore, Operation};
/// use palisade::store::{Batch, MemoryStore, Store};
/// use palisade::ChaosLayer;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let faults = ChaosLayer::builder("disk")
///     .fail(1.0, |_: &Operation| io::Error::from(io::ErrorKind::StorageFull))
///     .only(|operation| *operation == Operation::Write)
///     .max_share(1.0)
///     .build()?;
/// let disk = faults.handle();
/// let store = FailingStore::new(MemoryStore::new(), faults);
///
/// store.write(Batch::new()).await?;
/// disk.start();
/// assert!(store.write(Batch::new()).await.is_err());
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct FailingStore<S> {
    inner: S,
    faults: ChaosLayer<Operation, Infallible>,
}

impl<S: Store> FailingStore<S> {
    /// Lets the operations of a store meet faults. `respond` is not among them: a store has nothing to make up.
    pub const fn new(inner: S, faults: ChaosLayer<Operation, Infallible>) -> Self {
        Self { inner, faults }
    }

    /// Waits for what an operation meets, and fails if it is to fail.
    async fn meet(&self, operation: Operation) -> Result<(), StoreError> {
        let Some((run, plan)) = self.faults.meet(&operation) else { return Ok(()) };
        let (wait, result) = self.faults.result(&operation, run, &plan);
        if let Some(wait) = wait {
            wait.await;
        }
        match result {
            Some(Err(error)) => Err(StoreError::failed(error)),
            Some(Ok(never)) => match never {},
            None => Ok(()),
        }
    }
}

impl<S: Store> Store for FailingStore<S> {
    fn write(&self, batch: Batch) -> Answer<'_, ()> {
        Box::pin(async move {
            self.meet(Operation::Write).await?;
            self.inner.write(batch).await
        })
    }

    fn read<'a>(&'a self, space: Space, key: &'a [u8]) -> Answer<'a, Option<Vec<u8>>> {
        Box::pin(async move {
            self.meet(Operation::Read(space)).await?;
            self.inner.read(space, key).await
        })
    }

    fn scan<'a>(&'a self, space: Space, after: Option<&'a [u8]>, limit: usize) -> Answer<'a, Vec<Record>> {
        Box::pin(async move {
            self.meet(Operation::Scan(space)).await?;
            self.inner.scan(space, after, limit).await
        })
    }
}
