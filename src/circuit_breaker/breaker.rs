//! What services, guards and handles share: a circuit, its clock and its name.

use super::events;
use crate::{
    Name, Outcome, Rejection, RejectionReason,
    state::{
        circuit::{Circuit, Entry, Phase, Refused, Transition, View},
        counts::Verdict,
    },
    time::{Clock, Nanos},
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
    pub(super) fn is_open(&self) -> bool {
        self.circuit.is_open()
    }

    #[inline]
    pub(super) fn enter(&self) -> Result<Entry, Rejection> {
        self.circuit.enter_closed(|| self.clock.now()).map_or_else(|| self.try_enter(), Ok)
    }

    fn try_enter(&self) -> Result<Entry, Rejection> {
        let (entered, transition) = self.circuit.try_enter(self.clock.now());
        self.tell(transition);
        entered.map_err(|refused| self.rejection(refused))
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

    /// Refuses a call that was let through, because the service below is not ready.
    pub(super) fn refuse(&self, entry: Entry) -> Rejection {
        self.circuit.refuse(entry);
        self.reject(RejectionReason::NotReady, None)
    }

    pub(super) fn force(&self, phase: Phase) {
        self.tell(self.circuit.force(phase, self.clock.now()));
    }

    pub(super) fn reset(&self) {
        self.tell(self.circuit.reset(self.clock.now()));
    }

    pub(super) fn view(&self) -> View {
        self.circuit.view(self.clock.now())
    }

    pub(super) fn min_calls(&self) -> u64 {
        self.circuit.min_calls()
    }

    fn rejection(&self, refused: Refused) -> Rejection {
        match refused {
            Refused::Open { left } => self.reject(RejectionReason::CircuitOpen, Some(left)),
            Refused::ProbesTaken => self.reject(RejectionReason::ProbesTaken, None),
            Refused::Forced => self.reject(RejectionReason::ForcedOpen, None),
        }
    }

    fn reject(&self, reason: RejectionReason, left: Option<Nanos>) -> Rejection {
        let rejection = Rejection::new(self.name, reason, left);
        events::rejected(&rejection);
        rejection
    }

    #[inline]
    fn tell(&self, transition: Option<Transition>) {
        if let Some(transition) = transition {
            events::transition(self.name, &transition);
        }
    }
}
