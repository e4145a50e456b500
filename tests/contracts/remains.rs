//! What may remain of a call: places, seats, probes, tokens, and the totals of the layers.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use palisade::{Budget, BulkheadHandle, CircuitHandle, Phase};

use crate::{
    inner::Inner,
    stacks::{PROBES, TOKENS},
};

#[derive(Clone, Debug, Default)]
pub(crate) struct Handles {
    pub(crate) inner: Inner,
    pub(crate) circuit: Option<CircuitHandle>,
    pub(crate) bulkheads: Vec<BulkheadHandle>,
    pub(crate) budget: Option<Budget>,
    pub(crate) falls_back: bool,
    pub(crate) tallies: Tallies,
}

/// What came by, to hold the totals of the layers against.
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
    fn total(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }

    /// Counts what it is given, and gives it back.
    pub(crate) fn count<T>(&self) -> impl Fn(T) -> T + Clone + Send + 'static + use<T> {
        let total = Arc::clone(&self.0);
        move |counted| {
            total.fetch_add(1, Ordering::SeqCst);
            counted
        }
    }
}

impl Handles {
    /// Opens the circuit by failures; its open time is over at once, so the next call is a probe.
    pub(crate) fn trip(&self) {
        let Some(circuit) = &self.circuit else { return };
        circuit.reset();
        while circuit.phase() == Phase::Closed {
            circuit.try_enter().expect("a closed circuit rejects nothing").failure();
        }
    }

    /// The bulkhead that queues.
    pub(crate) fn queue(&self) -> &BulkheadHandle {
        self.bulkheads.iter().find(|bulkhead| bulkhead.name().as_str() == "queue").expect("the stack has a queue")
    }

    /// Asserts that no call holds anything: no future, no place, no seat, no probe, no token.
    pub(crate) fn assert_at_rest(&self) {
        assert_eq!(self.inner.alive(), 0, "futures of the service are alive");
        for bulkhead in &self.bulkheads {
            assert_eq!((bulkhead.in_flight(), bulkhead.queued()), (0, 0), "places are taken");
        }
        self.assert_probes_free();
    }

    /// Asserts that all probes are free but those that were counted, unless the circuit has been closed again.
    fn assert_probes_free(&self) {
        let Some(circuit) = &self.circuit else { return };
        let counted = match circuit.phase() {
            Phase::Open => 0,
            Phase::HalfOpen => usize::try_from(circuit.snapshot().counts.calls).expect("probes are few"),
            _ => return,
        };
        let probes: Vec<_> = (counted..PROBES).map(|_| circuit.try_enter().expect("a probe is lost")).collect();
        assert!(circuit.try_enter().is_err(), "a probe too many");
        drop(probes);
    }

    /// Asserts that all totals are those of one call, of which `panics` attempts panicked and at most `cut` were cut short.
    pub(crate) fn assert_tallied(&self, panics: u64, cut: u64) {
        let Tallies { sent, asked, passed, ended } = &self.tallies;
        if let Some(budget) = &self.budget {
            assert_eq!(
                budget.available(),
                TOKENS - sent.total().saturating_sub(1),
                "a token for each retry that was sent"
            );
        }
        let Some(circuit) = self.circuit.as_ref().map(CircuitHandle::snapshot) else { return };
        assert_eq!((circuit.rejected, circuit.late), (asked.total() - passed.total(), 0));
        if circuit.phase == Phase::Closed {
            let results = ended.total() + panics;
            assert!((results..=results + cut).contains(&circuit.counts.calls), "{circuit:?} after {results} results");
        }
    }
}
