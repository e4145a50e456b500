//! The settings of a bulkhead, with a queue or without.

use std::borrow::Cow;
use std::time::Duration;

use super::adapted::Adapted;
use super::adaptive::Adaptive;
use super::guard::Room;
use super::turn::Line;
use super::{Places, Queue};
use crate::call::{Admission, AdmissionLayer, AtOnce, Builder, InTurn, Plain, Settings, Waiting};
use crate::error::ConfigError;
use crate::name::Name;
use crate::registry::{Listing, Registry};
use crate::source::Kind;
use crate::state::criticality::Criticality;
use crate::state::permits::{Permits, Shares};

/// Wraps services in a bulkhead.
///
/// Services made by one layer, and their clones, share its places.
pub type BulkheadLayer<E = Plain> = AdmissionLayer<Places, E>;

/// Wraps services in a bulkhead with a queue.
///
/// Services made by one layer, and their clones, share its places and its queue. They must be `Clone`.
pub type QueueLayer<E = Plain> = AdmissionLayer<Queue, E, InTurn>;

/// Limits how many calls are in flight at once. Made by a [`BulkheadLayer`].
pub type Bulkhead<S, E = Plain> = Admission<S, Places, E>;

/// Limits how many calls are in flight at once, and lets others wait. Made by a [`QueueLayer`].
pub type QueueingBulkhead<S, E = Plain> = Waiting<S, Queue, E>;

/// Wraps services in a bulkhead whose limit is found.
///
/// Services made by one layer, and their clones, share its places.
pub type AdaptiveLayer<E = Plain> = AdmissionLayer<Adapted<Places>, E>;

/// Wraps services in a bulkhead with a queue, whose limit is found.
///
/// Services made by one layer, and their clones, share its places and its queue. They must be `Clone`.
pub type AdaptiveQueueLayer<E = Plain> = AdmissionLayer<Adapted<Queue>, E, InTurn>;

/// Builds an [`AdaptiveLayer`].
pub type AdaptiveBuilder<E = Plain> = Builder<Adapted<BulkheadSettings>, E>;

/// Builds an [`AdaptiveQueueLayer`].
pub type AdaptiveQueueBuilder<E = Plain> = Builder<Adapted<QueueSettings>, E>;

/// Builds a [`BulkheadLayer`].
pub type BulkheadBuilder<E = Plain> = Builder<BulkheadSettings, E>;

/// Builds a [`QueueLayer`].
pub type QueueBuilder<E = Plain> = Builder<QueueSettings, E>;

impl BulkheadLayer {
    /// Lets at most `max_concurrent` calls be in flight and rejects the others at once; 0 rejects all.
    pub fn new(max_concurrent: usize) -> Self {
        Self::named(max_concurrent, NAME, Plain::default(), &Registry::global())
    }

    /// Starts to build a bulkhead with at most `max_concurrent` calls in flight; 0 rejects all.
    ///
    /// Its name defaults to `bulkhead`.
    pub const fn builder(max_concurrent: usize) -> BulkheadBuilder {
        Builder::new(Cow::Borrowed(NAME.as_str()), BulkheadSettings { max_concurrent, shares: None, adaptive: None })
    }
}

impl<E> BulkheadLayer<E> {
    pub(crate) fn named(max_concurrent: usize, name: Name, end: E, registry: &Registry) -> Self {
        let room = Room::fixed(Permits::new(max_concurrent));
        Self::of(Places::new(room, &registry.listing(Kind::Bulkhead, name)), end)
    }
}

const NAME: Name = Name::of("bulkhead");

/// The shares of the classes, from the least, where one is set.
const SHARES: [f64; Criticality::COUNT] = [0.5, 0.8, 1.0, 1.0];

/// The settings of a bulkhead.
#[derive(Clone, Debug)]
pub struct BulkheadSettings {
    max_concurrent: usize,
    /// By class, once one is set.
    shares: Option<[f64; Criticality::COUNT]>,
    adaptive: Option<Adaptive>,
}

/// The settings of a bulkhead with a queue.
#[derive(Clone, Debug)]
pub struct QueueSettings {
    places: BulkheadSettings,
    line: Line,
}

impl BulkheadSettings {
    fn queueing(self) -> QueueSettings {
        QueueSettings { line: Line::NONE.with_room(self.max_concurrent), places: self }
    }

    fn share(&mut self, class: Criticality, fraction: f64) {
        self.shares.get_or_insert(SHARES)[class as usize] = fraction;
    }

    fn adaptive(self, adaptive: Adaptive) -> Self {
        Self { adaptive: Some(adaptive), ..self }
    }
}

impl<E> BulkheadBuilder<E> {
    /// Lets calls of this class fill only this share of the places, so that places are left for others.
    ///
    /// More than 0 and at most 1, rounded to the nearest millionth. A call of the class takes a place only while fewer calls than
    /// this share of the limit are in flight, of whatever class. Set it where calls that matter less come in crowds. Defaults to
    /// no shares; once one is set, to 1 for [`CriticalPlus`](Criticality::CriticalPlus) and [`Critical`](Criticality::Critical),
    /// 0.8 for [`SheddablePlus`](Criticality::SheddablePlus) and 0.5 for [`Sheddable`](Criticality::Sheddable).
    pub fn share(self, class: Criticality, fraction: f64) -> Self {
        self.set(|bulkhead| bulkhead.share(class, fraction))
    }

