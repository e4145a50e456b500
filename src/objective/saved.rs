//! What of an objective goes over a restart. An alert that still fires is told again, to those who watch the new process.

use serde_json::Value;

use super::shared::Core;
use crate::registry::{Keep, Restoring, WhyLeftOut, kept};
use crate::state::objective::Saved;

impl Keep for Core {
    fn save(&self) -> Value {
        kept(&self.look(|ledger| ledger.saved(self.feed.clock.now())))
    }

    fn restore(&self, saved: &Restoring<'_>) -> Result<(), WhyLeftOut> {
        let state = saved.read(Saved::is_sound)?;
        let (calls, now) = (&self.feed.calls, self.feed.clock.now());
        let is_restored = self.ledger.lock().restore(calls, &state, saved.age, now);
        self.tell_news();
        is_restored.then_some(()).ok_or(WhyLeftOut::Used)
    }
}
