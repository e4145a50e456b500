//! Writes that wait at the same time share one commit.

use std::sync::Arc; // no model checks a store

use parking_lot::Mutex; // no model checks a store
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use super::file::File;
use super::records;
use crate::store::{Batch, StoreError};

/// Writes batches to a file, in the order in which they come.
pub(super) struct Commits {
    file: File,
    queue: Mutex<Queue>,
}

#[derive(Default)]
struct Queue {
    /// Batches, and where their writers wait.
    waiting: Vec<(Batch, Writer)>,
    /// Whether a [`Turn`] takes what waits.
    taken: bool,
}

type Writer = oneshot::Sender<Result<(), StoreError>>;

impl Commits {
    pub(super) fn to(file: File) -> Self {
        Self { file, queue: Mutex::default() }
    }

    pub(super) fn file(&self) -> &File {
        &self.file
    }

    /// Writes a batch with all others that wait.
    pub(super) async fn write(self: &Arc<Self>, batch: Batch) -> Result<(), StoreError> {
        let (writer, written) = oneshot::channel();
        if let Some((runtime, turn)) = self.queue(batch, writer)? {
            drop(runtime.spawn_blocking(move || turn.write()));
        }
        written.await.map_err(|_| StoreError::failed("the runtime was shut down before the batch was written"))?
    }

    /// Where nobody writes, the writer begins a turn, on the runtime that it is on.
    fn queue(self: &Arc<Self>, batch: Batch, writer: Writer) -> Result<Option<(Handle, Turn)>, StoreError> {
        let mut queue = self.queue.lock();
        let runtime = if queue.taken { None } else { Some(Handle::try_current().map_err(StoreError::failed)?) };
        queue.waiting.push((batch, writer));
        queue.taken = true;
        Ok(runtime.map(|runtime| (runtime, Turn { commits: Arc::clone(self), is_over: false })))
    }
}

/// The turn to write, one at a time. It lasts until nobody waits.
struct Turn {
    commits: Arc<Commits>,
    is_over: bool,
}

impl Turn {
    fn write(self) {
        let mut turn = Some(self);
        while let Some(now) = turn {
            turn = now.commit();
        }
    }

    fn commit(self) -> Option<Self> {
        let waiting = std::mem::take(&mut self.commits.queue.lock().waiting);
        let (batches, writers): (Vec<_>, Vec<_>) = waiting.into_iter().unzip();
        let result = self.commits.file.with(|database| records::write(database, batches));
        // The last turn is over before its writers hear of it: they may drop the store, and expect the file to be closed.
        let next = self.next();
        for writer in writers {
            drop(writer.send(result.clone())); // fails where the writer was dropped
        }
        next
    }

    fn next(mut self) -> Option<Self> {
        let mut queue = self.commits.queue.lock();
        self.is_over = queue.waiting.is_empty();
        queue.taken = !self.is_over;
        drop(queue);
        (!self.is_over).then_some(self)
    }
}

impl Drop for Turn {
    /// A turn that ends before it is over, as when its runtime was shut down, leaves nobody waiting.
    fn drop(&mut self) {
        if !self.is_over {
            let left = std::mem::take(&mut *self.commits.queue.lock());
            drop(left); // wakes, so not under the lock
        }
    }
}
