//! The guard of one call.

use std::mem;

use super::breaker::Core;
use crate::cached_arc::CachedArc;
use crate::call::{Guard, Hold};
use crate::context;
use crate::error::Rejection;
use crate::outcome::Outcome;
use crate::state::circuit::{Entry, Exit, Refusal};
use crate::state::moments::Held;
use crate::sync::Arc;

/// Holds the place of one call in a circuit, until it is settled or dropped.
///
/// Every path out of a call goes through its guard. A guard that is dropped unsettled is *abandoned*: its call counts as neither
/// success nor failure and gives its place back. There are exceptions:
///
/// - a call that a [`TimeoutLayer`](crate::TimeoutLayer) cuts short at its own limit is a failure if the service was being waited
///   for, and had at least half of that limit. Where slow calls are counted, it must also have taken longer than `slow_after`;
/// - a call that took longer than `slow_after` is slow, unless it is a probe;
/// - a call whose service panicked is a failure;
/// - a call whose response streams is a success from half of `half_open_for` after it was first polled, however it is dropped later.
///
/// # Examples
///
/// Code that is no `Service` can share a circuit with services that are:
///
/// ```
/// use palisade::{CircuitBreakerLayer, Rejection};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # fn query() -> Result<u32, std::io::Error> { Ok(1) }
/// let circuit = CircuitBreakerLayer::builder("database").build()?.handle();
///
/// let call = circuit.try_enter()?;
/// let rows = query();
/// match &rows {
///     Ok(_) => call.success(),
///     Err(_) => call.failure(),
/// }
/// # assert_eq!(circuit.snapshot().counts.calls, 1);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use = "a guard that is dropped abandons its call"]
pub struct CircuitGuard {
    /// It is empty once the call is settled.
    core: CachedArc<Core>,
    entry: Entry,
    /// Flags in a whole word, because to read a field together with its neighbours stalls after a narrower write.
    state: u64,
}

/// The inner service panicked.
const PANICKED: u64 = 1;

/// The inner service is being waited for: it was pending when it was last polled.
const WAITING: u64 = 1 << 1;

/// The time of the call begins with its first poll, because slow calls are counted.
const TIMED: u64 = 1 << 2;

/// It is known whether the call is a repeat.
const KNOWN: u64 = 1 << 3;

/// The call is an attempt that is not the first of its call.
const REPEAT: u64 = 1 << 4;

/// The response has begun to stream.
const BEGUN: u64 = 1 << 5;

/// The response streams, and has not yet streamed for as long as makes it a success. No flag is above it.
const STREAMING: u64 = 1 << 6;

/// Where the moment of a streaming call of a closed circuit begins. A streaming probe has none here.
const MOMENT: u32 = 8;
const _: () = assert!(MOMENT + Held::BITS <= u64::BITS);

impl CircuitGuard {
    /// Takes a place for a call.
    #[inline(always)]
    pub(super) fn enter(core: &CachedArc<Core>) -> Result<Self, Rejection> {
        let shared = core.shared();
        match shared.admit() {
            Ok(entry) => Ok(Self::of(shared, entry, shared.counts_slow())),
            Err(refusal) => Err(shared.refuse(refusal)),
        }
    }

    /// Takes a place for a readiness error, which counts without a call. If no place is free, that is no rejection.
    pub(super) fn enter_unready(core: &CachedArc<Core>) -> Option<Self> {
        core.admit().ok().map(|entry| Self::of(core.shared(), entry, false))
    }

    /// Holds the place that was taken.
    #[inline(always)]
    fn of(core: &Arc<Core>, entry: Entry, is_timed: bool) -> Self {
        Self { core: CachedArc::of(core), entry, state: if is_timed { TIMED } else { 0 } }
    }

    /// Begins the time of the call, if it is to be known.
    #[inline(always)]
    pub(super) fn begun(mut self) -> Self {
        self.begin();
        self
    }

    #[inline(always)]
    fn begin(&mut self) {
        if self.state & TIMED != 0 {
            self.state &= !TIMED;
            self.core.start(&mut self.entry);
        }
    }

    /// Notes that the service is being waited for. A call that is ready at once needs none of this.
    #[inline(never)]
    fn waits(&mut self) {
        self.state |= WAITING;
        self.core.start(&mut self.entry);
        self.learn_attempt();
        if self.state & (BEGUN | STREAMING) == BEGUN && moment(self.state) == Held::NOT_YET {
            self.state |= STREAMING | self.core.hold_moment(self.entry).to_bits() << MOMENT;
        }
    }

    /// Whether a response that pends has streamed for so long that its end decides nothing.
    fn is_decided(&mut self) -> bool {
        let pends = self.state & (STREAMING | WAITING) == STREAMING | WAITING;
        if !pends || !self.core.is_stream_due(self.entry) {
            return false;
        }
        let is_probe = moment(self.state) == Held::NOT_YET;
        if !is_probe {
            self.core.catch_up();
            self.state &= !STREAMING;
        }
        is_probe
    }

