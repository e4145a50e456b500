//! What may remain of a call: futures, places, seats, probes, tokens, and the totals of the layers.

use std::any::Any;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use palisade::Criticality::{Critical, CriticalPlus, Sheddable, SheddablePlus};
use palisade::call::{AdmissionLayer, Handled};
use palisade::coalesce::{Share, ToKey};
use palisade::{
    Budget, BulkheadHandle, CircuitHandle, CoalesceHandle, CoalesceLayer, CriticalityLayer, DeadLetterLayer,
    Degradation, FallbackLayer, HedgeLayer, MeasureHandle, PerKeyHandle, Phase, RateLimitHandle, ReplicasHandle,
    RetryLayer, ThrottleHandle, TimeoutLayer,
};

use tower::Service;

use crate::layers::{PROBES, TOKENS};
use crate::support::inner::Inner;

/// A layer with handles, or without any.
pub(crate) trait Watched {
    /// Adds its handles to a list.
    fn watch(&self, handles: Handles) -> Handles;
}

impl<A: Handled<Handle: AtRest>, E, W> Watched for AdmissionLayer<A, E, W> {
    fn watch(&self, handles: Handles) -> Handles {
        self.handle().join(handles)
    }
}

impl<R, B> Watched for RetryLayer<R, B> {
    fn watch(&self, handles: Handles) -> Handles {
        self.budget().into_iter().fold(handles, Handles::with)
    }
}

impl<R> Watched for HedgeLayer<R> {
    fn watch(&self, handles: Handles) -> Handles {
        handles.with(self.handle().budget())
    }
}

impl<L, E, R> Watched for TimeoutLayer<L, E, R> {
    fn watch(&self, handles: Handles) -> Handles {
        handles.with(Limit)
    }
}

impl<S, R, B, E> Watched for CoalesceLayer<S, R, B, E>
where
    S: Service<R>,
    B: ToKey<R>,
    E: Share<S::Response>,
{
    fn watch(&self, handles: Handles) -> Handles {
        handles.with(self.handle())
    }
}

#[cfg(feature = "moka")]
impl<P, C, M> Watched for palisade::CacheLayer<P, C, M>
where
    P: palisade::cache::Keyed<Key = u64>,
    C: palisade::cache::Call<Key = u64>,
{
    fn watch(&self, handles: Handles) -> Handles {
        handles.with(self.handle())
    }
}

impl<Q, R> Watched for DeadLetterLayer<Q, R> {
    fn watch(&self, handles: Handles) -> Handles {
        handles
    }
}

impl<R> Watched for CriticalityLayer<R> {
    fn watch(&self, handles: Handles) -> Handles {
        handles
    }
}

#[cfg(feature = "chaos")]
impl<Request, Response> Watched for palisade::ChaosLayer<Request, Response> {
    fn watch(&self, handles: Handles) -> Handles {
        handles
    }
}

impl<F, T> Watched for FallbackLayer<F, T> {
    fn watch(&self, handles: Handles) -> Handles {
        handles.with(FallsBack)
    }
}

/// Something that calls use, and that is at rest when there is no call.
pub(crate) trait AtRest: Any {
    /// Adds itself, or the handles that it is made of, to a list.
    fn join(self, handles: Handles) -> Handles
    where
        Self: Sized,
    {
        handles.with(self)
    }

    /// How many places are taken, if it has places.
    fn taken(&self) -> Option<usize> {
        None
    }

    /// Asserts that no call holds any of it.
    fn assert_at_rest(&self) {
        assert_eq!(self.taken().unwrap_or(0), 0, "places are taken");
    }

    /// Asserts that its totals are those of one call.
    fn assert_tallied(&self, _: &Tallies, _: Ended) {}

    /// Forgets what it has counted.
    fn reset(&self) {}

    /// Makes it reject calls by failures, so that the next one is a probe.
    fn trip(&self) {}
}

/// A call that has ended in so many panics, and in at most so many cuts and drops of its body.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ended {
    pub(crate) panics: u64,
    pub(crate) cuts: u64,
    pub(crate) drops: u64,
}

