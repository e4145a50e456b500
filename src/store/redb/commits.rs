//! Writes that wait at the same time share one commit.

use std::sync::{Arc, Weak}; // no model checks a store

use parking_lot::Mutex; // no model checks a store
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use super::file::File;
use super::records;
use crate::store::{Batch, StoreError};

/// Writes batches to a file, in the order in which they come. Clones write to one.
#[derive(Clone)]
pub(super) struct Commits {
    file: Arc<File>,
    queue: Arc<Mutex<Queue>>,
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
        Self { file: Arc::new(file), queue: Arc::default() }
    }

    pub(super) fn file(&self) -> &Arc<File> {
        &self.file
    }

    /// Writes a batch with all others that wait.
    pub(super) async fn write(&self, batch: Batch) -> Result<(), StoreError> {
        let (writer, written) = oneshot::channel();
        if let Some((runtime, turn)) = self.queue(batch, writer)? {
            drop(runtime.spawn_blocking(move || turn.write()));
        }
        written.await.map_err(|_| StoreError::failed("the runtime was shut down before the batch was written"))?
    }

    /// Where nobody writes, the writer begins a turn, on the runtime that it is on.
    fn queue(&self, batch: Batch, writer: Writer) -> Result<Option<(Handle, Turn)>, StoreError> {
        let mut queue = self.queue.lock();
        let runtime = if queue.taken { None } else { Some(Handle::try_current().map_err(StoreError::failed)?) };
        queue.waiting.push((batch, writer));
        queue.taken = true;
        Ok(runtime.map(|runtime| {
            (runtime, Turn { file: Arc::downgrade(&self.file), queue: Arc::clone(&self.queue), is_over: false })
        }))
    }
}

/// The turn to write, one at a time. It lasts until nobody waits.
struct Turn {
    /// It is held only while it is written: who hears that it was may drop the store, and expects the file to be closed.
    file: Weak<File>,
    queue: Arc<Mutex<Queue>>,
    is_over: bool,
}

impl Turn {
    fn write(mut self) {
        while let Some((batches, writers)) = self.next() {
            let Some(file) = self.file.upgrade() else { return };
            let result = file.with(|database| records::write(database, batches));
            drop(file);
            for writer in writers {
                drop(writer.send(result.clone())); // fails where the writer was dropped
            }
        }
    }

    fn next(&mut self) -> Option<(Vec<Batch>, Vec<Writer>)> {
        let mut queue = self.queue.lock();
        self.is_over = queue.waiting.is_empty();
        queue.taken = !self.is_over;
        (!self.is_over).then(|| std::mem::take(&mut queue.waiting).into_iter().unzip())
    }
}

impl Drop for Turn {
    /// A turn that ends before it is over, as when its runtime was shut down, leaves nobody waiting.
    fn drop(&mut self) {
        if !self.is_over {
            let left = std::mem::take(&mut *self.queue.lock());
            drop(left); // wakes, so not under the lock
        }
    }
}
