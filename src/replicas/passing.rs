//! How calls pass replicas.

use std::hash::Hash;

use crate::call::Plain;
use crate::call::copies::AsIs;
use crate::debug::debug_by_type;
use crate::state::replicas::key_hash;

/// How calls pass replicas: how they end, how their requests are kept, and by which keys they are placed.
///
/// Made by the setters of a [`ReplicasBuilder`](super::ReplicasBuilder).
#[derive(Clone, Copy, Default)]
pub struct Passing<E = Plain, K = AsIs, B = Unkeyed> {
    pub(crate) end: E,
    pub(crate) keep: K,
    pub(crate) key: B,
}

debug_by_type! { Passing<E, K, B> }

/// Says by which key a call is placed.
///
/// Implemented by [`Unkeyed`] and [`ByKey`].
pub trait KeyOf<Request> {
    /// Returns a hash of the request's key, the same in every process.
    fn hash(&self, request: &Request) -> u64;
}

/// Calls are placed by a [`Policy`](super::Policy).
#[derive(Clone, Copy, Debug, Default)]
pub struct Unkeyed;

impl<Request> KeyOf<Request> for Unkeyed {
    #[inline(always)]
    fn hash(&self, _: &Request) -> u64 {
        0
    }
}

/// Calls of a key go to the replicas of that key.
///
/// Made by [`by_key`](super::ReplicasBuilder::by_key).
#[derive(Clone, Copy)]
pub struct ByKey<F>(pub(super) F);

impl<Request, Q: Hash, F: Fn(&Request) -> Q> KeyOf<Request> for ByKey<F> {
    fn hash(&self, request: &Request) -> u64 {
        key_hash(&self.0(request))
    }
}

debug_by_type! { ByKey<F> }