/// Marks a stack that ends calls which hang.
pub(crate) struct Limit;

impl AtRest for Limit {}

/// Its features take nothing of a call.
impl AtRest for Degradation {}

/// Marks a stack with a response for each call that failed.
pub(crate) struct FallsBack;

impl AtRest for FallsBack {}

/// Marks a stack that sends each call after a time.
#[cfg_attr(not(feature = "chaos"), allow(dead_code, reason = "only chaos delays calls"))]
pub(crate) struct Delays;

impl AtRest for Delays {}

/// Marks a stack whose responses go on after their heads.
pub(crate) struct Streams;

impl AtRest for Streams {}

impl AtRest for Inner {
    fn assert_at_rest(&self) {
        assert_eq!(self.alive(), 0, "futures of the service are alive");
    }
}

impl AtRest for BulkheadHandle {
    fn taken(&self) -> Option<usize> {
        Some(self.in_flight())
    }

    fn assert_at_rest(&self) {
        assert_eq!((self.in_flight(), self.queued()), (0, 0), "places or seats are taken");
    }
}

impl AtRest for RateLimitHandle {
    fn assert_at_rest(&self) {
        assert_eq!(self.snapshot().waiting, 0, "calls wait");
    }
}

impl AtRest for ThrottleHandle {
    fn join(self, handles: Handles) -> Handles {
        let before = requests(&self);
        handles.with(Counting { throttle: self, before })
    }
}

/// A throttle, and the requests that it had counted before. Nothing empties its window.
struct Counting {
    throttle: ThrottleHandle,
    before: u64,
}

fn requests(throttle: &ThrottleHandle) -> u64 {
    [CriticalPlus, Critical, SheddablePlus, Sheddable].map(|class| throttle.snapshot(class).requests).iter().sum()
}

impl AtRest for Counting {
    fn assert_tallied(&self, tallies: &Tallies, ended: Ended) {
        let (counted, results) = (requests(&self.throttle) - self.before, tallies.ended.total() + ended.panics);
        let legal = results..=results + ended.cuts + ended.drops;
        assert!(legal.contains(&counted), "{counted} requests after {results} results");
    }
}

impl AtRest for MeasureHandle {
    fn assert_at_rest(&self) {
        assert_eq!(self.in_flight(), 0, "calls are in flight");
    }
}

impl AtRest for ReplicasHandle {
    fn assert_at_rest(&self) {
        let in_flight: u64 = self.snapshot().replicas.iter().map(|replica| replica.in_flight).sum();
        assert_eq!(in_flight, 0, "calls are in flight");
    }
}

#[cfg(feature = "moka")]
impl AtRest for palisade::CacheHandle<u64> {
    fn assert_at_rest(&self) {
        assert_eq!(self.snapshot().refreshing, 0, "it refreshes");
    }
}

impl AtRest for CoalesceHandle {
    fn assert_at_rest(&self) {
        assert_eq!((self.flights(), self.waiting()), (0, 0), "calls are shared");
    }
}

impl AtRest for Budget {
    fn assert_tallied(&self, tallies: &Tallies, _: Ended) {
        let retries = tallies.sent.total().saturating_sub(1);
        assert_eq!(self.available(), TOKENS - retries, "a token for each retry that was sent");
    }
}

impl AtRest for CircuitHandle {
    /// All probes are free but those that were counted, unless the circuit has been closed again.
    fn assert_at_rest(&self) {
        // This call may find that all probes were abandoned, and open the circuit again.
        drop(self.try_enter());
        let counted = match self.phase() {
            Phase::Open => 0,
            Phase::HalfOpen => usize::try_from(self.snapshot().counts.calls).expect("probes are few"),
            _ => return,
        };
        let probes: Vec<_> = (counted..PROBES).map(|_| self.try_enter().expect("a probe is lost")).collect();
        assert!(self.try_enter().is_err(), "a probe too many");
        drop(probes);
    }

