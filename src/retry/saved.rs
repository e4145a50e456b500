//! What of a retry goes over a restart: its budget. One that several share is restored by each of them, to the same.

use serde_json::Value;

use super::rules::Core;
use crate::call::budget::Budget;
use crate::registry::{Keep, Restoring, WhyLeftOut, kept};

impl Keep for Core {
    fn save(&self) -> Value {
        kept(&self.budget.as_ref().map(Budget::saved))
    }

    fn restore(&self, saved: &Restoring<'_>) -> Result<(), WhyLeftOut> {
        let state = saved.read(|_| true)?;
        let is_restored = self.budget.as_ref().is_some_and(|budget| budget.restore(state, saved.age));
        is_restored.then_some(()).ok_or(WhyLeftOut::Used)
    }
}
