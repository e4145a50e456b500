//! An admission that picks an admission: that of the request's key.

use std::fmt;
use std::hash::Hash;

use super::handle::PerKeyHandle;
use super::shared::Shared;
use crate::call::{Admit, Fork, Handled};
use crate::error::Rejection;
use crate::registry::Listing;
use crate::sync::{Arc, weak};

/// A limit for each key. Clones share the map.
pub struct PerKey<K, By, A: Handled> {
    model: A,
    by: By,
    shared: Arc<Shared<K, A::Handle>>,
}

impl<K, By, A: Handled> PerKey<K, By, A> {
    pub(super) fn new(model: A, by: By, shared: Shared<K, A::Handle>, listing: &Listing) -> Self
    where
        K: Send + Sync + 'static,
        A: Fork,
    {
        let shared = Arc::new(shared);
        listing.list(weak(&shared));
        Self { model, by, shared }
    }

    /// The limit of this request's key; `None` where there is no room for the key and its calls pass.
    pub(super) fn pick<Request>(&self, request: &Request) -> Result<Option<A>, Rejection>
    where
        By: Fn(&Request) -> K,
        K: Hash + Eq,
        A: Fork,
    {
        let own = self.shared.admit((self.by)(request), |key| self.model.fork(key))?;
        Ok(own.map(|own| self.model.of_key(own)))
    }
}

impl<Request, K, By, A> Admit<Request> for PerKey<K, By, A>
where
    By: Fn(&Request) -> K,
    K: Hash + Eq,
    A: Admit<Request> + Fork,
{
    /// `None` for a call that passes without a limit.
    type Guard = Option<A::Guard>;

    fn admit(&self, request: &Request) -> Result<Self::Guard, Rejection> {
        match self.pick(request)? {
            Some(own) => own.admit(request).map(Some),
            None => Ok(None),
        }
    }
}

impl<K, By, A: Handled> Handled for PerKey<K, By, A> {
    type Handle = PerKeyHandle<K, A::Handle>;

    fn handle(&self) -> Self::Handle {
        PerKeyHandle::new(Arc::clone(&self.shared))
    }
}

impl<K, By: Clone, A: Handled + Clone> Clone for PerKey<K, By, A> {
    fn clone(&self) -> Self {
        Self { model: self.model.clone(), by: self.by.clone(), shared: Arc::clone(&self.shared) }
    }
}

impl<K, By, A: Handled> fmt::Debug for PerKey<K, By, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Shared { keys, rows, no_room, .. } = &*self.shared;
        let mut shown = f.debug_struct("PerKey");
        shown.field("name", &rows.own.name()).field("keys", keys).field("full", no_room).finish_non_exhaustive()
    }
}
