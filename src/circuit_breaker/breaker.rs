//! What services, guards and handles share: a circuit, its clock and its name.

use std::time::Duration;

use crate::{
    deadline,
    error::Rejection,
    event::{self, Event},
    name::Name,
    outcome::Outcome,
    pooled::pool,
    source::{Kind, Source},
    state::{
        circuit::{Circuit, Entry, Exit, Phase, Refusal, Steer, Transition, View},
        keys::Retention,
    },
    time::{Clock, Nanos},
};

#[derive(Debug)]
pub(super) struct Breaker {
    circuit: Circuit,
    pub(super) clock: Clock,
    pub(super) name: Name,
    /// Whether it is one of many, of a key.
    keyed: bool,
}

pool!(Breaker, unless keyed);

impl Breaker {
    pub(super) fn new(circuit: Circuit, name: Name) -> Self {
        Self { circuit, clock: Clock::start(), name, keyed: false }
    }

    const fn source(&self) -> Source {
        Source::new(Kind::CircuitBreaker, self.name)
    }

    /// Another with the same settings, for a key.
    pub(super) fn of_a_key(&self, clock: Clock, now: Nanos) -> Self {
        Self { circuit: self.circuit.fork(now), clock, name: self.name, keyed: true }
    }

    /// Lets all calls pass from now on, and tells nobody.
    pub(super) fn protect_nothing(&self) {
        // Not a change by hand: what is told of a circuit begins when it is in use.
        let _: Option<Transition> = self.circuit.steer(Steer::Force(Phase::ForcedClosed), &self.clock);
    }

    pub(super) fn retention(&self) -> Retention {
        self.circuit.retention()
    }

    #[inline(always)]
    pub(super) fn needs_no_service(&self) -> bool {
        let refuses = || self.circuit.needs_no_service(&self.clock);
        refuses()
            && (!self.circuit.has_streams() || {
                self.catch_up();
                refuses()
            })
    }

    /// Counts the probes whose responses have streamed for long enough.
    #[inline(never)]
    fn catch_up(&self) {
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
    pub(super) fn reject(&self, refusal: Refusal) -> Rejection {
        self.circuit.count_rejected();
        self.source().reject(refusal.reason, refusal.retry_after())
    }

    #[inline(always)]
    pub(super) fn settle(&self, entry: Entry, outcome: Outcome) {
        self.exit(entry, Exit::Settled(outcome));
    }

    /// Settles a call that was dropped unsettled: its service panicked, a limit of ours cut it short, or its caller went away.
    #[inline(never)]
    pub(super) fn settle_dropped(&self, entry: Entry, panicked: bool) {
        let exit = match panicked {
            true => Exit::Panicked,
            false if deadline::is_expiring() => Exit::TimedOut,
            false => Exit::Abandoned,
        };
        self.exit(entry, exit);
    }

    #[inline(always)]
    pub(super) fn exit(&self, entry: Entry, exit: Exit) {
        self.tell(self.circuit.exit(entry, exit, &self.clock));
    }

    /// Marks a probe whose response is still streaming. Returns when it counts as a success.
    pub(super) fn mark_streaming(&self, entry: Entry) -> Option<Nanos> {
        self.circuit.mark_streaming(entry)
    }

    /// Removes the mark. Returns whether the result of the call is still to be counted.
    pub(super) fn unmark(&self, entry: Entry, at: Nanos) -> bool {
        let (uncounted, transition) = self.circuit.unmark(entry, at, &self.clock);
        self.tell(transition);
        uncounted
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
    fn tell(&self, transition: Option<Transition>) {
        if let Some(transition) = transition {
            let Transition { from, to, reason, counts, open_for } = transition;
            let (reason, open_for) = (reason.as_str(), open_for.map(Duration::from));
            event::tell(self.source(), &Event::Transition { from, to, reason, counts, open_for });
        }
    }
}
