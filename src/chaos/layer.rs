//! The layer and its service: a call meets a fault, or goes on.

use std::fmt;
use std::sync::Arc; // no model checks it
use std::task::{Context, Poll};

use tower::{BoxError, Layer, Service};

use super::fault::Make;
use super::future::{Call, Faulted, ResponseFuture, State};
use super::handle::ChaosHandle;
use super::hung::Hung;
use super::shared::Core;
use super::spoil::{Spoil, Spoiling};
use super::wait::{Wait, wait};
use crate::call::{End, Oneshot, Plain};
use crate::error::Error;
use crate::state::chaos::Plan;
use crate::state::chaos::counted::FaultKind;
use crate::time;

/// Says whether a call is in reach of the faults, by their seed.
pub(super) type Reach<Request> = Box<dyn Fn(&Request, u64) -> bool + Send + Sync>;

/// What is the user's: whom faults reach, and what they make.
pub(super) struct Functions<Request, Response> {
    pub(super) reach: Vec<Reach<Request>>,
    pub(super) make: Vec<Make<Request, Response>>,
}

/// Wraps services in a [`Chaos`].
///
/// Services made by one layer, and their clones, share their faults.
#[must_use]
pub struct ChaosLayer<Request, Response, E = Plain> {
    pub(super) core: Arc<Core>,
    pub(super) functions: Arc<Functions<Request, Response>>,
    pub(super) end: E,
    /// The name of the replica whose calls these are, if the layer was told.
    pub(super) replica: Option<Arc<str>>,
}

impl<Request, Response, E> ChaosLayer<Request, Response, E> {
    /// A handle to start and stop the faults, and to look at them.
    pub fn handle(&self) -> ChaosHandle {
        ChaosHandle { core: Arc::clone(&self.core) }
    }
}

impl<Request, Response, E: Clone> ChaosLayer<Request, Response, E> {
    /// The same faults for one replica of a set, which the [handle](super::ChaosHandle::only_replicas) can then choose.
    ///
    /// Calls of a replica that is not chosen meet none. So the set can be parted: let the calls of some hang or fail. At least one of the
    /// replicas that have been named, and still have a layer or a service, is left untouched: so drop the layer with its last service.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::io;
    /// use palisade::{ChaosLayer, Error, Replicas};
    /// use tower::{Layer, ServiceExt, service_fn};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let refused = |_: &u32| io::Error::from(io::ErrorKind::ConnectionRefused);
    /// let faults = ChaosLayer::builder("orders").fail(1.0, refused).max_share(1.0).build()?;
    /// let service = || service_fn(|order: u32| async move { Ok::<_, Error>(order) });
    /// let orders = Replicas::builder("orders")
    ///     .add("a", faults.replica("a").layer(service()))
    ///     .add("b", faults.replica("b").layer(service()))
    ///     .build()?;
    ///
    /// let handle = faults.handle();
    /// handle.only_replicas(["a"])?;
    /// handle.start();
    /// for order in 0..20 {
    ///     orders.clone().oneshot(order).await.ok();
    /// }
    /// assert!(orders.oneshot(20).await.is_ok(), "`a` was ejected, and `b` takes its calls");
    /// # Ok(())
    /// # }
    /// ```
    pub fn replica(&self, name: &str) -> Self {
        let replica = self.core.replicas.lock().add(name);
        Self { replica: Some(replica), ..self.clone() }
    }
}

impl<S, Request, Response, E: Clone> Layer<S> for ChaosLayer<Request, Response, E> {
    type Service = Chaos<S, Request, Response, E>;

    fn layer(&self, inner: S) -> Self::Service {
        Chaos { inner, layer: self.clone() }
    }
}

/// Lets calls meet faults.
///
/// Made by a [`ChaosLayer`].
pub struct Chaos<S, Request, Response, E = Plain> {
    inner: S,
    layer: ChaosLayer<Request, Response, E>,
}

impl<S, Request, Response, E> Service<Request> for Chaos<S, Request, Response, E>
where
    S: Service<Request, Response = Response> + Clone,
    S::Error: Into<BoxError> + 'static,
    E: End<Spoil, Response> + Clone,
{
    type Response = E::Response;
    type Error = Error;
    type Future = ResponseFuture<S, Request, E>;

    #[inline(always)]
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.inner.poll_ready(cx).map_err(Error::lift)
    }

    #[inline(always)]
    fn call(&mut self, request: Request) -> Self::Future {
        let state = if self.layer.core.is_on() { self.meet(request) } else { self.spare(request) };
        ResponseFuture { state, end: self.layer.end.clone() }
    }
}

