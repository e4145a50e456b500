//! What services, guards and handles share: a circuit, its clock and its name.

use super::events;
use crate::{
    Name, Outcome, Rejection, RejectionReason,
    state::{
        circuit::{Circuit, Entry, Phase, Refused, Transition, View},
        counts::Verdict,
    },
    time::Clock,
};

#[derive(Debug)]
pub(super) struct Breaker {
    circuit: Circuit,
    pub(super) clock: Clock,
    pub(super) name: Name,
}

impl Breaker {
    pub(super) fn new(circuit: Circuit, name: Name) -> Self {
        Self { circuit, clock: Clock::start(), name }
    }

    #[inline]
    pub(super) fn needs_no_service(&self) -> bool {
        self.circuit.needs_no_service(|| self.clock.now())
    }

    #[inline]
    pub(super) fn admit(&self) -> Result<Entry, Refused> {
        self.circuit.enter_closed(|| self.clock.now()).map_or_else(|| self.try_enter(), Ok)
    }

    fn try_enter(&self) -> Result<Entry, Refused> {
        let (entered, transition) = self.circuit.try_enter(self.clock.now());
        self.tell(transition);
        entered
    }

    /// Rejects a call that the circuit refused.
    pub(super) fn reject(&self, refused: Refused) -> Rejection {
        let (reason, left) = match refused {
            Refused::Open { left } => (RejectionReason::CircuitOpen, Some(left)),
            Refused::ProbesTaken => (RejectionReason::ProbesTaken, None),
            Refused::Forced => (RejectionReason::ForcedOpen, None),
            Refused::NotReady => (RejectionReason::NotReady, None),
        };
        self.circuit.count_rejected();
        let rejection = Rejection::new(self.name, reason, left);
        events::rejected(&rejection);
        rejection
    }

    #[inline]
    pub(super) fn settle(&self, entry: Entry, outcome: Outcome) {
        let verdict = match outcome {
            Outcome::Success => Verdict::Success,
            Outcome::Transient | Outcome::Failed => Verdict::Failure,
            Outcome::Throttled { .. } => Verdict::Throttled,
            Outcome::Ignored => return self.circuit.abandon(entry),
        };
        self.tell(self.circuit.record(entry, verdict, || self.clock.now()));
    }

    /// Settles a call that was cut short by a limit of ours.
    pub(super) fn settle_cut(&self, entry: Entry) {
        self.tell(self.circuit.record_cut(entry, self.clock.now()));
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
        self.circuit.phase()
    }

    pub(super) fn view(&self) -> View {
        self.circuit.view(self.clock.now())
    }

    pub(super) fn min_calls(&self) -> u64 {
        self.circuit.min_calls()
    }

    #[inline]
    fn tell(&self, transition: Option<Transition>) {
        if let Some(transition) = transition {
            events::transition(self.name, &transition);
        }
    }
}
