//! A store that stands still before or after one of its writes, so that its process can be killed there.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use palisade::store::{Answer, Batch, Record, RedbStore, Space, Store};

use crate::child;

/// What a child tells when it stands still.
pub(super) const STANDS: &str = "stands";

/// Counts the points before and after each write, and stands still at one of them with all that its process does.
#[derive(Debug)]
pub(super) struct Killing {
    pub(super) inner: RedbStore,
    pub(super) at: usize,
    pub(super) points: AtomicUsize,
}

impl Killing {
    fn pass(&self) {
        if self.points.fetch_add(1, Ordering::SeqCst) == self.at {
            child::tell(STANDS);
            loop {
                thread::park();
            }
        }
    }
}

impl Store for Killing {
    fn write(&self, batch: Batch) -> Answer<'_, ()> {
        Box::pin(async move {
            self.pass();
            self.inner.write(batch).await?;
            self.pass();
            Ok(())
        })
    }

    fn read<'a>(&'a self, space: Space, key: &'a [u8]) -> Answer<'a, Option<Vec<u8>>> {
        self.inner.read(space, key)
    }

    fn scan<'a>(&'a self, space: Space, after: Option<&'a [u8]>, limit: usize) -> Answer<'a, Vec<Record>> {
        self.inner.scan(space, after, limit)
    }
}
