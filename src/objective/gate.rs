//! Closes while a budget burns.

use super::handle::Objective;
use super::shared::Feed;
use crate::sync::Arc;

/// Says whether the budget of an objective burns slowly enough for what can wait. Made by [`Objective::gate`].
///
/// It does not keep the objective listed. When nobody else has the objective, the gate opens within five minutes.
#[derive(Clone, Debug)]
pub struct BudgetGate {
    feed: Arc<Feed>,
    burn: f64,
}

impl Objective {
    /// Makes a gate that is closed while the budget burns at this rate or faster.
    ///
    /// What counts is the worse indicator, in the last hour and still in the last five minutes, once
    /// [enough calls](super::ObjectiveBuilder::min_bad) of that hour are bad. A rate of 1 just lasts the period; 0 closes the gate for good,
    /// and what is no number leaves it open.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use palisade::{Objective, Outcome};
    ///
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() -> Result<(), palisade::ConfigError> {
    /// let objective = Objective::builder("checkout").availability(0.999).build()?;
    /// let gate = objective.gate(10.0);
    /// assert!(gate.is_open());
    ///
    /// for _ in 0..20 {
    ///     objective.record(Outcome::Failed, Duration::ZERO);
    /// }
    /// tokio::time::advance(Duration::from_secs(10)).await;
    /// assert!(!gate.is_open());
    /// # Ok(())
    /// # }
    /// ```
    pub fn gate(&self, burn: f64) -> BudgetGate {
        BudgetGate { feed: Arc::clone(&self.core.feed), burn }
    }
}

impl BudgetGate {
    /// Whether what can wait may go on.
    ///
    /// It is asked anew every 10 seconds. In between it reads the clock and two numbers, so each call may ask.
    pub fn is_open(&self) -> bool {
        self.feed.burn() < self.burn || self.burn.is_nan()
    }
}
