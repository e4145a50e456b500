//! How many of the last calls were faulted.

/// The calls that a share is of.
const WINDOW: u64 = 1_000;

/// Remembers which of the last 1,000 calls were faulted.
#[derive(Clone, Debug)]
pub(crate) struct Share {
    /// A bit for each call, at its number modulo the window.
    marks: [u64; 16],
    calls: u64,
    faulted: u64,
}

impl Share {
    pub(crate) const fn new() -> Self {
        Self { marks: [0; 16], calls: 0, faulted: 0 }
    }

    /// Counts a call, in place of the one that leaves the window. Returns whether it may be faulted.
    #[expect(clippy::cast_precision_loss, reason = "they are at most 1,000")]
    pub(crate) fn enter(&mut self, max_share: f64) -> bool {
        self.mark(false);
        self.calls += 1;
        (self.faulted + 1) as f64 <= max_share * self.calls.min(WINDOW) as f64
    }

    /// Says that the call that has just entered is faulted.
    pub(crate) fn fault(&mut self) {
        self.calls -= 1;
        self.mark(true);
        self.calls += 1;
    }

    /// Sets the mark of the next call.
    fn mark(&mut self, is_faulted: bool) {
        let at = (self.calls % WINDOW) as usize;
        let (word, bit) = (&mut self.marks[at / 64], 1 << (at % 64));
        self.faulted -= u64::from(*word & bit != 0);
        *word &= !bit;
        if is_faulted {
            *word |= bit;
            self.faulted += 1;
        }
    }
}
