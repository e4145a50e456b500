//! What the services and the handles of a layer share.

use std::fmt;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc; // no model checks it
use std::sync::atomic::{AtomicBool, Ordering}; // no model checks it
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::snapshot::ChaosSnapshot;
use crate::error::ConfigError;
use crate::event::{self, Action, Event, Told};
use crate::registry::{Listed, Order, Registry, Row, Story, Sums};
use crate::setting::{Setting, Value};
use crate::state::chaos::counted::{Halted, SPARED};
use crate::state::chaos::{FaultRate, Met, Plan, Replicas, Rules, Runs};
use crate::state::history::Counted;
use crate::time::{self, Clock};

/// Says whether faults are to stop.
pub(super) type Condition = Box<dyn Fn() -> bool + Send + Sync>;

/// The faults of a layer: whether there are any now, and who meets them.
pub(crate) struct Core {
    pub(super) row: &'static Row,
    told: Told,
    pub(super) clock: Clock,
    pub(super) rules: Rules,
    pub(super) expires: Duration,
    halt_when: Vec<Condition>,
    settings: Vec<Setting>,
    registry: Registry,
    /// Whether a run goes on, for calls that need not know more.
    is_on: AtomicBool,
    /// What a call looks at while faults are on, and then alone.
    runs: Mutex<Runs>,
    /// Those that the layer was told of.
    pub(super) replicas: Mutex<Replicas>,
    /// Rung when the run ends.
    pub(super) halted: Notify,
}

impl Core {
    pub(super) fn new(
        row: &'static Row,
        rules: Rules,
        expires: Duration,
        halt_when: Vec<Condition>,
        settings: Vec<Setting>,
        registry: Registry,
    ) -> Arc<Self> {
        Arc::new(Self {
            row,
            told: Told::new(),
            clock: Clock::start(),
            rules,
            expires,
            halt_when,
            settings,
            registry,
            is_on: AtomicBool::new(false),
            runs: Mutex::default(),
            replicas: Mutex::default(),
            halted: Notify::new(),
        })
    }

    /// Whether a call may meet a fault: all that it costs when the faults are off.
    #[inline(always)]
    pub(super) fn is_on(&self) -> bool {
        self.is_on.load(Ordering::Relaxed)
    }

    /// Starts the faults now, for as long as they may last.
    pub(super) fn start_now(&self, factor: FaultRate) {
        let now = time::now();
        self.start(now..time::after(now, self.expires), factor);
    }

    /// Starts the faults for a time, in place of a run that goes on.
    pub(super) fn start(&self, during: Range<Instant>, factor: FaultRate) {
        let time = during.end.saturating_duration_since(during.start);
        let mut runs = self.runs.lock();
        runs.start(self.clock.at(during.start)..self.clock.at(during.end), factor);
        self.is_on.store(true, Ordering::Relaxed);
        drop(runs);
        // Who waits in the run before goes on.
        self.halted.notify_waiters();
        self.told.tell(self.row.source, &Event::FaultsStarted { time, failure_rate: self.opens_at() });
    }

    /// The failure rate at which a circuit breaker of the same name opens, if so many calls may be faulted.
    fn opens_at(&self) -> Option<f64> {
        let rates = self
            .registry
            .look()
            .settings(self.row.name(), "failure_rate")
            .into_iter()
            .filter_map(|rate| if let Value::Rate(rate) = rate { Some(rate) } else { None });
        rates.filter(|rate| *rate <= self.rules.max_share).reduce(f64::min)
    }

    /// Stops the faults, and tells it unless there were none.
    pub(super) fn halt(&self, reason: Halted) {
        let mut runs = self.runs.lock();
        let had_run = runs.halt();
        self.is_on.store(false, Ordering::Relaxed);
        drop(runs);
        if had_run {
            self.tell_halted(reason);
        }
    }

