//! What of a circuit goes over a restart.

use serde_json::Value;

use super::breaker::Core;
use crate::registry::{Keep, Restoring, WhyLeftOut, kept};
use crate::state::circuit::{Phase, Saved};

impl Keep for Core {
    fn save(&self) -> Value {
        self.catch_up();
        kept(&self.circuit.saved(&self.clock))
    }

    fn restore(&self, saved: &Restoring<'_>) -> Result<(), WhyLeftOut> {
        let state = saved.read(Saved::is_sound)?;
        let is_forced = !matches!(state.phase, Phase::Closed | Phase::Open | Phase::HalfOpen);
        if is_forced && !saved.forced {
            return Err(WhyLeftOut::Forced);
        }
        let restored = self.circuit.restore(&state, saved.age, &self.clock).ok_or(WhyLeftOut::Used)?;
        // One that goes on closed has not changed.
        self.tell((restored.from != restored.to).then_some(restored));
        Ok(())
    }
}
