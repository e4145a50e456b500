//! Calls that stand for those of their bucket, by the ids of their traces.

use std::collections::BTreeMap;
use std::num::NonZero;
use std::time::Duration;

// Not `sync`'s: no model checks it, and loom's cannot be tried.
use parking_lot::Mutex;

use crate::registry::Exemplar;
use crate::state::calls::Ended;
use crate::state::histogram::octave_of;

/// One for each way to end and each bucket of a Prometheus histogram.
#[derive(Debug, Default)]
pub(super) struct Exemplars(Mutex<BTreeMap<(Ended, usize), Exemplar>>);

impl Exemplars {
    /// Keeps this one, unless another is being kept or looked at: no call waits for the lock.
    #[cold]
    #[inline(never)]
    pub(super) fn keep(&self, ended: Ended, trace: NonZero<u128>, took: Duration) {
        if let Some(mut all) = self.0.try_lock() {
            all.insert((ended, octave_of(took.into())), Exemplar::new(trace.get(), took));
        }
    }

    pub(super) fn of(&self, ended: Ended) -> Vec<Exemplar> {
        self.0.lock().range((ended, 0)..=(ended, usize::MAX)).map(|(_, exemplar)| *exemplar).collect()
    }
}

/// The id of a trace, if there is one.
pub type Trace = Option<NonZero<u128>>;

/// Finds the trace of a request. Every `Fn(&Request) -> Option<u128>` implements it.
pub trait TraceOf<Request> {
    /// What a call keeps of it: a [`Trace`], or [`NoTrace`], which takes no room.
    type Kept: Copy + Default + Into<Trace>;

    /// The trace that the request belongs to.
    fn trace_of(&self, request: &Request) -> Self::Kept;
}

impl<Request, F: Fn(&Request) -> Option<u128>> TraceOf<Request> for F {
    type Kept = Trace;

    #[inline]
    fn trace_of(&self, request: &Request) -> Trace {
        self(request).and_then(NonZero::new)
    }
}

/// No request has a trace.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoTrace;

impl<Request> TraceOf<Request> for NoTrace {
    type Kept = Self;

    #[inline(always)]
    fn trace_of(&self, _: &Request) -> Self {
        Self
    }
}

impl From<NoTrace> for Trace {
    #[inline(always)]
    fn from(_: NoTrace) -> Self {
        None
    }
}
