//! What of a bulkhead goes over a restart: a limit that is found.

use serde_json::Value;

use super::guard::Core;
use crate::registry::{Keep, Restoring, WhyLeftOut, kept};

impl Keep for Core {
    fn save(&self) -> Value {
        kept(&self.adapting.as_ref().map(|adapting| adapting.rounds.saved()))
    }

    fn restore(&self, saved: &Restoring<'_>) -> Result<(), WhyLeftOut> {
        let limit = saved.read(|limit: &f64| *limit >= 1.0)?;
        let adapting = self.adapting.as_ref();
        let is_restored = adapting.is_some_and(|adapting| adapting.rounds.restore(&self.permits, limit));
        self.grant_all();
        is_restored.then_some(()).ok_or(WhyLeftOut::Used)
    }
}