    fn assert_tallied(&self, tallies: &Tallies, ended: Ended) {
        let snapshot = self.snapshot();
        assert_eq!((snapshot.rejected, snapshot.late), (tallies.asked.total() - tallies.passed.total(), 0));
        if snapshot.phase == Phase::Closed {
            let results = tallies.ended.total() + ended.panics;
            // A failed attempt that is not the first of its call has no vote.
            let repeats = tallies.sent.total().saturating_sub(1).min(results);
            let counted = snapshot.counts.calls;
            let legal = results - repeats..=results + ended.cuts + ended.drops;
            assert!(legal.contains(&counted), "{snapshot:?} after {results} results, {repeats} of them of repeats");
        }
    }

    fn reset(&self) {
        Self::reset(self);
    }

    fn trip(&self) {
        Self::reset(self);
        while self.phase() == Phase::Closed {
            self.try_enter().expect("a closed circuit rejects nothing").failure();
        }
    }
}

/// The handles of all keys.
impl<K: Clone + 'static, H: AtRest + Clone> AtRest for PerKeyHandle<K, H> {
    fn join(self, handles: Handles) -> Handles {
        self.iter().fold(handles, |handles, (_, handle)| handle.join(handles))
    }
}

/// All that is at rest when there is no call.
pub(crate) struct Handles {
    pub(crate) inner: Inner,
    pub(crate) tallies: Tallies,
    all: Vec<Box<dyn AtRest>>,
}

impl Handles {
    pub(crate) fn of(inner: &Inner) -> Self {
        Self { inner: inner.clone(), tallies: Tallies::default(), all: Vec::new() }.with(inner.clone())
    }

    /// Adds the handles of a layer.
    pub(crate) fn and(self, layer: &impl Watched) -> Self {
        layer.watch(self)
    }

    pub(crate) fn with(mut self, handle: impl AtRest) -> Self {
        self.all.push(Box::new(handle));
        self
    }

    pub(crate) fn each(&self) -> impl Iterator<Item = &dyn AtRest> {
        self.all.iter().map(|handle| &**handle)
    }

    /// The handles of a kind.
    pub(crate) fn all<H: AtRest>(&self) -> impl Iterator<Item = &H> {
        self.each().filter_map(|handle| (handle as &dyn Any).downcast_ref())
    }

    pub(crate) fn bulkheads(&self) -> impl Iterator<Item = &BulkheadHandle> {
        self.all()
    }

    pub(crate) fn circuit(&self) -> CircuitHandle {
        self.all::<CircuitHandle>().next().expect("the stack has a circuit").clone()
    }

    /// The bulkhead that queues.
    pub(crate) fn queue(&self) -> BulkheadHandle {
        self.bulkheads().find(|bulkhead| bulkhead.name().as_str() == "queue").expect("the stack has a queue").clone()
    }

    /// Opens the circuit by failures; its open time is over at once, so the next call is a probe.
    pub(crate) fn trip(&self) {
        self.each().for_each(AtRest::trip);
    }

    pub(crate) fn assert_at_rest(&self) {
        self.each().for_each(AtRest::assert_at_rest);
    }

    pub(crate) fn assert_tallied(&self, ended: Ended) {
        self.each().for_each(|handle| handle.assert_tallied(&self.tallies, ended));
    }
}

/// What was counted between the layers, to compare their own totals with.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tallies {
    /// Attempts that the retry sent.
    pub(crate) sent: Tally,
    /// Calls that the circuit was asked about.
    pub(crate) asked: Tally,
    /// Calls that the circuit let pass.
    pub(crate) passed: Tally,
    /// Results of these.
    pub(crate) ended: Tally,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Tally(Arc<AtomicU64>);

impl Tally {
    pub(crate) fn total(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }

    pub(crate) fn add(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }

    /// Counts what it is given, and gives it back.
    pub(crate) fn count<T>(&self) -> impl Fn(T) -> T + Clone + Send + 'static + use<T> {
        let tally = self.clone();
        move |counted| {
            tally.add();
            counted
        }
    }
}
