//! Who runs a saga.

use std::collections::BTreeSet;
use std::sync::Arc; // no model checks it

use parking_lot::Mutex;

use crate::store::{Space, Store};

/// Where a store is, a part of it, and an id in that.
type Place = (usize, Space, Arc<str>);

/// The sagas that this process runs. It is of the process, because several values may share a store. It is not `sync`'s: a static
/// needs a constructor that is `const`, and no model checks it.
static OWNED: Mutex<BTreeSet<Place>> = Mutex::new(BTreeSet::new());

/// A saga that nobody else in this process runs, until this is dropped. The lock of the store's file keeps other processes out.
#[derive(Debug)]
pub(super) struct Owned {
    place: Place,
    /// Keeps another store from coming to the same place.
    _store: Arc<dyn Store>,
}

impl Owned {
    /// `None` where somebody else runs it.
    pub(super) fn try_take(store: &Arc<dyn Store>, space: Space, id: &str) -> Option<Self> {
        let place: Place = (store.place(), space, id.into());
        let is_free = OWNED.lock().insert(place.clone());
        is_free.then(|| Self { place, _store: Arc::clone(store) })
    }

    pub(super) fn id(&self) -> &Arc<str> {
        &self.place.2
    }
}

impl Drop for Owned {
    fn drop(&mut self) {
        OWNED.lock().remove(&self.place);
    }
}