    /// Looks at the runs once one whose time is over has ended.
    pub(super) fn look<T>(&self, look: impl FnOnce(&Runs) -> T) -> T {
        let mut runs = self.runs.lock();
        let has_expired = runs.expire(self.clock.now());
        if has_expired {
            self.is_on.store(false, Ordering::Relaxed);
        }
        let seen = look(&runs);
        drop(runs);
        if has_expired {
            self.tell_halted(Halted::Expired);
        }
        seen
    }

    /// The faults now.
    pub(super) fn seen(&self) -> ChaosSnapshot {
        let (during, done) = self.look(|runs| (runs.during(), runs.done()));
        ChaosSnapshot::of(during, done, self.clock.now())
    }

    /// Decides on a call, which may meet faults if it is in reach of them.
    pub(super) fn meet(&self, is_in_reach: bool) -> Option<(u64, Plan)> {
        let mut runs = self.runs.lock();
        let met = runs.meet(&self.rules, is_in_reach, self.clock.now());
        if matches!(met, Met::End(_)) {
            self.is_on.store(false, Ordering::Relaxed);
        }
        drop(runs);
        match met {
            Met::Nothing => None,
            Met::Faults(run, _) if self.is_to_halt() => {
                self.runs.lock().withdraw(run);
                None
            }
            Met::Faults(run, plan) => Some((run, plan)),
            Met::Spared { is_first } => {
                self.row.count(SPARED);
                if is_first {
                    self.told.tell(self.row.source, &Event::FaultsHeldBack { max_share: self.rules.max_share });
                }
                None
            }
            Met::End(reason) => {
                self.tell_halted(reason);
                None
            }
        }
    }

    /// Counts and tells the faults that a call meets.
    pub(super) fn count(&self, plan: &Plan) {
        for fault in plan.met() {
            let kind = self.rules.faults[fault].kind();
            self.row.count(kind.word());
            event::tell_often(|| (self.row.source, Event::Faulted { fault: kind.as_str() }));
        }
    }

    /// Asks the conditions, and stops the faults if one holds. One that panics says nothing good.
    pub(super) fn is_to_halt(&self) -> bool {
        let reason = match catch_unwind(AssertUnwindSafe(|| self.halt_when.iter().any(|is_to_halt| is_to_halt()))) {
            Ok(false) => return false,
            Ok(true) => Halted::HaltWhen,
            Err(_) => Halted::Panicked,
        };
        self.halt(reason);
        true
    }

    fn tell_halted(&self, reason: Halted) {
        self.halted.notify_waiters();
        self.row.count(reason.word());
        self.told.tell(self.row.source, &Event::FaultsHalted { reason: reason.as_str() });
    }
}

impl Listed for Core {
    fn row(&self) -> &'static Row {
        self.row
    }

    fn settings(&self) -> Vec<Setting> {
        self.settings.clone()
    }

    /// By the names that its snapshot has.
    fn snapshot(&self) -> Vec<Setting> {
        let ChaosSnapshot { is_on, left, calls, faulted, spared } = self.seen();
        vec![
            Setting::new("is_on", is_on),
            Setting::new("left", left.map(Value::Time)),
            Setting::new("calls", calls),
            Setting::new("faulted", faulted),
            Setting::new("spared", spared),
        ]
    }

    fn story(&self, story: &mut Story) {
        story.add(self.row.source, &self.told, Counted::default);
    }

    fn steer(&self, order: &Order<'_>) -> Result<usize, ConfigError> {
        if !order.is_for(self.row.source) {
            return Ok(0);
        }
        self.told.tell(self.row.source, &order.event());
        match order.action {
            Action::Start => self.start_now(FaultRate::from(1.0)),
            _ => self.halt(Halted::ByHand),
        }
        Ok(1)
    }

    fn gauges(&self, sums: &mut Sums) {
        sums.of(self.row).add_count("on", self.seen().is_on.into());
    }
}

/// Its conditions are the user's.
impl fmt::Debug for Core {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Core").field("name", &self.row.name()).field("rules", &self.rules).finish_non_exhaustive()
    }
}
