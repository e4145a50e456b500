//! What one way of a connection holds, and what of it may pass when. Bytes keep their order, and only a fault loses any.

use std::collections::VecDeque;

use tokio::time::Instant;

use super::fault::Fault;
use crate::time::after;

/// The most that is held, but for one more piece.
const ROOM: usize = 256 << 10;

/// How a connection ends before both of its ways have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cut {
    Closed,
    Reset,
}

#[derive(Debug, Default)]
pub(super) struct Flow {
    fault: Fault,
    held: VecDeque<Piece>,
    bytes: usize,
    /// How many bytes have passed under this fault, and when the last of them did.
    passed: usize,
    last: Option<Instant>,
    /// Whether all that is still sent is lost.
    is_black: bool,
    /// Whether the sender has ended, and whether the receiver is to see it.
    has_ended: bool,
    is_shut: bool,
}

/// Bytes that arrived together; without any it is the end.
#[derive(Debug)]
struct Piece {
    since: Instant,
    bytes: Vec<u8>,
    passed: usize,
}

/// What is to pass: not before a moment, if it has one. Without bytes it is the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Due<'a> {
    pub(super) at: Option<Instant>,
    pub(super) bytes: &'a [u8],
}

impl Flow {
    /// Puts a fault in force.
    pub(super) fn set(&mut self, fault: Fault, now: Instant) {
        if fault == self.fault {
            return;
        }
        (self.fault, self.passed, self.last) = (fault, 0, None);
        match fault {
            Fault::BlackHole => self.lose(),
            Fault::HalfClose => {
                self.lose();
                self.is_black = true;
                self.shut(now);
            }
            _ => {}
        }
    }

    /// Takes what was sent; nothing is the end.
    pub(super) fn push(&mut self, bytes: &[u8], now: Instant) {
        if bytes.is_empty() {
            self.has_ended = true;
            self.shut(now);
        } else if self.is_black || self.fault == Fault::BlackHole {
            self.is_black = true;
        } else {
            self.bytes += bytes.len();
            self.held.push_back(Piece { since: now, bytes: bytes.to_vec(), passed: 0 });
        }
    }

    /// Whether more may be read. In a partition nothing is, so that the sender finds out as it would: its own buffers fill.
    pub(super) fn has_room(&self) -> bool {
        !self.has_ended && self.bytes < ROOM && self.fault != Fault::Partition
    }

    /// Whether the end has passed.
    pub(super) fn is_over(&self) -> bool {
        self.has_ended && self.held.is_empty()
    }

    /// What is to pass next, if anything may.
    pub(super) fn due(&self) -> Result<Option<Due<'_>>, Cut> {
        let limit = match self.fault {
            Fault::Reset => return Err(Cut::Reset),
            Fault::CutAfter(bytes) if self.passed >= bytes => return Err(Cut::Closed),
            Fault::CutAfter(bytes) => bytes - self.passed,
            Fault::Drip { bytes, .. } => bytes,
            Fault::Partition => return Ok(None),
            _ => usize::MAX,
        };
        let Some(piece) = self.held.front() else { return Ok(None) };
        let rest = &piece.bytes[piece.passed..];
        let bytes = &rest[..rest.len().min(limit)];
        let at = match self.fault {
            Fault::Latency(delay) => Some(after(piece.since, delay)),
            Fault::Drip { every, .. } => self.last.map(|last| after(last, every)),
            _ => None,
        };
        let is_any = rest.is_empty() || !bytes.is_empty();
        Ok(is_any.then_some(Due { at, bytes }))
    }

    /// So many bytes have passed, of what was due.
    pub(super) fn pass(&mut self, bytes: usize, now: Instant) {
        (self.passed, self.last) = (self.passed.saturating_add(bytes), Some(now));
        self.bytes -= bytes;
        let Some(piece) = self.held.front_mut() else { return };
        piece.passed += bytes;
        if piece.passed == piece.bytes.len() {
            self.held.pop_front();
        }
    }

    /// Loses what is held, but for the end.
    fn lose(&mut self) {
        self.is_black |= self.bytes > 0;
        self.held.retain(|piece| piece.bytes.is_empty());
        self.bytes = 0;
    }

    fn shut(&mut self, now: Instant) {
        if !self.is_shut {
            self.is_shut = true;
            self.held.push_back(Piece { since: now, bytes: Vec::new(), passed: 0 });
        }
    }
}
