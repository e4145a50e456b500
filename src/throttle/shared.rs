//! What services, guards and handles share: what a throttle has counted, its clock and its name.

use std::time::Duration;

use crate::cached_arc::cached;
use crate::call::{Instance, Key, LimitState};
use crate::error::{Rejection, RejectionReason};
use crate::event::Event;
use crate::outcome::Outcome;
use crate::registry::Gauges;
use crate::setting::Setting;
use crate::source::Kind;
use crate::state::criticality::Criticality;
use crate::state::keys::Retention;
use crate::state::throttle::counted::Ended;
use crate::state::throttle::{Asked, Change, Throttle, View};
use crate::time::{Clock, Nanos};

/// What a throttle has counted, and the clock that it goes by.
#[derive(Debug)]
pub(crate) struct Clocked {
    pub(super) throttle: Throttle,
    clock: Clock,
}

pub(super) type Core = Instance<Clocked>;

cached!(Core, unless key.is_some());

impl Clocked {
    pub(super) fn new(throttle: Throttle) -> Self {
        Self { throttle, clock: Clock::start() }
    }

    pub(super) fn now(&self) -> Nanos {
        self.clock.now()
    }

    /// All classes, the one that matters most first.
    fn views(&self) -> [View; Criticality::COUNT] {
        let now = self.now();
        Criticality::IN_ORDER.map(|class| self.throttle.view(class, now))
    }

    /// The greatest probability of a class.
    pub(super) fn greatest(&self) -> f64 {
        self.views().iter().fold(0.0, |greatest, view| view.probability.max(greatest))
    }
}

impl LimitState for Clocked {
    const KIND: Kind = Kind::Throttle;

    fn fork(&self, key: &Key) -> Self {
        Self { throttle: self.throttle.fork(), clock: key.clock }
    }

    fn retention(&self) -> Retention {
        self.throttle.retention()
    }

    fn settings(this: &Core) -> Vec<Setting> {
        let (rules, window) = (this.throttle.rules(), this.throttle.window());
        vec![
            Setting::new("k", rules.k),
            Setting::new("max_rejection", rules.max_rejection),
            Setting::new("time_window", Duration::from(window.span())),
            Setting::new("buckets", window.buckets()),
        ]
    }

    /// The sums over all classes.
    fn snapshot(this: &Core) -> Vec<Setting> {
        let views = this.views();
        let sum = |of: fn(&View) -> u64| views.iter().map(of).sum::<u64>();
        vec![
            Setting::new("requests", sum(|view| view.asked.requests)),
            Setting::new("accepts", sum(|view| view.asked.accepts)),
            Setting::new("probability", this.greatest()),
            Setting::new("rejected", sum(|view| view.rejected)),
        ]
    }

    fn gauges(this: &Core, gauges: &mut Gauges) {
        for View { asked: Asked { requests, accepts }, .. } in this.views() {
            gauges.add_total("requests", requests);
            gauges.add_total("accepts", accepts);
        }
    }

    fn trouble(this: &Core) -> f64 {
        this.greatest()
    }
}

impl Core {
    /// Lets a call pass, or rejects it.
    #[inline(always)]
    pub(super) fn enter(&self, class: Criticality) -> Result<(), Rejection> {
        let entered = self.throttle.enter(class, &self.clock);
        if let Some(change) = entered.change {
            self.tell_change(class, change);
        }
        if entered.passes { Ok(()) } else { Err(self.reject_as(class)) }
    }

    #[inline(never)]
    fn reject_as(&self, class: Criticality) -> Rejection {
        self.reject_at(class as usize, Rejection::new(self.name(), RejectionReason::Throttled, None))
    }

    #[inline(always)]
    pub(super) fn exit(&self, class: Criticality, outcome: Outcome) {
        self.row.count(Ended::of(outcome).word());
        self.throttle.exit(class, outcome, &self.clock);
    }

    /// Counts a call that says nothing about the service.
    pub(super) fn leave(&self) {
        self.row.count(Ended::Uncounted.word());
    }

    #[cold]
    #[inline(never)]
    fn tell_change(&self, criticality: Criticality, change: Change) {
        let Change { rejects, asked: Asked { requests, accepts } } = change;
        self.tell_event(&Event::Throttling { rejects, criticality, requests, accepts });
    }

    pub(super) fn snapshot(&self, class: Criticality) -> ThrottleSnapshot {
        let View { asked: Asked { requests, accepts }, probability, rejected } = self.throttle.view(class, self.now());
        ThrottleSnapshot { requests, accepts, probability, rejected }
    }
}

/// The state of a throttle at one moment, for the calls that matter as much.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct ThrottleSnapshot {
    /// Calls in the window that have ended or were rejected here, without those that say nothing about the service.
    pub requests: u64,
    /// Those of them that the service took.
    pub accepts: u64,
    /// How likely the next call is rejected, from 0 to `max_rejection`.
    pub probability: f64,
    /// Calls rejected here since the layer was built.
    pub rejected: u64,
}
