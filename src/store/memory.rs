//! A store in memory.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Bound;

use parking_lot::RwLock; // no model checks a store

use super::{Answer, Batch, Change, Record, Space, Store};

/// Keeps records in memory. They are lost when it is dropped, or the process ends.
#[derive(Default)]
pub struct MemoryStore {
    spaces: RwLock<BTreeMap<Space, Records>>,
}

type Records = BTreeMap<Vec<u8>, Vec<u8>>;

impl MemoryStore {
    /// A store without records.
    pub fn new() -> Self {
        Self::default()
    }
}

impl Store for MemoryStore {
    fn write(&self, batch: Batch) -> Answer<'_, ()> {
        Box::pin(async move {
            let mut spaces = self.spaces.write();
            for change in batch {
                match change {
                    Change::Put(space, key, value) => drop(spaces.entry(space).or_default().insert(key, value)),
                    Change::Remove(space, key) => drop(spaces.get_mut(&space).and_then(|records| records.remove(&key))),
                }
            }
            Ok(())
        })
    }

    fn read<'a>(&'a self, space: Space, key: &'a [u8]) -> Answer<'a, Option<Vec<u8>>> {
        Box::pin(async move {
            let spaces = self.spaces.read();
            Ok(spaces.get(&space).and_then(|records| records.get(key)).cloned())
        })
    }

    fn scan<'a>(&'a self, space: Space, after: Option<&'a [u8]>, limit: usize) -> Answer<'a, Vec<Record>> {
        Box::pin(async move {
            let first = after.map_or(Bound::Unbounded, Bound::Excluded);
            let spaces = self.spaces.read();
            let records =
                spaces.get(&space).into_iter().flat_map(|records| records.range::<[u8], _>((first, Bound::Unbounded)));
            Ok(records.take(limit).map(|(key, value)| (key.clone(), value.clone())).collect())
        })
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let records = self.spaces.read().values().map(Records::len).sum::<usize>();
        f.debug_struct("MemoryStore").field("records", &records).finish_non_exhaustive()
    }
}
