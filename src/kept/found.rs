//! How a request finds what is kept for it.

use std::hash::Hash;
use std::mem;
use std::sync::Arc; // as in `kept`
use std::time::Duration;

use super::{Entry, Kept, Look, Recall};
use crate::state::cache::Mark;
use crate::time::{Nanos, Now};

/// What a request finds.
pub(crate) enum Found<K, V> {
    /// An entry that is for it, and the time.
    Entry { spot: Spot<K>, entry: Arc<Entry<V>>, now: Nanos },
    /// Nothing that is for it, but perhaps an entry that is for others.
    Nothing { spot: Spot<K>, others: Option<Arc<Entry<V>>> },
    /// That it needs a response of its own.
    Alone { spot: Spot<K> },
}

/// The key at which a response is kept.
pub(crate) struct Spot<K> {
    pub(crate) key: K,
    /// The key of the request, where that led to another.
    first: Option<K>,
}

/// How many keys a request is led to, at most.
const MOST: u32 = 2;

impl<K: Hash + Eq + Send + Sync + 'static, V: Send + Sync + 'static> Kept<K, V> {
    /// Looks for what is kept for a request at its key, and at those that this leads to. The request came at `came`, if it may take what
    /// came since then as its own.
    #[inline]
    pub(crate) fn find<Request, Response, R>(
        &self,
        recall: &R,
        request: &Request,
        key: K,
        came: Option<Nanos>,
        clock: impl Now,
    ) -> Found<K, V>
    where
        R: Recall<Request, Response, Key = K, Value = V>,
    {
        let mut spot = Spot { key, first: None };
        for _ in 0..MOST {
            let Some(entry) = self.get(&spot.key) else { return Found::Nothing { spot, others: None } };
            let now = clock.now();
            match recall.look(request, &entry.value, entry.life.age_for(came, now).map(Duration::from)) {
                Look::Here => return Found::Entry { spot, entry, now },
                Look::Alone if entry.life.is_kept(now) => return Found::Alone { spot },
                Look::Alone => return Found::Nothing { spot, others: None },
                Look::Unfit => return Found::Nothing { spot, others: Some(entry) },
                Look::Elsewhere(key) => spot.lead_to(key),
            }
        }
        Found::Alone { spot }
    }

    /// The mark of the request's key, for a call that begins.
    pub(crate) fn mark(&self, spot: &Spot<K>) -> Mark {
        self.mark_of(spot.first.as_ref().unwrap_or(&spot.key))
    }
}

impl<K> Spot<K> {
    fn lead_to(&mut self, key: K) {
        let before = mem::replace(&mut self.key, key);
        self.first.get_or_insert(before);
    }
}
