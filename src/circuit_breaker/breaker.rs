//! What services, guards and handles share: a circuit, its clock and its name.

use std::time::Duration;

use crate::{
    deadline,
    error::{Rejection, RejectionReason},
    event::{self, Event},
    name::Name,
    outcome::Outcome,
    pooled::pool,
    source::{Kind, Source},
    state::{
        circuit::{Circuit, Entry, Phase, Refused, Transition, View},
        counts::Verdict,
        keys::Tie,
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
        Self { circuit: self.circuit.another(now), clock, name: self.name, keyed: true }
    }

    /// Lets all calls pass from now on, and tells nobody.
    pub(super) fn protect_nothing(&self) {
        // Not a change by hand: what is told of a circuit begins when it is in use.
        let _: Option<Transition> = self.circuit.force(Phase::ForcedClosed, self.clock.now());
    }

    pub(super) fn tie(&self) -> Tie {
        self.circuit.tie()
    }

    #[inline(always)]
    pub(super) fn needs_no_service(&self) -> bool {
        let refuses = || self.circuit.needs_no_service(|| self.clock.now());
        refuses()
            && (!self.circuit.has_streams() || {
                self.catch_up();
                refuses()
            })
    }

    /// Counts the probes whose answers have streamed for long enough.
    #[inline(never)]
    fn catch_up(&self) {
        self.tell(self.circuit.catch_up(|| self.clock.now()));
    }

    #[inline(always)]
    pub(super) fn enter_closed(&self) -> Option<Entry> {
        self.circuit.enter_closed(|| self.clock.now())
    }

    #[inline(always)]
    pub(super) fn admit(&self) -> Result<Entry, Refused> {
        match self.enter_closed() {
            Some(entry) => Ok(entry),
            None => self.try_enter(),
        }
    }

    #[inline(never)]
    fn try_enter(&self) -> Result<Entry, Refused> {
        let (entered, transition) = self.circuit.try_enter(self.clock.now());
        self.tell(transition);
        entered
    }

    /// Rejects a call that the circuit refused.
    #[inline(always)]
    pub(super) fn reject(&self, refused: Refused) -> Rejection {
        let (reason, left) = match refused {
            Refused::Open { left } => (RejectionReason::CircuitOpen, Some(left)),
            Refused::ProbesTaken => (RejectionReason::ProbesTaken, None),
            Refused::Forced => (RejectionReason::ForcedOpen, None),
            Refused::NotReady => (RejectionReason::NotReady, None),
        };
        self.circuit.count_rejected();
        let rejection = Rejection::new(self.name, reason, left);
        if event::is_heard() {
            event::tell(self.source(), &Event::Rejected(&rejection));
        }
        rejection
    }

    #[inline(always)]
    pub(super) fn settle(&self, entry: Entry, outcome: Outcome) {
        match outcome {
            Outcome::Success => self.record(entry, Verdict::Success),
            Outcome::Transient | Outcome::Failed => self.record_failure(entry, Verdict::Failure),
            Outcome::Throttled { retry_after } => {
                self.record_failure(entry, Verdict::Throttled(retry_after.map_or(Nanos(0), Nanos::from)));
            }
            Outcome::Ignored => self.circuit.abandon(entry),
        }
    }

    #[inline(always)]
    fn record(&self, entry: Entry, verdict: Verdict) {
        self.tell(self.circuit.record(entry, verdict, || self.clock.now()));
    }

    #[inline(never)]
    fn record_failure(&self, entry: Entry, verdict: Verdict) {
        self.record(entry, verdict);
    }

    /// Settles a call that was dropped unsettled: its service panicked, a limit of ours cut it short, or its caller went away.
    #[inline(never)]
    pub(super) fn settle_dropped(&self, entry: Entry, panicked: bool) {
        if panicked {
            self.record(entry, Verdict::Failure);
        } else if deadline::is_expiring() {
            self.tell(self.circuit.record_cut(entry, self.clock.now()));
        } else {
            self.circuit.abandon(entry);
        }
    }

    /// When a call whose answer began well counts as a success though that still streams; for a probe only.
    #[cfg(feature = "http")]
    pub(super) fn vouch(&self, entry: Entry) -> Option<Nanos> {
        self.circuit.vouch(entry)
    }

    /// Whether the result of a call that was vouched for is still to be counted.
    #[cfg(feature = "http")]
    pub(super) fn withdraw(&self, entry: Entry, at: Nanos) -> bool {
        let (is_open, transition) = self.circuit.withdraw(entry, at, self.clock.now());
        self.tell(transition);
        is_open
    }

    pub(super) fn abandon(&self, entry: Entry) {
        self.circuit.abandon(entry);
    }

    pub(super) fn force(&self, phase: Phase) {
        self.tell(self.circuit.force(phase, self.clock.now()));
    }

    pub(super) fn reset(&self) {
        self.tell(self.circuit.reset(self.clock.now()));
    }

    pub(super) fn phase(&self) -> Phase {
        self.catch_up();
        self.circuit.phase()
    }

    pub(super) fn view(&self) -> View {
        self.catch_up();
        self.circuit.view(self.clock.now())
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