    /// Learns whether the call is a repeat, before it leaves the scope of its retry.
    fn learn_attempt(&mut self) {
        self.state |= KNOWN | attempt(self.state);
    }

    /// Settles the call by what its result means.
    #[inline(always)]
    pub fn settle(mut self, outcome: Outcome) {
        let (core, entry, state) = (self.core.take(), self.entry, self.state);
        // Forgetting the empty guard lets the compiler keep it in registers.
        mem::forget(self);
        let Some(core) = core else { return };
        if outcome == Outcome::Success && state < STREAMING {
            core.exit(entry, Exit::Settled(Outcome::Success));
        } else {
            settle(&core, entry, state, outcome);
        }
    }

    /// Settles the call as a success.
    pub fn success(self) {
        self.settle(Outcome::Success);
    }

    /// Settles the call as a failure.
    pub fn failure(self) {
        self.settle(Outcome::Failed);
    }
}

impl Guard for CircuitGuard {
    /// It counts, and frees nothing that the next call takes.
    const OUTLIVES_CALL: bool = false;

    #[inline(always)]
    fn polls(&mut self) {
        self.begin();
    }

    #[inline(always)]
    fn polled(&mut self, is_pending: bool) {
        if is_pending {
            self.waits();
        } else if self.state & WAITING != 0 {
            self.state &= !WAITING;
        }
    }

    fn panicked(&mut self) {
        self.learn_attempt();
        self.state |= PANICKED;
    }

    fn head(&mut self, _: Outcome, is_final: bool) -> Hold {
        if is_final {
            return Hold::No;
        }
        self.learn_attempt();
        self.state |= BEGUN;
        if self.core.mark_streaming(&mut self.entry) {
            self.state |= STREAMING;
        }
        Hold::ToTheEnd
    }

    fn streams(&mut self, is_whole: bool) -> Hold {
        if is_whole || self.is_decided() { Hold::No } else { Hold::ToTheEnd }
    }

    #[inline(always)]
    fn settle(self, outcome: Outcome) {
        self.settle(outcome);
    }

    fn unsent(mut self, _: Option<Rejection>) {
        if let Some(core) = self.core.take() {
            core.count_unsent();
            end(&core, self.entry, self.state, Exit::Unsent);
        }
    }

    fn refuse(mut self) -> Option<Rejection> {
        let core = self.core.take().expect("a guard is settled once");
        core.exit(self.entry, Exit::Unsent);
        Some(core.refuse(Refusal::NOT_READY))
    }
}

impl Drop for CircuitGuard {
    #[inline(always)]
    fn drop(&mut self) {
        let (entry, state) = (self.entry, self.state);
        if let Some(core) = self.core.take() {
            drop_unsettled(&core, entry, state);
        }
    }
}

/// Ends a call that was dropped unsettled: its service panicked, a limit of ours cut it short, or its caller went away.
#[inline(never)]
fn drop_unsettled(core: &Core, entry: Entry, state: u64) {
    let is_repeat = attempt(state) == REPEAT;
    let exit = match context::expired_limit() {
        _ if state & PANICKED != 0 => Exit::settled(Outcome::Failed, is_repeat),
        Some(limit) if state & WAITING != 0 => Exit::TimedOut { limit: limit.into(), is_repeat },
        _ => Exit::Abandoned,
    };
    end(core, entry, state, exit);
}

/// Out of line, so that the path of a success without a stream stays short.
#[inline(never)]
fn settle(core: &Core, entry: Entry, state: u64, outcome: Outcome) {
    let exit = match outcome {
        Outcome::Success => Exit::Settled(outcome),
        _ => Exit::settled(outcome, attempt(state) == REPEAT),
    };
    end(core, entry, state, exit);
}

fn end(core: &Core, entry: Entry, state: u64, exit: Exit) {
    if state < STREAMING { core.exit(entry, exit) } else { end_stream(core, entry, state, exit) }
}

/// Ends a call whose response streamed, unless it was counted.
#[cold]
#[inline(never)]
fn end_stream(core: &Core, entry: Entry, state: u64, exit: Exit) {
    match moment(state) {
        Held::NOT_YET if core.unmark(entry) => core.exit(entry, exit),
        Held::NOT_YET => {}
        held => core.exit_stream(entry, held, exit),
    }
}

/// Where the moment of a streaming call of a closed circuit is.
fn moment(state: u64) -> Held {
    Held::from_bits(state >> MOMENT)
}

/// Whether the call is a repeat: `REPEAT` or nothing.
fn attempt(state: u64) -> u64 {
    if state & KNOWN == 0 && context::is_repeat() { REPEAT } else { state & REPEAT }
}
