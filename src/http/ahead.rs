//! The bytes that were read of a body, ahead of its rest.

use std::{fmt, mem};

use bytes::Bytes;
use http_body::SizeHint;

/// Bytes in one piece of memory, which is never larger than the cap, however small the frames were that they came in.
pub(super) struct Ahead {
    bytes: Vec<u8>,
    cap: usize,
}

impl Ahead {
    pub(super) const fn new(cap: usize) -> Self {
        Self { bytes: Vec::new(), cap }
    }

    /// Adds what was read, unless it would be more than the cap.
    #[must_use]
    pub(super) fn push(&mut self, data: &[u8]) -> bool {
        let room = self.cap.saturating_sub(self.bytes.len());
        if data.len() > room {
            return false;
        }
        if data.len() > self.bytes.capacity() - self.bytes.len() {
            // Doubles, as `reserve` would, but not beyond the cap.
            self.bytes.reserve_exact(data.len().max(self.bytes.len()).min(room));
        }
        self.bytes.extend_from_slice(data);
        true
    }

    /// Adds what was read, though it is more than the cap.
    pub(super) fn push_beyond(&mut self, data: &[u8]) {
        self.bytes.extend_from_slice(data);
    }

    #[cfg(feature = "reqwest")]
    pub(super) fn has_room(&self, bytes: usize) -> bool {
        bytes <= self.cap.saturating_sub(self.bytes.len())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    pub(super) fn len(&self) -> u64 {
        self.bytes.len() as u64
    }

    pub(super) fn copy(&self) -> Bytes {
        Bytes::copy_from_slice(&self.bytes)
    }

    pub(super) fn take(&mut self) -> Bytes {
        mem::take(&mut self.bytes).into()
    }

    /// How much there is with the rest behind it.
    pub(super) fn before(&self, rest: SizeHint) -> SizeHint {
        let bytes = self.len();
        let mut hint = SizeHint::new();
        hint.set_lower(rest.lower().saturating_add(bytes));
        if let Some(upper) = rest.upper() {
            hint.set_upper(upper.saturating_add(bytes));
        }
        hint
    }
}

impl fmt::Debug for Ahead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ahead").field("bytes", &self.bytes.len()).field("cap", &self.cap).finish()
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::Ahead;

    #[test]
    fn drips_never_take_more_memory_than_the_cap() {
        let mut ahead = Ahead::new(1000);
        for _ in 0..1000 {
            assert!(ahead.push(b"x"));
            assert!(ahead.bytes.capacity() <= 1000, "{} bytes", ahead.bytes.capacity());
        }
        assert!(!ahead.push(b"x"), "a byte more than the cap");
    }

    #[test]
    fn a_single_frame_takes_its_own_size_of_memory() {
        let mut ahead = Ahead::new(64 * 1024);
        assert!(ahead.push(&[0; 300]));
        assert_eq!(ahead.bytes.capacity(), 300);
    }
}
