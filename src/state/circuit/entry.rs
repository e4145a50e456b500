//! What goes into a circuit's decisions and what comes out of them.

use crate::{
    state::{
        circuit::{Phase, Reason},
        counts::Counts,
    },
    time::Nanos,
};

/// The right to end a call that was let through. To be recorded or abandoned, once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(super) generation: u64,
    /// When the call was let through; zero where nobody asks how long it takes, which is asked of probes always.
    pub(super) started: Nanos,
}

/// Why a call was refused, and what is left of the open time where that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    Open {
        left: Nanos,
    },
    ProbesTaken,
    Forced,
    /// Let through, but the service below is not ready.
    NotReady,
}

/// A change of phase, or what would have been one in a circuit that only measures.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Transition {
    pub(crate) from: Phase,
    pub(crate) to: Phase,
    pub(crate) reason: Reason,
    /// The counts that decided.
    pub(crate) counts: Counts,
    /// How long it is open, if it is.
    pub(crate) open_for: Option<Nanos>,
}

/// Where a circuit stands, at one moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct View {
    pub(crate) phase: Phase,
    pub(crate) counts: Counts,
    pub(crate) rejected: u64,
    pub(crate) late: u64,
    pub(crate) since: Nanos,
    pub(crate) left: Option<Nanos>,
}
