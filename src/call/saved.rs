//! What of a budget goes over a restart. One that several layers share is restored by each of them, to the same.

use serde_json::Value;

use super::budget::Budget;
use crate::registry::{Keep, Restoring, WhyLeftOut, kept};

impl Keep for Budget {
    fn save(&self) -> Value {
        kept(&self.saved())
    }

    fn restore(&self, saved: &Restoring<'_>) -> Result<(), WhyLeftOut> {
        let state = saved.read(|_| true)?;
        self.restore(state, saved.age).then_some(()).ok_or(WhyLeftOut::Used)
    }
}
