//! Where sagas are written.

use std::collections::BTreeSet;
use std::sync::Arc; // no model checks it

use parking_lot::Mutex; // no model checks it
use tokio::sync::OnceCell;

use super::record::Record;
use crate::name::Name;
use crate::store::{Batch, Record as Stored, Space, Store, StoreError};
use crate::time::Nanos;

/// How many records are read at once.
const PAGE: usize = 1_000;

/// Where sagas of one name are written. Those that have ended stand apart, so that a start reads only the others.
#[derive(Debug)]
pub(super) struct Log {
    pub(super) store: Arc<dyn Store>,
    pub(super) open: Space,
    ended: Space,
    keep_ended: usize,
    /// The ids of those that have ended, by the times of their ends. It is read at the first use.
    by_age: OnceCell<Mutex<ByAge>>,
}

/// The times of ends, and the ids.
type ByAge = BTreeSet<(Nanos, Vec<u8>)>;

/// What is known of an id.
#[derive(Debug)]
pub(super) enum Found {
    Nothing,
    Open(Vec<u8>),
    Ended(Vec<u8>),
}

impl Log {
    pub(super) fn new(store: Arc<dyn Store>, name: Name, keep_ended: usize) -> Self {
        let (open, ended) = (Space::new("saga", name), Space::new("ended saga", name));
        Self { store, open, ended, keep_ended, by_age: OnceCell::new() }
    }

    /// What is known of an id that the caller owns.
    pub(super) async fn read(&self, id: &str) -> Result<Found, StoreError> {
        self.by_age().await?;
        if let Some(bytes) = self.store.read(self.open, id.as_bytes()).await? {
            return Ok(Found::Open(bytes));
        }
        let ended = self.store.read(self.ended, id.as_bytes()).await?;
        Ok(ended.map_or(Found::Nothing, Found::Ended))
    }

    /// Writes how a saga stands that has not ended.
    pub(super) async fn write(&self, id: &str, record: &Record) -> Result<(), StoreError> {
        self.store.write(Batch::new().put(self.open, id, record.encode())).await
    }

    /// Writes how a saga has ended, and forgets the oldest of those that ended before.
    pub(super) async fn end(&self, id: &str, record: &Record) -> Result<(), StoreError> {
        let batch = Batch::new().remove(self.open, id);
        if self.keep_ended == 0 {
            return self.store.write(batch).await;
        }
        let by_age = self.by_age().await?;
        let too_old: Vec<_> = {
            let by_age = by_age.lock();
            by_age.iter().take((by_age.len() + 1).saturating_sub(self.keep_ended)).cloned().collect()
        };
        let batch = batch.put(self.ended, id, record.encode());
        let batch = too_old.iter().fold(batch, |batch, (_, id)| batch.remove(self.ended, &**id));
        self.store.write(batch).await?;
        let mut by_age = by_age.lock();
        for ended in &too_old {
            by_age.remove(ended);
        }
        by_age.insert((record.at, id.into()));
        Ok(())
    }

    /// Forgets all that is known of an id that the caller owns.
    pub(super) async fn forget(&self, id: &str) -> Result<(), StoreError> {
        self.store.write(Batch::new().remove(self.open, id).remove(self.ended, id)).await?;
        if let Some(by_age) = self.by_age.get() {
            by_age.lock().retain(|(_, ended)| ended != id.as_bytes());
        }
        Ok(())
    }

    /// The ids of sagas that have not ended, after this one, in order.
    pub(super) async fn open_after(&self, id: Option<&[u8]>) -> Result<Vec<Vec<u8>>, StoreError> {
        let page = self.store.scan(self.open, id, PAGE).await?;
        Ok(page.into_iter().map(|(id, _)| id).collect())
    }

    async fn by_age(&self) -> Result<&Mutex<ByAge>, StoreError> {
        let load = async || {
            let mut by_age = ByAge::new();
            let mut last: Option<Vec<u8>> = None;
            loop {
                let page = self.store.scan(self.ended, last.as_deref(), PAGE).await?;
                let Some((id, _)) = page.last() else { return Ok(Mutex::new(by_age)) };
                last = Some(id.clone());
                by_age.extend(page.into_iter().map(|(id, bytes): Stored| (Record::written_at(&bytes), id)));
            }
        };
        self.by_age.get_or_try_init(load).await
    }
}
