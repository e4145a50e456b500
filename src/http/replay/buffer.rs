//! The bytes of a body that were read before its rest.

use std::{fmt, mem};

use bytes::Bytes;
use http_body::SizeHint;

/// Bytes in one piece of memory. It is never larger than the cap, however small the frames were.
pub(in crate::http) struct Buffer {
    bytes: Vec<u8>,
    cap: usize,
}

impl Buffer {
    pub(in crate::http) const fn new(cap: usize) -> Self {
        Self { bytes: Vec::new(), cap }
    }

    /// Adds what was read, unless it would be more than the cap.
    #[must_use]
    pub(in crate::http) fn push(&mut self, data: &[u8]) -> bool {
        let room = self.cap.saturating_sub(self.bytes.len());
        if data.len() > room {
            return false;
        }
        if data.len() > self.bytes.capacity() - self.bytes.len() {
            // The capacity doubles, as with `reserve`, but not beyond the cap.
            self.bytes.reserve_exact(data.len().max(self.bytes.len()).min(room));
        }
        self.bytes.extend_from_slice(data);
        true
    }

    /// Adds what was read, even beyond the cap.
    pub(in crate::http) fn push_beyond(&mut self, data: &[u8]) {
        self.bytes.extend_from_slice(data);
    }

    #[cfg(feature = "reqwest")]
    pub(in crate::http) fn has_room(&self, bytes: usize) -> bool {
        bytes <= self.cap.saturating_sub(self.bytes.len())
    }

    pub(in crate::http) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    pub(in crate::http) fn len(&self) -> u64 {
        self.bytes.len() as u64
    }

    pub(in crate::http) fn copy(&self) -> Bytes {
        Bytes::copy_from_slice(&self.bytes)
    }

    pub(in crate::http) fn take(&mut self) -> Bytes {
        mem::take(&mut self.bytes).into()
    }

    /// How much there is together with the rest that follows.
    pub(in crate::http) fn before(&self, rest: SizeHint) -> SizeHint {
        let bytes = self.len();
        let mut hint = SizeHint::new();
        hint.set_lower(rest.lower().saturating_add(bytes));
        if let Some(upper) = rest.upper() {
            hint.set_upper(upper.saturating_add(bytes));
        }
        hint
    }
}

impl fmt::Debug for Buffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Buffer").field("bytes", &self.bytes.len()).field("cap", &self.cap).finish()
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::Buffer;

    #[test]
    fn drips_never_take_more_memory_than_the_cap() {
        let mut buffer = Buffer::new(1000);
        for _ in 0..1000 {
            assert!(buffer.push(b"x"));
            assert!(buffer.bytes.capacity() <= 1000, "{} bytes", buffer.bytes.capacity());
        }
        assert!(!buffer.push(b"x"), "a byte more than the cap");
    }

    #[test]
    fn a_single_frame_takes_its_own_size_of_memory() {
        let mut buffer = Buffer::new(64 * 1024);
        assert!(buffer.push(&[0; 300]));
        assert_eq!(buffer.bytes.capacity(), 300);
    }
}
