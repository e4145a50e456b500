//! What calls, services and handles share that has nothing of the user's.

use crate::cached_arc::{CachedArc, cached};
use crate::registry::{Listed, Row, Sums};
use crate::setting::Setting;
use crate::state::flights::{Counted, Passage};

/// How calls may be shared, and what is counted of that.
#[derive(Debug)]
pub(crate) struct Core {
    pub(crate) row: &'static Row,
    /// How many may wait for a call beside the one who began it.
    pub(crate) max_waiters: usize,
    settings: Vec<Setting>,
    counted: Counted,
}

cached!(Core);

impl Core {
    pub(crate) fn new(row: &'static Row, max_waiters: usize, settings: Vec<Setting>) -> CachedArc<Self> {
        CachedArc::new(Self { row, max_waiters, settings, counted: Counted::new() })
    }

    /// How many calls there are.
    pub(crate) fn flights(&self) -> u64 {
        self.counted.now(Passage::Began)
    }

    /// How many callers wait for the call of another.
    pub(crate) fn waiting(&self) -> u64 {
        self.counted.now(Passage::Joined)
    }

    /// How many callers have come to the call of another.
    pub(crate) fn joined(&self) -> u64 {
        self.counted.total(Passage::Joined)
    }
}

/// A call that was begun and is not over, or a caller who has joined one and not left it: counted as long as this is there.
pub(super) struct Stay {
    core: CachedArc<Core>,
    passage: Passage,
}

impl Stay {
    #[inline(always)]
    pub(super) fn new(core: &CachedArc<Core>, passage: Passage) -> Self {
        core.row.count(passage.word());
        core.counted.come(passage);
        Self { core: core.clone(), passage }
    }
}

impl Drop for Stay {
    #[inline(always)]
    fn drop(&mut self) {
        self.core.counted.leave(self.passage);
    }
}

impl Listed for Core {
    fn row(&self) -> &'static Row {
        self.row
    }

    fn settings(&self) -> Vec<Setting> {
        self.settings.clone()
    }

    fn snapshot(&self) -> Vec<Setting> {
        vec![
            Setting::new("flights", self.flights()),
            Setting::new("waiting", self.waiting()),
            Setting::new("shared", self.joined()),
        ]
    }

    fn gauges(&self, sums: &mut Sums) {
        let gauges = sums.of(self.row);
        gauges.add_total("flights", self.flights());
        gauges.add_total("waiting", self.waiting());
    }
}
