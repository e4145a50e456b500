//! Changes that are made together.

use super::Space;

/// Changes that are made together or not at all.
#[derive(Clone, Debug, Default)]
#[must_use = "nothing is written until a store is given the batch"]
pub struct Batch {
    changes: Vec<Change>,
}

/// One change of a [`Batch`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Change {
    /// Sets the value of a key, whether it had one or not.
    Put(Space, Vec<u8>, Vec<u8>),
    /// Removes a key, if it is there.
    Remove(Space, Vec<u8>),
}

impl Batch {
    /// A batch without changes.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the value of a key.
    pub fn put(mut self, space: Space, key: impl Into<Vec<u8>>, value: impl Into<Vec<u8>>) -> Self {
        self.changes.push(Change::Put(space, key.into(), value.into()));
        self
    }

    /// Removes a key.
    pub fn remove(mut self, space: Space, key: impl Into<Vec<u8>>) -> Self {
        self.changes.push(Change::Remove(space, key.into()));
        self
    }

    /// The changes, in order.
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }
}

impl IntoIterator for Batch {
    type Item = Change;
    type IntoIter = std::vec::IntoIter<Change>;

    fn into_iter(self) -> Self::IntoIter {
        self.changes.into_iter()
    }
}