    /// Queues calls that find no place, for at most this long, and never past their deadline.
    ///
    /// Set it to the delay that a caller will not mind. The inner service must be `Clone`. Defaults to what the deadline
    /// leaves; without a deadline either, the wait has no end.
    #[doc(alias = "max_wait_duration")]
    pub fn max_wait(self, wait: Duration) -> QueueBuilder<E> {
        self.map(BulkheadSettings::queueing).max_wait(wait)
    }

    /// Queues at most this many calls that find no place; 0 queues none.
    ///
    /// The inner service must be `Clone`. Set `max_wait` too, or a timeout around: else the wait has no end. Defaults to as
    /// many as may be in flight.
    #[doc(alias = "queue_limit")]
    #[doc(alias = "max_queuing_actions")]
    pub fn max_queue(self, calls: usize) -> QueueBuilder<E> {
        self.map(BulkheadSettings::queueing).max_queue(calls)
    }

    /// Finds the limit by what calls show of the service. `max_concurrent` is the limit to begin with.
    ///
    /// Set it where the capacity of the service is not known, or changes. `max_concurrent` must be within the bounds.
    /// Defaults to a limit that stays.
    pub fn adaptive(self, adaptive: Adaptive) -> AdaptiveBuilder<E> {
        self.map(|places| Adapted(places.adaptive(adaptive)))
    }
}

impl<E> QueueBuilder<E> {
    /// Sets the share of a class, as [`BulkheadBuilder::share`](Builder::share) does.
    pub fn share(self, class: Criticality, fraction: f64) -> Self {
        self.set(|queue| queue.places.share(class, fraction))
    }

    /// Sets the longest wait, as [`BulkheadBuilder::max_wait`](Builder::max_wait) does.
    pub fn max_wait(self, wait: Duration) -> Self {
        self.set(|queue| queue.line.max_wait = wait.into())
    }

    /// Sets the longest queue, as [`BulkheadBuilder::max_queue`](Builder::max_queue) does.
    pub fn max_queue(self, calls: usize) -> Self {
        self.set(|queue| queue.line = queue.line.with_room(calls))
    }

    /// Finds the limit by what calls show of the service, as [`BulkheadBuilder::adaptive`](Builder::adaptive) does.
    pub fn adaptive(self, adaptive: Adaptive) -> AdaptiveQueueBuilder<E> {
        self.map(|QueueSettings { places, line }| Adapted(QueueSettings { places: places.adaptive(adaptive), line }))
    }
}

impl<E> AdaptiveBuilder<E> {
    /// Sets the share of a class, as [`BulkheadBuilder::share`](Builder::share) does.
    pub fn share(self, class: Criticality, fraction: f64) -> Self {
        self.set(|Adapted(places)| places.share(class, fraction))
    }

    /// Queues calls, as [`BulkheadBuilder::max_wait`](Builder::max_wait) does: as many as the limit to begin with, also when that
    /// moves.
    pub fn max_wait(self, wait: Duration) -> AdaptiveQueueBuilder<E> {
        self.map(|Adapted(places)| Adapted(places.queueing())).max_wait(wait)
    }

    /// Queues calls, as [`BulkheadBuilder::max_queue`](Builder::max_queue) does.
    pub fn max_queue(self, calls: usize) -> AdaptiveQueueBuilder<E> {
        self.map(|Adapted(places)| Adapted(places.queueing())).max_queue(calls)
    }
}

impl<E> AdaptiveQueueBuilder<E> {
    /// Sets the share of a class, as [`BulkheadBuilder::share`](Builder::share) does.
    pub fn share(self, class: Criticality, fraction: f64) -> Self {
        self.set(|Adapted(queue)| queue.places.share(class, fraction))
    }

    /// Sets the longest wait, as [`BulkheadBuilder::max_wait`](Builder::max_wait) does.
    pub fn max_wait(self, wait: Duration) -> Self {
        self.set(|Adapted(queue)| queue.line.max_wait = wait.into())
    }

    /// Sets the longest queue, as [`BulkheadBuilder::max_queue`](Builder::max_queue) does.
    pub fn max_queue(self, calls: usize) -> Self {
        self.set(|Adapted(queue)| queue.line = queue.line.with_room(calls))
    }
}

impl Settings for BulkheadSettings {
    const KIND: Kind = Kind::Bulkhead;

    type Limit = Places;
    type Entry = AtOnce;

    fn check(&self) -> Result<(), ConfigError> {
        self.shares.into_iter().flatten().try_for_each(|share| {
            ConfigError::unless((1e-6..=1.0).contains(&share), "share", share, "a millionth to 1")
        })?;
        self.adaptive.as_ref().map_or(Ok(()), |adaptive| adaptive.check(self.max_concurrent))
    }

    fn limit(self, listing: Listing) -> Places {
        let Self { max_concurrent, shares, adaptive } = self;
        let permits = Permits::shared(max_concurrent, shares.map_or(Shares::NONE, Shares::new));
        let adapting = adaptive.map(|adaptive| Box::new(adaptive.begin(max_concurrent)));
        Places::new(Room { permits, adapting }, &listing)
    }
}

impl Settings for QueueSettings {
    const KIND: Kind = Kind::Bulkhead;

    type Limit = Queue;
    type Entry = InTurn;

    fn check(&self) -> Result<(), ConfigError> {
        self.places.check()
    }

    fn limit(self, listing: Listing) -> Queue {
        Queue { places: self.places.limit(listing), line: self.line }
    }
}
