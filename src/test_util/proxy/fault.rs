//! What may go wrong on a wire.

use std::time::Duration;

/// What happens to what is sent one way, in all connections of a [`FaultProxy`](super::FaultProxy), open or to come.
///
/// A change concerns at once what the proxy still holds of the bytes before: without a fault they go on, and a cut closes before them.
/// To set the fault that is in force changes nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// All passes.
    #[default]
    None,
    /// Each byte comes so much later. The proxy holds 256 KiB at most, so a latency of a second passes as much in a second.
    Latency(Duration),
    /// Drops of at most so many bytes pass, with a pause after each. Drops of 0 bytes are nothing, so nothing passes.
    Drip {
        /// The size of a drop.
        bytes: usize,
        /// The pause after a drop.
        every: Duration,
    },
    /// Both sides of the connection see that it is reset.
    Reset,
    /// What is sent is taken and lost, as by a peer that hangs. That a side leaves is heard. Where bytes were lost, none passes any more,
    /// also when the fault is over: those that follow would make no sense.
    BlackHole,
    /// The receiver sees the end, while the other way goes on. It stays so when the fault is over.
    HalfClose,
    /// The connection closes after so many more bytes. Each connection counts from when the fault began.
    CutAfter(usize),
    /// Packets are lost, as when a cable is out. What is sent waits, and the end of a connection with it, because TCP sends again what
    /// was lost: all of it arrives when the fault is over. A connection that begins meanwhile reaches the upstream after it.
    Partition,
}

/// The faults of both ways.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Faults {
    pub(super) requests: Fault,
    pub(super) responses: Fault,
}

impl Faults {
    pub(super) fn any(self, fault: Fault) -> bool {
        self.requests == fault || self.responses == fault
    }
}
