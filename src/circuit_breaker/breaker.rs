//! What services, guards and handles share: a circuit, its clock and its name.

use std::ptr;
use std::time::Duration;

use super::waiting;
use crate::cached_arc::cached;
use crate::call::Instance;
use crate::error::Rejection;
use crate::event::Event;
use crate::judge::Judgement;
use crate::state::circuit::counted::Ended;
use crate::state::circuit::{Circuit, Entry, Exit, Phase, Reason, Refusal, Steer, Transition, View};
use crate::state::history::{Counted, Standing, Sums, Turn};
use crate::state::moments::Held;
use crate::time::{self, Clock, Nanos};

/// A circuit, and the clock that it goes by.
#[derive(Debug)]
pub(crate) struct Breaker {
    pub(super) circuit: Circuit,
    pub(super) clock: Clock,
    /// When it was built.
    pub(super) born: Nanos,
}

pub(super) type Core = Instance<Breaker>;

cached!(Core, unless key.is_some());

impl Breaker {
    pub(super) fn new(circuit: Circuit) -> Self {
        Self { circuit, clock: Clock::start(), born: Nanos(0) }
    }
}

impl Core {
    #[inline(always)]
    pub(super) fn needs_no_service(&self) -> bool {
        let refuses = || self.circuit.needs_no_service(&self.clock);
        refuses()
            && (!self.circuit.has_streams() || {
                self.catch_up();
                refuses()
            })
    }

    /// Counts the streaming calls whose moment has come.
    #[inline(never)]
    pub(super) fn catch_up(&self) {
        self.tell(self.circuit.catch_up(&self.clock));
    }

    #[inline(always)]
    pub(super) fn admit(&self) -> Result<Entry, Refusal> {
        let (entered, transition) = self.circuit.enter(&self.clock);
        self.tell(transition);
        entered
    }

    /// Rejects a call that the circuit refused.
    #[inline(always)]
    pub(super) fn refuse(&self, refusal: Refusal) -> Rejection {
        self.circuit.count_rejected();
        self.reject(refusal.reason, refusal.retry_after())
    }

    /// Counts a call that a layer below did not send.
    pub(super) fn count_unsent(&self) {
        self.circuit.count_unsent();
    }

    #[inline(always)]
    pub(super) fn exit(&self, entry: Entry, exit: Exit) {
        self.tell(self.circuit.exit(entry, exit, &self.clock));
        if exit.may_free() && self.circuit.phase() == Phase::HalfOpen {
            waiting::wake(self.address());
        }
    }

    /// Marks the call, if it is a probe, as one whose response is still streaming.
    pub(super) fn mark_streaming(&self, entry: &mut Entry) -> bool {
        let is_probe = self.circuit.is_probe(*entry);
        if is_probe {
            entry.start(&self.clock);
        }
        let is_marked = is_probe && self.circuit.mark_streaming(*entry);
        if is_marked {
            // It may count before the time of the probes is over.
            waiting::wake(self.address());
        }
        is_marked
    }

    /// Until when a call would be rejected if only time passed, or `None` if it would be let through now.
    pub(super) fn refuses_until(&self) -> Option<Nanos> {
        self.circuit.refuses_until(&self.clock)
    }

    /// Where it lives, which nothing else does meanwhile.
    pub(super) fn address(&self) -> usize {
        ptr::from_ref(self).addr()
    }

    /// Notes since when the call is in flight.
    pub(super) fn start(&self, entry: &mut Entry) {
        entry.start(&self.clock);
    }

    #[inline(always)]
    pub(super) fn counts_slow(&self) -> bool {
        self.circuit.counts_slow()
    }

    /// Keeps the moment of a call of a closed circuit whose response is still streaming.
    pub(super) fn hold_moment(&self, entry: Entry) -> Held {
        self.circuit.hold_moment(entry)
    }

    /// Ends a call of a closed circuit whose moment is kept.
    pub(super) fn exit_stream(&self, entry: Entry, held: Held, exit: Exit) {
        self.tell(self.circuit.exit_stream(entry, held, exit, &self.clock));
    }

    /// Whether the moment has come at which a streaming call is a success.
    pub(super) fn is_stream_due(&self, entry: Entry) -> bool {
        self.clock.now() >= self.circuit.streams_until(entry)
    }

    /// Removes the mark, after all streaming probes whose moment has come were counted. Returns whether this call is still to be
    /// counted.
    pub(super) fn unmark(&self, entry: Entry) -> bool {
        let (uncounted, transition) = self.circuit.unmark(entry, &self.clock);
        self.tell(transition);
        uncounted
    }

    pub(super) fn judgement(&self) -> Judgement {
        self.circuit.judgement(&self.clock)
    }

    pub(super) fn is_in_trouble(&self) -> bool {
        self.catch_up();
        self.circuit.is_in_trouble(&self.clock)
    }

    pub(super) fn steer(&self, steer: Steer) {
        self.tell(self.circuit.steer(steer, &self.clock));
    }

    pub(super) fn phase(&self) -> Phase {
        self.catch_up();
        self.circuit.phase()
    }

    pub(super) fn view(&self) -> View {
        self.catch_up();
        self.circuit.view(&self.clock)
    }

    pub(super) fn min_calls(&self) -> u64 {
        self.circuit.min_calls()
    }

    #[inline(always)]
    pub(super) fn tell(&self, transition: Option<Transition>) {
        if let Some(transition) = transition {
            self.tell_transition(&transition);
        }
    }

    #[cold]
    #[inline(never)]
    fn tell_transition(&self, transition: &Transition) {
        waiting::wake(self.address());
        let Transition { from, to, reason, counts, open_for, at, .. } = *transition;
        let turn = self.turn(transition);
        let (reason, open_for) = (reason.as_str(), open_for.map(Duration::from));
        let event = Event::Transition { from, to, reason, counts, open_for };
        self.told().turn(self.moment(at), turn, self.source(), &event);
    }
    /// How the service stands once the circuit has changed.
    fn turn(&self, transition: &Transition) -> Turn {
        let Transition { to, reason, open_for, at, number, .. } = *transition;
        let to = match to {
            Phase::Closed => Standing::Up,
            Phase::Open => Standing::Down { until: self.moment(at.saturating_add(open_for.unwrap_or_default())) },
            Phase::HalfOpen => Standing::OnTrial,
            Phase::ForcedOpen | Phase::ForcedClosed | Phase::MetricsOnly => Standing::Out,
        };
        Turn { number, to, is_by_hand: reason == Reason::ByHand, counted: self.counted() }
    }

    pub(super) fn moment(&self, at: Nanos) -> Nanos {
        time::moment(self.clock.instant(at))
    }

    /// The calls of the service that came to harm so far.
    pub(super) fn counted(&self) -> Counted {
        self.row.harmed(self.circuit.rejected())
    }

    /// What its figures are made of. Calls are counted for all circuits of the name, without their times.
    pub(super) fn sums(&self, window: Option<Duration>) -> Sums {
        let sums = self.stood(window);
        if window.is_some() {
            return sums;
        }
        let ended = |ended: Ended| self.row.total(ended.word());
        let good = ended(Ended::Success);
        Sums { good, asked: good + ended(Ended::Failure) + ended(Ended::Throttled), ..sums }
    }
}
