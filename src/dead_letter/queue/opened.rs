//! Which queues are open: two that number the letters of one space would overwrite each other's.

use std::collections::BTreeSet;
use std::sync::Arc; // no model checks it

use parking_lot::Mutex; // a static, and no model checks it

use crate::store::{Space, Store};

static OPENED: Mutex<BTreeSet<(usize, Space)>> = Mutex::new(BTreeSet::new());

/// A space of a store that this process has open once. The store is kept until it is dropped, so that no other has its address.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) store: Arc<dyn Store>,
    pub(super) space: Space,
}

impl Opened {
    /// `None` where it is open already.
    pub(super) fn open(store: Arc<dyn Store>, space: Space) -> Option<Self> {
        let is_new = OPENED.lock().insert(entry(&store, space));
        is_new.then(|| Self { store, space })
    }
}

fn entry(store: &Arc<dyn Store>, space: Space) -> (usize, Space) {
    (store.place(), space)
}

impl Drop for Opened {
    fn drop(&mut self) {
        OPENED.lock().remove(&entry(&self.store, self.space));
    }
}
