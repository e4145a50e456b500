//! The service: it takes the replicas that there are, and gives each call to one of them.

use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};

use tower::{BoxError, Service};

use super::call::Call;
use super::future::ResponseFuture;
use super::guard::ReplicaGuard;
use super::handle::ReplicasHandle;
use super::passing::{KeyOf, Passing};
use super::replica::Replica;
use super::set::{Set, Sets};
use super::used::ReplicaUsed;
use crate::call::copies::KeepRequest;
use crate::call::{End, Mark};
use crate::error::{ConfigError, Error};

/// Makes one service of several that do the same.
///
/// Clones are cheap, and share the state of each replica.
pub struct Replicas<S, R = Passing> {
    /// The replicas as they were at the last call of this clone.
    set: Arc<Set<S>>,
    sets: Arc<Sets<S>>,
    passing: R,
}

impl<S, R> Replicas<S, R> {
    pub(super) const fn of(set: Arc<Set<S>>, sets: Arc<Sets<S>>, passing: R) -> Self {
        Self { set, sets, passing }
    }

    /// A handle to look at the replicas and to steer them.
    pub fn handle(&self) -> ReplicasHandle {
        ReplicasHandle { core: self.sets.core.clone() }
    }
}

impl<S: Clone, R> Replicas<S, R> {
    /// Adds a replica while the service runs. All clones have it from their next call on.
    ///
    /// # Errors
    ///
    /// When there is a replica of this name, or there are 1,000, or the name is not 1 to 256 bytes long.
    pub fn add(&self, name: impl Into<Arc<str>>, service: S) -> Result<(), ConfigError> {
        self.add_replica(Replica::new(name, service))
    }

    /// Adds a replica with settings, as [`add`](Self::add) does.
    ///
    /// # Errors
    ///
    /// Those of [`add`](Self::add), and when its weight is not legal.
    pub fn add_replica(&self, replica: Replica<S>) -> Result<(), ConfigError> {
        self.sets.add(replica).map_err(|error| self.sets.core.name_of(error))
    }
}

impl<S, Request, E, K, B> Service<Request> for Replicas<S, Passing<E, K, B>>
where
    K: KeepRequest<Request> + Clone,
    S: Service<K::Sent> + Clone,
    S::Error: Into<BoxError> + 'static,
    E: End<ReplicaGuard, S::Response> + Mark<<E as End<ReplicaGuard, S::Response>>::Response, ReplicaUsed> + Clone,
    B: KeyOf<Request>,
{
    type Response = E::Response;
    type Error = Error;
    type Future = ResponseFuture<S, Request, E, K>;

    /// Is ready: a clone of the replica that is chosen is readied in the call.
    #[inline]
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        if self.sets.finds {
            self.sets.poll_found(cx);
        }
        Poll::Ready(Ok(()))
    }

    #[inline]
    fn call(&mut self, request: Request) -> Self::Future {
        if self.set.version != self.set.core.roster.version() {
            self.set = self.sets.latest();
        }
        let Passing { end, keep, key } = &self.passing;
        let key = key.hash(&request);
        ResponseFuture::begin(Call::new(Arc::clone(&self.set), request, key, end.clone(), keep.clone()))
    }
}

impl<S, R: Clone> Clone for Replicas<S, R> {
    fn clone(&self) -> Self {
        Self { set: Arc::clone(&self.set), sets: Arc::clone(&self.sets), passing: self.passing.clone() }
    }
}

impl<S, R> fmt::Debug for Replicas<S, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Replicas").field("core", &self.sets.core).finish_non_exhaustive()
    }
}
