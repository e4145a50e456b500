//! Records in a database: each space is a table, named as the space is shown.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::ops::Bound;

use redb::{Database, Durability, Error, ReadOnlyTable, ReadableDatabase, TableDefinition, TableError};

use crate::store::{Batch, Change, Record, Space};

type Bytes = &'static [u8];

fn table(name: &str) -> TableDefinition<'_, Bytes, Bytes> {
    TableDefinition::new(name)
}

/// Makes the changes of all batches, in order, in one commit.
pub(super) fn write(database: &Database, batches: Vec<Batch>) -> Result<(), Error> {
    let mut transaction = database.begin_write()?;
    transaction.set_durability(Durability::Immediate)?;
    // With one phase, a file that is damaged in its last commit would silently lose that commit when it is opened after a crash.
    transaction.set_two_phase_commit(true);
    let mut open = BTreeMap::new();
    for change in batches.into_iter().flatten() {
        let (Change::Put(space, ..) | Change::Remove(space, ..)) = change;
        let records = match open.entry(space) {
            Entry::Occupied(records) => records.into_mut(),
            Entry::Vacant(place) => place.insert(transaction.open_table(table(&space.to_string()))?),
        };
        match change {
            Change::Put(_, key, value) => drop(records.insert(&*key, &*value)?),
            Change::Remove(_, key) => drop(records.remove(&*key)?),
        }
    }
    drop(open);
    Ok(transaction.commit()?)
}

/// The value of a key.
pub(super) fn read(database: &Database, space: Space, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
    let Some(records) = records(database, space)? else { return Ok(None) };
    Ok(records.get(key)?.map(|value| value.value().to_vec()))
}

/// The first records after a key.
pub(super) fn scan(
    database: &Database,
    space: Space,
    after: Option<&[u8]>,
    limit: usize,
) -> Result<Vec<Record>, Error> {
    let Some(records) = records(database, space)? else { return Ok(Vec::new()) };
    let first = after.map_or(Bound::Unbounded, Bound::Excluded);
    let found = records.range::<&[u8]>((first, Bound::Unbounded))?.take(limit);
    found
        .map(|record| record.map(|(key, value)| (key.value().to_vec(), value.value().to_vec())).map_err(Error::from))
        .collect()
}

/// The records of a space as they are now, or none where nothing was ever written to it.
fn records(database: &Database, space: Space) -> Result<Option<ReadOnlyTable<Bytes, Bytes>>, Error> {
    match database.begin_read()?.open_table(table(&space.to_string())) {
        Err(TableError::TableDoesNotExist(_)) => Ok(None),
        opened => Ok(Some(opened?)),
    }
}
