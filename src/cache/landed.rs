//! What a call to the service has come to, and what is kept of it.

use std::fmt;
use std::sync::Arc; // as in `kept`
use std::time::Duration;

use parking_lot::Mutex; // as in `kept`, it is no model's

use super::keep::{Fork, Keep, Read, Terms};
use super::shared::Core;
use crate::kept::{Entry, Found};
use crate::state::cache::{Life, Mark, Phase};
use crate::time::{Nanos, Now};

/// What a call to the service has come to, for all who wait for it.
pub struct Landed<V, R> {
    pub(super) what: What<V, R>,
    pub(super) is_failure: bool,
}

pub(super) enum What<V, R> {
    /// Whoever waits for it gets it, if it is for the request.
    Shared(Arc<Entry<V>>),
    /// Only who began the call gets it.
    Own(Arc<Mutex<Option<R>>>),
}

impl<V, R> Clone for Landed<V, R> {
    fn clone(&self) -> Self {
        let what = match &self.what {
            What::Shared(entry) => What::Shared(Arc::clone(entry)),
            What::Own(response) => What::Own(Arc::clone(response)),
        };
        Self { what, is_failure: self.is_failure }
    }
}

impl<V, R> fmt::Debug for Landed<V, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Landed").field("is_failure", &self.is_failure).finish_non_exhaustive()
    }
}

impl<V, R> Landed<V, R> {
    pub(super) const fn shared(entry: Arc<Entry<V>>, is_failure: bool) -> Self {
        Self { what: What::Shared(entry), is_failure }
    }

    fn own(response: R, is_failure: bool) -> Self {
        Self { what: What::Own(Arc::new(Mutex::new(Some(response)))), is_failure }
    }
}

/// What a call is for.
pub(super) enum Purpose<K, V> {
    /// The response of this key, in the place of an entry if there is one. That of a call which began since then is as good.
    Key { key: K, mark: Mark, replaces: Option<Arc<Entry<V>>>, since: Option<Nanos> },
    /// A response that is not kept. Unless it is an error, what is kept at these keys is thrown away.
    Pass { spoils: Vec<K> },
}

impl<K, V> Purpose<K, V> {
    /// Whether a stale response is given in place of a failure.
    pub(super) fn has_stand_in(&self, clock: impl Now) -> bool {
        matches!(self, Self::Key { replaces: Some(entry), .. } if entry.life.stands_in(clock.now()))
    }
}

/// A fresh entry that came after the caller looked: the call of another has ended just then.
pub(super) fn kept_meanwhile<Request, Inner, P: Keep<Request, Inner>>(
    keep: &P,
    core: &Core<P::Key, P::Kept>,
    purpose: &Purpose<P::Key, P::Kept>,
    request: &Request,
) -> Option<Arc<Entry<P::Kept>>> {
    let Purpose::Key { key, replaces, since, .. } = purpose else { return None };
    let found = core.kept.find::<_, P::Response, _>(keep, request, key.clone(), *since, &core.clock);
    let Found::Entry { entry, now, .. } = found else { return None };
    let is_new = replaces.as_ref().is_none_or(|replaced| !Arc::ptr_eq(replaced, &entry));
    (is_new && entry.life.phase(now) == Phase::Fresh).then_some(entry)
}

/// Passes a response on, and throws away what it spoils.
pub(super) fn pass<Request, Inner, P: Keep<Request, Inner>>(
    keep: &P,
    core: &Core<P::Key, P::Kept>,
    spoils: &[P::Key],
    response: Inner,
) -> Landed<P::Kept, P::Response> {
    let (response, is_error) = keep.pass(response);
    for key in spoils.iter().filter(|_| !is_error) {
        core.kept.remove(key);
    }
    Landed::own(response, false)
}

/// Keeps what was read, if it is to be kept.
pub(super) fn land<Request, Inner, P: Keep<Request, Inner>>(
    keep: &P,
    core: &Core<P::Key, P::Kept>,
    purpose: &Purpose<P::Key, P::Kept>,
    began: Nanos,
    read: Read<P::Kept, P::Response>,
) -> Landed<P::Kept, P::Response> {
    let Purpose::Key { key, mark, .. } = purpose else { unreachable!("what is not kept is not read") };
    match read {
        Read::Keep(value, terms) => {
            let life = core.life(terms, began);
            let key = at(keep, core, key, *mark, &value);
            let weight = keep.weigh(&key, &value);
            Landed::shared(core.keep(key, *mark, value, weight, life), false)
        }
        Read::Share(value, is_failure) => {
            let life = core.life(Terms { ttl: Some(Duration::ZERO), ..Terms::NO_LONGER }, began);
            Landed::shared(Arc::new(Entry::new(value, life, 1, mark.era)), is_failure)
        }
        Read::Own(response, is_failure) => {
            if let Some((value, ttl)) = keep.alone().filter(|_| !is_failure) {
                let life = core.life(Terms { ttl: Some(ttl), ..Terms::NO_LONGER }, began);
                let weight = keep.weigh(key, &value);
                core.keep(key.clone(), *mark, value, weight, life);
            }
            Landed::own(response, is_failure)
        }
    }
}

/// The key at which a value is kept. Where that is not the key of its request, a signpost there leads to it.
fn at<Request, Inner, P: Keep<Request, Inner>>(
    keep: &P,
    core: &Core<P::Key, P::Kept>,
    key: &P::Key,
    mark: Mark,
    value: &P::Kept,
) -> P::Key {
    let Some(Fork { at, signpost, to }) = keep.fork(key, value) else { return key.clone() };
    let weight = keep.weigh(&at, &signpost);
    core.keep(at, mark, signpost, weight, Life::ENDLESS);
    to
}
