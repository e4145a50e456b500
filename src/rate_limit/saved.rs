//! What of a rate limit goes over a restart.

use serde_json::Value;

use super::meter::Core;
use crate::registry::{Keep, Restoring, WhyLeftOut, kept};
use crate::state::bucket::Saved;

impl Keep for Core {
    fn save(&self) -> Value {
        kept(&self.bucket.saved(self.clock.now()))
    }

    fn restore(&self, saved: &Restoring<'_>) -> Result<(), WhyLeftOut> {
        let state = saved.read(|state: &Saved| state.is_sound())?;
        let is_restored = self.bucket.restore(state, saved.age, self.max_retry_after, self.clock.now());
        is_restored.then_some(()).ok_or(WhyLeftOut::Used)
    }
}
