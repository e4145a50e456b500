//! Claims about what a circuit remembers.

mod buckets;
mod decision;
mod generations;
mod last;
mod model;
mod races;

use crate::state::counts::{Counts, Recorded};
use crate::state::stripes::Stripes;
use crate::state::tests::numbers;
use crate::state::window::{CountWindow, FIRST_WORD, TimeWindow, Window};
use crate::time::Nanos;

/// A window with the counters that it needs.
struct Remembered {
    window: Window,
    stripes: Stripes,
}

impl Remembered {
    fn new(window: Window) -> Self {
        Self { stripes: Stripes::new(FIRST_WORD + window.words()), window }
    }

    fn last(calls: u32, min_calls: u64) -> Self {
        Self::new(Window::Count(CountWindow::new(calls, min_calls)))
    }

    fn time(width: u64, buckets: u32, min_calls: u64) -> Self {
        Self::new(Window::Time(TimeWindow::new(Nanos(width * u64::from(buckets)), buckets, min_calls, true)))
    }

    fn record_of(&self, generation: u64, at: u64, call: Recorded) -> Option<Counts> {
        self.window.record(&self.stripes, generation, Nanos(at), Nanos(at), call)
    }

    fn record(&self, at: u64, call: Recorded) -> Option<Counts> {
        self.record_of(0, at, call)
    }

    fn fill(&self, at: u64, calls: usize, call: Recorded) {
        (0..calls).for_each(|_| _ = self.record(at, call));
    }

    fn counts_of(&self, generation: u64, at: u64) -> [u64; 4] {
        numbers(self.window.counts(&self.stripes, generation, Nanos(at)))
    }

    fn counts(&self, at: u64) -> [u64; 4] {
        self.counts_of(0, at)
    }
}

/// Brings a window to `generation` in steps, as a circuit does.
fn lead(window: &Remembered, generation: u64) {
    (0..=generation).step_by(1 << 20).for_each(|generation| _ = window.counts_of(generation, 0));
}

/// The one gap that the page of the stripes names.
fn is_taken_for_later(tags: u64) -> bool {
    (tags + (1 << 16)) % (1 << 28) <= 1 << 16
}
