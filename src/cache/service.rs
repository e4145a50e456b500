//! The service that the layer makes: it looks for what is kept, and asks the inner service where that is of no use.

use std::fmt;
use std::sync::Arc; // as in `kept`
use std::task::{Context, Poll};

use tower::{BoxError, Layer, Service};

use super::fetch::{Call, Fetch};
use super::future::ResponseFuture;
use super::keep::Keep;
use super::landed::Purpose;
use super::layer::CacheLayer;
use super::refresh::{InCall, Refresh, Refreshing, Taken};
use super::waiting::{Step, Waiting, board};
use crate::context::Detached;
use crate::error::Error;
use crate::kept::{Entry, Found, Place, Spot};
use crate::state::cache::Plan;
use crate::time::Nanos;

/// Answers calls with what it keeps of the inner service's responses.
///
/// Made by a [`CacheLayer`].
pub struct Cache<S, P, C: Call, M = InCall> {
    inner: S,
    layer: CacheLayer<P, C, M>,
}

impl<S, P: Clone, C: Call, M: Clone> Layer<S> for CacheLayer<P, C, M> {
    type Service = Cache<S, P, C, M>;

    fn layer(&self, inner: S) -> Self::Service {
        Cache { inner, layer: self.clone() }
    }
}

impl<S: Clone, P: Clone, C: Call, M: Clone> Clone for Cache<S, P, C, M> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), layer: self.layer.clone() }
    }
}

impl<S, P, C: Call, M> fmt::Debug for Cache<S, P, C, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache").field("name", &self.layer.core.row.name()).finish_non_exhaustive()
    }
}

impl<S, Request, P, M> Service<Request> for Cache<S, P, Fetch<S, Request, P>, M>
where
    S: Service<Request> + Clone,
    S::Error: Into<BoxError> + 'static,
    P: Keep<Request, S::Response> + Clone,
    M: Refresh<Refreshing<Fetch<S, Request, P>>>,
{
    type Response = P::Response;
    type Error = Error;
    type Future = ResponseFuture<S, Request, P>;

    /// Is ready: a clone of the inner service is readied when it is called.
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let CacheLayer { keep, core, .. } = &self.layer;
        let key = match keep.place(&request) {
            Place::At(key) => key,
            Place::Nowhere => return self.pass(request, Vec::new()),
            Place::Spoils(keys) => return self.pass(request, keys),
        };
        let now = core.clock.now();
        match core.kept.find::<_, P::Response, _>(keep, &request, key, None, now) {
            Found::Entry { spot, entry, .. } => self.by_plan(request, spot, entry, now),
            Found::Nothing { spot, others } => self.wait(self.board(request, spot, others), None, now),
            Found::Alone { spot } => {
                let mark = core.kept.mark(&spot);
                self.alone(request, Purpose::Key { key: spot.key, mark, replaces: None, since: None })
            }
        }
    }
}

impl<S, Request, P, M> Cache<S, P, Fetch<S, Request, P>, M>
where
    S: Service<Request> + Clone,
    P: Keep<Request, S::Response> + Clone,
    M: Refresh<Refreshing<Fetch<S, Request, P>>>,
{
    #[inline]
    fn by_plan(
        &self,
        request: Request,
        spot: Spot<P::Key>,
        entry: Arc<Entry<P::Kept>>,
        now: Nanos,
    ) -> ResponseFuture<S, Request, P> {
        let CacheLayer { keep, core, .. } = &self.layer;
        match core.plan(&entry, now) {
            Plan::Ask => self.wait(self.board(request, spot, Some(Arc::clone(&entry))), Some(entry), now),
            Plan::Answer { refresh } => {
                if refresh {
                    self.refresh(request, spot, Arc::clone(&entry));
                }
                ResponseFuture::answered(core.give::<Request, _, _>(keep, &entry, now))
            }
        }
    }

    /// Asks the service for a response to keep, once for all who wait for it.
    fn board(
        &self,
        request: Request,
        spot: Spot<P::Key>,
        replaces: Option<Arc<Entry<P::Kept>>>,
    ) -> Step<Fetch<S, Request, P>> {
        let mark = self.layer.core.kept.mark(&spot);
        let purpose = Purpose::Key { key: spot.key.clone(), mark, replaces, since: None };
        let call = Box::pin(Detached::new(self.fetch(request, purpose, true)));
        board::<S, Request, P>(&self.layer.flights, mark, spot.key, call)
    }

    fn pass(&self, request: Request, spoils: Vec<P::Key>) -> ResponseFuture<S, Request, P> {
        self.alone(request, Purpose::Pass { spoils })
    }

    /// Asks the service for a response that nobody shares.
    fn alone(&self, request: Request, purpose: Purpose<P::Key, P::Kept>) -> ResponseFuture<S, Request, P> {
        let call = Box::pin(Detached::attached(self.fetch(request, purpose, false)));
        self.wait(Step::Alone(call), None, Nanos(0))
    }

    fn fetch(&self, request: Request, purpose: Purpose<P::Key, P::Kept>, is_shared: bool) -> Fetch<S, Request, P> {
        let CacheLayer { keep, core, .. } = &self.layer;
        Fetch::new(self.inner.clone(), request, keep.clone(), Arc::clone(core), purpose, is_shared)
    }

    fn wait(
        &self,
        step: Step<Fetch<S, Request, P>>,
        stand_in: Option<Arc<Entry<P::Kept>>>,
        came: Nanos,
    ) -> ResponseFuture<S, Request, P> {
        let CacheLayer { keep, core, flights, .. } = &self.layer;
        let (keep, core, flights) = (keep.clone(), Arc::clone(core), flights.clone());
        ResponseFuture::waiting(Waiting { step, stand_in, came, keep, core, flights, tries: 0 })
    }

    /// Refreshes an entry beside the calls, if not as many as may be run already.
    #[cold]
    fn refresh(&self, request: Request, spot: Spot<P::Key>, entry: Arc<Entry<P::Kept>>) {
        let CacheLayer { core, refresh, .. } = &self.layer;
        let turn = Taken::new(Arc::clone(&entry), Arc::clone(core));
        let Ok(permit) = Arc::clone(&core.refreshes).try_acquire_owned() else { return turn.finds_no_room() };
        if let Step::Aboard(call, _) = self.board(request, spot, Some(entry)) {
            refresh.begin(Refreshing::new(call, turn, permit));
        }
    }
}