impl<Request, Response, E> ChaosLayer<Request, Response, E> {
    /// The faults that a call meets, if it meets some.
    pub(super) fn meet(&self, request: &Request) -> Option<(u64, Plan)> {
        let (seed, core) = (self.core.rules.seed, &*self.core);
        if !core.is_on() {
            return None;
        }
        let is_chosen = self.replica.as_deref().is_none_or(|replica| core.replicas.lock().reach(replica));
        let is_in_reach = is_chosen && self.functions.reach.iter().all(|reaches| reaches(request, seed));
        let met = core.meet(is_in_reach)?;
        self.core.count(&met.1);
        Some(met)
    }

    /// What becomes of the response's body.
    fn spoil(&self, run: u64, plan: &Plan) -> Spoil {
        let is_cut = plan.end.is_some_and(|fault| self.core.rules.faults[fault].kind() == FaultKind::Abort);
        let spoiling = || Box::new(Spoiling { core: Arc::clone(&self.core), run, is_cut, slow: plan.slow });
        Spoil((is_cut || plan.slow.is_some()).then(spoiling))
    }

    /// How long a call waits, and the result of a fault that ends it.
    pub(super) fn result(
        &self,
        request: &Request,
        run: u64,
        plan: &Plan,
    ) -> (Option<Wait>, Option<Result<Response, Error>>) {
        let wait_until = |until| -> Wait { Box::pin(wait(Arc::clone(&self.core), run, until)) };
        let delayed = (!plan.delay.is_zero()).then(|| wait_until(Some(time::after(time::now(), plan.delay))));
        let Some(fault) = plan.end else { return (delayed, None) };
        match (&self.functions.make[fault], self.core.rules.faults[fault].kind()) {
            (Some(make), _) => (delayed, Some(make(request))),
            (None, FaultKind::Abort) => (delayed, None),
            (None, _) => (Some(wait_until(None)), Some(Err(Error::lift(Hung { name: self.core.row.name() })))),
        }
    }
}

impl<S, Request, Response, E> Chaos<S, Request, Response, E>
where
    S: Service<Request, Response = Response> + Clone,
    E: Clone,
{
    /// A call that meets no fault.
    #[inline(always)]
    fn spare(&mut self, request: Request) -> State<S, Request> {
        State::Spared { call: self.inner.call(request) }
    }

    /// A call while faults are on. It takes the request, which so can stay in a register while they are off.
    #[cold]
    #[inline(never)]
    fn meet(&mut self, request: Request) -> State<S, Request> {
        match self.layer.meet(&request) {
            Some((run, plan)) => State::Faulted { faulted: Box::pin(self.faulted(request, run, &plan)) },
            None => self.spare(request),
        }
    }

    /// A call that meets faults.
    ///
    /// Unless it is sent at once, nobody is to wait for what this service has ready: neither others while the call waits, nor the call
    /// itself, which is sent by a clone.
    fn faulted(&mut self, request: Request, run: u64, plan: &Plan) -> Faulted<S, Request> {
        let (wait, result) = self.layer.result(&request, run, plan);
        let call = match result {
            Some(result) => Call::Ended { result: Some(result) },
            None if wait.is_none() => Call::Sent { call: self.inner.call(request) },
            None => Call::Delayed { call: Oneshot::after(true, self.inner.clone(), request) },
        };
        if !matches!(call, Call::Sent { .. }) {
            self.inner = self.inner.clone();
        }
        Faulted { wait, call, spoil: self.layer.spoil(run, plan) }
    }
}

impl<Request, Response, E: Clone> Clone for ChaosLayer<Request, Response, E> {
    fn clone(&self) -> Self {
        let Self { core, functions, end, replica } = self;
        Self { core: Arc::clone(core), functions: Arc::clone(functions), end: end.clone(), replica: replica.clone() }
    }
}

impl<S: Clone, Request, Response, E: Clone> Clone for Chaos<S, Request, Response, E> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), layer: self.layer.clone() }
    }
}

impl<Request, Response, E> fmt::Debug for ChaosLayer<Request, Response, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChaosLayer").field("core", &self.core).finish_non_exhaustive()
    }
}

impl<S: fmt::Debug, Request, Response, E> fmt::Debug for Chaos<S, Request, Response, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Chaos").field("inner", &self.inner).field("layer", &self.layer).finish()
    }
}
